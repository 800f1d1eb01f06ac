//! Where a likelihood is not defined.

/// A point or data set where the likelihood is not defined.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DomainError {
    /// A rate below 0, or not a number.
    #[error("the expected rate of channel '{channel}', bin {bin} is {rate}: outside the domain")]
    Rate {
        /// The channel.
        channel: String,
        /// The bin, from 0.
        bin: usize,
        /// The rate, in events.
        rate: f64,
    },
    /// No events expected where some are observed.
    #[error("channel '{channel}', bin {bin} expects 0 events, but {count} are observed")]
    EmptyBin {
        /// The channel.
        channel: String,
        /// The bin, from 0.
        bin: usize,
        /// What is observed.
        count: f64,
    },
    /// A constraint whose rate is not above 0.
    #[error("parameter '{name}' is {value}: its Poisson constraint needs it above 0")]
    Constraint {
        /// The parameter.
        name: String,
        /// Its value.
        value: f64,
    },
    /// A vector of another length than the model asks for.
    #[error("expected {expected} {what}, found {found}")]
    Length {
        /// What the vector holds.
        what: &'static str,
        /// Entries asked for.
        expected: usize,
        /// Entries found.
        found: usize,
    },
    /// A parameter or datum that is not finite, or a negative count.
    #[error("{what} {index} is {value}: it must be finite{and}")]
    Value {
        /// What the vector holds.
        what: &'static str,
        /// The index, from 0.
        index: usize,
        /// The value.
        value: f64,
        /// A further demand.
        and: &'static str,
    },
}
