//! Compares gradients of a fit's uncertainties and linear impacts, with respect to every number of
//! the workspace, with differences of the whole calculation: read, compiled, fitted and inverted
//! again.

use diffhep::fit::{FitOptions, FitReport, minimise};
use diffhep::histfactory::{Evaluator, Model, Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{CovarianceGradients, ImpactKind, ranking};
use diffhep::kernels::interpolation::Interpolation;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::common::{REGION_A, likelihoods, project, published, read_json, workspace};
use super::gradients::scale;

/// How far a difference may be from the derivative.
#[derive(Clone, Copy)]
struct Tolerance {
    /// Relative to the difference.
    relative: f64,
    /// Rounding error of an output in units of an uncertainty, to be divided by the step.
    rounding: f64,
}

/// Largest step of a difference, relative to the scale of its input.
const STEP: f64 = 4e-3;

/// A workspace and how it is interpolated.
struct Case {
    json: Value,
    interpolation: Interpolation,
    tolerance: Tolerance,
}

struct Fitted {
    model: Model,
    data: Vec<f64>,
    report: FitReport,
}

impl Case {
    fn new(json: Value) -> Self {
        let tolerance = Tolerance { relative: 1e-6, rounding: 1e-11 };
        Self { json, interpolation: Interpolation::default(), tolerance }
    }

    fn fit(&self, workspace: &Workspace) -> Fitted {
        let model = workspace.model_with(None, self.interpolation).expect("a model");
        let data = workspace.data(&model);
        // Differences need tighter fits than any other use.
        let options = FitOptions { tolerance: 1e-23, ..FitOptions::default() };
        let initial = model.suggested_init();
        let report = minimise(&mut Evaluator::new(&model), &data, initial, &[], &options);
        Fitted { report: report.expect("a fit"), data, model }
    }

    /// Uncertainties of all free parameters, then the impacts of `nuisances`, after the fit and, of
    /// those with a measurement, before it.
    fn outputs(&self, workspace: &Workspace, nuisances: &[usize]) -> Vec<f64> {
        let Fitted { model, data, report } = self.fit(workspace);
        let ranking = ranking(&model, &data, &report).expect("a ranking");
        let sigma = |p: &usize| ranking.covariance.sigma(*p).expect("free");
        let mut outputs: Vec<f64> = report.free.iter().map(sigma).collect();
        for &nuisance in nuisances {
            let found = ranking.parameters.iter().find(|ranked| ranked.parameter == nuisance);
            let found = found.expect("a free nuisance parameter");
            outputs.push(found.post_fit.up);
            outputs.extend(found.pre_fit.as_ref().map(|impact| impact.up));
        }
        outputs
    }

    /// Names of the outputs and their gradients, in the order of the inputs.
    fn gradients(&self, nuisances: &[usize]) -> Vec<(String, Vec<f64>)> {
        let workspace = workspace(&self.json);
        let Fitted { model, data, report } = self.fit(&workspace);
        assert!(report.free.contains(&model.poi_index()), "the parameter of interest must be free");
        let mut gradients = CovarianceGradients::new(&model, &data, &report).expect("gradients");
        let names = model.parameter_names();
        let flat = |adjoint| WorkspaceGradient::new(&workspace, &model, &adjoint).flatten();
        let mut found = Vec::new();
        for &p in &report.free {
            let adjoint = gradients.sigma(p).expect("a gradient");
            found.push((format!("sigma of {}", names[p]), flat(adjoint)));
        }
        let ranking = ranking(&model, &data, &report).expect("a ranking");
        for &p in nuisances {
            let ranked = ranking.parameters.iter().find(|ranked| ranked.parameter == p);
            let before = ranked.is_some_and(|ranked| ranked.pre_fit.is_some());
            for kind in [ImpactKind::PostFit, ImpactKind::PreFit] {
                if kind == ImpactKind::PostFit || before {
                    let adjoint = gradients.impact(p, kind).expect("a gradient");
                    found.push((format!("{kind:?} impact of {}", names[p]), flat(adjoint)));
                }
            }
        }
        found
    }

    /// Compares the gradients with respect to every `stride`-th input.
    fn check(&self, nuisances: impl Fn(&Model) -> Vec<usize>, stride: usize) -> Compared {
        let workspace = workspace(&self.json);
        let model = workspace.model_with(None, self.interpolation).expect("a model");
        let (inputs, nuisances) = (workspace.inputs(&model), nuisances(&model));
        let (gradients, values) =
            (self.gradients(&nuisances), self.outputs(&workspace, &nuisances));
        assert_eq!(gradients.len(), values.len());
        // Impacts may vanish, so they are compared with the uncertainty to which they contribute.
        let poi = model.parameter_names()[model.poi_index()].as_str();
        let of_poi = gradients.iter().position(|(name, _)| *name == format!("sigma of {poi}"));
        let of_poi = values[of_poi.expect("the parameter of interest is free")];
        let units: Vec<f64> = gradients
            .iter()
            .zip(&values)
            .map(|((name, _), value)| if name.starts_with("sigma") { *value } else { of_poi })
            .collect();
        let by_input = |i: usize| -> Option<Compared> {
            let number = inputs.values[i];
            let size = scale(&inputs.names[i], number);
            let at = |shift: f64| {
                let mut moved = inputs.values.clone();
                moved[i] += shift;
                let moved = workspace.with_inputs(&model, &moved).ok()?;
                let outputs = self.outputs(&moved, &nuisances);
                assert_eq!(outputs.len(), values.len(), "a parameter left its side of a bound");
                Some(outputs)
            };
            let differences = differences(at, STEP * size)?;
            let mut worst = Compared { inputs: 1, relative: 0.0, rounding: 0.0 };
            for (o, (name, gradient)) in gradients.iter().enumerate() {
                let (found, expected) = (gradient[i], differences[o]);
                let error = (found - expected).abs();
                // The effect of a step of the full size, and the error of that effect.
                let [effect, wrong] = [expected.abs(), error].map(|slope| slope * size / units[o]);
                let Tolerance { relative, rounding } = self.tolerance;
                assert!(
                    wrong <= relative * effect + rounding / STEP,
                    "{name} by {}: found {found:e}, difference {expected:e}, error {error:.1e}",
                    inputs.names[i]
                );
                // For smaller ones, rounding is a larger part of the difference.
                if effect > 1e-3 {
                    worst.relative = worst.relative.max(wrong / effect);
                } else {
                    worst.rounding = worst.rounding.max(wrong * STEP);
                }
            }
            Some(worst)
        };
        let chosen: Vec<usize> = (0..inputs.values.len()).step_by(stride).collect();
        let found: Vec<Option<Compared>> = chosen.into_par_iter().map(by_input).collect();
        found.into_iter().flatten().reduce(Compared::and).expect("an input that can be moved")
    }
}

/// How many inputs were compared and the largest errors: relative ones for significant derivatives,
/// and absolute ones, in units of an uncertainty and a step, for small ones.
struct Compared {
    inputs: usize,
    relative: f64,
    rounding: f64,
}

impl Compared {
    fn and(self, other: Self) -> Self {
        Self {
            inputs: self.inputs + other.inputs,
            relative: self.relative.max(other.relative),
            rounding: self.rounding.max(other.rounding),
        }
    }
}

/// Twice extrapolated central differences of all outputs; `None` where one is not
/// defined at both sides.
fn differences(at: impl Fn(f64) -> Option<Vec<f64>>, h: f64) -> Option<Vec<f64>> {
    let central = |h: f64| -> Option<Vec<f64>> {
        let (above, below) = (at(h)?, at(-h)?);
        Some(above.iter().zip(below).map(|(above, below)| (above - below) / (2.0 * h)).collect())
    };
    let [coarse, middle, fine] = [central(h)?, central(h / 2.0)?, central(h / 4.0)?];
    let extrapolate = |coarse: &[f64], fine: &[f64], order: f64| -> Vec<f64> {
        let pairs = coarse.iter().zip(fine);
        pairs.map(|(coarse, fine)| (order * fine - coarse) / (order - 1.0)).collect()
    };
    let first = extrapolate(&coarse, &middle, 4.0);
    Some(extrapolate(&first, &extrapolate(&middle, &fine, 4.0), 16.0))
}

fn all_nuisances(model: &Model) -> Vec<usize> {
    (0..model.n_parameters()).filter(|p| *p != model.poi_index()).collect()
}

/// Widens the bounds of the parameter of interest, so that its fit is free.
fn with_wide_bounds(mut json: Value, bounds: [f64; 2]) -> Value {
    let poi = json["measurements"][0]["config"]["poi"].clone();
    let list = json["measurements"][0]["config"]["parameters"].as_array_mut().expect("a list");
    match list.iter_mut().find(|entry| entry["name"] == poi) {
        Some(entry) => entry["bounds"] = json!([bounds]),
        None => list.push(json!({ "name": poi, "bounds": [bounds] })),
    }
    json
}

/// Prints what was compared, and returns the number of inputs.
fn report(what: &str, Compared { inputs, relative, rounding }: Compared) -> usize {
    eprintln!("{what}: {inputs} inputs, largest errors {relative:.1e} and {rounding:.1e}");
    inputs
}

/// Auxiliary data that pull the parameters away from 0, where codes 0 and 1 have a kink.
fn with_pulls(mut json: Value) -> Value {
    let model = workspace(&json).model().expect("a model");
    let list = json["measurements"][0]["config"]["parameters"].as_array_mut().expect("a list");
    let sets = model.parameter_sets().iter().filter(|set| set.auxdata() == [0.0]);
    for (set, pull) in sets.zip([0.6, -0.7, 1.4]) {
        list.push(json!({ "name": set.name, "auxdata": [pull] }));
    }
    json
}

#[test]
fn gradients_match_differences_for_two_bins() {
    let json = with_wide_bounds(read_json(project("examples/two_bins.json")), [-5.0, 10.0]);
    let compared = Case::new(json).check(all_nuisances, 1);
    assert!(report("two bins", compared) >= 18);
}

#[test]
fn gradients_match_differences_for_every_modifier_type() {
    let json = read_json(project("tests/reference/all_types_qtilde.json"))["workspace"].clone();
    let json = with_wide_bounds(json, [-5.0, 10.0]);
    let compared = Case::new(json).check(all_nuisances, 1);
    assert!(report("all types", compared) > 370);
}

#[test]
fn gradients_match_differences_for_every_interpolation_code() {
    for name in [
        "normsys_code1",
        "normsys_code4",
        "histosys_code0",
        "histosys_code2",
        "histosys_code4p",
        "shared_normsys_coupled_histosys",
    ] {
        let case = read_json(project("tests/reference").join(format!("{name}.json")));
        let code = |kind: &str| case["source"]["interpolation"][kind].as_str().expect("a code");
        let interpolation = Interpolation {
            normsys: code("normsys").parse().expect("a code"),
            histosys: code("histosys").parse().expect("a code"),
        };
        let json = with_wide_bounds(with_pulls(case["workspace"].clone()), [-5.0, 10.0]);
        let compared = Case { interpolation, ..Case::new(json) }.check(all_nuisances, 1);
        assert!(report(name, compared) > 10, "{name}");
    }
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn region_a_gradients_match_differences() {
    let folder = likelihoods();
    let json = with_wide_bounds(published(&folder, REGION_A).0, [-5.0, 10.0]);
    let tolerance = Tolerance { relative: 1e-5, rounding: 3e-10 };
    let nuisances = |model: &Model| all_nuisances(model).into_iter().step_by(9).collect();
    let compared = Case { tolerance, ..Case::new(json) }.check(nuisances, 60);
    assert!(report(REGION_A, compared) > 100);
}
