//! Optimising a binning and judging it with hard bins.

use super::categories::Categories;
use super::descent::{BinningObjective, bias};
use super::error::BinningError;
use super::exact::{ExactTable, is_exact};
use super::merit::{BinningMerit, bin_significance_squared, variance};
use super::problem::BinningProblem;
use super::processes::sum_of;
use super::repair::repaired;
use super::sorted::SortedColumn;
use crate::kernels::selection::Yield;
use crate::optimize::{Method, Persistence, Schedule, Step, TrainingOptions, TrainingReport};

/// How bins are optimised.
#[derive(Clone, Debug, PartialEq)]
pub struct BinningDescent {
    /// Method, steps, schedules, stopping rules. The hardness is the steepness of the boundaries'
    /// sigmoids in inverse widths of the range.
    pub training: TrainingOptions,
    /// Fine bins of equal width whose edges an exact binning chooses from; default 1500.
    pub fine_bins: usize,
}

impl Default for BinningDescent {
    /// RMSprop over 250 steps, the learning rate from 0.1 to 0.001 and the steepness from 50 to
    /// 10,000, both on a cosine.
    fn default() -> Self {
        let training = TrainingOptions {
            method: Method::Rmsprop,
            steps: 250,
            learning_rate: Schedule::Cosine { from: 0.1, to: 0.001 },
            hardness: Schedule::Cosine { from: 50.0, to: 10_000.0 },
            ..TrainingOptions::default()
        };
        Self { training, fine_bins: 1_500 }
    }
}

/// Fine bins at most: their table grows with the square.
pub const MOST_FINE_BINS: usize = 10_000;

/// A binning, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedBinning {
    /// Boundaries between contiguous bins, in units of the column; empty for other categories.
    pub boundaries: Vec<f64>,
    /// Yields of signals, then backgrounds: a list a process, each a list a bin.
    pub yields: Vec<Vec<Yield>>,
    /// In standard deviations; not a number where a fit has no result.
    pub significance: f64,
    /// Each signal's own significance, of objectives that are significances.
    pub by_signal: Vec<f64>,
    /// The p-value, of the objectives that are one.
    pub p_value: Option<f64>,
    /// Each bin's Asimov significance (all signals together), in standard deviations.
    pub by_bin: Vec<f64>,
}

/// A binning found exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactReport {
    /// The best binning found.
    pub binning: JudgedBinning,
    /// No binning on the fine grid has a higher significance (that of the objective's Asimov form,
    /// where the objective is a p-value).
    pub bound: f64,
}

/// What was found for one number of bins.
#[derive(Clone, Debug)]
pub struct BinningReport {
    /// The number of bins asked for.
    pub bins: usize,
    /// The result: the descent's categories made hard, or the exact binning where there was no
    /// descent.
    pub hard: JudgedBinning,
    /// Whether boundaries were moved to give every bin its smallest background.
    pub repaired: bool,
    /// The descent's categories as they were optimised, soft.
    pub soft: Option<JudgedBinning>,
    /// The descent, step by step.
    pub training: Option<TrainingReport>,
    /// Relative difference of the hard and soft yields of all processes, `(hard - soft) / hard`, a bin
    /// each; empty without a descent.
    pub bias: Vec<f64>,
    /// Bins of equal width, of a single column.
    pub equidistant: Option<JudgedBinning>,
    /// The best bins of a single column by the Asimov significance, if they can be found exactly.
    pub exact: Option<ExactReport>,
}

impl BinningProblem<'_> {
    fn judge(
        &self,
        boundaries: &[f64],
        yields: Vec<Vec<Yield>>,
    ) -> Result<JudgedBinning, BinningError> {
        let merit = self.merit_or_gap(&yields)?;
        let BinningMerit { significance, by_signal, p_value, .. } = merit;
        let by_bin = self.bin_significances(&yields);
        let yields = yields[self.processes.nominal()].to_vec();
        let boundaries = boundaries.to_vec();
        Ok(JudgedBinning { boundaries, yields, significance, by_signal, p_value, by_bin })
    }

    /// Each bin's own significance, all signals together.
    fn bin_significances(&self, yields: &[Vec<Yield>]) -> Vec<f64> {
        let signal = sum_of(&yields[self.processes.signals()]);
        let background = self.processes.total_background(yields);
        let (objective, uncertainty) = (self.options.objective, self.options.uncertainty);
        let of_bin = |(s, b): (&Yield, &Yield)| {
            let variance = variance(objective, uncertainty, *b).0;
            bin_significance_squared(objective, s.sum, b.sum, variance).sqrt()
        };
        signal.iter().zip(&background).map(of_bin).collect()
    }

    /// Judges hard bins of the only column between ascending boundaries.
    ///
    /// # Errors
    /// [`BinningError::NotExact`] where the categories are no bins of one column.
    pub fn judge_boundaries(&self, boundaries: &[f64]) -> Result<JudgedBinning, BinningError> {
        let column = self.single_column()?;
        self.judge(boundaries, column.hard(boundaries))
    }

    fn single_column(&self) -> Result<&SortedColumn, BinningError> {
        match &self.categories {
            Categories::Sorted(column) => Ok(column),
            _ => Err(BinningError::NotExact("bins of one column alone")),
        }
    }

    fn table(&self, descent: &BinningDescent) -> Result<ExactTable, BinningError> {
        let found = descent.fine_bins;
        if !(2..=MOST_FINE_BINS).contains(&found) {
            let (name, found) = ("the number of fine bins", found as f64);
            return Err(BinningError::Setting { name, found, expected: "2 to 10000" });
        }
        Ok(ExactTable::new(self.single_column()?, &self.processes, &self.options, found))
    }
}

/// Optimises binnings of a problem, one number of bins at a time; the exact reference is made once
/// for all of them.
pub struct BinningOptimizer<'p, 'a> {
    problem: &'p BinningProblem<'a>,
    descent: BinningDescent,
    table: Option<ExactTable>,
}

impl<'p, 'a> BinningOptimizer<'p, 'a> {
    /// Makes ready.
    ///
    /// # Errors
    /// [`BinningError::Setting`].
    pub fn new(
        problem: &'p BinningProblem<'a>,
        descent: BinningDescent,
    ) -> Result<Self, BinningError> {
        let is_single = problem.single_column().is_ok() && is_exact(&problem.options);
        let table = if is_single { Some(problem.table(&descent)?) } else { None };
        Ok(Self { problem, descent, table })
    }

    /// The best contiguous bins of the only column, found without a descent.
    ///
    /// # Errors
    /// [`BinningError`] where the categories or the objective have no exact optimum, or the data
    /// cannot fill the bins.
    pub fn exact(&self, bins: usize) -> Result<BinningReport, BinningError> {
        self.problem.check_bins(bins)?;
        self.problem.single_column()?;
        let exact = self.exact_report(bins)?;
        let exact = exact.ok_or(BinningError::NotExact(
            "the objectives asimov, asimov-uncertainty and s-over-sqrt-b alone",
        ))?;
        Ok(BinningReport {
            bins,
            hard: exact.binning.clone(),
            repaired: false,
            soft: None,
            training: None,
            bias: Vec::new(),
            equidistant: self.equidistant(bins)?,
            exact: Some(exact),
        })
    }

    /// Optimises bins by gradient descent; `observe` sees each step.
    ///
    /// # Errors
    /// [`BinningError`] where the data cannot fill the bins, the descent cannot begin, or a model has
    /// no result at its start.
    pub fn descend(
        &self,
        bins: usize,
        persistence: Persistence,
        observe: &mut dyn FnMut(&Step),
    ) -> Result<BinningReport, BinningError> {
        let problem = self.problem;
        problem.check_bins(bins)?;
        let start = problem.categories.start(bins);
        let mut objective = BinningObjective::new(problem, bins, persistence.has_started());
        let training = persistence.train(&mut objective, &start, &self.descent.training, observe);
        self.report(bins, training.map_err(Box::new)?)
    }

    fn report(&self, bins: usize, training: TrainingReport) -> Result<BinningReport, BinningError> {
        let problem = self.problem;
        let parameters = &training.parameters;
        let hardness = training.history.last().map_or(1.0, |step| step.hardness);
        let soft = problem.categories.soft(parameters, hardness, &problem.squares()).yields;
        let (boundaries, unrepaired, hard) = self.hard(parameters);
        let nominal = problem.processes.nominal();
        let bias = bias(&sum_of(&hard[nominal.clone()]), &sum_of(&soft[nominal]));
        Ok(BinningReport {
            bins,
            repaired: boundaries != unrepaired,
            hard: problem.judge(&boundaries, hard)?,
            soft: Some(problem.judge(&unrepaired, soft)?),
            training: Some(training),
            bias,
            equidistant: self.equidistant(bins)?,
            exact: self.exact_report(bins).unwrap_or(None),
        })
    }

    /// Boundaries (if there are any) repaired and as they were, and hard yields.
    fn hard(&self, parameters: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<Vec<Yield>>) {
        let problem = self.problem;
        match &problem.categories {
            Categories::Sorted(column) => {
                let boundaries = column.boundaries(parameters);
                let minimum = problem.minimum_background();
                let moved = repaired(column, &problem.processes, &boundaries, minimum);
                print!("unrefined {:.4} ", problem.judge_boundaries(&moved).unwrap().significance);
                let moved = super::refine::refined(
                    column,
                    &problem.processes,
                    &problem.options,
                    &moved,
                    &column.equidistant(self.descent.fine_bins),
                );
                let yields = column.hard(&moved);
                (moved, boundaries, yields)
            }
            _ => (Vec::new(), Vec::new(), problem.categories.hard(parameters)),
        }
    }

    fn equidistant(&self, bins: usize) -> Result<Option<JudgedBinning>, BinningError> {
        let Ok(column) = self.problem.single_column() else { return Ok(None) };
        self.problem.judge_boundaries(&column.equidistant(bins)).map(Some)
    }

    fn exact_report(&self, bins: usize) -> Result<Option<ExactReport>, BinningError> {
        let Some(table) = &self.table else { return Ok(None) };
        let found = table.solve(&self.problem.options, bins)?;
        let binning = self.problem.judge_boundaries(&found.boundaries)?;
        Ok(Some(ExactReport { binning, bound: found.bound }))
    }
}
