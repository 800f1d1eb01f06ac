//! Pseudo-experiments ("toys"): the distribution of a test statistic where asymptotic formulae
//! fail.
//!
//! Enters: a model, data, a tested signal strength, a seed. Leaves: CLsb, CLb and CLs as fractions
//! of toys, with their statistical errors, observed and expected, and every toy's statistic.
//!
//! Toys are drawn at the nuisance parameters that fit the observed data with the signal strength
//! held: counts from their Poisson distributions, auxiliary data from their constraints. Each has
//! fits of its own; one that fails is counted with its reason and left out of the p-values. A toy's
//! random numbers are a stream of their own, chosen by its number and hypothesis: the same bits
//! whatever the number of threads and whichever toys are run with it.
//!
//! Random bits come from the ChaCha8 stream cipher, the same on every machine; the numbers made of
//! them also depend on `rand_distr` and the mathematical library. Source: ATLAS and CMS,
//! ATL-PHYS-PUB-2011-011 (LHC Higgs combination), section 2; pyhf 0.7's `ToyCalculator` for
//! conventions.

mod calculator;
mod distribution;
mod error;
mod file;
mod generator;
mod header;
mod plan;
mod record;
mod run;
mod statistic;

pub use calculator::{ExpectedPValues, ToyCalculator, ToyOptions, ToyTest};
pub use distribution::{EmpiricalDistribution, Estimate, TIE};
pub use error::{ToyError, ToyFileError};
pub use generator::ToyGenerator;
pub use header::{TestSettings, ToyHeader};
pub use plan::ToyRun;
pub use record::{
    FailureCause, FitStage, Hypothesis, LARGEST_TOY, MOST_TOYS, ToyFailure, ToyRecord, ToySample,
    ToySet, ToyValue,
};

pub(super) use calculator::distribution;
pub(super) use file::merge;
pub(super) use plan::Plan;
pub(super) use statistic::{Failed, best_fit};
