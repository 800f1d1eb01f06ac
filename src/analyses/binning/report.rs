//! The results of an optimisation: binnings evaluated with hard bins.

use super::categories::{Categories, FoundCategories};
use super::error::BinningError;
use super::merit::BinningMerit;
use super::options::BinOrder;
use super::problem::BinningProblem;
use super::processes::sum_of;
use super::significance::{bin_significance_squared, variance};
use super::sorted::SortedColumn;
use crate::kernels::selection::Yield;
use crate::optimize::TrainingReport;

/// A binning and its evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedBinning {
    /// Boundaries between contiguous bins, in units of the column; empty for other categories.
    pub boundaries: Vec<f64>,
    /// Yields of signals, then backgrounds: one list per process, one entry per bin.
    pub yields: Vec<Vec<Yield>>,
    /// In standard deviations; NaN if a fit has no result.
    pub significance: f64,
    /// Each signal's own significance, if the objective is a significance.
    pub by_signal: Vec<f64>,
    /// The p-value, if the objective is one.
    pub p_value: Option<f64>,
    /// Each bin's Asimov significance (all signals together), in standard deviations.
    pub by_bin: Vec<f64>,
}

/// A binning found exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactBinning {
    /// The column.
    pub column: String,
    /// The best bins found with edges among the fine ones.
    pub binning: JudgedBinning,
    /// Upper bound on the significance of any bins with edges among the fine ones; for one signal,
    /// the significance of the bins themselves.
    pub bound: f64,
}

impl ExactBinning {
    /// Whether the binning reaches the bound: always for one signal without penalties, rarely
    /// otherwise.
    pub fn is_optimal(&self) -> bool {
        self.binning.significance >= self.bound * (1.0 - 1e-6)
    }
}

/// The result for one number of bins.
#[derive(Clone, Debug)]
pub struct BinningReport {
    /// The requested number of bins (per column, for a product).
    pub bins: usize,
    /// The categories behind `hard`.
    pub categories: FoundCategories,
    /// The result: the descent's categories made hard, repaired and refined; `by_asimov` if that is
    /// better; or the exact binning if there was no descent.
    pub hard: JudgedBinning,
    /// The final state of the descent, if there was one.
    pub descent: Option<DescentReport>,
    /// Bins of equal width, for a single column.
    pub equidistant: Option<JudgedBinning>,
    /// For a p-value objective in a single column with one signal: the exact optimum of the Asimov
    /// significance with an exact background, evaluated with the objective.
    pub by_asimov: Option<JudgedBinning>,
    /// The best bins of each column taken alone, if they can be found exactly.
    pub exact: Vec<ExactBinning>,
    /// Indices of the bins in the requested order.
    pub order: Vec<usize>,
}

/// The end of a descent.
#[derive(Clone, Debug)]
pub struct DescentReport {
    /// The categories as they were optimised, soft.
    pub soft: JudgedBinning,
    /// The same categories made hard, before repair and refinement.
    pub hard: JudgedBinning,
    /// Whether boundaries were moved because a hard category lacked background.
    pub repaired: bool,
    /// Relative difference of the hard and soft yields of all processes, `(hard - soft) / hard`,
    /// one per bin; NaN where the hard bin is empty.
    pub bias: Vec<f64>,
    /// The descent, step by step; its parameters are what [`BinningProblem::boundaries_of`] takes,
    /// or those of the mixture.
    pub training: TrainingReport,
}

impl BinningProblem<'_> {
    /// Evaluates yields of every process.
    pub(super) fn judge(
        &self,
        boundaries: &[f64],
        yields: &[Vec<Yield>],
    ) -> Result<JudgedBinning, BinningError> {
        let merit = self.merit_or_gap(yields)?;
        let BinningMerit { significance, by_signal, p_value, .. } = merit;
        let by_bin = self.bin_significances(yields);
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

    /// Evaluates the hard bins between ascending boundaries of the only column, in its units.
    ///
    /// # Errors
    /// [`BinningError::SeveralColumns`] if the categories are not bins of one column;
    /// [`BinningError::Boundaries`] if the boundaries do not ascend.
    pub fn judge_boundaries(&self, boundaries: &[f64]) -> Result<JudgedBinning, BinningError> {
        let column = self.single_column()?;
        let ascend = boundaries.windows(2).all(|pair| pair[0] <= pair[1]);
        if !ascend || boundaries.iter().any(|boundary| boundary.is_nan()) {
            return Err(BinningError::Boundaries(boundaries.to_vec()));
        }
        self.judge(boundaries, &column.hard(boundaries))
    }

    /// Yields of signals, then backgrounds, in hard bins of the only column between ascending
    /// boundaries: one list per process, one entry per bin.
    ///
    /// # Errors
    /// [`BinningError::SeveralColumns`] if the categories are not bins of one column.
    pub fn yields_between(&self, boundaries: &[f64]) -> Result<Vec<Vec<Yield>>, BinningError> {
        let mut yields = self.single_column()?.hard(boundaries);
        yields.truncate(self.processes.nominal().end);
        Ok(yields)
    }

    /// The sorted column of contiguous bins.
    pub(super) fn single_column(&self) -> Result<&SortedColumn, BinningError> {
        match &self.categories {
            Categories::Sorted(column) => Ok(column),
            Categories::Events(..) => Err(BinningError::SeveralColumns),
        }
    }

    /// Indices of a binning's bins in the requested order.
    pub fn order(&self, judged: &JudgedBinning) -> Vec<usize> {
        let mut order: Vec<usize> = (0..judged.by_bin.len()).collect();
        if self.options.order == BinOrder::Significance {
            order.sort_by(|a, b| judged.by_bin[*a].total_cmp(&judged.by_bin[*b]));
        }
        order
    }

    /// The starting point of a descent with `bins` bins; only mixtures depend on the seed.
    pub fn start(&self, bins: usize, seed: u64) -> Vec<f64> {
        self.categories.start(bins, self.signals(), seed)
    }

    /// Boundaries of each column from a descent's parameters, for its history; empty for a mixture.
    pub fn boundaries_of(&self, parameters: &[f64]) -> Vec<Vec<f64>> {
        self.categories.boundaries(parameters)
    }

    /// The hard bin of a point, counted from 0; the point has one number per column.
    pub fn bin_of(&self, bins: usize, parameters: &[f64], point: &[f64]) -> usize {
        self.categories.category(bins, parameters, point)
    }
}
