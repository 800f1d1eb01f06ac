//! The objective that gradient descent minimises to optimise bins.

use super::error::BinningError;
use super::merit::PenaltyValues;
use super::problem::BinningProblem;
use super::processes::sum_of;
use crate::kernels::selection::Yield;
use crate::optimize::Objective;

/// Bins as an objective of [`optimize`](crate::optimize): the loss with penalties, its derivatives
/// with respect to the categories' parameters, and metrics of soft and hard bins.
#[derive(Clone, Debug)]
pub struct BinningObjective<'p, 'a> {
    problem: &'p BinningProblem<'a>,
    bins: usize,
    squares: Vec<bool>,
    /// Parameters and result of the last evaluation.
    last: (Vec<f64>, Evaluation),
    hardness: f64,
    /// Whether the descent is past its start, as a resumed one is.
    started: bool,
}

#[derive(Clone, Debug, Default)]
struct Evaluation {
    significance: f64,
    penalties: PenaltyValues,
    /// Yields of all nominal processes together, one per bin.
    yields: Vec<Yield>,
}

impl<'p, 'a> BinningObjective<'p, 'a> {
    /// An objective with `bins` bins; `started` tells whether the descent is past its start.
    pub fn new(problem: &'p BinningProblem<'a>, bins: usize, started: bool) -> Self {
        let last = (Vec::new(), Evaluation::default());
        Self { problem, bins, squares: problem.squares(), last, hardness: 1.0, started }
    }

    /// The loss with penalties, without derivatives.
    ///
    /// # Errors
    /// [`BinningError`] where the figure of merit has no value.
    pub fn value(&mut self, parameters: &[f64], hardness: f64) -> Result<f64, BinningError> {
        self.hardness = hardness;
        self.evaluate_at(parameters, None)
    }

    fn evaluate_at(
        &mut self,
        parameters: &[f64],
        gradient: Option<&mut [f64]>,
    ) -> Result<f64, BinningError> {
        let BinningProblem { categories, processes, options, .. } = self.problem;
        let soft = categories.soft(self.bins, parameters, self.hardness, &self.squares);
        let mut merit = options.merit(processes, &soft.yields, gradient.is_some())?;
        if gradient.is_none() {
            // The penalties add their slopes even when no gradient is wanted.
            let zeros = |yields: &Vec<Yield>| vec![Yield::default(); yields.len()];
            merit.slopes = soft.yields.iter().map(zeros).collect();
        }
        let penalties = options.penalties.add(processes, &soft.yields, &mut merit.slopes);
        if let Some(gradient) = gradient {
            gradient.fill(0.0);
            let at = (parameters, self.hardness);
            categories.pull_back(self.bins, at, &soft, &merit.slopes, gradient);
        }
        let yields = sum_of(&soft.yields[processes.nominal()]);
        let found = Evaluation { significance: merit.significance, penalties, yields };
        self.last = (parameters.to_vec(), found);
        Ok(merit.loss + options.penalties.total(penalties))
    }
}

/// `(hard - soft) / hard` for each bin; NaN where the hard bin is empty.
pub(super) fn bias(hard: &[Yield], soft: &[Yield]) -> Vec<f64> {
    let relative = |(hard, soft): (&Yield, &Yield)| match hard.sum {
        0.0 => f64::NAN,
        _ => (hard.sum - soft.sum) / hard.sum,
    };
    hard.iter().zip(soft).map(relative).collect()
}

impl Objective for BinningObjective<'_, '_> {
    type Error = BinningError;

    fn evaluate(
        &mut self,
        parameters: &[f64],
        hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, BinningError> {
        self.hardness = hardness;
        match self.evaluate_at(parameters, Some(gradient)) {
            // After the start this is a status, not an error: the descent ends and still reports.
            Err(error) if error.is_gap() && self.started => Ok(f64::NAN),
            value => {
                self.started = true;
                value
            }
        }
    }

    fn metric_names(&self) -> Vec<String> {
        let fixed =
            ["soft_significance", "hard_significance", "yield_penalty", "uncertainty_penalty"];
        let bias = (1..=self.problem.categories.count(self.bins)).map(|k| format!("bias_{k}"));
        fixed.map(str::to_owned).into_iter().chain(bias).collect()
    }

    fn metrics(&mut self, parameters: &[f64]) -> Result<Vec<f64>, BinningError> {
        if self.last.0 != parameters {
            self.evaluate_at(parameters, None)?;
        }
        let BinningProblem { categories, processes, .. } = self.problem;
        let hard = categories.hard(self.bins, parameters);
        let merit = self.problem.merit_or_gap(&hard)?;
        let found = &self.last.1;
        let penalties = [found.penalties.low_yield, found.penalties.high_uncertainty];
        let mut metrics = vec![found.significance, merit.significance];
        metrics.extend(penalties);
        metrics.extend(bias(&sum_of(&hard[processes.nominal()]), &found.yields));
        Ok(metrics)
    }
}
