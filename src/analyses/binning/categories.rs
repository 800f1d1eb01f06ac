//! How events are put into bins, soft and hard.

use super::error::BinningError;
use super::sorted::SortedColumn;
use crate::events::EventSample;
use crate::kernels::binning::{SoftBins, SortedEvents};
use crate::kernels::selection::Yield;

/// A column and the range that is binned; by default the data's.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedColumn {
    /// Its name.
    pub name: String,
    /// Lower and upper end, in units of the column; events beyond belong to the outermost bins.
    pub range: Option<(f64, f64)>,
}

/// Which bins are optimised.
#[derive(Clone, Debug, PartialEq)]
pub enum CategoryModel {
    /// Contiguous bins of one column, between sigmoid boundaries.
    Boundaries(BinnedColumn),
}

/// A model's part of the data.
#[derive(Clone, Debug)]
pub(super) enum Categories<'a> {
    Sorted(SortedColumn),
    Unused(std::marker::PhantomData<&'a ()>),
}

/// Soft yields and what their derivatives need.
pub(super) struct SoftYields {
    /// A list a process, each a list a bin.
    pub(super) yields: Vec<Vec<Yield>>,
    sorted: Vec<SoftBins>,
}

fn column_range(
    samples: &[&EventSample],
    column: &BinnedColumn,
) -> Result<(f64, f64), BinningError> {
    let (mut smallest, mut largest) = (f64::INFINITY, f64::NEG_INFINITY);
    for sample in samples {
        for x in sample.column(&column.name)? {
            (smallest, largest) = (smallest.min(*x), largest.max(*x));
        }
    }
    if smallest == largest {
        let (column, value) = (column.name.clone(), smallest);
        return Err(BinningError::ConstantColumn { column, value });
    }
    let (low, high) = column.range.unwrap_or((smallest, largest));
    let is_sound = (high - low).is_finite() && low < high && low < largest && high > smallest;
    if is_sound {
        Ok((low, high))
    } else {
        let column = column.name.clone();
        Err(BinningError::Range { column, low, high, smallest, largest })
    }
}

impl Categories<'_> {
    pub(super) fn new(
        model: &CategoryModel,
        samples: &[&EventSample],
    ) -> Result<Self, BinningError> {
        match model {
            CategoryModel::Boundaries(column) => {
                let range = column_range(samples, column)?;
                let sorted = |sample: &&EventSample| {
                    Ok(SortedEvents::new(sample.column(&column.name)?, sample.weights()))
                };
                let processes = samples.iter().map(sorted).collect::<Result<_, BinningError>>()?;
                let column = column.name.clone();
                Ok(Self::Sorted(SortedColumn { column, range, processes }))
            }
        }
    }

    /// Yields of every process in a single bin.
    pub(super) fn totals(&self) -> Vec<Vec<Yield>> {
        match self {
            Self::Sorted(column) => column.hard(&[]),
            Self::Unused(_) => Vec::new(),
        }
    }

    pub(super) fn columns(&self) -> Vec<String> {
        match self {
            Self::Sorted(column) => vec![column.column.clone()],
            Self::Unused(_) => Vec::new(),
        }
    }

    /// How many categories `bins` make.
    pub(super) fn count(&self, bins: usize) -> usize {
        bins
    }

    /// Where the descent starts.
    pub(super) fn start(&self, bins: usize) -> Vec<f64> {
        let f: f64 = std::env::var("START").map_or(0.0, |v| v.parse().unwrap());
        match self {
            Self::Sorted(column) => {
                let s = column.processes[0].values();
                let q: Vec<f64> = (1..bins).map(|j| s[s.len() * j / bins]).collect();
                let e = column.equidistant(bins);
                let b: Vec<f64> = q.iter().zip(&e).map(|(q, e)| f * q + (1.0 - f) * e).collect();
                crate::kernels::boundaries::unordered(&b, column.range)
            }
            _ => vec![],
        }
    }

    pub(super) fn soft(&self, parameters: &[f64], hardness: f64, squares: &[bool]) -> SoftYields {
        match self {
            Self::Sorted(column) => {
                let sorted = column.soft(parameters, hardness, squares);
                let yields = sorted.iter().map(|bins| bins.yields.clone()).collect();
                SoftYields { yields, sorted }
            }
            Self::Unused(_) => SoftYields { yields: Vec::new(), sorted: Vec::new() },
        }
    }

    pub(super) fn pull_back(
        &self,
        parameters: &[f64],
        soft: &SoftYields,
        slopes: &[Vec<Yield>],
        gradient: &mut [f64],
    ) {
        match self {
            Self::Sorted(column) => column.pull_back(parameters, &soft.sorted, slopes, gradient),
            Self::Unused(_) => (),
        }
    }

    pub(super) fn hard(&self, parameters: &[f64]) -> Vec<Vec<Yield>> {
        match self {
            Self::Sorted(column) => column.hard(&column.boundaries(parameters)),
            Self::Unused(_) => Vec::new(),
        }
    }
}
