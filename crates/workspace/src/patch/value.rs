//! The coordinate of a patch along a label: a number or a text.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde_json::{Number, Value};

use crate::error::WorkspaceError;
use crate::json::{Node, same_number};

/// A patch's value for a label, such as a mass in GeV.
#[derive(Clone, Debug)]
pub enum PatchValue {
    /// A number, an integer or not as in the file.
    Number(Number),
    /// A text.
    Text(String),
}

impl PatchValue {
    pub(super) fn read(node: &Node) -> Result<Self, WorkspaceError> {
        match node.value {
            Value::Number(number) => Ok(Self::Number(number.clone())),
            Value::String(text) => Ok(Self::Text(text.clone())),
            _ => Err(node.wrong_type("a number or a text")),
        }
    }

    /// The number, unless it is a text.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            Self::Text(_) => None,
        }
    }

    /// The value as in the file.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::from(text.as_str()),
        }
    }
}

/// Numbers are equal by value: 1 equals 1.0, but not the text "1".
impl PartialEq for PatchValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => same_number(a, b),
            (Self::Text(a), Self::Text(b)) => a == b,
            _ => false,
        }
    }
}

impl From<f64> for PatchValue {
    /// A number, or the text of one that is not finite, which no patch set can contain.
    fn from(value: f64) -> Self {
        Number::from_f64(value).map_or_else(|| Self::Text(value.to_string()), Self::Number)
    }
}

/// Parses a text that is a JSON number or a JSON string as such, and takes any other text as it is.
impl FromStr for PatchValue {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match serde_json::from_str(text) {
            Ok(Value::Number(number)) => Self::Number(number),
            Ok(Value::String(text)) => Self::Text(text),
            _ => Self::Text(text.to_owned()),
        })
    }
}

/// As JSON.
impl fmt::Display for PatchValue {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.to_json().fmt(f)
    }
}
