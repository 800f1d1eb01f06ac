//! The settings of a training.

use serde::{Deserialize, Serialize};

use super::error::OptimizeError;
use super::methods::Method;
use super::schedule::{Schedule, ScheduleError};

/// How a training is carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingOptions {
    /// How steps are chosen; default Adam.
    pub method: Method,
    /// Largest number of steps; default 1000. Schedules run over them.
    pub steps: usize,
    /// Learning rate, which L-BFGS ignores; default 0.01.
    pub learning_rate: Schedule,
    /// The objective's hardness, which must be constant for L-BFGS; default 1.
    pub hardness: Schedule,
    /// Lower and upper bound of each parameter, infinite where there is none; no bounds by default.
    pub bounds: Vec<(f64, f64)>,
    /// What ends the training before its last step.
    pub stopping: StoppingRules,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        Self {
            method: Method::Adam,
            steps: 1000,
            learning_rate: Schedule::Constant { value: 0.01 },
            hardness: Schedule::Constant { value: 1.0 },
            bounds: Vec::new(),
            stopping: StoppingRules::default(),
        }
    }
}

impl TrainingOptions {
    /// Checks everything that does not depend on the parameters.
    ///
    /// # Errors
    /// [`OptimizeError`], which names the setting.
    pub fn validate(&self) -> Result<(), OptimizeError> {
        if self.steps == 0 {
            return Err(OptimizeError::NoSteps);
        }
        for (setting, schedule) in
            [("learning rate", &self.learning_rate), ("hardness", &self.hardness)]
        {
            let named = |source| OptimizeError::Schedule { setting, source };
            schedule.validate().map_err(named)?;
            // Many divisions can underflow or overflow.
            let value = schedule.at(self.steps, self.steps);
            if !(value > 0.0 && value.is_finite()) {
                let name = "value at the last step";
                return Err(named(ScheduleError::NotPositive { name, value }));
            }
        }
        if self.method == Method::Lbfgs && !self.hardness.is_settled(0, self.steps) {
            return Err(OptimizeError::HardnessChanges);
        }
        self.stopping.check()
    }
}

/// What ends a training before its last step, once the hardness has settled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoppingRules {
    /// Largest component of the projected gradient below which it has converged; 0 disables the
    /// rule; default 1e-8.
    pub gradient_tolerance: f64,
    /// Largest change of a parameter, relative to its size or to 1, below which a step is small; 0
    /// disables the rule; default 0.
    pub step_tolerance: f64,
    /// Steps without improvement after which it ends; default none.
    pub patience: Option<usize>,
    /// Decrease of the objective that counts as an improvement; default 0.
    pub minimum_improvement: f64,
}

impl Default for StoppingRules {
    fn default() -> Self {
        Self {
            gradient_tolerance: 1e-8,
            step_tolerance: 0.0,
            patience: None,
            minimum_improvement: 0.0,
        }
    }
}

impl StoppingRules {
    pub(super) fn check(&self) -> Result<(), OptimizeError> {
        let numbers = [
            ("gradient_tolerance", self.gradient_tolerance),
            ("step_tolerance", self.step_tolerance),
            ("minimum_improvement", self.minimum_improvement),
        ];
        for (rule, value) in numbers {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(OptimizeError::StoppingRule { rule, value });
            }
        }
        if self.patience == Some(0) { Err(OptimizeError::NoPatience) } else { Ok(()) }
    }
}
