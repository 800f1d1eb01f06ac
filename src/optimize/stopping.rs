//! When a training ends.
//!
//! Enters: the progress so far. Leaves: a [`TrainingStatus`], or nothing while there is more to do.
//! Every rule is a function of a checkpoint's content, so a resumed training ends where an
//! uninterrupted one does. While the hardness changes, so does the objective, and neither a small
//! gradient nor a lack of improvement means anything, so the rules only apply once it has settled.

use super::history::Step;
use super::options::TrainingOptions;
use super::progress::Progress;

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainingStatus {
    /// The projected gradient fell below its tolerance.
    Converged,
    /// The last step was smaller than its tolerance.
    SmallStep,
    /// No step lowered the objective, however short: L-BFGS at the limit of rounding, or with a
    /// gradient that is not that of the objective.
    Stalled,
    /// The objective did not improve for as many steps as patience allows.
    Patience,
    /// The steps ran out.
    StepLimit,
    /// It paused as requested and can be resumed.
    Paused,
    /// The next point's objective, gradient or parameters are not finite.
    NotFinite,
}

impl TrainingStatus {
    /// The status in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::SmallStep => "small step",
            Self::Stalled => "stalled",
            Self::Patience => "patience",
            Self::StepLimit => "step limit",
            Self::Paused => "paused",
            Self::NotFinite => "not finite",
        }
    }
}

/// Largest change of a parameter, relative to its size or to 1.
fn step_size(before: &Step, after: &Step) -> f64 {
    let pairs = before.parameters.iter().zip(&after.parameters);
    pairs.map(|(x, y)| (y - x).abs() / x.abs().max(1.0)).fold(0.0, f64::max)
}

/// How the training ends at its last recorded point, if it does.
pub(super) fn ended(progress: &Progress, options: &TrainingOptions) -> Option<TrainingStatus> {
    let (rules, row) = (&options.stopping, progress.last());
    let is_settled = |step| options.hardness.is_settled(step, options.steps);
    if is_settled(row.step) && row.gradient_norm < rules.gradient_tolerance {
        return Some(TrainingStatus::Converged);
    }
    if let [.., before, after] = &progress.history[..]
        && is_settled(before.step)
        && step_size(before, after) < rules.step_tolerance
    {
        return Some(TrainingStatus::SmallStep);
    }
    let is_exhausted = |patience| row.step - progress.improved.step >= patience;
    if is_settled(row.step) && rules.patience.is_some_and(is_exhausted) {
        return Some(TrainingStatus::Patience);
    }
    (row.step == options.steps).then_some(TrainingStatus::StepLimit)
}
