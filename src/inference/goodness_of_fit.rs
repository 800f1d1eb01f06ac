//! Goodness of fit: the best fit against the saturated model.
//!
//! `t = 2 (ln L_saturated - ln L_best)`, where the saturated model expects exactly the observed
//! count in each bin and the measured value of each auxiliary datum: for a Poisson term `n` the
//! deviance `2 (r - n + n ln(n / r))`, for a Normal one the squared pull. Constraints of parameters
//! that the measurement fixes are the same in both. Asymptotically t follows a chi squared
//! distribution with as many degrees of freedom as there are bins, less the free parameters without
//! a constraint: a constraint adds a datum and a parameter. Source: R. Cousins, Generalization of
//! chisquare goodness-of-fit test for binned data using saturated models, with application to
//! histograms (2013); cabinetry's `fit.fit(goodness_of_fit=True)`.

use std::path::{Path, PathBuf};

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::toys::{
    Estimate, Failed, FitStage, Hypothesis, Plan, ToyError, ToyFailure, ToyGenerator, ToyHeader,
    ToyRun, ToySet, ToyValue, best_fit, distribution, merge,
};
use crate::fit::{FitOptions, FitReport, LOWER, lowest_minimum};
use crate::histfactory::{Constraint, ConstraintKind, Evaluator, Model};
use crate::kernels::density::{normal_term, poisson_term};

const HYPOTHESES: [Hypothesis; 1] = [Hypothesis::BestFit];

/// How goodness of fit is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GoodnessOfFitOptions {
    /// Which toys [`GoodnessOfFit::run`] draws; default 10,000.
    pub run: ToyRun,
    /// Settings of each fit.
    pub fit: FitOptions,
}

/// How well a model describes data.
#[derive(Clone, Debug)]
pub struct GoodnessOfFit<'m> {
    /// `2 (ln L_saturated - ln L_best)`, not negative.
    pub statistic: f64,
    /// Bins less free parameters without a constraint; may be 0 or below.
    pub degrees_of_freedom: i64,
    /// Fraction of a chi squared distribution above the statistic; `None` without a degree of
    /// freedom.
    pub p_value: Option<f64>,
    /// The best fit.
    pub fit: FitReport,
    model: &'m Model,
    data: Vec<f64>,
    options: GoodnessOfFitOptions,
}

/// The statistic at the point of a fit.
fn deviance(evaluator: &mut Evaluator, fit: &FitReport, data: &[f64]) -> f64 {
    let at = evaluator.set_point(&fit.parameters).expect("a fit ends where there are rates");
    let poisson = |count: f64, rate: f64| poisson_term(count, rate) - poisson_term(count, count);
    let bins: f64 = data.iter().zip(at.rates()).map(|(n, rate)| poisson(*n, *rate)).sum();
    let (theta, fixed) = (at.parameters(), at.model().suggested_fixed());
    let constraints = at.model().constraints().filter(|(p, ..)| !fixed[*p]);
    let terms = constraints.map(|(p, kind, width, datum)| match kind {
        ConstraintKind::Normal => {
            normal_term(data[datum], theta[p], width) - normal_term(data[datum], data[datum], width)
        }
        ConstraintKind::Poisson => poisson(data[datum], width * theta[p]),
    });
    2.0 * (bins + terms.sum::<f64>()).max(0.0)
}

fn degrees_of_freedom(model: &Model) -> i64 {
    let free = model.parameter_sets().iter().filter(|set| set.constraint == Constraint::None);
    let free: usize = free.map(|set| set.fixed.iter().filter(|fixed| !**fixed).count()).sum();
    model.n_bins() as i64 - free as i64
}

impl<'m> GoodnessOfFit<'m> {
    /// Fits the data and compares them with the saturated model.
    ///
    /// # Errors
    /// [`ToyError`] where the fit cannot begin or has no minimum.
    pub fn new(
        model: &'m Model,
        data: &[f64],
        options: GoodnessOfFitOptions,
    ) -> Result<Self, ToyError> {
        let mut evaluator = Evaluator::new(model);
        let fit = best_fit(&mut evaluator, data, &[model.suggested_init()], None, &options.fit);
        let mut fit = fit.map_err(|trouble| Failed(FitStage::Free, trouble))?;
        let lowest = lowest_minimum(&mut evaluator, data, &fit.parameters, &[], &options.fit);
        if let Ok(lowest) = lowest
            && lowest.status.is_minimum()
            && (lowest.twice_nll < fit.twice_nll - LOWER || lowest.other_minimum.is_some())
        {
            fit = lowest;
        }
        let statistic = deviance(&mut evaluator, &fit, data);
        let degrees_of_freedom = degrees_of_freedom(model);
        let chi_squared = ChiSquared::new(degrees_of_freedom as f64).ok();
        Ok(Self {
            statistic,
            degrees_of_freedom,
            p_value: chi_squared.map(|distribution| distribution.sf(statistic)),
            fit,
            model,
            data: data.to_vec(),
            options,
        })
    }

    /// The header of files with its toys.
    pub fn header(&self) -> ToyHeader {
        let GoodnessOfFitOptions { run, fit } = &self.options;
        ToyHeader::new(self.model, &self.data, None, run.seed, fit)
    }

    /// Runs toys drawn at the best fit; with a file, only those that it does not contain yet.
    ///
    /// # Errors
    /// As [`ToyCalculator::run`](super::ToyCalculator::run).
    pub fn run(
        &self,
        file: Option<&Path>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<ToySet, ToyError> {
        let (model, options) = (self.model, &self.options);
        let generator = ToyGenerator::new(model, &self.fit.parameters)?;
        let plan = Plan { hypotheses: &HYPOTHESES, header: self.header(), run: options.run };
        let starts = [self.fit.parameters.as_slice(), model.suggested_init()];
        let one = |evaluator: &mut Evaluator, toy: u64, hypothesis: Hypothesis| {
            let data = generator.draw(plan.run.seed, toy, hypothesis);
            let fit = best_fit(evaluator, &data, &starts, None, &options.fit);
            let fit = fit.map_err(|trouble| ToyFailure::from(Failed(FitStage::Free, trouble)))?;
            let poi = fit.parameters[model.poi_index()];
            Ok(ToyValue { statistic: deviance(evaluator, &fit, &data), poi })
        };
        plan.run(model, file, one, progress)
    }

    /// The toys of files, from any runs of the seed; each counts once.
    ///
    /// # Errors
    /// As [`ToyCalculator::merge`](super::ToyCalculator::merge).
    pub fn merge(&self, files: &[PathBuf]) -> Result<ToySet, ToyError> {
        Ok(merge(files, &self.header(), &HYPOTHESES)?)
    }

    /// Fraction of the toys that fit no better than the data.
    ///
    /// # Errors
    /// [`ToyError::NoToy`] where every toy failed.
    pub fn p_value_of_toys(&self, toys: &ToySet) -> Result<Estimate, ToyError> {
        Ok(distribution(toys, Hypothesis::BestFit)?.p_value(self.statistic))
    }
}
