//! All points of a grid, in parallel.

use rayon::prelude::*;
use serde_json::{Value, json};

use super::points::GridPoint;
use super::record::{Failure, FailureKind, Outcome, PointNumbers, PointResult};
use crate::histfactory::{Workspace, WorkspaceError, WorkspaceModel, apply_patch};
use crate::inference::{
    AsimovData, AsymptoticCalculator, HypothesisTestOptions, LimitOptions, TestStatistic,
    UpperLimits,
};
use crate::kernels::interpolation::{HistosysCode, Interpolation, NormsysCode};
use crate::persistence::Fingerprint;
use diffhep_names::name_of;

/// Largest last step to a limit, relative to it; the step is taken, which leaves an error of about
/// its square.
const LIMIT_TOLERANCE: f64 = 1e-4;
/// Largest number of signal strengths tested for one limit; a limit that exists takes two to five.
const MOST_TESTS: usize = 30;

/// The background-only workspace that the patches are for.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    pub(super) json: Value,
    pub(super) digest: String,
}

impl Background {
    /// A background, from its JSON. It need not have a signal, so no model is made from it.
    ///
    /// # Errors
    /// [`WorkspaceError`] where it is not a workspace.
    pub fn new(json: Value) -> Result<Self, WorkspaceError> {
        let workspace = Workspace::from_json(json)?;
        let json = workspace.json().clone();
        let digest = Fingerprint::of_text(&json.to_string()).finish(&"workspace");
        Ok(Self { json, digest })
    }
}

/// What is computed for each point.
#[derive(Clone, Debug, PartialEq)]
pub struct GridOptions {
    /// Name of the measurement; the first by default.
    pub measurement: Option<String>,
    /// Interpolation codes; pyhf's by default.
    pub interpolation: Interpolation,
    /// Bounds of the parameter of interest that replace the measurement's, if any.
    pub poi_bounds: Option<(f64, f64)>,
    /// Test statistic, Asimov data and fits.
    pub tests: HypothesisTestOptions,
    /// Signal strength of the CLs; default 1.
    pub test_poi: f64,
    /// Confidence level of limits and exclusion; default 0.95.
    pub level: f64,
    /// Whether limits are searched for; default true.
    pub limits: bool,
}

impl Default for GridOptions {
    fn default() -> Self {
        Self {
            measurement: None,
            interpolation: Interpolation::default(),
            poi_bounds: None,
            tests: HypothesisTestOptions::default(),
            test_poi: 1.0,
            level: 0.95,
            limits: true,
        }
    }
}

impl GridOptions {
    /// Everything that a point's numbers depend on apart from workspace and patch.
    pub(super) fn settings(&self) -> Value {
        let asimov = match self.tests.asimov {
            AsimovData::Fitted => "fitted",
            AsimovData::Nominal => "nominal",
        };
        let fit = &self.tests.fit;
        json!({
            "test_poi": self.test_poi,
            "test_stat": name_of(&TestStatistic::TABLE, &self.tests.test_statistic),
            "asimov": asimov,
            "measurement": self.measurement,
            "poi_bounds": self.poi_bounds,
            "normsys": name_of(&NormsysCode::TABLE, &self.interpolation.normsys),
            "histosys": name_of(&HistosysCode::TABLE, &self.interpolation.histosys),
            "level": self.level,
            "limits": self.limits,
            "fit_tolerance": fit.tolerance,
            "fit_max_steps": fit.max_steps,
            "fit_max_halvings": fit.max_halvings,
        })
    }
}

/// Computes points in parallel on rayon's threads; `each` is called with every result as soon as it
/// is available, from several threads and in any order.
///
/// A point that fails is a result like any other and does not stop the run.
///
/// # Errors
/// The first error of `each`, after which no further points begin.
pub fn run<E: Send>(
    background: &Background,
    points: &[&GridPoint],
    options: &GridOptions,
    each: impl Fn(PointResult) -> Result<(), E> + Sync,
) -> Result<(), E> {
    points.par_iter().with_max_len(1).try_for_each(|point| {
        let outcome = match evaluate(background, point, options) {
            Ok(numbers) => Outcome::Numbers(numbers),
            Err(error) => Outcome::Failed { error },
        };
        each(PointResult { name: point.name.clone(), values: point.values.clone(), outcome })
    })
}

fn failure(kind: FailureKind, message: impl ToString) -> Failure {
    Failure { kind, message: message.to_string() }
}

fn evaluate(
    background: &Background,
    point: &GridPoint,
    options: &GridOptions,
) -> Result<PointNumbers, Failure> {
    let mut json = background.json.clone();
    apply_patch(&mut json, &point.patch, &point.name)
        .map_err(|error| failure(FailureKind::Patch, error))?;
    let refuse = |error| failure(FailureKind::Model, error);
    let mut workspace = Workspace::from_json(json).map_err(refuse)?;
    let measurement = options.measurement.as_deref();
    if let Some(bounds) = options.poi_bounds {
        workspace = workspace.with_poi_bounds(measurement, bounds).map_err(refuse)?;
    }
    let model = workspace.model_with(measurement, options.interpolation).map_err(refuse)?;
    let data = workspace.data(&model);
    let refuse = |error| failure(FailureKind::Test, error);
    let mut calculator = AsymptoticCalculator::new(&model, &data, options.tests).map_err(refuse)?;
    let test = calculator.hypotest(options.test_poi).map_err(refuse)?;
    let fits = test.ratio.fits();
    if let Some((name, fit)) = fits.iter().find(|(_, fit)| !fit.status.is_minimum()) {
        let message = format!("the {name} fit ended as '{}'", fit.status.name());
        return Err(failure(FailureKind::Fit, message));
    }
    let mut numbers = PointNumbers {
        cls_obs: test.cls_obs,
        cls_exp: test.cls_exp,
        limit_obs: None,
        limit_exp: [None; 5],
        no_limit: Vec::new(),
    };
    if options.limits {
        let (tolerance, max_tests) = (LIMIT_TOLERANCE, MOST_TESTS);
        let settings = LimitOptions { level: options.level, tolerance, max_tests };
        add_limits(&mut numbers, &calculator.upper_limits(&settings).map_err(refuse)?);
    }
    Ok(numbers)
}

fn add_limits(numbers: &mut PointNumbers, limits: &UpperLimits) {
    numbers.limit_obs = limits.observed.as_ref().ok().map(|limit| limit.value);
    let expected = limits.expected.iter().map(|limit| limit.as_ref().ok().map(|l| l.value));
    numbers.limit_exp.iter_mut().zip(expected).for_each(|(place, limit)| *place = limit);
    for error in limits.all().filter_map(|limit| limit.as_ref().err()) {
        let message = error.to_string();
        if !numbers.no_limit.contains(&message) {
            numbers.no_limit.push(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::testing::{background, counting_grid, results};

    #[test]
    fn a_point_s_numbers_are_the_calculator_s() {
        let (background, grid) = (background(), counting_grid(&[(1.0, 2.0), (3.0, 1.0)]));
        let options = GridOptions::default();
        for (point, result) in grid.points.iter().zip(results(&background, &grid, &options)) {
            let mut json = background.json.clone();
            apply_patch(&mut json, &point.patch, "").expect("it fits");
            let workspace = Workspace::from_json(json).expect("a workspace");
            let model = workspace.model().expect("a model");
            let data = workspace.data(&model);
            let mut calculator =
                AsymptoticCalculator::new(&model, &data, options.tests).expect("a fit");
            let test = calculator.hypotest(1.0).expect("a test");
            let limits = calculator.upper_limits(&LimitOptions::default()).expect("limits");
            let numbers = result.numbers().expect("numbers");
            assert_eq!((numbers.cls_obs, numbers.cls_exp), (test.cls_obs, test.cls_exp));
            let found = [numbers.limit_obs].into_iter().chain(numbers.limit_exp);
            for (found, expected) in found.zip(limits.all()) {
                let expected = expected.as_ref().expect("a limit").value;
                // The grid's searches for limits end one step earlier.
                let error = found.expect("a limit") / expected - 1.0;
                assert!(error.abs() < 1e-8, "{error:e}");
            }
            assert!(numbers.no_limit.is_empty());
        }
    }

    #[test]
    fn each_failure_says_what_failed_and_stops_nothing() {
        let (background, mut grid) = (background(), counting_grid(&[(1.0, 1.0); 6]));
        grid.points[1].patch[0]["path"] = "/nowhere/0".into();
        grid.points[2].patch[0]["value"]["modifiers"][0]["name"] = "other".into();
        // There is no signal, so there is nothing to test.
        grid.points[3].patch[0]["value"]["data"] = json!([0.0]);
        let failing = |message| -> Failure { Failure { kind: FailureKind::Test, message } };
        let found = results(&background, &grid, &GridOptions::default());
        let kind = |i: usize| match &found[i].outcome {
            Outcome::Failed { error } => Some(error.kind),
            Outcome::Numbers(_) => None,
        };
        assert_eq!((kind(0), kind(4)), (None, None));
        assert_eq!((kind(1), kind(2)), (Some(FailureKind::Patch), Some(FailureKind::Model)));
        let nothing = found[3].numbers().expect("CLs of no signal");
        assert_eq!((nothing.cls_obs, nothing.limit_obs), (1.0, None));
        assert!(nothing.no_limit[0].contains("not bracketed"), "{:?}", nothing.no_limit);
        let measurement = Some("absent".to_owned());
        let options = GridOptions { measurement, ..Default::default() };
        for result in results(&background, &grid, &options) {
            assert!(result.numbers().is_none(), "{result:?}");
        }
        let options = GridOptions { level: 1.5, ..Default::default() };
        let Outcome::Failed { error } = &results(&background, &grid, &options)[0].outcome else {
            panic!("no such level")
        };
        assert_eq!(
            *error,
            failing(
                "a confidence level of 1.5 is none: give one between 0 and 1, such as 0.95".into()
            )
        );
    }

    #[test]
    fn without_limits_there_are_none() {
        let options = GridOptions { limits: false, ..Default::default() };
        let found = results(&background(), &counting_grid(&[(1.0, 1.0)]), &options);
        let numbers = found[0].numbers().expect("numbers");
        assert_eq!((numbers.limit_obs, numbers.limit_exp), (None, [None; 5]));
        assert!(numbers.no_limit.is_empty() && numbers.cls_obs > 0.0);
    }

    #[test]
    fn an_error_of_the_caller_s_ends_the_run() {
        let (background, grid) = (background(), counting_grid(&[(1.0, 1.0); 4]));
        let points: Vec<_> = grid.points.iter().collect();
        let refused = run(&background, &points, &GridOptions::default(), |_| Err("full"));
        assert_eq!(refused, Err("full"));
    }
}
