//! Numbers that change over a training.

mod schedule;

pub use schedule::{Schedule, ScheduleError};
