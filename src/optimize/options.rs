//! The settings of a training.

use serde::Serialize;

use super::error::OptimizeError;
use super::methods::Method;
use super::schedule::{Schedule, ScheduleError};
use super::stopping::StoppingRules;

/// How a training is carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingOptions {
    /// How steps are chosen; default Adam.
    pub method: Method,
    /// Most steps; default 1000. Schedules run over them.
    pub steps: usize,
    /// Learning rate; L-BFGS takes no notice of it; default 0.01.
    pub learning_rate: Schedule,
    /// The objective's hardness; L-BFGS needs a constant; default 1.
    pub hardness: Schedule,
    /// Lower and upper bound of each parameter, infinite where there is none; default none at all.
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
            // Many divisions can exhaust the range of numbers.
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
