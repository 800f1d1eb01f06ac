//! A selection to be optimised: samples, cuts and objective, checked together.
//!
//! Enters: two samples and a list of cuts. Leaves: yields of soft and hard selections at any cut
//! values. Sums run over fixed chunks of events in parallel and are added in a fixed order, so
//! results are bit-identical for any number of threads.

use rayon::prelude::*;
use std::ops::Range;

use super::cuts::{Cut, CutStart};
use super::error::CutError;
use super::merit::{Loss, Merit};
use crate::analyses::figure_of_merit::{BackgroundUncertainty, FigureOfMerit};
use crate::events::{EventError, EventSample};
use crate::kernels::selection::{
    CHUNK, Keep, SelectionScratch, SigmoidCut, Yield, hard_yield, soft_yield, soft_yield_vjp,
};
use diffhep_names::named;

/// Minimum number of chunks that is worth another thread.
const FEWEST_CHUNKS: usize = 4;

/// The unit in which slopes, learning rates and steps are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// Each column's standard deviation (both samples pooled, unweighted).
    #[default]
    StandardDeviation,
    /// The column's own unit.
    Unit,
}

impl Scaling {
    /// All scalings, with their names.
    pub const TABLE: [(&'static str, Self); 2] =
        [("standard-deviation", Self::StandardDeviation), ("unit", Self::Unit)];
}

named!(Scaling, "scaling");

/// What is optimised, and how it is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProblemOptions {
    /// Default: Asimov significance.
    pub objective: FigureOfMerit,
    /// Default: the background is exact.
    pub uncertainty: BackgroundUncertainty,
    /// Default: minus the significance.
    pub loss: Loss,
    /// Events added to the signal yield wherever it is evaluated; default 0.
    pub signal_offset: f64,
    /// Events added to the background yield wherever it is evaluated, so that a selection that runs
    /// out of simulated background is not infinitely good; default 0.
    pub background_offset: f64,
    /// Default: each column's standard deviation.
    pub scaling: Scaling,
}

/// Yields of both samples, including offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SelectionYields {
    /// Signal.
    pub signal: Yield,
    /// Background.
    pub background: Yield,
}

/// One sample: the column of each cut, and the weights.
#[derive(Clone, Debug)]
pub(super) struct Process<'a> {
    pub(super) columns: Vec<&'a [f64]>,
    pub(super) weights: &'a [f64],
}

impl<'a> Process<'a> {
    fn new(sample: &'a EventSample, cuts: &[Cut]) -> Result<Self, EventError> {
        let columns =
            cuts.iter().map(|cut| sample.column(&cut.column)).collect::<Result<_, _>>()?;
        Ok(Self { columns, weights: sample.weights() })
    }

    fn chunks(&self) -> impl IndexedParallelIterator<Item = Range<usize>> + use<'_> {
        let events = self.weights.len();
        let range = move |k: usize| k * CHUNK..((k + 1) * CHUNK).min(events);
        (0..events.div_ceil(CHUNK)).into_par_iter().with_min_len(FEWEST_CHUNKS).map(range)
    }

    fn soft(&self, cuts: &[SigmoidCut]) -> Yield {
        let scratch = || SelectionScratch::new(cuts.len());
        let parts = self.chunks().map_init(scratch, |scratch, range| {
            let columns: Vec<_> = self.columns.iter().map(|c| &c[range.clone()]).collect();
            soft_yield(&columns, &self.weights[range], cuts, scratch)
        });
        in_order(parts.collect())
    }

    /// The yield, and its derivatives with respect to each cut's value.
    fn soft_vjp(&self, cuts: &[SigmoidCut], squares: bool) -> (Yield, Vec<Yield>) {
        let scratch = || SelectionScratch::new(cuts.len());
        let parts = self.chunks().map_init(scratch, |scratch, range| {
            let columns: Vec<_> = self.columns.iter().map(|c| &c[range.clone()]).collect();
            let mut slopes = vec![Yield::default(); cuts.len()];
            let weights = &self.weights[range];
            let part = soft_yield_vjp(&columns, weights, cuts, squares, scratch, &mut slopes);
            (part, slopes)
        });
        let mut slopes = vec![Yield::default(); cuts.len()];
        let mut total = Yield::default();
        for (part, part_slopes) in parts.collect::<Vec<_>>() {
            total += part;
            slopes.iter_mut().zip(part_slopes).for_each(|(slope, part)| *slope += part);
        }
        (total, slopes)
    }

    fn hard(&self, cuts: &[(Keep, f64)]) -> Yield {
        let parts = self.chunks().map(|range| {
            let columns: Vec<_> = self.columns.iter().map(|c| &c[range.clone()]).collect();
            hard_yield(&columns, &self.weights[range], cuts)
        });
        in_order(parts.collect())
    }
}

fn in_order(parts: Vec<Yield>) -> Yield {
    let mut total = Yield::default();
    parts.into_iter().for_each(|part| total += part);
    total
}

/// A checked problem.
#[derive(Clone, Debug)]
pub struct CutProblem<'a> {
    pub(super) signal: Process<'a>,
    pub(super) background: Process<'a>,
    pub(super) cuts: Vec<Cut>,
    pub(super) options: ProblemOptions,
    /// Unit of each cut's slope and learning rate.
    pub(super) scales: Vec<f64>,
    /// Smallest and largest value of each cut's column.
    pub(super) ranges: Vec<(f64, f64)>,
    starts: Vec<f64>,
    warnings: Vec<String>,
}

impl<'a> CutProblem<'a> {
    /// Checks samples, cuts and options against one another.
    ///
    /// # Errors
    /// [`CutError`] if there is no cut, a cut is given twice, a column is missing or constant, or a
    /// setting is out of range.
    pub fn new(
        signal: &'a EventSample,
        background: &'a EventSample,
        cuts: Vec<Cut>,
        options: ProblemOptions,
    ) -> Result<Self, CutError> {
        check_cuts(&cuts)?;
        check_options(&options)?;
        let mut warnings = Vec::new();
        for sample in [signal, background] {
            let negative = sample.negative_weights();
            if negative > 0 {
                let (name, events) = (sample.name(), sample.len());
                warnings.push(format!("{negative} of the {events} weights of {name} are negative"));
            }
        }
        let (signal, background) = (Process::new(signal, &cuts)?, Process::new(background, &cuts)?);
        let (mut scales, mut ranges, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        for (j, cut) in cuts.iter().enumerate() {
            let mut pooled = [signal.columns[j], background.columns[j]].concat();
            pooled.sort_unstable_by(f64::total_cmp);
            let (low, high) = (pooled[0], pooled[pooled.len() - 1]);
            if low == high {
                return Err(CutError::ConstantColumn { column: cut.column.clone(), value: low });
            }
            let asked = start_of(cut, &pooled);
            // Far outside the data the sigmoids are flat, and no gradient would move the cut.
            let start = asked.clamp(low, high);
            if start != asked {
                warnings.push(format!(
                    "the cut {cut} {asked} starts outside the data's range, {low} to {high}; it is \
                     started at {start}"
                ));
            }
            scales.push(match options.scaling {
                Scaling::StandardDeviation => standard_deviation(&pooled),
                Scaling::Unit => 1.0,
            });
            ranges.push((low, high));
            starts.push(start);
        }
        Ok(Self { signal, background, cuts, options, scales, ranges, starts, warnings })
    }

    /// The cuts.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// The options.
    pub fn options(&self) -> &ProblemOptions {
        &self.options
    }

    /// Where the descent starts: one value per cut, in units of its column.
    pub fn starts(&self) -> &[f64] {
        &self.starts
    }

    /// The unit of each cut's slope and learning rate, in units of its column.
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// Warnings about the data for the user: negative weights, starts moved into the data's range.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The sigmoid cuts at `values`, with a slope in inverse units of the scaling.
    pub fn sigmoids(&self, values: &[f64], slope: f64) -> Vec<SigmoidCut> {
        let cuts = self.cuts.iter().zip(values).zip(&self.scales);
        cuts.map(|((cut, value), scale)| SigmoidCut {
            value: *value,
            slope: slope / scale,
            keep: cut.keep,
        })
        .collect()
    }

    pub(super) fn offset(&self, mut yields: SelectionYields) -> SelectionYields {
        yields.signal.sum += self.options.signal_offset;
        yields.background.sum += self.options.background_offset;
        yields
    }

    /// Yields with sigmoid cuts.
    pub fn soft_yields(&self, values: &[f64], slope: f64) -> SelectionYields {
        let cuts = self.sigmoids(values, slope);
        let (signal, background) = (self.signal.soft(&cuts), self.background.soft(&cuts));
        self.offset(SelectionYields { signal, background })
    }

    /// Yields with hard cuts.
    pub fn hard_yields(&self, values: &[f64]) -> SelectionYields {
        let cuts = self.cuts.iter().zip(values).map(|(cut, value)| (cut.keep, *value));
        self.hard_yields_of(&cuts.collect::<Vec<_>>())
    }

    /// Yields without any cut.
    pub fn uncut_yields(&self) -> SelectionYields {
        self.hard_yields_of(&[])
    }

    fn hard_yields_of(&self, cuts: &[(Keep, f64)]) -> SelectionYields {
        let (signal, background) = (self.signal.hard(cuts), self.background.hard(cuts));
        self.offset(SelectionYields { signal, background })
    }

    /// Whether an event passes the hard cuts, except for the one left out.
    pub(super) fn keeps(
        &self,
        process: &Process,
        i: usize,
        values: &[f64],
        left_out: Option<usize>,
    ) -> bool {
        let passes = |(j, cut): (usize, &Cut)| {
            Some(j) == left_out || cut.keep.keeps(process.columns[j][i], values[j])
        };
        self.cuts.iter().enumerate().all(passes)
    }

    /// The figure of merit of yields.
    ///
    /// # Errors
    /// As [`FigureOfMerit::merit`].
    pub fn merit(&self, yields: SelectionYields) -> Result<Merit, CutError> {
        let ProblemOptions { objective, uncertainty, loss, .. } = self.options;
        objective.merit(yields.signal, yields.background, uncertainty, loss)
    }

    /// The figure of merit of yields; `None` if negative weights outweigh the others or a fit of
    /// the counting model fails, so that a scan leaves a gap there and goes on.
    pub(super) fn merit_or_gap(&self, yields: SelectionYields) -> Result<Option<Merit>, CutError> {
        match self.merit(yields) {
            Err(error) if error.is_gap() => Ok(None),
            merit => merit.map(Some),
        }
    }

    /// The significance of yields; NaN if there is none.
    pub(super) fn significance_or_gap(&self, yields: SelectionYields) -> Result<f64, CutError> {
        Ok(self.merit_or_gap(yields)?.map_or(f64::NAN, |merit| merit.significance))
    }

    /// The figure of merit with sigmoid cuts, and the loss's derivative with respect to each cut's
    /// value, in inverse units of its column.
    ///
    /// # Errors
    /// As [`FigureOfMerit::merit`].
    pub fn soft_merit(
        &self,
        values: &[f64],
        slope: f64,
        gradient: &mut [f64],
    ) -> Result<(SelectionYields, Merit), CutError> {
        let cuts = self.sigmoids(values, slope);
        let ProblemOptions { objective, uncertainty, .. } = self.options;
        let squares = uncertainty.simulation && objective.has_uncertainty();
        let (signal, by_signal) = self.signal.soft_vjp(&cuts, false);
        let (background, by_background) = self.background.soft_vjp(&cuts, squares);
        let yields = self.offset(SelectionYields { signal, background });
        let merit = self.merit(yields)?;
        for (j, slope) in gradient.iter_mut().enumerate() {
            *slope = merit.by_signal * by_signal[j].sum
                + merit.by_background * by_background[j].sum
                + merit.by_squares * by_background[j].squares;
        }
        Ok((yields, merit))
    }

    /// The significance with hard cuts; infinite where signal but no background is left.
    ///
    /// # Errors
    /// As [`FigureOfMerit::merit`].
    pub fn hard_significance(&self, values: &[f64]) -> Result<f64, CutError> {
        Ok(self.merit(self.hard_yields(values))?.significance)
    }
}

fn check_cuts(cuts: &[Cut]) -> Result<(), CutError> {
    if cuts.is_empty() {
        return Err(CutError::NoCuts);
    }
    for (j, cut) in cuts.iter().enumerate() {
        let same = |other: &&Cut| other.column == cut.column && other.keep == cut.keep;
        if cuts[..j].iter().any(|other| same(&other)) {
            let (column, side) = (cut.column.clone(), cut.keep.name());
            return Err(CutError::SameCutTwice { column, side });
        }
    }
    Ok(())
}

fn check_options(options: &ProblemOptions) -> Result<(), CutError> {
    let settings = [
        ("the relative background uncertainty", options.uncertainty.relative),
        ("the signal offset", options.signal_offset),
        ("the background offset", options.background_offset),
    ];
    match settings.into_iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
        None => Ok(()),
        Some((name, found)) => {
            Err(CutError::Setting { name, found, expected: "a finite number, 0 or more" })
        }
    }
}

fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt()
}

/// Where a cut starts, given the sorted values of its column.
fn start_of(cut: &Cut, sorted: &[f64]) -> f64 {
    let tenth = sorted.len() / 10;
    match (cut.start, cut.keep) {
        (CutStart::At(value), _) => value,
        (CutStart::Loose, Keep::Above) => sorted[tenth],
        (CutStart::Loose, Keep::Below) => sorted[sorted.len() - 1 - tenth],
    }
}
