//! Assigns events to bins, soft and hard.

use std::fmt;
use std::str::FromStr;

use super::error::BinningError;
use super::events::EventColumns;
use super::mixture::{self, MixtureMeans};
use super::product;
use super::sorted::SortedColumn;
use crate::events::EventSample;
use crate::kernels::binning::{SoftBins, SortedEvents};
use crate::kernels::boundaries::unordered;
use crate::kernels::membership::SoftCategories;
use crate::kernels::selection::Yield;

/// A column and the range that is binned.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedColumn {
    /// The column's name.
    pub name: String,
    /// Lower and upper end, in units of the column; the range of the data by default. Events
    /// outside it belong to the outermost bins.
    pub range: Option<(f64, f64)>,
}

/// The error for text that does not describe a column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected NAME or NAME=LOW:HIGH, as in 'score=0:1'; found '{0}'")]
pub struct InvalidColumn(pub String);

impl FromStr for BinnedColumn {
    type Err = InvalidColumn;
    fn from_str(text: &str) -> Result<Self, InvalidColumn> {
        let refuse = || InvalidColumn(text.to_owned());
        let (name, range) = match text.rsplit_once('=') {
            None => (text, None),
            Some((name, range)) => {
                let (low, high) = range.split_once(':').ok_or_else(refuse)?;
                let number = |text: &str| text.parse::<f64>().map_err(|_| refuse());
                (name, Some((number(low)?, number(high)?)))
            }
        };
        if name.is_empty() {
            return Err(refuse());
        }
        Ok(Self { name: name.to_owned(), range })
    }
}

impl fmt::Display for BinnedColumn {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self.range {
            None => formatter.write_str(&self.name),
            Some((low, high)) => write!(formatter, "{}={low}:{high}", self.name),
        }
    }
}

/// Which bins are optimised.
#[derive(Clone, Debug, PartialEq)]
pub enum CategoryModel {
    /// Contiguous bins of one column, between sigmoid boundaries.
    Boundaries(BinnedColumn),
    /// Products of the bins of several columns, with the same number of bins in each.
    Product(Vec<BinnedColumn>),
    /// Components of a Gaussian mixture in one or more columns.
    Mixture(Vec<BinnedColumn>, MixtureMeans),
}

/// A component of a Gaussian mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureComponent {
    /// Its weight; the weights of all components add up to 1.
    pub weight: f64,
    /// Its mean, one number per column.
    pub mean: Vec<f64>,
    /// Its covariance, row by row.
    pub covariance: Vec<f64>,
}

/// The categories that were found.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundCategories {
    /// Ascending boundaries in the only column.
    Boundaries(Vec<f64>),
    /// Ascending boundaries in each column; bin numbers run fastest over the last column.
    Product(Vec<Vec<f64>>),
    /// Components, one per category.
    Mixture(Vec<MixtureComponent>),
}

/// Categories in several columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventModel {
    Product,
    Mixture(MixtureMeans),
}

/// The data that a model bins, in the form the model needs.
#[derive(Clone, Debug)]
pub(super) enum Categories<'a> {
    Sorted(SortedColumn),
    Events(EventColumns<'a>, EventModel),
}

/// Soft yields, with what is needed to differentiate them.
pub(super) struct SoftYields {
    /// One list per process, one entry per bin.
    pub(super) yields: Vec<Vec<Yield>>,
    sorted: Vec<SoftBins>,
}

/// The range of a column that is binned.
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
    if (high - low).is_finite() && low < high && low < largest && high > smallest {
        Ok((low, high))
    } else {
        let column = column.name.clone();
        Err(BinningError::Range { column, low, high, smallest, largest })
    }
}

/// Refuses categories that have no column or use one twice.
fn check_columns(columns: &[BinnedColumn]) -> Result<(), BinningError> {
    if columns.is_empty() {
        return Err(BinningError::Columns("there is no column to bin; give at least one".into()));
    }
    let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("the column '{}' is named twice; name each column once", pair[0]);
            Err(BinningError::Columns(message))
        }
    }
}

/// Fraction of the equidistant boundaries mixed into a start at quantiles, so that no bin is empty.
const EQUIDISTANT_SHARE: f64 = 0.01;

impl SortedColumn {
    /// Parameters that put the boundaries at the quantiles of all signal events.
    fn start(&self, bins: usize, signals: usize) -> Vec<f64> {
        let pairs = self.quantiles(bins, signals).into_iter().zip(self.equidistant(bins));
        let mix = |(quantile, even): (f64, f64)| {
            (1.0 - EQUIDISTANT_SHARE) * quantile + EQUIDISTANT_SHARE * even
        };
        unordered(&pairs.map(mix).collect::<Vec<_>>(), self.range)
    }
}

impl<'a> Categories<'a> {
    pub(super) fn new(
        model: &CategoryModel,
        samples: &[&'a EventSample],
    ) -> Result<Self, BinningError> {
        let (columns, event_model) = match model {
            CategoryModel::Boundaries(column) => {
                let range = column_range(samples, column)?;
                let sorted = |sample: &&EventSample| {
                    Ok(SortedEvents::new(sample.column(&column.name)?, sample.weights()))
                };
                let processes = samples.iter().map(sorted).collect::<Result<_, BinningError>>()?;
                let column = column.name.clone();
                return Ok(Self::Sorted(SortedColumn { column, range, processes }));
            }
            CategoryModel::Product(columns) => (columns, EventModel::Product),
            CategoryModel::Mixture(columns, means) => (columns, EventModel::Mixture(*means)),
        };
        check_columns(columns)?;
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let ranges = columns.iter().map(|column| column_range(samples, column));
        let ranges = ranges.collect::<Result<_, _>>()?;
        Ok(Self::Events(EventColumns::new(names, ranges, samples)?, event_model))
    }

    /// Yields of every process in a single bin.
    pub(super) fn totals(&self) -> Vec<Vec<Yield>> {
        match self {
            Self::Sorted(column) => column.hard(&[]),
            Self::Events(columns, _) => columns.totals(),
        }
    }

    /// The columns that are binned, and their ranges.
    pub(super) fn columns(&self) -> Vec<(String, (f64, f64))> {
        match self {
            Self::Sorted(column) => vec![(column.column.clone(), column.range)],
            Self::Events(columns, _) => {
                columns.columns.iter().cloned().zip(columns.ranges.iter().copied()).collect()
            }
        }
    }

    /// The model as it enters the digest of a problem.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Sorted(_) => "boundaries".to_owned(),
            Self::Events(_, model) => format!("{model:?}"),
        }
    }

    /// The number of categories for `bins` bins (per column, for a product).
    pub(super) fn count(&self, bins: usize) -> usize {
        match self {
            Self::Events(columns, EventModel::Product) => {
                bins.saturating_pow(columns.columns.len() as u32)
            }
            _ => bins,
        }
    }

    /// The starting point of the descent; only mixtures depend on the seed.
    pub(super) fn start(&self, bins: usize, signals: usize, seed: u64) -> Vec<f64> {
        match self {
            Self::Sorted(column) => column.start(bins, signals),
            Self::Events(columns, EventModel::Product) => {
                vec![0.0; (bins - 1) * columns.columns.len()]
            }
            Self::Events(columns, EventModel::Mixture(means)) => {
                let shape = mixture::shape(columns, *means, bins);
                mixture::start(columns, &shape, signals, seed)
            }
        }
    }

    /// Soft yields; `squares` tells for which processes the sums of squared weights are needed.
    pub(super) fn soft(
        &self,
        bins: usize,
        parameters: &[f64],
        hardness: f64,
        squares: &[bool],
    ) -> SoftYields {
        let yields = match self {
            Self::Sorted(column) => {
                let sorted = column.soft(parameters, hardness, squares);
                let yields = sorted.iter().map(|bins| bins.yields.clone()).collect();
                return SoftYields { yields, sorted };
            }
            Self::Events(columns, EventModel::Product) => {
                columns.soft(&product::categories(columns, parameters, hardness))
            }
            Self::Events(columns, EventModel::Mixture(means)) => {
                let shape = mixture::shape(columns, *means, bins);
                columns.soft(&mixture::categories(&shape, parameters, hardness))
            }
        };
        SoftYields { yields, sorted: Vec::new() }
    }

    /// Adds to `gradient` the derivatives with respect to the parameters, given the derivatives
    /// `slopes` with respect to the soft yields.
    pub(super) fn pull_back(
        &self,
        bins: usize,
        (parameters, hardness): (&[f64], f64),
        soft: &SoftYields,
        slopes: &[Vec<Yield>],
        gradient: &mut [f64],
    ) {
        match self {
            Self::Sorted(column) => column.pull_back(parameters, &soft.sorted, slopes, gradient),
            Self::Events(columns, EventModel::Product) => {
                let categories = product::categories(columns, parameters, hardness);
                let adjoint = columns.adjoint(&categories, slopes);
                product::pull_back(columns, parameters, &adjoint, gradient);
            }
            Self::Events(columns, EventModel::Mixture(means)) => {
                let shape = mixture::shape(columns, *means, bins);
                let categories = mixture::categories(&shape, parameters, hardness);
                categories.pull_back(&columns.adjoint(&categories, slopes), gradient);
            }
        }
    }

    /// Yields with every event assigned to exactly one bin.
    pub(super) fn hard(&self, bins: usize, parameters: &[f64]) -> Vec<Vec<Yield>> {
        match self {
            Self::Sorted(column) => column.hard(&column.boundaries(parameters)),
            Self::Events(columns, EventModel::Product) => {
                columns.hard(&product::categories(columns, parameters, 1.0))
            }
            Self::Events(columns, EventModel::Mixture(means)) => {
                let shape = mixture::shape(columns, *means, bins);
                columns.hard(&mixture::categories(&shape, parameters, 1.0))
            }
        }
    }

    /// The hard category of a point, counted from 0.
    pub(super) fn category(&self, bins: usize, parameters: &[f64], point: &[f64]) -> usize {
        match self {
            Self::Sorted(column) => {
                column.boundaries(parameters).partition_point(|boundary| *boundary <= point[0])
            }
            Self::Events(columns, EventModel::Product) => {
                product::categories(columns, parameters, 1.0).category(point)
            }
            Self::Events(columns, EventModel::Mixture(means)) => {
                let shape = mixture::shape(columns, *means, bins);
                mixture::categories(&shape, parameters, 1.0).category(point)
            }
        }
    }

    /// Ascending boundaries of each column; empty for a mixture.
    pub(super) fn boundaries(&self, parameters: &[f64]) -> Vec<Vec<f64>> {
        match self {
            Self::Sorted(column) => vec![column.boundaries(parameters)],
            Self::Events(columns, EventModel::Product) => product::boundaries(columns, parameters),
            Self::Events(_, EventModel::Mixture(_)) => Vec::new(),
        }
    }

    /// The categories in the form used in results; `hard` contains the boundaries of contiguous
    /// bins.
    pub(super) fn found(&self, bins: usize, parameters: &[f64], hard: &[f64]) -> FoundCategories {
        match self {
            Self::Sorted(_) => FoundCategories::Boundaries(hard.to_vec()),
            Self::Events(columns, EventModel::Product) => {
                FoundCategories::Product(product::boundaries(columns, parameters))
            }
            Self::Events(columns, EventModel::Mixture(means)) => {
                let shape = mixture::shape(columns, *means, bins);
                let categories = mixture::categories(&shape, parameters, 1.0);
                let component = |(k, weight)| MixtureComponent {
                    weight,
                    mean: categories.mean(k).to_vec(),
                    covariance: categories.covariance(k),
                };
                let components = categories.weights().into_iter().enumerate().map(component);
                FoundCategories::Mixture(components.collect())
            }
        }
    }

    /// Every column by itself, its processes sorted.
    pub(super) fn sorted(&self) -> Vec<SortedColumn> {
        match self {
            Self::Sorted(column) => vec![column.clone()],
            Self::Events(columns, _) => {
                (0..columns.columns.len()).map(|column| columns.sorted(column)).collect()
            }
        }
    }
}
