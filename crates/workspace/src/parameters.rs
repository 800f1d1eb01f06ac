//! A measurement's settings of parameters.
//!
//! Source: pyhf 0.7's workspace schema 1.0.0.

use super::error::WorkspaceError;
use super::json::Node;

/// A measurement's settings of one parameter; those that are `None` keep their defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterOverride {
    /// The parameter's name.
    pub name: String,
    /// Initial values.
    pub inits: Option<Vec<f64>>,
    /// Lower and upper bounds.
    pub bounds: Option<Vec<(f64, f64)>>,
    /// Auxiliary data.
    pub auxdata: Option<Vec<f64>>,
    /// Factors of a Poisson constraint.
    pub factors: Option<Vec<f64>>,
    /// Widths of a Normal constraint.
    pub sigmas: Option<Vec<f64>>,
    /// Whether fits keep the parameter fixed.
    pub fixed: Option<bool>,
    path: String,
}

fn read_bounds(node: &Node) -> Result<(f64, f64), WorkspaceError> {
    let pair = node.numbers_per_bin(2)?;
    let (lower, upper) = (pair[0], pair[1]);
    if lower < upper {
        Ok((lower, upper))
    } else {
        Err(WorkspaceError::BoundsOrder { path: node.path.clone(), lower, upper })
    }
}

fn above_zero(node: &Node, values: Vec<f64>) -> Result<Vec<f64>, WorkspaceError> {
    match values.iter().enumerate().find(|(_, value)| **value <= 0.0) {
        None => Ok(values),
        Some((i, &found)) => {
            Err(WorkspaceError::NotPositive { path: format!("{}/{i}", node.path), found })
        }
    }
}

impl ParameterOverride {
    pub(super) fn read(node: &Node) -> Result<Self, WorkspaceError> {
        node.only(&["name", "inits", "bounds", "auxdata", "factors", "sigmas", "fixed"])?;
        let numbers = |key| node.optional(key)?.map(|node| node.numbers()).transpose();
        let positive = |key| {
            let read = |node: Node| node.numbers().and_then(|values| above_zero(&node, values));
            node.optional(key)?.map(read).transpose()
        };
        let bounds = match node.optional("bounds")? {
            None => None,
            Some(node) => {
                Some(node.some_items()?.iter().map(read_bounds).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self {
            name: node.field("name")?.text()?.to_owned(),
            inits: numbers("inits")?,
            bounds,
            auxdata: numbers("auxdata")?,
            factors: positive("factors")?,
            sigmas: positive("sigmas")?,
            fixed: node.optional("fixed")?.map(|node| node.boolean()).transpose()?,
            path: node.path.clone(),
        })
    }
    /// The settings' JSON pointer.
    pub fn path(&self) -> &str {
        &self.path
    }
}
