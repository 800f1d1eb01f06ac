//! Signal grids: tests every signal of a set on one background-only workspace for exclusion.
//!
//! Enters: a background's JSON and a patch set or a folder of JSON patches, each the signal of one
//! point of a plane (masses, for example). Leaves: CLs and upper limits of every point ([`run`]),
//! stored as lines of JSON from which an interrupted run continues ([`ResultFile`]); the lines in
//! the plane where signals cease to be excluded ([`contours`]); tables in HEPData's format.
//!
//! A point's numbers do not depend on other points, on threads, or on the order of the points.

mod axes;
mod band;
mod contours;
mod error;
mod file;
mod name;
mod points;
mod polyline;
mod record;
mod run;
mod tables;
#[cfg(test)]
mod testing;
mod triangles;

pub use axes::{Axes, NoAxes, NoSlice, Plane, Where};
pub use band::Region;
pub use contours::{Contours, contours};
pub use error::{GridError, ResultFileError};
pub use file::ResultFile;
pub use name::numbers_in;
pub use points::{Grid, GridPoint};
pub use polyline::Polyline;
pub use record::{Failure, FailureKind, Outcome, PointNumbers, PointResult};
pub use run::{Background, GridOptions, run};
pub use tables::{contour_table, point_table};
