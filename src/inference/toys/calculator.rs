//! CLs and discovery p-values from toys.

use std::path::{Path, PathBuf};

use super::distribution::{EmpiricalDistribution, Estimate, expected, ratio};
use super::error::ToyError;
use super::file::merge;
use super::generator::ToyGenerator;
use super::header::{TestSettings, ToyHeader};
use super::plan::{Plan, ToyRun};
use super::record::{FitStage, Hypothesis, ToySample, ToySet};
use super::statistic::{Failed, Test, Tested, best_fit};
use crate::fit::{FitOptions, FitReport};
use crate::histfactory::{Evaluator, Model};
use crate::inference::TestStatistic;
use crate::inference::calculator::refuse_fixed_poi;

/// Both hypotheses, in the order of their toys in files.
const HYPOTHESES: [Hypothesis; 2] = [Hypothesis::Signal, Hypothesis::Background];

/// How a test by toys is carried out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToyOptions {
    /// The statistic; default q-tilde.
    pub test_statistic: TestStatistic,
    /// The tested signal strength, 0 for q0; default 1.
    pub tested_poi: f64,
    /// Which toys; default 10,000 of each hypothesis.
    pub run: ToyRun,
    /// Settings of each fit.
    pub fit: FitOptions,
}

impl Default for ToyOptions {
    fn default() -> Self {
        let (test_statistic, run) = (TestStatistic::default(), ToyRun::default());
        Self { test_statistic, tested_poi: 1.0, run, fit: FitOptions::default() }
    }
}

/// Expected p-values at -2, -1, 0, 1 and 2 standard deviations, smallest first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedPValues {
    /// Of the tested hypothesis.
    pub cl_sb: [Estimate; 5],
    /// Of the other one: apart from ties these are the levels themselves and so have no error.
    pub cl_b: [f64; 5],
    /// Their ratio.
    pub cl_s: [Estimate; 5],
}

/// p-values of a test by toys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToyTest {
    /// Fraction of the tested hypothesis's toys whose statistic is not below the observed one; for
    /// q0 the toys are those without signal, so this is p0.
    pub cl_sb: Estimate,
    /// The same for the other hypothesis's toys: without signal, or for q0 with a signal of
    /// strength 1.
    pub cl_b: Estimate,
    /// Their ratio; not a number where CLb is 0.
    pub cl_s: Estimate,
    /// The values expected under the other hypothesis.
    pub expected: ExpectedPValues,
}

/// A test by toys of one model on one data set; the fits to the data are done once.
#[derive(Clone, Debug)]
pub struct ToyCalculator<'m> {
    model: &'m Model,
    data: Vec<f64>,
    options: ToyOptions,
    test: Test,
    observed: Tested,
    /// Fits of the data at the tested signal strength and at the other one, at which toys are
    /// drawn.
    sources: [FitReport; 2],
    generators: [ToyGenerator; 2],
}

impl<'m> ToyCalculator<'m> {
    /// Fits the observed data: freely, and with the signal strength of each hypothesis.
    ///
    /// # Errors
    /// [`ToyError`] where a fit cannot begin or has no minimum, where the measurement fixes the
    /// parameter of interest or its bounds exclude the other hypothesis, or where q0 is asked to
    /// test a signal strength other than 0.
    pub fn new(model: &'m Model, data: &[f64], options: ToyOptions) -> Result<Self, ToyError> {
        let ToyOptions { test_statistic, tested_poi, fit, .. } = options;
        refuse_fixed_poi(model)?;
        let other = check_poi(model, test_statistic, tested_poi)?;
        let test = Test { settings: TestSettings { test_statistic, tested_poi }, fit };
        let mut evaluator = Evaluator::new(model);
        let initial = model.suggested_init();
        let observed = test.apply(&mut evaluator, data, [initial, initial])?;
        let mut source = |poi: f64| {
            let starts = [&observed.free.parameters, initial];
            let fit = best_fit(&mut evaluator, data, &starts, Some(poi), &fit);
            fit.map_err(|trouble| Failed(FitStage::Tested, trouble))
        };
        let tested = match &observed.tested {
            Some(tested) => tested.clone(),
            None => source(tested_poi)?,
        };
        let sources = [tested, source(other)?];
        let [signal, background] = &sources;
        let generators = [
            ToyGenerator::new(model, &signal.parameters)?,
            ToyGenerator::new(model, &background.parameters)?,
        ];
        Ok(Self { model, data: data.to_vec(), options, test, observed, sources, generators })
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// The observed statistic.
    pub fn statistic(&self) -> f64 {
        self.observed.statistic
    }

    /// The fit of the observed data with all parameters free.
    pub fn free_fit(&self) -> &FitReport {
        &self.observed.free
    }

    /// The fits of the observed data at which toys are drawn: at the tested signal strength and at
    /// the other one.
    pub fn sources(&self) -> &[FitReport; 2] {
        &self.sources
    }

    /// The header of files with this calculator's toys.
    pub fn header(&self) -> ToyHeader {
        let ToyOptions { run, fit, .. } = &self.options;
        ToyHeader::new(self.model, &self.data, Some(self.test.settings), run.seed, fit)
    }

    /// Runs the toys; with a file, runs only those that it does not contain yet and appends them as
    /// they finish.
    ///
    /// `progress` is called with the number of finished toys of both hypotheses, including those in
    /// the file.
    ///
    /// # Errors
    /// [`ToyError`] where there are no toys or too many, and where the file cannot be written or
    /// belongs to another run. A toy that fails is not an error; [`ToySample::failed`] counts it.
    pub fn run(
        &self,
        file: Option<&Path>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<ToySet, ToyError> {
        let plan = Plan { hypotheses: &HYPOTHESES, header: self.header(), run: self.options.run };
        let one = |evaluator: &mut Evaluator, toy: u64, hypothesis: Hypothesis| {
            let which = usize::from(hypothesis == Hypothesis::Background);
            let data = self.generators[which].draw(plan.run.seed, toy, hypothesis);
            let near =
                [&self.sources[which], &self.sources[0]].map(|fit| fit.parameters.as_slice());
            let tested = self.test.apply(evaluator, &data, near)?;
            Ok(tested.value(self.model))
        };
        plan.run(self.model, file, one, progress)
    }

    /// The toys of files of this calculator's test, from any runs of its seed; each counts once.
    ///
    /// # Errors
    /// [`ToyError::File`] where a file cannot be read, belongs to another test, or contradicts another.
    pub fn merge(&self, files: &[PathBuf]) -> Result<ToySet, ToyError> {
        Ok(merge(files, &self.header(), &HYPOTHESES)?)
    }

    /// p-values from toys.
    ///
    /// # Errors
    /// [`ToyError::NoToy`] where every toy of a hypothesis failed.
    pub fn p_values(&self, toys: &ToySet) -> Result<ToyTest, ToyError> {
        let signal = distribution(toys, Hypothesis::Signal)?;
        let background = distribution(toys, Hypothesis::Background)?;
        let [cl_sb, cl_b] = [&signal, &background].map(|toys| toys.p_value(self.statistic()));
        let (expected_sb, expected_b, expected_s) = expected(&signal, &background);
        Ok(ToyTest {
            cl_sb,
            cl_b,
            cl_s: ratio(cl_sb, cl_b),
            expected: ExpectedPValues { cl_sb: expected_sb, cl_b: expected_b, cl_s: expected_s },
        })
    }
}

/// The other hypothesis's signal strength, if both may be tested.
fn check_poi(model: &Model, statistic: TestStatistic, tested: f64) -> Result<f64, ToyError> {
    if statistic == TestStatistic::Q0 && tested != 0.0 {
        return Err(ToyError::DiscoveryPoi { tested });
    }
    let (value, (lower, upper)) =
        (statistic.asimov_poi(), model.suggested_bounds()[model.poi_index()]);
    if value < lower || value > upper {
        let poi = model.poi_name().to_owned();
        return Err(ToyError::AlternativeOutsideBounds { poi, value, lower, upper });
    }
    Ok(value)
}

/// The statistics of a hypothesis's toys.
pub(in crate::inference) fn distribution(
    toys: &ToySet,
    hypothesis: Hypothesis,
) -> Result<EmpiricalDistribution, ToyError> {
    let none = ToySample::default();
    let sample = toys.sample(hypothesis).unwrap_or(&none);
    EmpiricalDistribution::new(&sample.statistics).ok_or_else(|| {
        let most = sample.failed.iter().max_by_key(|(_, count)| **count);
        let reason = most.map_or("none was run".to_owned(), |(reason, _)| reason.to_string());
        ToyError::NoToy { hypothesis, failed: sample.n_failed(), reason }
    })
}
