//! Limits, uncertainties, rankings and toys.

use std::ptr::{null, null_mut};

use super::*;
use crate::engine::limits::*;
use crate::engine::ranking::*;
use crate::engine::toys::*;
use crate::engine::uncertainties::*;

const NO_LIMIT: Limit = Limit { value: 0.0, outcome: -1 };
const NO_LIMITS: LimitsResult =
    LimitsResult { observed: NO_LIMIT, expected: [NO_LIMIT; 5], tests: 0 };

fn upper_limits(model: ModelHandle, settings: *const LimitSettings) -> (Status, LimitsResult) {
    let mut result = NO_LIMITS;
    // SAFETY: settings live through the call.
    let status = unsafe { diffhep_model_upper_limits(model, NONE, settings, &raw mut result) };
    (status, result)
}

fn upper_limit(
    model: ModelHandle,
    data: ConstView,
    settings: *const LimitSettings,
    quantity: i32,
) -> (Status, f64) {
    let mut limit = f64::NAN;
    // SAFETY: data and settings live through the call.
    let status =
        unsafe { diffhep_model_upper_limit(model, data, settings, quantity, &raw mut limit) };
    (status, limit)
}

/// The workspace's data plus signal events, so that no fit ends at a bound.
fn data_of(model: ModelHandle) -> Vec<f64> {
    let mut data = vec![0.0; sizes(model).data];
    // SAFETY: the array lives through the call.
    assert_eq!(unsafe { diffhep_model_data(model, write(&mut data)) }, Status::Ok);
    data[0] += 9.0;
    data
}

/// The example with the parameter of interest fixed.
fn fixed_model() -> ModelHandle {
    let patch = r#"[{ "op": "add", "path": "/measurements/0/config/parameters/-",
                      "value": { "name": "mu", "fixed": true } }]"#;
    let options = ModelOptions { patch: text(patch), ..ModelOptions::default() };
    let (status, model) = new_model(TWO_BINS, &raw const options);
    assert_eq!(status, Status::Ok, "{}", last_error());
    model
}

#[test]
fn limits_are_found_one_by_one_and_together() {
    let (_, model) = new_model(TWO_BINS, null());
    let (status, all) = upper_limits(model, null());
    assert_eq!(status, Status::Ok, "{}", last_error());
    // pyhf's values, as in tests/inference/limits.rs.
    let pyhf = [1.0115718865, 0.5598842522, 0.7570290242, 1.0623550018, 1.5011808285, 2.0508020226];
    let found = std::iter::once(all.observed).chain(all.expected);
    for (i, (limit, expected)) in found.zip(pyhf).enumerate() {
        assert_eq!(limit.outcome, LimitOutcome::Found as i32);
        assert!((limit.value / expected - 1.0).abs() < 2e-7, "{i}: {limit:?}");
        let quantity = i32::try_from(i).expect("few") - 1;
        let (status, alone) = upper_limit(model, NONE, null(), quantity);
        assert_eq!(status, Status::Ok);
        assert!((alone / limit.value - 1.0).abs() < 1e-8, "{i}: {alone} and {limit:?}");
    }
    assert!(all.tests > 5 && all.tests < 40, "{}", all.tests);
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn limits_that_are_missing_say_why() {
    let (_, model) = new_model(TWO_BINS, null());
    let few = LimitSettings { max_tests: 1, ..LimitSettings::default() };
    let (status, all) = upper_limits(model, &raw const few);
    assert_eq!(status, Status::Ok);
    // Curves share tests, so the last ones may already have enough.
    assert!(all.expected[2].value.is_nan());
    assert_eq!(all.expected[2].outcome, LimitOutcome::NotReached as i32);
    let (status, _) = upper_limit(model, NONE, &raw const few, -1);
    assert_refused(
        status,
        Status::NoResult,
        &["observed limit was not found in 1 tests", "max_tests"],
    );

    let refused = |change: &dyn Fn(&mut LimitSettings), status, words: &[&str]| {
        let mut settings = LimitSettings::default();
        change(&mut settings);
        assert_refused(upper_limits(model, &raw const settings).0, status, words);
        assert_refused(upper_limit(model, NONE, &raw const settings, 0).0, status, words);
    };
    let invalid = Status::InvalidArgument;
    for level in [0.0, 1.0, -2.0, f64::INFINITY] {
        refused(&|s| s.level = level, invalid, &["'level'", "between 0 and 1"]);
    }
    refused(&|s| s.level = f64::NAN, Status::NotANumber, &["'level'"]);
    refused(&|s| s.tolerance = -1.0, invalid, &["'tolerance'", "not negative"]);
    refused(&|s| s.tolerance = f64::NAN, Status::NotANumber, &["'tolerance'"]);
    refused(&|s| s.test.statistic = 2, invalid, &["'statistic' is 2", "0 (qtilde), 1 (q)"]);
    refused(&|s| s.test.fit.max_steps = 1, Status::NotConverged, &["step limit"]);
    assert_refused(upper_limit(model, NONE, null(), 5).0, invalid, &["'quantity' is 5"]);
    let fixed = fixed_model();
    assert_refused(upper_limits(fixed, null()).0, Status::NoResult, &["fixed by the measurement"]);
    for model in [model, fixed] {
        assert_eq!(diffhep_model_free(model), Status::Ok);
    }
}

#[test]
fn the_gradient_of_a_limit_is_its_slope() {
    let (_, model) = new_model(TWO_BINS, null());
    let data = data_of(model);
    let gradient = |by_data: View, by_inputs: View| {
        let (quantity, mut limit) = (-1, f64::NAN);
        // SAFETY: arrays live through the call.
        unsafe {
            let limit = &raw mut limit;
            let given = read(&data);
            diffhep_model_upper_limit_gradient(
                model,
                given,
                null(),
                quantity,
                limit,
                by_data,
                by_inputs,
            )
        }
    };
    let none = gradient(NOWHERE, NOWHERE);
    assert_refused(none, Status::InvalidArgument, &["none of its outputs"]);
    let mut by_data = vec![0.0; data.len()];
    let long = View { length: data.len() + 1, ..write(&mut by_data) };
    assert_refused(gradient(long, NOWHERE), Status::WrongLength, &["'by_data'", "one a datum"]);
    assert_eq!(gradient(write(&mut by_data), NOWHERE), Status::Ok, "{}", last_error());
    for (i, &slope) in by_data.iter().enumerate() {
        let step = 1e-3 * data[i];
        let [below, above] = [-step, step].map(|step| {
            let mut moved = data.clone();
            moved[i] += step;
            upper_limit(model, read(&moved), null(), -1).1
        });
        let expected = (above - below) / (2.0 * step);
        assert!((slope - expected).abs() < 1e-5 * slope.abs(), "{i}: {slope}, {expected}");
    }
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

fn covariance(
    model: ModelHandle,
    data: &[f64],
    held_poi: *const f64,
    settings: *const FitSettings,
    matrix: &mut [f64],
    parameters: View,
) -> Status {
    let (data, to) = (read(data), write(matrix));
    // SAFETY: arrays live through the call.
    unsafe { diffhep_model_covariance(model, data, held_poi, settings, to, parameters, null_mut()) }
}

#[test]
fn covariances_are_inverse_hessians_and_0_where_nothing_moves() {
    let (_, model) = new_model(TWO_BINS, null());
    let (n, data) = (sizes(model).parameters, data_of(model));
    let (mut matrix, mut parameters) = (vec![f64::NAN; n * n], vec![0.0; n]);
    let poi = sizes(model).poi;
    let status = covariance(model, &data, null(), null(), &mut matrix, write(&mut parameters));
    assert_eq!(status, Status::Ok, "{}", last_error());
    // Central differences of the gradient of -ln L, times the covariance, are the unit matrix.
    let gradient = |p: usize, step: f64| {
        let mut moved = parameters.clone();
        moved[p] += step;
        let mut by = vec![0.0; n];
        let to = write(&mut by);
        // SAFETY: arrays live through the call.
        let status = unsafe {
            let (at, data) = (read(&moved), read(&data));
            diffhep_model_log_density_gradient(model, at, data, null_mut(), to, NOWHERE, NOWHERE)
        };
        assert_eq!(status, Status::Ok, "{}", last_error());
        by
    };
    for p in 0..n {
        let (below, above) = (gradient(p, -1e-5), gradient(p, 1e-5));
        for q in 0..n {
            let entry = |k: usize| -(above[k] - below[k]) / 2e-5 * matrix[k * n + q];
            let product: f64 = (0..n).map(entry).sum();
            let unit = f64::from(u8::from(p == q));
            assert!((product - unit).abs() < 1e-6, "{p}, {q}: {product}");
        }
    }

    let held = 0.7;
    let status = covariance(model, &data, &raw const held, null(), &mut matrix, NOWHERE);
    assert_eq!(status, Status::Ok);
    for p in 0..n {
        assert_eq!((matrix[poi * n + p], matrix[p * n + poi]), (0.0, 0.0));
        assert!(p == poi || matrix[p * n + p] > 0.0);
    }
    let short = covariance(model, &data, null(), null(), &mut matrix[1..], NOWHERE);
    assert_refused(short, Status::WrongLength, &["'covariance'", "parameters x parameters"]);
    let stopped = FitSettings { max_steps: 1, ..FitSettings::default() };
    parameters.fill(f64::NAN);
    let to = write(&mut parameters);
    let status = covariance(model, &data, null(), &raw const stopped, &mut matrix, to);
    assert_refused(status, Status::NotConverged, &["step limit"]);
    assert!(parameters.iter().all(|parameter| parameter.is_finite()));
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn uncertainties_have_gradients_where_there_are_any() {
    let (_, model) = new_model(TWO_BINS, null());
    let ModelSizes { parameters: n, poi, .. } = sizes(model);
    let data = data_of(model);
    let mut by_data = vec![0.0; data.len()];
    let sigma = |data: &[f64], held: *const f64, parameter: usize, by_data: &mut [f64]| {
        let (mut sigma, data, to) = (f64::NAN, read(data), write(by_data));
        let (settings, place) = (null(), &raw mut sigma);
        // SAFETY: arrays live through the call.
        let status = unsafe {
            diffhep_model_sigma_gradient(model, data, held, settings, parameter, place, to, NOWHERE)
        };
        (status, sigma)
    };
    let (status, of_poi) = sigma(&data, null(), poi, &mut by_data);
    assert_eq!(status, Status::Ok, "{}", last_error());
    let mut matrix = vec![0.0; n * n];
    assert_eq!(covariance(model, &data, null(), null(), &mut matrix, NOWHERE), Status::Ok);
    assert_eq!(of_poi, matrix[poi * n + poi].sqrt());
    for i in 0..data.len() {
        let step = 1e-3 * data[i];
        let mut unused = vec![0.0; data.len()];
        let [below, above] = [-step, step].map(|step| {
            let mut moved = data.clone();
            moved[i] += step;
            sigma(&moved, null(), poi, &mut unused).1
        });
        let expected = (above - below) / (2.0 * step);
        assert!((by_data[i] - expected).abs() < 1e-5 * of_poi / data[i], "{i}: {expected}");
    }
    let held = 0.7;
    let (status, _) = sigma(&data, &raw const held, poi, &mut by_data);
    assert_refused(status, Status::NoResult, &["'mu' = 0.7 was not free"]);
    let (status, _) = sigma(&data, null(), n, &mut by_data);
    assert_refused(status, Status::InvalidArgument, &["index", "parameters"]);
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

fn interval(
    model: ModelHandle,
    data: ConstView,
    parameter: usize,
    settings: *const IntervalSettings,
) -> (Status, IntervalResult) {
    let mut result = IntervalResult { fitted: 0.0, lower: NO_LIMIT, upper: NO_LIMIT };
    // SAFETY: data and settings live through the call.
    let status = unsafe {
        diffhep_model_profile_interval(model, data, parameter, settings, &raw mut result)
    };
    (status, result)
}

#[test]
fn ends_of_intervals_say_how_their_search_ended() {
    let (_, model) = new_model(TWO_BINS, null());
    let (mut data, ModelSizes { poi, parameters: n, .. }) = (data_of(model), sizes(model));
    // There are enough events that the lower bound 0 lies outside the interval.
    data[0] += 12.0;
    let (status, found) = interval(model, read(&data), poi, null());
    assert_eq!(status, Status::Ok, "{}", last_error());
    assert!(found.lower.value < found.fitted && found.fitted < found.upper.value, "{found:?}");
    // With the parameter of interest fixed there, -2 ln L has risen by 1.
    let twice_nll = |held: *const f64| {
        let mut result =
            crate::engine::fit::FitResult { twice_nll: 0.0, decrement: 0.0, steps: 0, end: 0 };
        // SAFETY: arrays live through the call.
        let status = unsafe {
            diffhep_model_fit(model, read(&data), held, null(), NOWHERE, &raw mut result)
        };
        assert_eq!(status, Status::Ok);
        result.twice_nll
    };
    for end in [found.lower, found.upper] {
        assert_eq!(end.outcome, LimitOutcome::Found as i32);
        let rise = twice_nll(&raw const end.value) - twice_nll(null());
        assert!((rise - 1.0).abs() < 1e-8, "{rise}");
    }
    // On the workspace's data the fit ends at the lower bound.
    let (status, found) = interval(model, NONE, poi, null());
    assert_eq!(status, Status::Ok);
    assert!(found.lower.value.is_nan() && found.upper.value > 0.0, "{found:?}");
    assert_eq!(found.lower.outcome, LimitOutcome::NotReached as i32);

    let wrong = |change: &dyn Fn(&mut IntervalSettings)| {
        let mut settings = IntervalSettings::default();
        change(&mut settings);
        interval(model, NONE, poi, &raw const settings).0
    };
    let invalid = Status::InvalidArgument;
    assert_refused(interval(model, NONE, n, null()).0, invalid, &["index"]);
    assert_refused(wrong(&|s| s.level = 1.0), invalid, &["'level'"]);
    assert_refused(wrong(&|s| s.tolerance = f64::NAN), Status::NotANumber, &["'tolerance'"]);
    assert_refused(wrong(&|s| s.fit.max_steps = 1), Status::NotConverged, &["step limit"]);
    let fixed = fixed_model();
    let (status, found) = interval(fixed, NONE, poi, null());
    assert_eq!((status, found.upper.outcome), (Status::Ok, LimitOutcome::Fixed as i32));
    for model in [model, fixed] {
        assert_eq!(diffhep_model_free(model), Status::Ok);
    }
}

#[test]
fn rankings_are_columns_with_gaps() {
    let (_, model) = new_model(TWO_BINS, null());
    let (data, ModelSizes { poi, parameters: n, .. }) = (data_of(model), sizes(model));
    let mut columns = [const { Vec::new() }; 7];
    columns.iter_mut().for_each(|column| column.resize(n, 0.0));
    let [sigma, pull, constraint, impacts @ ..] = &mut columns;
    let [up, down, pre_up, pre_down] = impacts.each_mut().map(|column| write(column));
    let views = ImpactViews {
        post_fit_up: up,
        post_fit_down: down,
        pre_fit_up: pre_up,
        pre_fit_down: pre_down,
    };
    let mut of_poi = RankingResult { poi: 0.0, sigma: 0.0, statistical: 0.0 };
    let given = read(&data);
    // SAFETY: arrays live through the calls, here and below.
    let status = unsafe {
        let (sigma, pull, constraint) = (write(sigma), write(pull), write(constraint));
        let (views, of_poi) = (&raw const views, &raw mut of_poi);
        diffhep_model_ranking(model, given, null(), sigma, pull, constraint, views, of_poi)
    };
    assert_eq!(status, Status::Ok, "{}", last_error());
    let linear = impacts.clone();
    assert!(of_poi.statistical < of_poi.sigma, "{of_poi:?}");
    for p in (0..n).filter(|p| *p != poi) {
        assert_eq!(linear[0][p], -linear[1][p]);
        // The post-fit impact is the pre-fit impact times the constraint.
        assert!((linear[0][p] / linear[2][p] - constraint[p]).abs() < 1e-12);
        assert!(pull[p].is_finite() && sigma[p] > 0.0);
    }
    // SAFETY: as above.
    let status = unsafe { diffhep_model_refitted_impacts(model, given, null(), &raw const views) };
    assert_eq!(status, Status::Ok, "{}", last_error());
    for p in (0..n).filter(|p| *p != poi) {
        for (refitted, linear) in impacts.iter().zip(&linear) {
            assert!((refitted[p] / linear[p] - 1.0).abs() < 0.2, "{p}: {refitted:?}, {linear:?}");
            assert_ne!(refitted[p], linear[p]);
        }
    }
    for column in &columns {
        assert!(column[poi].is_nan(), "the parameter of interest has no impact on itself");
    }
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn rankings_are_refused_without_a_place_or_a_minimum() {
    let (_, model) = new_model(TWO_BINS, null());
    let mut column = vec![0.0; sizes(model).parameters];
    let (same, to) = (write(&mut column), null_mut());
    let twice = ImpactViews { post_fit_up: same, pre_fit_down: same, ..ImpactViews::default() };
    let empty = ImpactViews::default();
    // SAFETY: arrays live through the calls.
    unsafe {
        let refits = |views| diffhep_model_refitted_impacts(model, NONE, null(), views);
        for views in [null(), &raw const empty] {
            assert_refused(refits(views), Status::InvalidArgument, &["'impacts'"]);
        }
        let words = ["'pre_fit_down' overlaps 'post_fit_up'"];
        assert_refused(refits(&raw const twice), Status::InvalidArgument, &words);
        let rank = |model, settings, pull| {
            diffhep_model_ranking(model, NONE, settings, NOWHERE, pull, NOWHERE, null(), to)
        };
        // On the workspace's data the fit ends at a bound.
        assert_refused(rank(model, null(), same), Status::NoResult, &["at its bound"]);
        let stopped = FitSettings { max_steps: 1, ..FitSettings::default() };
        let status = rank(model, &raw const stopped, same);
        assert_refused(status, Status::NotConverged, &["step limit"]);
        let short = View { length: 1, ..same };
        assert_refused(rank(model, null(), short), Status::WrongLength, &["'pull'"]);
        let fixed = fixed_model();
        assert_refused(rank(fixed, null(), same), Status::NoResult, &["fixed"]);
        for model in [model, fixed] {
            assert_eq!(diffhep_model_free(model), Status::Ok);
        }
    }
    assert!(column.iter().all(|number| *number == 0.0), "a failure touched an output");
}

const NO_ESTIMATE: Estimate = Estimate { value: 0.0, error: 0.0 };

fn toys(model: ModelHandle, poi: f64, settings: ToySettings) -> (Status, ToyResult) {
    let mut result = ToyResult {
        q: 0.0,
        cl_sb: NO_ESTIMATE,
        cl_b: NO_ESTIMATE,
        cl_s: NO_ESTIMATE,
        cl_sb_exp: [NO_ESTIMATE; 5],
        cl_b_exp: [0.0; 5],
        cl_s_exp: [NO_ESTIMATE; 5],
        failed_signal: 0,
        failed_background: 0,
    };
    // SAFETY: settings live through the call.
    let status =
        unsafe { diffhep_model_toys(model, NONE, poi, &raw const settings, &raw mut result) };
    (status, result)
}

#[test]
fn toys_agree_with_asymptotic_formulae_and_repeat() {
    let (_, model) = new_model(TWO_BINS, null());
    let settings = ToySettings { toys: 2000, seed: 4, ..ToySettings::default() };
    let (status, found) = toys(model, 1.0, settings);
    assert_eq!(status, Status::Ok, "{}", last_error());
    let (_, asymptotic) = cls(model, NONE);
    let pull = (found.cl_s.value - asymptotic.cls_obs) / found.cl_s.error;
    assert!(pull.abs() < 4.0, "{:?} and {}", found.cl_s, asymptotic.cls_obs);
    assert!((found.q - asymptotic.q).abs() < 1e-8, "{} and {}", found.q, asymptotic.q);
    assert_eq!((found.failed_signal, found.failed_background), (0, 0));
    assert!(found.cl_s_exp.is_sorted_by(|a, b| a.value <= b.value));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("threads");
    assert_eq!(pool.install(|| toys(model, 1.0, settings)), (Status::Ok, found));
    let other = ToySettings { first: 2000, ..settings };
    assert_ne!(toys(model, 1.0, other).1.cl_sb, found.cl_sb);
    let discovery = ToySettings { statistic: 2, toys: 50, ..settings };
    assert_eq!(toys(model, 0.0, discovery).0, Status::Ok, "{}", last_error());

    let refused = |poi, change: &dyn Fn(&mut ToySettings), status, words: &[&str]| {
        let mut settings = ToySettings { toys: 5, ..ToySettings::default() };
        change(&mut settings);
        assert_refused(toys(model, poi, settings).0, status, words);
    };
    let invalid = Status::InvalidArgument;
    refused(1.0, &|s| s.toys = 0, invalid, &["0 toys"]);
    refused(1.0, &|s| s.toys = u64::MAX, invalid, &["more than the 100000000"]);
    refused(1.0, &|s| s.first = u64::MAX, invalid, &["beyond the largest number"]);
    refused(1.0, &|s| s.statistic = 3, invalid, &["'statistic' is 3", "2 (q0)"]);
    refused(1.0, &|s| s.statistic = 2, invalid, &["q0 tests a signal strength of 0"]);
    refused(f64::NAN, &|_| (), Status::NotANumber, &["'poi'"]);
    refused(1.0, &|s| s.fit.max_steps = 0, Status::NotConverged, &["step limit"]);
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn drawn_toys_are_chosen_by_seed_number_and_hypothesis() {
    let (_, model) = new_model(TWO_BINS, null());
    let ModelSizes { parameters, data: n, bins, .. } = sizes(model);
    let draw = |point: f64, seed: u64, toy: u64, hypothesis: i32| {
        let (at, mut data) = (vec![point; parameters], vec![0.0; n]);
        let to = write(&mut data);
        // SAFETY: arrays live through the call.
        let status = unsafe { diffhep_model_draw_toy(model, read(&at), seed, toy, hypothesis, to) };
        (status, data)
    };
    let first = draw(1.0, 1, 7, 0);
    assert_eq!(first.0, Status::Ok, "{}", last_error());
    assert!(first.1[..bins].iter().all(|count| count.fract() == 0.0), "{:?}", first.1);
    assert_eq!(draw(1.0, 1, 7, 0), first);
    for other in [draw(1.0, 2, 7, 0), draw(1.0, 1, 8, 0), draw(1.0, 1, 7, 1), draw(1.0, 1, 7, 2)] {
        assert_eq!(other.0, Status::Ok);
        assert_ne!(other.1, first.1);
    }
    let invalid = Status::InvalidArgument;
    assert_refused(draw(1.0, 1, 7, 3).0, invalid, &["'hypothesis' is 3", "2 (best fit)"]);
    assert_refused(draw(1.0, 1, 1 << 53, 0).0, invalid, &["beyond the largest number"]);
    assert_refused(draw(f64::NAN, 1, 7, 0).0, Status::NotANumber, &["'parameters' entry 0"]);
    assert_eq!(draw(-20.0, 1, 7, 0).1, vec![0.0; n], "a failure touched an output");
    assert_eq!(diffhep_model_free(model), Status::Ok);
}

#[test]
fn goodness_of_fit_has_degrees_of_freedom() {
    let (_, model) = new_model(TWO_BINS, null());
    let judge = |settings: *const FitSettings| {
        let mut found = GoodnessOfFitResult { statistic: 0.0, degrees_of_freedom: 0, p_value: 0.0 };
        // SAFETY: settings live through the call.
        let status =
            unsafe { diffhep_model_goodness_of_fit(model, NONE, settings, &raw mut found) };
        (status, found)
    };
    let (status, found) = judge(null());
    assert_eq!(status, Status::Ok, "{}", last_error());
    assert_eq!(found.degrees_of_freedom, 1);
    // One degree of freedom: a two-sided normal tail.
    let tail = statrs::function::erf::erfc((0.5 * found.statistic).sqrt());
    assert!((found.p_value / tail - 1.0).abs() < 1e-9, "{found:?}, {tail}");
    let stopped = FitSettings { max_steps: 0, ..FitSettings::default() };
    assert_refused(judge(&raw const stopped).0, Status::NotConverged, &["step limit"]);
    assert_eq!(diffhep_model_free(model), Status::Ok);
}
