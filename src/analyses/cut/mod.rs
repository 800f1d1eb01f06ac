//! Choosing cuts by gradient descent through a figure of merit.
//!
//! Enters: a signal and a background sample, one cut or many ([`Cut`]), a [`FigureOfMerit`]. The
//! descent sees sigmoid cuts ([`kernels::selection`](crate::kernels::selection)); the reported
//! results are evaluated with hard ones. Leaves: a [`CutReport`] with the soft optimum, the hard
//! cuts found from it, the significance without cuts and, for one cut, scans.
//!
//! Source: the significance is that of arXiv:1007.1727, equation 97; p0 and CLs are those of
//! [`inference`](crate::inference) for one bin with a background systematic.

mod counting;
mod cuts;
mod descent;
mod error;
mod fingerprint;
mod merit;
mod one_at_a_time;
mod problem;
mod refine;
mod result;
mod scan;

pub use super::figure_of_merit::{BackgroundUncertainty, FigureOfMerit};
pub use crate::numbers::six_digits;
pub use counting::{CountingSlopes, counting_test, counting_workspace};
pub use cuts::{Cut, CutStart, InvalidCut};
pub use descent::{CutReport, DEFAULT_SCAN_POINTS, DescentOptions, Judged, optimize_cuts};
pub use error::CutError;
pub use merit::{Loss, Merit};
pub use one_at_a_time::OneAtATime;
pub use problem::{CutProblem, ProblemOptions, Scaling, SelectionYields};
pub use result::result_json;
pub use scan::{InvalidScanRange, MOST_SCAN_POINTS, Scan, ScanRange};
