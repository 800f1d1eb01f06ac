//! Expected p-values and limits, of the median experiment or of another one in the band.
//!
//! Enters: a model, or a workspace; observations do not matter. Leaves: the statistic on nominal
//! Asimov data ([`expected_ratio`]), ln p ([`ExpectedTest`]) or an upper limit
//! ([`expected_limit`]) of the median experiment, with gradients.

mod median;
mod ratio;

pub use median::{
    ExpectedModelLimit, ExpectedModelPValue, ExpectedPValue, ExpectedTest, ExpectedTestError,
    expected_limit,
};
pub use ratio::{ExpectedRatio, expected_ratio};
