//! Optimises binnings: runs the descent, then repairs and refines the hard bins.

use super::categories::Categories;
use super::categories::FoundCategories;
use super::descent::{BinningObjective, bias};
use super::error::BinningError;
use super::exact::{ExactTable, is_exact};
use super::fine::fine_edges;
use super::options::{BinningOptions, FineEdges};
use super::problem::BinningProblem;
use super::processes::sum_of;
use super::refine::refined;
use super::repair::repaired;
use super::report::{BinningReport, DescentReport, ExactBinning, JudgedBinning};
use super::sorted::SortedColumn;
use crate::analyses::FigureOfMerit;
use crate::optimize::{
    Method, Persistence, Schedule, Step, TrainingError, TrainingOptions, TrainingReport,
};

/// How bins are optimised.
#[derive(Clone, Debug, PartialEq)]
pub struct BinningDescent {
    /// Method, steps, schedules and stopping rules. The hardness is the steepness of the
    /// boundaries' sigmoids, in inverse widths of the range, or the inverse temperature of a
    /// mixture.
    pub training: TrainingOptions,
    /// Number of fine bins whose edges an exact binning and the refinement choose from; default
    /// 1500.
    pub fine_bins: usize,
    /// Where the edges of the fine bins lie; default mixed.
    pub fine_edges: FineEdges,
    /// Whether the boundaries of a single column are improved as hard ones after the descent, if
    /// the objective is a significance; default yes.
    pub refine: bool,
    /// Seed for the starting point of a mixture's descent; default 0.
    pub seed: u64,
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
        Self { training, fine_bins: 1_500, fine_edges: FineEdges::Mixed, refine: true, seed: 0 }
    }
}

/// Steepnesses and inverse temperatures whose squares neither overflow nor underflow.
const HARDNESS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;
/// Maximum number of fine bins, because the table of their stretches grows quadratically.
pub const MOST_FINE_BINS: usize = 5_000;

impl BinningDescent {
    /// The defaults for a mixture: Adam over 250 steps, the learning rate from 0.1 to 0.005 and the
    /// inverse temperature from 1 to 20, both on a cosine.
    pub fn mixture() -> Self {
        let training = TrainingOptions {
            method: Method::Adam,
            learning_rate: Schedule::Cosine { from: 0.1, to: 0.005 },
            hardness: Schedule::Cosine { from: 1.0, to: 20.0 },
            ..Self::default().training
        };
        Self { training, ..Self::default() }
    }

    fn check(&self) -> Result<(), BinningError> {
        self.training.validate().map_err(|error| Box::new(TrainingError::from(error)))?;
        let found = self.fine_bins;
        if (2..=MOST_FINE_BINS).contains(&found) {
            return Ok(());
        }
        let (name, found) = ("the number of fine bins", found as f64);
        Err(BinningError::Setting { name, found, expected: "2 to 5000" })
    }
}

/// Optimises binnings of a problem, one number of bins at a time; the tables for exact binnings are
/// computed once and shared.
pub struct BinningOptimizer<'p, 'a> {
    problem: &'p BinningProblem<'a>,
    descent: BinningDescent,
    exact: Vec<(SortedColumn, ExactTable)>,
    /// For a p-value objective: options of the Asimov significance, and its table.
    by_asimov: Option<(BinningOptions, ExactTable)>,
}

impl<'p, 'a> BinningOptimizer<'p, 'a> {
    /// Checks the settings and computes the tables for exact binnings.
    ///
    /// # Errors
    /// [`BinningError::Setting`].
    pub fn new(
        problem: &'p BinningProblem<'a>,
        descent: BinningDescent,
    ) -> Result<Self, BinningError> {
        descent.check()?;
        let columns =
            if is_exact(&problem.options) { problem.categories.sorted() } else { Vec::new() };
        let edges = |column: &SortedColumn| {
            fine_edges(problem, column, descent.fine_edges, descent.fine_bins)
        };
        let table = |column: SortedColumn| {
            let BinningProblem { processes, options, .. } = problem;
            let table = ExactTable::new(&column, processes, options, &edges(&column));
            (column, table)
        };
        let exact = columns.into_iter().map(table).collect();
        let by_asimov = match problem.single_column() {
            // With several signals the p-value scales all of them together, while the significance
            // treats each separately.
            Ok(column) if problem.options.objective.fits() && problem.signals() == 1 => {
                let objective = FigureOfMerit::Asimov;
                let options = BinningOptions { objective, ..problem.options.clone() };
                let table = ExactTable::new(column, &problem.processes, &options, &edges(column));
                Some((options, table))
            }
            _ => None,
        };
        Ok(Self { problem, descent, exact, by_asimov })
    }

    /// Finds the best contiguous bins of the only column, without a descent.
    ///
    /// # Errors
    /// [`BinningError`] if the categories or the objective have no exact optimum, or the data have
    /// too few events for the bins.
    pub fn exact(&self, bins: usize) -> Result<BinningReport, BinningError> {
        let problem = self.problem;
        problem.check_bins(bins)?;
        problem.single_column()?;
        if self.exact.is_empty() {
            return Err(BinningError::NotExact);
        }
        let exact = self.exact_binnings(bins).collect::<Result<Vec<_>, _>>()?;
        let hard = exact[0].binning.clone();
        Ok(BinningReport {
            bins,
            categories: FoundCategories::Boundaries(hard.boundaries.clone()),
            order: problem.order(&hard),
            hard,
            descent: None,
            equidistant: self.equidistant(bins)?,
            by_asimov: None,
            exact,
        })
    }

    /// Optimises bins by gradient descent; `observe` is called with each step.
    ///
    /// # Errors
    /// [`BinningError`] if the data have too few events for the bins, the descent cannot start, or
    /// a model has no result at its start.
    pub fn descend(
        &self,
        bins: usize,
        persistence: Persistence,
        observe: &mut dyn FnMut(&Step),
    ) -> Result<BinningReport, BinningError> {
        let problem = self.problem;
        problem.check_bins(bins)?;
        self.check_hardness()?;
        let start = problem.start(bins, self.descent.seed);
        let mut objective = BinningObjective::new(problem, bins, persistence.has_started());
        let training = persistence.train(&mut objective, &start, &self.descent.training, observe);
        self.report(bins, training.map_err(Box::new)?)
    }

    /// Refuses a hardness that the kernels cannot square at either end of the schedule.
    fn check_hardness(&self) -> Result<(), BinningError> {
        let TrainingOptions { hardness, steps, .. } = &self.descent.training;
        for found in [hardness.at(0, *steps), hardness.at(*steps, *steps)] {
            if !HARDNESS.contains(&found) {
                let (name, expected) = ("the steepness", "1e-100 to 1e100");
                return Err(BinningError::Setting { name, found, expected });
            }
        }
        Ok(())
    }

    fn report(&self, bins: usize, training: TrainingReport) -> Result<BinningReport, BinningError> {
        let problem = self.problem;
        let categories = &problem.categories;
        let parameters = training.parameters.clone();
        let hardness = training.history.last().map_or(1.0, |step| step.hardness);
        let soft = categories
            .soft(bins, &parameters, hardness, &vec![true; problem.processes.all().len()])
            .yields;
        let unrepaired = categories.hard(bins, &parameters);
        let nominal = problem.processes.nominal();
        let bias = bias(&sum_of(&unrepaired[nominal.clone()]), &sum_of(&soft[nominal]));
        let boundaries = match categories {
            Categories::Sorted(column) => column.boundaries(&parameters),
            Categories::Events(..) => Vec::new(),
        };
        let at_soft = problem.judge(&boundaries, &unrepaired)?;
        let (hard, is_repaired) = self.hard(&at_soft)?;
        let by_asimov = self.by_asimov(bins)?;
        // A local optimum of the p-value can be worse than the optimum of the significance.
        let hard = match &by_asimov {
            Some(other) if other.significance > hard.significance => other.clone(),
            _ => hard,
        };
        let descent = DescentReport {
            soft: problem.judge(&boundaries, &soft)?,
            hard: at_soft,
            repaired: is_repaired,
            bias,
            training,
        };
        Ok(BinningReport {
            bins,
            categories: categories.found(bins, &parameters, &hard.boundaries),
            order: problem.order(&hard),
            hard,
            descent: Some(descent),
            equidistant: self.equidistant(bins)?,
            by_asimov,
            exact: self.exact_binnings(bins).flatten().collect(),
        })
    }

    /// The hard bins, repaired and refined if they are contiguous, and whether they had to be
    /// repaired.
    fn hard(&self, at_soft: &JudgedBinning) -> Result<(JudgedBinning, bool), BinningError> {
        let BinningProblem { processes, options, .. } = self.problem;
        let Ok(column) = self.problem.single_column() else { return Ok((at_soft.clone(), false)) };
        let boundaries = &at_soft.boundaries;
        let sound = repaired(column, processes, &options.penalties, boundaries)
            .or_else(|| self.exact_boundaries(boundaries.len() + 1))
            .unwrap_or_else(|| boundaries.clone());
        let is_repaired = sound != *boundaries;
        let found = if self.descent.refine && !options.objective.fits() {
            refined(column, processes, options, &sound, &self.fine_edges(column))
        } else {
            sound
        };
        Ok((self.problem.judge_boundaries(&found)?, is_repaired))
    }

    fn fine_edges(&self, column: &SortedColumn) -> Vec<f64> {
        let BinningDescent { fine_edges: kind, fine_bins, .. } = self.descent;
        fine_edges(self.problem, column, kind, fine_bins)
    }

    /// The exact optimum of the only column, by the Asimov significance if the objective is a
    /// p-value; `None` if it does not exist.
    fn exact_boundaries(&self, bins: usize) -> Option<Vec<f64>> {
        let by_asimov = self.by_asimov.as_ref().map(|(options, table)| (options, table));
        let exact = self.exact.first().map(|(_, table)| (&self.problem.options, table));
        let (options, table) = by_asimov.or(exact)?;
        table.solve(options, bins).ok().map(|(boundaries, _)| boundaries)
    }

    fn equidistant(&self, bins: usize) -> Result<Option<JudgedBinning>, BinningError> {
        let Ok(column) = self.problem.single_column() else { return Ok(None) };
        self.problem.judge_boundaries(&column.equidistant(bins)).map(Some)
    }

    /// The best bins by the Asimov significance; `None` if the fine bins allow no solution.
    fn by_asimov(&self, bins: usize) -> Result<Option<JudgedBinning>, BinningError> {
        let solved =
            |(options, table): &(BinningOptions, ExactTable)| table.solve(options, bins).ok();
        match self.by_asimov.as_ref().and_then(solved) {
            None => Ok(None),
            Some((boundaries, _)) => self.problem.judge_boundaries(&boundaries).map(Some),
        }
    }

    /// The best bins of each column taken alone.
    fn exact_binnings(
        &self,
        bins: usize,
    ) -> impl Iterator<Item = Result<ExactBinning, BinningError>> {
        let bins = self.problem.categories.count(bins);
        self.exact.iter().map(move |(column, table)| {
            let (boundaries, bound) = table.solve(&self.problem.options, bins)?;
            let binning = self.problem.judge(&boundaries, &column.hard(&boundaries))?;
            Ok(ExactBinning { column: column.column.clone(), binning, bound })
        })
    }
}
