//! Samples of events: columns of numbers with weights, from files or toy generators.
//!
//! Enters: CSV files with a header ([`read_csv`]) or a seed ([`toys`]). Leaves: [`EventSample`],
//! whose columns are all of one length and whose every number is finite, and which holds at least
//! one event with a weight other than 0.

mod csv;
mod error;
mod sample;
pub mod toys;

pub use csv::{DEFAULT_WEIGHT_COLUMN, csv_columns, read_csv, read_csv_unweighted};
pub use error::EventError;
pub use sample::EventSample;
