//! Gradient descent of cuts, and its report.

use super::error::CutError;
use super::problem::{CutProblem, SelectionYields};
use super::scan::{Scan, ScanRange};
use crate::optimize::{Objective, Persistence, Schedule, Step, TrainingOptions, TrainingReport};

/// Default number of points of a scan.
pub const DEFAULT_SCAN_POINTS: usize = 200;

/// How cuts are optimised.
#[derive(Clone, Debug, PartialEq)]
pub struct DescentOptions {
    /// Method, steps, schedules of learning rate and slope, stopping rules. The problem sets the
    /// bounds: the data's range, extended to include the start.
    pub training: TrainingOptions,
    /// Whether to search for better hard cuts near the soft optimum ([`CutProblem::refine`]); by
    /// default only for a single cut, because many cuts refined on few events follow their
    /// fluctuations.
    pub refine: Option<bool>,
    /// The range in which a single cut is optimised and scanned; by default the data's range, with
    /// [`DEFAULT_SCAN_POINTS`] points.
    pub scan: Option<ScanRange>,
}

impl Default for DescentOptions {
    /// Adam over 300 steps, while the slope grows from 2 to 10 and the learning rate falls from
    /// 0.05 to 0.001.
    fn default() -> Self {
        let training = TrainingOptions {
            steps: 300,
            learning_rate: Schedule::Cosine { from: 0.05, to: 0.001 },
            hardness: Schedule::Exponential { from: 2.0, to: 10.0 },
            ..TrainingOptions::default()
        };
        Self { training, refine: None, scan: None }
    }
}

/// Cuts as an objective: parameters are cut values in units of the scaling.
#[derive(Debug)]
struct CutObjective<'p> {
    problem: &'p CutProblem<'p>,
    values: Vec<f64>,
    /// Parameters of the last evaluation, and the significance there.
    last: (Vec<f64>, f64),
    hardness: f64,
    /// Whether the descent is past its start, as a resumed one is.
    started: bool,
}

impl<'p> CutObjective<'p> {
    fn new(problem: &'p CutProblem<'p>, started: bool) -> Self {
        let values = vec![0.0; problem.cuts().len()];
        Self { problem, values, last: (Vec::new(), f64::NAN), hardness: 1.0, started }
    }

    fn set_values(&mut self, parameters: &[f64]) {
        let pairs = parameters.iter().zip(&self.problem.scales);
        self.values.iter_mut().zip(pairs).for_each(|(value, (u, scale))| *value = u * scale);
    }
}

impl Objective for CutObjective<'_> {
    type Error = CutError;

    fn evaluate(
        &mut self,
        parameters: &[f64],
        hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, CutError> {
        self.set_values(parameters);
        let merit = match self.problem.soft_merit(&self.values, hardness, gradient) {
            // After the start this is a status, not an error: the descent ends and still reports.
            Err(error) if error.is_gap() && self.started => return Ok(f64::NAN),
            merit => merit?.1,
        };
        gradient.iter_mut().zip(&self.problem.scales).for_each(|(slope, scale)| *slope *= scale);
        self.last = (parameters.to_vec(), merit.significance);
        self.hardness = hardness;
        self.started = true;
        Ok(merit.loss)
    }

    fn metric_names(&self) -> Vec<String> {
        ["soft_significance", "hard_significance"].map(str::to_owned).to_vec()
    }

    fn metrics(&mut self, parameters: &[f64]) -> Result<Vec<f64>, CutError> {
        self.set_values(parameters);
        if self.last.0 != parameters {
            let yields = self.problem.soft_yields(&self.values, self.hardness);
            self.last = (parameters.to_vec(), self.problem.merit(yields)?.significance);
        }
        let hard = self.problem.hard_yields(&self.values);
        Ok(vec![self.last.1, self.problem.significance_or_gap(hard)?])
    }
}

/// A selection and its evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Cut values, in units of their columns.
    pub cuts: Vec<f64>,
    /// Yields, including offsets.
    pub yields: SelectionYields,
    /// In standard deviations; infinite where signal but no background is left, NaN where negative
    /// weights outweigh the others or a fit fails.
    pub significance: f64,
    /// The p-value, if the objective is one and it is defined.
    pub p_value: Option<f64>,
}

/// The result of a descent.
#[derive(Clone, Debug)]
pub struct CutReport {
    /// No cut at all (the list of cuts is empty).
    pub no_cut: Judged,
    /// The soft optimum, evaluated with sigmoid cuts of the last slope.
    pub soft: Judged,
    /// The same cuts, evaluated as hard ones.
    pub hard_at_soft: Judged,
    /// The hard cuts, refined if requested.
    pub hard: Judged,
    /// The slope at the end, in inverse units of the scaling.
    pub slope: f64,
    /// Indices of the cuts that ended at a bound of their range and would move beyond it.
    pub at_bounds: Vec<usize>,
    /// Scans of a single cut.
    pub scan: Option<Scan>,
    /// The descent, step by step; its parameters are cut values in units of the scaling.
    pub training: TrainingReport,
}

impl CutProblem<'_> {
    fn judge(&self, cuts: &[f64], yields: SelectionYields) -> Result<Judged, CutError> {
        let merit = self.merit_or_gap(yields)?;
        let (significance, p_value) =
            merit.map_or((f64::NAN, None), |merit| (merit.significance, merit.p_value));
        Ok(Judged { cuts: cuts.to_vec(), yields, significance, p_value })
    }

    /// Evaluates hard cuts at `values`.
    ///
    /// # Errors
    /// As [`FigureOfMerit::merit`](super::FigureOfMerit::merit).
    pub fn judge_hard(&self, values: &[f64]) -> Result<Judged, CutError> {
        self.judge(values, self.hard_yields(values))
    }

    /// Cut values, in units of their columns, from parameters of the descent.
    pub fn values_of(&self, parameters: &[f64]) -> Vec<f64> {
        parameters.iter().zip(&self.scales).map(|(u, scale)| u * scale).collect()
    }

    /// The range of a scan: the requested one, or the data's.
    fn scan_range(&self, asked: Option<ScanRange>) -> ScanRange {
        let (low, high) = self.ranges[0];
        asked.unwrap_or(ScanRange { low, high, points: DEFAULT_SCAN_POINTS })
    }

    /// Bounds of cut `j`, in units of its column: the range of the scan for a single cut, else the
    /// data's, extended to include the start.
    fn bounds_of(&self, j: usize, scan: Option<ScanRange>) -> (f64, f64) {
        let scanned = scan.filter(|_| self.cuts.len() == 1);
        let (low, high) = scanned.map_or(self.ranges[j], |range| (range.low, range.high));
        (low.min(self.starts()[j]), high.max(self.starts()[j]))
    }

    /// Start and bounds of the descent's parameters.
    fn start_and_bounds(&self, scan: Option<ScanRange>) -> (Vec<f64>, Vec<(f64, f64)>) {
        let scaled = |(j, scale): (usize, &f64)| {
            let (low, high) = self.bounds_of(j, scan);
            (self.starts()[j] / scale, (low / scale, high / scale))
        };
        self.scales.iter().enumerate().map(scaled).unzip()
    }
}

/// Optimises a problem's cuts; `observe` is called with each step.
///
/// # Errors
/// [`CutError`] if the descent cannot start, or ends where no significance is defined.
pub fn optimize_cuts(
    problem: &CutProblem,
    options: &DescentOptions,
    persistence: Persistence,
    observe: &mut dyn FnMut(&Step),
) -> Result<CutReport, CutError> {
    options.scan.map_or(Ok(()), ScanRange::check)?;
    let (start, bounds) = problem.start_and_bounds(options.scan);
    let training = TrainingOptions { bounds, ..options.training.clone() };
    let mut objective = CutObjective::new(problem, persistence.has_started());
    let training = persistence.train(&mut objective, &start, &training, observe);
    problem.report(training.map_err(Box::new)?, options)
}

impl CutProblem<'_> {
    /// Evaluates the end point of a descent.
    fn report(
        &self,
        training: TrainingReport,
        options: &DescentOptions,
    ) -> Result<CutReport, CutError> {
        let slope = training.history.last().map_or(1.0, |step| step.hardness);
        let values = self.values_of(&training.parameters);
        let soft = self.judge(&values, self.soft_yields(&values, slope))?;
        let hard_at_soft = self.judge_hard(&values)?;
        let hard = if options.refine.unwrap_or(self.cuts.len() == 1) {
            let bounds: Vec<_> =
                (0..values.len()).map(|j| self.bounds_of(j, options.scan)).collect();
            self.judge_hard(&self.refine(&values, slope, &bounds)?)?
        } else {
            hard_at_soft.clone()
        };
        let scan = match self.cuts() {
            [_] => Some(self.scan(&self.scan_range(options.scan).values(), slope)?),
            _ => None,
        };
        let no_cut = self.judge(&[], self.uncut_yields())?;
        let at_bound = |j: &usize| {
            let (low, high) = self.bounds_of(*j, options.scan);
            let margin = 1e-9 * (high - low);
            let slope = training.gradient[*j];
            (slope > 0.0 && values[*j] <= low + margin)
                || (slope < 0.0 && values[*j] >= high - margin)
        };
        let at_bounds = (0..values.len()).filter(at_bound).collect();
        Ok(CutReport { no_cut, soft, hard_at_soft, hard, slope, at_bounds, scan, training })
    }
}
