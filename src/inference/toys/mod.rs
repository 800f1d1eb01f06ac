//! Pseudo-experiments ("toys"): the distribution of a test statistic where asymptotic formulae
//! fail.
//!
//! Enters: a model, data, a tested signal strength, a seed. Leaves: CLsb, CLb and CLs as fractions
//! of toys, with their statistical errors, observed and expected, and every toy's statistic.
//!
//! Toys are drawn at the nuisance parameters fitted to the observed data at fixed signal strength:
//! counts from their Poisson distributions, auxiliary data from their constraints. Each has fits of
//! its own; one that fails is counted with its reason and left out of the p-values. Each toy has
//! its own stream of random numbers, selected by its number and hypothesis, so its bits depend
//! neither on the number of threads nor on which other toys are run.
//!
//! Random bits come from the ChaCha8 stream cipher, the same on every machine; the numbers derived
//! from them also depend on `rand_distr` and the mathematical library. Source: ATLAS and CMS,
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
