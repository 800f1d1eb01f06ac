//! The seven modifier types of HistFactory: one file each, with the same parts.
//!
//! | type | changes a sample's yields by | parameter |
//! |---|---|---|
//! | [`histosys`] | an additive shift of each bin | one, Normal constraint |
//! | [`lumi`] | a factor | one, Normal constraint from the measurement |
//! | [`normfactor`] | a factor | one, free |
//! | [`normsys`] | an interpolated factor | one, Normal constraint |
//! | [`shapefactor`] | a factor per bin | one per bin, free |
//! | [`shapesys`] | a factor per bin | one per bin, Poisson constraint |
//! | [`staterror`] | a factor per bin | one per bin, Normal constraint |
//!
//! Each file has the type's NAME, a function `read` for its `data`, and the parameters it requires.

use std::slice::{from_mut, from_ref};

use serde_json::{Value, json};

use super::error::WorkspaceError;
use super::json::Node;

mod histosys;
mod lumi;
mod normfactor;
mod normsys;
mod shapefactor;
mod shapesys;
mod staterror;

/// A change of a sample's yields, named after its parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Modifier {
    /// The parameter's name.
    pub name: String,
    /// Type and numbers.
    pub data: ModifierData,
}

/// A modifier's type and numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum ModifierData {
    /// Shifted yields, in events, one per bin.
    Histosys {
        /// At -1 standard deviation.
        lo: Vec<f64>,
        /// At +1 standard deviation.
        hi: Vec<f64>,
    },
    /// The luminosity's factor.
    Lumi,
    /// A free factor.
    Normfactor,
    /// Factors.
    Normsys {
        /// At -1 standard deviation.
        lo: f64,
        /// At +1 standard deviation.
        hi: f64,
    },
    /// A free factor per bin.
    Shapefactor,
    /// Absolute uncertainties, in events, one per bin, uncorrelated.
    Shapesys(Vec<f64>),
    /// Absolute statistical uncertainties, in events, one per bin.
    Staterror(Vec<f64>),
}

/// The position of a list of numbers in a modifier's `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumbersKey {
    /// The list is all of `data`.
    Whole,
    /// A list under a key.
    List(&'static str),
    /// A single number under a key.
    Number(&'static str),
}

impl NumbersKey {
    /// The key, unless the list is all of `data`.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::List(key) | Self::Number(key) => Some(key),
        }
    }

    /// The numbers as JSON.
    pub(super) fn to_json(self, numbers: &[f64]) -> Value {
        match self {
            Self::Number(_) => json!(numbers[0]),
            Self::Whole | Self::List(_) => json!(numbers),
        }
    }
}

type Reader = fn(&Node, usize) -> Result<ModifierData, WorkspaceError>;

/// Every type with its reader, in the order of their parameters in a model.
const TABLE: [(&str, Reader); 7] = [
    (histosys::NAME, histosys::read),
    (lumi::NAME, lumi::read),
    (normfactor::NAME, normfactor::read),
    (normsys::NAME, normsys::read),
    (shapefactor::NAME, shapefactor::read),
    (shapesys::NAME, shapesys::read),
    (staterror::NAME, staterror::read),
];

impl ModifierData {
    /// The type's rank in the order of a model's parameters.
    pub fn rank(&self) -> usize {
        match self {
            Self::Histosys { .. } => 0,
            Self::Lumi => 1,
            Self::Normfactor => 2,
            Self::Normsys { .. } => 3,
            Self::Shapefactor => 4,
            Self::Shapesys(_) => 5,
            Self::Staterror(_) => 6,
        }
    }

    /// Every list of numbers, in the order of a gradient, with its key in the modifier's `data`.
    pub fn lists(&self) -> Vec<(NumbersKey, &[f64])> {
        use NumbersKey::{List, Number, Whole};
        match self {
            Self::Histosys { lo, hi } => vec![(List("lo_data"), lo), (List("hi_data"), hi)],
            Self::Normsys { lo, hi } => {
                vec![(Number("lo"), from_ref(lo)), (Number("hi"), from_ref(hi))]
            }
            Self::Shapesys(u) | Self::Staterror(u) => vec![(Whole, u)],
            Self::Lumi | Self::Normfactor | Self::Shapefactor => Vec::new(),
        }
    }

    /// As [`ModifierData::lists`], but mutable.
    pub fn lists_mut(&mut self) -> Vec<&mut [f64]> {
        match self {
            Self::Histosys { lo, hi } => vec![lo, hi],
            Self::Normsys { lo, hi } => vec![from_mut(lo), from_mut(hi)],
            Self::Shapesys(u) | Self::Staterror(u) => vec![u],
            Self::Lumi | Self::Normfactor | Self::Shapefactor => Vec::new(),
        }
    }

    /// A modifier of this type and shape with all numbers 0.
    pub fn zeros(&self) -> Self {
        let mut zeros = self.clone();
        zeros.lists_mut().into_iter().for_each(|list| list.fill(0.0));
        zeros
    }

    /// The type's name in JSON.
    pub fn type_name(&self) -> &'static str {
        TABLE[self.rank()].0
    }
}

/// Reads data of the same type as `present`.
pub(super) fn read_again(
    present: &ModifierData,
    node: &Node,
    bins: usize,
) -> Result<ModifierData, WorkspaceError> {
    TABLE[present.rank()].1(node, bins)
}

/// Reads a modifier of a sample with `bins` bins.
pub(super) fn read(node: &Node, bins: usize) -> Result<Modifier, WorkspaceError> {
    node.only(&["name", "type", "data"])?;
    let name = node.field("name")?.text()?.to_owned();
    let type_node = node.field("type")?;
    let found = type_node.text()?;
    let Some((_, reader)) = TABLE.iter().find(|(known, _)| *known == found) else {
        return Err(WorkspaceError::UnknownModifierType {
            path: type_node.path.clone(),
            found: found.to_owned(),
            known: TABLE.map(|(known, _)| known).join(", "),
        });
    };
    if found == lumi::NAME && name != lumi::NAME {
        let path = format!("{}/name", node.path);
        return Err(WorkspaceError::LumiName { path, found: name });
    }
    Ok(Modifier { name, data: reader(&node.field("data")?, bins)? })
}
