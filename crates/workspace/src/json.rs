//! A position in a JSON document: a value together with its path.
//!
//! Enters: a `serde_json::Value`. Leaves: checked numbers, texts, arrays and objects, or an error
//! that gives the position as a JSON pointer (RFC 6901), the form that JSON patches use. Numbers
//! that are not finite never get here, since the parser refuses them with line and column.

use serde_json::{Map, Number, Value};

use super::error::WorkspaceError;

/// A JSON value and its pointer.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) path: String,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Whether two numbers are equal, whether written as 1 or 1.0.
pub(super) fn same_number(a: &Number, b: &Number) -> bool {
    // Two integers may differ even if their nearest floating-point numbers are equal.
    if a.is_f64() || b.is_f64() { a.as_f64() == b.as_f64() } else { a == b }
}

/// Whether two documents are equal; the order of arrays counts, that of keys does not.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let in_b = |(key, a): (&String, &Value)| b.get(key).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(in_b)
        }
        _ => a == b,
    }
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// The pointer as displayed in messages; the root's, which is empty, is displayed as '/'.
    fn place(&self) -> String {
        if self.path.is_empty() { "/".to_owned() } else { self.path.clone() }
    }

    pub(super) fn wrong_type(&self, expected: &'static str) -> WorkspaceError {
        WorkspaceError::WrongType { path: self.place(), expected, found: kind(self.value) }
    }

    pub(super) fn fields(&self) -> Result<&'a Map<String, Value>, WorkspaceError> {
        self.value.as_object().ok_or_else(|| self.wrong_type("an object"))
    }

    /// The values of an object, each with its key.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Node<'a>)>, WorkspaceError> {
        let entries = self.fields()?.iter();
        let node = |(key, value): (&'a String, &'a Value)| {
            (key.as_str(), Node { value, path: format!("{}/{key}", self.path) })
        };
        Ok(entries.map(node).collect())
    }

    /// Refuses keys that are not among `allowed`.
    pub(super) fn only(&self, allowed: &[&'static str]) -> Result<(), WorkspaceError> {
        match self.fields()?.keys().find(|key| !allowed.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(WorkspaceError::UnknownKey {
                path: self.place(),
                key: key.clone(),
                allowed: allowed.join(", "),
            }),
        }
    }

    pub(super) fn optional(&self, key: &str) -> Result<Option<Node<'a>>, WorkspaceError> {
        let child = |value| Node { value, path: format!("{}/{key}", self.path) };
        Ok(self.fields()?.get(key).map(child))
    }

    pub(super) fn field(&self, key: &'static str) -> Result<Node<'a>, WorkspaceError> {
        let missing = || WorkspaceError::MissingKey { path: self.place(), key };
        self.optional(key)?.ok_or_else(missing)
    }

    pub(super) fn text(&self) -> Result<&'a str, WorkspaceError> {
        self.value.as_str().ok_or_else(|| self.wrong_type("a text"))
    }

    pub(super) fn boolean(&self) -> Result<bool, WorkspaceError> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("a boolean"))
    }

    pub(super) fn null(&self) -> Result<(), WorkspaceError> {
        self.value.as_null().ok_or_else(|| self.wrong_type("null"))
    }

    pub(super) fn number(&self) -> Result<f64, WorkspaceError> {
        self.value.as_f64().ok_or_else(|| self.wrong_type("a number"))
    }

    fn array(&self) -> Result<&'a Vec<Value>, WorkspaceError> {
        self.value.as_array().ok_or_else(|| self.wrong_type("an array"))
    }

    fn child(&self, index: usize, value: &'a Value) -> Node<'a> {
        Node { value, path: format!("{}/{index}", self.path) }
    }

    /// The entries of an array.
    pub(super) fn items(&self) -> Result<Vec<Node<'a>>, WorkspaceError> {
        let items = self.array()?.iter().enumerate();
        Ok(items.map(|(i, value)| self.child(i, value)).collect())
    }

    /// The entries of an array that must not be empty.
    pub(super) fn some_items(&self) -> Result<Vec<Node<'a>>, WorkspaceError> {
        let items = self.items()?;
        if items.is_empty() {
            return Err(WorkspaceError::Empty { path: self.path.clone() });
        }
        Ok(items)
    }

    /// A non-empty array of numbers.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, WorkspaceError> {
        let items = self.array()?;
        if items.is_empty() {
            return Err(WorkspaceError::Empty { path: self.path.clone() });
        }
        // Paths are built only for the rare wrong entry, since workspaces contain 1e5 numbers.
        let number = |(i, value): (usize, &'a Value)| match value.as_f64() {
            Some(number) => Ok(number),
            None => self.child(i, value).number(),
        };
        items.iter().enumerate().map(number).collect()
    }

    /// An array of exactly `expected` numbers.
    pub(super) fn numbers_per_bin(&self, expected: usize) -> Result<Vec<f64>, WorkspaceError> {
        let numbers = self.numbers()?;
        if numbers.len() != expected {
            let (path, found) = (self.path.clone(), numbers.len());
            return Err(WorkspaceError::WrongLength { path, expected, found });
        }
        Ok(numbers)
    }
}
