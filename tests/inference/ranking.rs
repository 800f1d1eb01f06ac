//! Rankings of nuisance parameters: linear impacts, refits, groups.

use diffhep::fit::{FitOptions, FitReport, minimise};
use diffhep::histfactory::{Evaluator, Model, WorkspaceModel, parse};
use diffhep::inference::{
    Group, HeldFitError, InferenceError, IntervalOptions, fit, profile_interval, ranking,
};
use serde_json::{Value, json};

use super::common::{
    PUBLISHED, REGION_A, assert_relative, likelihoods, project, published, read_json, workspace,
};

struct Fitted {
    model: Model,
    data: Vec<f64>,
    report: FitReport,
}

/// The fit to observed data with a parameter of interest of any sign, or to the data expected at 1.
fn fitted(json: &Value, asimov: bool) -> Fitted {
    let workspace = workspace(json).with_poi_bounds(None, (-5.0, 10.0)).expect("bounds");
    let model = workspace.model().expect("a model");
    let mut nominal = model.suggested_init().to_vec();
    nominal[model.poi_index()] = 1.0;
    let data = match asimov {
        true => model.expected_data(&nominal).expect("rates"),
        false => workspace.data(&model),
    };
    let report = fit(&data, &model).expect("a fit");
    Fitted { model, data, report }
}

fn two_bins() -> Value {
    parse(include_str!("../../examples/two_bins.json")).expect("JSON")
}

#[test]
fn linear_impacts_are_the_slopes_of_held_fits() {
    let every_type = read_json(project("tests/reference/all_types_qtilde.json"));
    for json in [&two_bins(), &every_type["workspace"]] {
        for asimov in [true, false] {
            let Fitted { model, data, report } = fitted(json, asimov);
            let ranking = ranking(&model, &data, &report).expect("a ranking");
            assert!(!ranking.parameters.is_empty());
            let impacts: Vec<f64> =
                ranking.parameters.iter().map(|p| p.post_fit.up.abs()).collect();
            assert!(impacts.windows(2).all(|pair| pair[0] >= pair[1]), "{impacts:?}");
            let options = FitOptions { tolerance: 1e-23, ..Default::default() };
            for ranked in &ranking.parameters {
                let poi = |step: f64| {
                    let hold = [(ranked.parameter, ranked.fitted + step)];
                    let start = &report.parameters;
                    let fit = minimise(&mut Evaluator::new(&model), &data, start, &hold, &options);
                    fit.expect("a fit").parameters[model.poi_index()]
                };
                let central = |h: f64| (poi(h) - poi(-h)) / (2.0 * h);
                let h = 1e-2 * ranked.sigma;
                let slope = (4.0 * central(h / 2.0) - central(h)) / 3.0;
                let name = &ranked.name;
                let error = (slope * ranked.sigma - ranked.post_fit.up).abs();
                assert!(error < 1e-5 * ranking.sigma, "{name}: {error:e}");
                assert_eq!(ranked.post_fit.down, -ranked.post_fit.up);
                if let (Some(before), Some(width)) = (&ranked.pre_fit, ranked.width) {
                    assert_relative(
                        name,
                        before.up,
                        ranked.post_fit.up * width / ranked.sigma,
                        1e-12,
                    );
                }
                let is_constrained = ranked.constraint.is_some();
                assert!(ranked.pull.is_some() == is_constrained, "{name}");
                if let (true, Some(pull)) = (asimov, ranked.pull) {
                    assert!(pull.abs() < 1e-6, "{name}: {pull}");
                }
            }
        }
    }
}

/// The likelihood counts as near-Gaussian in a parameter if both sides of its profile interval
/// equal its uncertainty within this fraction.
const NEAR_GAUSSIAN: f64 = 0.02;
/// Impacts count as linear if refits up and down differ by less than this fraction of their
/// distance, and those of half a step have half of it, within the other fraction.
const SYMMETRIC: f64 = 0.1;
const STRAIGHT: f64 = 0.03;

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn linear_impacts_are_refits_where_the_likelihood_is_near_gaussian() {
    let folder = likelihoods();
    let (json, _) = published(&folder, REGION_A);
    for (asimov, least) in [(true, 8), (false, 8)] {
        let Fitted { model, data, report } = fitted(&json, asimov);
        let ranking = ranking(&model, &data, &report).expect("a ranking");
        let refits = ranking.refit(&model, &data, &report, &FitOptions::default());
        let options = IntervalOptions::default();
        let mut compared = 0;
        for (ranked, refit) in ranking.parameters.iter().zip(&refits) {
            let covariance = Some(&ranking.covariance);
            let place = ranked.parameter;
            let interval = profile_interval(&model, &data, &report, covariance, place, &options);
            let interval = interval.expect("an interval");
            let (Ok(lower), Ok(upper)) = (interval.lower, interval.upper) else { continue };
            let (down, up) =
                ((ranked.fitted - lower) / ranked.sigma, (upper - ranked.fitted) / ranked.sigma);
            let (Ok(refit_up), Ok(refit_down)) = (&refit.post_fit.up, &refit.post_fit.down) else {
                continue;
            };
            let distance = (refit_up - refit_down).abs();
            let is_symmetric = (refit_up + refit_down).abs() < SYMMETRIC * distance;
            let is_gaussian =
                (down - 1.0).abs() < NEAR_GAUSSIAN && (up - 1.0).abs() < NEAR_GAUSSIAN;
            let half = |sign: f64| {
                let hold = [(place, ranked.fitted + sign * 0.5 * ranked.sigma)];
                let (start, options) = (&report.parameters, FitOptions::default());
                let fit = minimise(&mut Evaluator::new(&model), &data, start, &hold, &options);
                fit.expect("a fit").parameters[model.poi_index()]
            };
            let bend = 2.0 * (half(1.0) - half(-1.0)) / (refit_up - refit_down) - 1.0;
            let is_straight = bend.abs() < STRAIGHT;
            // Changes of mu by less than a hundredth of its uncertainty do not matter.
            let matters = distance > 1e-2 * ranking.sigma;
            let error = (0.5 * (refit_up - refit_down) / ranked.post_fit.up - 1.0).abs();
            if is_gaussian && is_symmetric && is_straight && matters {
                assert!(error < 0.02, "{} (asimov {asimov}): {error}", ranked.name);
                compared += 1;
            } else if matters && error > 0.02 {
                println!(
                    "exception (asimov {asimov}) {}: linear {:+.4}, refits {refit_up:+.4} {refit_down:+.4}, \
                     interval -{down:.3} +{up:.3} sigma",
                    ranked.name, ranked.post_fit.up
                );
            }
        }
        assert!(compared >= least, "asimov {asimov}: {compared}");
    }
}

#[test]
fn groups_add_in_quadrature_what_they_take_away() {
    let Fitted { model, data, report } = fitted(&two_bins(), true);
    let ranking = ranking(&model, &data, &report).expect("a ranking");
    let nuisance: Vec<usize> =
        (0..model.n_parameters()).filter(|p| *p != model.poi_index()).collect();
    let group = |name: &str, parameters: &[usize]| Group {
        name: name.to_owned(),
        parameters: parameters.to_vec(),
    };
    let groups = [group("all", &nuisance), group("none", &[]), group("one", &nuisance[..1])];
    let parts = ranking.groups(&model, &groups);
    let statistical = ranking.statistical(&model);
    assert_relative("quadrature", parts[0].impact.hypot(statistical), ranking.sigma, 1e-12);
    assert_eq!((parts[1].impact, parts[1].size), (0.0, 0));
    assert!(parts[2].impact > 0.0 && parts[2].impact < parts[0].impact);
    // Without nuisance parameters the information is a sum over bins of s^2 / (s + b).
    let information = 12.0 * 12.0 / 62.0 + 11.0 * 11.0 / 63.0;
    assert_relative("statistical", statistical, 1.0 / f64::sqrt(information), 1e-10);
}

#[test]
fn refits_do_not_depend_on_threads() {
    let every_type = read_json(project("tests/reference/all_types_qtilde.json"));
    let Fitted { model, data, report } = fitted(&every_type["workspace"], false);
    let ranking = ranking(&model, &data, &report).expect("a ranking");
    let refits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| ranking.refit(&model, &data, &report, &FitOptions::default()))
    };
    assert_eq!(refits(1), refits(3));
}

#[test]
fn refits_that_fail_say_so() {
    let Fitted { model, data, report } = fitted(&two_bins(), false);
    let ranking = ranking(&model, &data, &report).expect("a ranking");
    let options = FitOptions { max_steps: 0, ..Default::default() };
    for refit in ranking.refit(&model, &data, &report, &options) {
        let error = refit.post_fit.up.expect_err("no minimum");
        assert!(
            matches!(error, HeldFitError::NotConverged { status: "step limit", .. }),
            "{error}"
        );
    }
}

#[test]
fn fits_without_impacts_are_refused() {
    // The fitted signal strength would be negative, which the bounds exclude.
    let workspace = workspace(&two_bins());
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    let report = fit(&data, &model).expect("a fit");
    let error = ranking(&model, &data, &report).expect_err("a bound");
    assert_eq!(error, InferenceError::PoiAtBound { poi: "mu".to_owned(), value: 0.0 });
    let mut json = two_bins();
    json["measurements"][0]["config"]["parameters"] = json!([{ "name": "mu", "fixed": true }]);
    let fixed = super::common::workspace(&json).model().expect("a model");
    let report = fit(&data, &fixed).expect("a fit");
    let error = ranking(&fixed, &data, &report).expect_err("a fixed parameter");
    assert!(matches!(error, InferenceError::FixedPoi { .. }), "{error}");
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn every_published_model_is_ranked() {
    let folder = likelihoods();
    for name in PUBLISHED {
        let (json, _) = published(&folder, name);
        let Fitted { model, data, report } = fitted(&json, true);
        let ranking = ranking(&model, &data, &report).expect("a ranking");
        let fixed = model.suggested_fixed().iter().filter(|fixed| **fixed).count();
        let ranked = ranking.parameters.len() + ranking.left_out.len();
        assert_eq!(ranked, model.n_parameters() - fixed - 1, "{name}");
        assert!(ranking.statistical(&model) <= ranking.sigma, "{name}");
    }
}
