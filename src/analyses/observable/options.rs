//! Options for what is trained, and for how its scores become histograms.

use super::error::ObservableError;
use super::loss::{Loss, LossTerm};
use crate::kernels::activation::Activation;
use crate::kernels::kernel_histogram::{Bandwidth, Overflow};

/// Maximum number of bins.
const MOST_BINS: usize = 1_000;
/// Maximum number of units per layer.
const MOST_UNITS: usize = 100_000;

/// How an observable is made and evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservableOptions {
    /// Units of each hidden layer; default four layers of 128.
    pub hidden: Vec<usize>,
    /// Activation function of the hidden units; default ReLU.
    pub activation: Activation,
    /// Whether inputs are scaled to mean 0 and standard deviation 1 over the training events;
    /// default true.
    pub standardise: bool,
    /// Edges of the histograms of the score, which lies between 0 and 1; default five equal bins.
    pub edges: Vec<f64>,
    /// Whether the inner edges are trained with the network; default false.
    pub train_edges: bool,
    /// Width of the kernels; default 0.09.
    pub bandwidth: Bandwidth,
    /// How the parts of kernels outside the outer edges are treated; default kept.
    pub overflow: Overflow,
    /// The loss that is minimised; default CLs.
    pub loss: Loss,
    /// Background events added to every bin, split between the backgrounds of a channel, so that no
    /// bin contains only signal; default 0.01.
    pub background_floor: f64,
    /// Fraction of each process's events set aside from all batches, to compute metrics on; default
    /// 0.2.
    pub held_out: f64,
    /// Number of events of the largest process per batch, with the other processes in proportion;
    /// default 2000.
    pub batch_size: usize,
}

/// Edges of equal bins of the score.
pub fn equal_edges(bins: usize) -> Vec<f64> {
    (0..=bins).map(|edge| edge as f64 / bins as f64).collect()
}

fn refuse(
    name: &'static str,
    found: String,
    expected: &'static str,
) -> Result<(), ObservableError> {
    Err(ObservableError::Setting { name, found, expected })
}

impl Default for ObservableOptions {
    fn default() -> Self {
        Self {
            hidden: vec![128; 4],
            activation: Activation::default(),
            standardise: true,
            edges: equal_edges(5),
            train_edges: false,
            bandwidth: Bandwidth::Absolute(0.09),
            overflow: Overflow::default(),
            loss: Loss::of(LossTerm::Cls),
            background_floor: 0.01,
            held_out: 0.2,
            batch_size: 2_000,
        }
    }
}

impl ObservableOptions {
    /// Number of bins.
    pub fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// Checks a number of bins.
    ///
    /// # Errors
    /// [`ObservableError::Setting`].
    pub fn check_bins(bins: usize) -> Result<(), ObservableError> {
        match bins {
            1..=MOST_BINS => Ok(()),
            _ => refuse("the number of bins", bins.to_string(), "1 to 1000"),
        }
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`ObservableError::Setting`] for the first setting that is not.
    pub fn check(&self) -> Result<(), ObservableError> {
        if let Some(units) = self.hidden.iter().find(|units| !(1..=MOST_UNITS).contains(*units)) {
            return refuse("a layer's number of units", units.to_string(), "1 to 100000");
        }
        Self::check_bins(self.edges.len().saturating_sub(1))?;
        let ascend = self.edges.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = self.edges.iter().all(|edge| (0.0..=1.0).contains(edge));
        if !(ascend && inside) {
            let expected = "ascending numbers between 0 and 1, as scores are";
            return refuse("the list of edges", format!("{:?}", self.edges), expected);
        }
        let (Bandwidth::Absolute(width) | Bandwidth::Relative(width)) = self.bandwidth;
        if !(1e-6..=1e3).contains(&width) {
            return refuse("the bandwidth", width.to_string(), "a number from 1e-6 to 1000");
        }
        if !(self.background_floor >= 0.0 && self.background_floor.is_finite()) {
            let found = self.background_floor.to_string();
            return refuse("the background floor", found, "a number of events, 0 or more");
        }
        if !(self.held_out > 0.0 && self.held_out < 1.0) {
            let found = self.held_out.to_string();
            return refuse("the held-out share", found, "a number between 0 and 1");
        }
        if self.batch_size == 0 {
            return refuse("the batch size", "0".to_owned(), "1 or more");
        }
        Ok(())
    }
}
