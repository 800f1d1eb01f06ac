//! Prints what `tests/c/same_bits.c` prints for a model's limits, uncertainties and toys, with the
//! Rust API.

use diffhep::fit::{Covariance, FitOptions, FitReport};
use diffhep::histfactory::{Model, Workspace};
use diffhep::inference::{
    AsymptoticCalculator, CovarianceGradients, Estimate, GoodnessOfFit, GoodnessOfFitOptions,
    Hypothesis, HypothesisTestOptions, Impact, IntervalOptions, LimitOptions, Quantity, Ranking,
    ToyCalculator, ToyGenerator, ToyOptions, ToyRun, ToySet, fit, profile_interval, ranking,
};

use super::Lines;
use super::engine::add_gradient;

pub fn add_all(lines: &mut Lines, workspace: &Workspace, model: &Model, data: &[f64]) {
    let report = fit(data, model).expect("a fit");
    add_limits(lines, workspace, model, data);
    add_uncertainties(lines, workspace, model, data, &report);
    let asimov = asimov_data(model);
    let of_asimov = fit(&asimov, model).expect("a fit");
    add_ranking(lines, model, &asimov, &of_asimov);
    add_toys(lines, model, data, &report);
}

/// Data with a signal, so that no parameter of interest ends at its bound.
fn asimov_data(model: &Model) -> Vec<f64> {
    let initial = model.suggested_init().iter().enumerate();
    let point: Vec<f64> = initial.map(|(i, initial)| initial + 0.1 / (i + 3) as f64).collect();
    model.expected_data(&point).expect("expected data")
}

fn add_limits(lines: &mut Lines, workspace: &Workspace, model: &Model, data: &[f64]) {
    let options = LimitOptions::default();
    let calculator =
        || AsymptoticCalculator::new(model, data, HypothesisTestOptions::default()).expect("a fit");
    let limits = calculator().upper_limits(&options).expect("limits");
    let values: Vec<f64> =
        limits.all().map(|limit| limit.as_ref().map_or(f64::NAN, |limit| limit.value)).collect();
    lines.add("observed", &values[..1]);
    lines.add("expected", &values[1..]);
    lines.add("tests", &[limits.tests as f64]);
    for quantity in [Quantity::Observed, Quantity::Expected(-1.0)] {
        let mut calculator = calculator();
        let limit = calculator.upper_limit(quantity, &options).expect("a limit");
        lines.add("limit", &[limit.value]);
        let adjoint = calculator.limit_gradient(&limit).expect("a gradient");
        add_gradient(lines, workspace, model, &adjoint);
    }
}

fn add_uncertainties(
    lines: &mut Lines,
    workspace: &Workspace,
    model: &Model,
    data: &[f64],
    report: &FitReport,
) {
    let covariance = Covariance::new(model, data, report).expect("a covariance");
    let (places, matrix) = (0..model.n_parameters(), covariance.matrix());
    let row = |p: usize| covariance.free().binary_search(&p).ok();
    let entry = |(p, q): (usize, usize)| row(p).zip(row(q)).map_or(0.0, |place| matrix[place]);
    let entries = places.clone().flat_map(|i| places.clone().map(move |j| (i, j)));
    lines.add("covariance", &entries.map(entry).collect::<Vec<f64>>());
    let free = covariance.free()[0];
    lines.add("sigma", &[covariance.sigma(free).expect("free")]);
    let mut gradients = CovarianceGradients::new(model, data, report).expect("a covariance");
    add_gradient(lines, workspace, model, &gradients.sigma(free).expect("a gradient"));
    let options = IntervalOptions::default();
    for parameter in places {
        let found = profile_interval(model, data, report, Some(&covariance), parameter, &options);
        let found = found.expect("an interval");
        let ends = [found.lower.unwrap_or(f64::NAN), found.fitted, found.upper.unwrap_or(f64::NAN)];
        lines.add("interval", &ends);
    }
}

/// A number of each ranked parameter at its index, NaN elsewhere.
fn column(ranking: &Ranking, model: &Model, numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut column = vec![f64::NAN; model.n_parameters()];
    for (entry, number) in ranking.parameters.iter().zip(numbers) {
        column[entry.parameter] = number;
    }
    column
}

/// Post-fit and pre-fit impacts, in the order of the ranking.
fn add_impacts(lines: &mut Lines, ranking: &Ranking, model: &Model, impacts: &[[Impact; 2]]) {
    let labels = [["post_fit_up", "post_fit_down"], ["pre_fit_up", "pre_fit_down"]];
    for (kind, [up, down]) in labels.into_iter().enumerate() {
        let numbers = impacts.iter().map(|impacts| impacts[kind].up);
        lines.add(up, &column(ranking, model, numbers));
        let numbers = impacts.iter().map(|impacts| impacts[kind].down);
        lines.add(down, &column(ranking, model, numbers));
    }
}

fn add_ranking(lines: &mut Lines, model: &Model, data: &[f64], report: &FitReport) {
    let found = ranking(model, data, report).expect("a ranking");
    lines.add("of_poi", &[found.poi, found.sigma, found.statistical(model)]);
    let entries = || found.parameters.iter();
    let none = f64::NAN;
    lines.add("sigma", &column(&found, model, entries().map(|entry| entry.sigma)));
    let pulls = entries().map(|entry| entry.pull.unwrap_or(none));
    lines.add("pull", &column(&found, model, pulls));
    let constraints = entries().map(|entry| entry.constraint.unwrap_or(none));
    lines.add("constraint", &column(&found, model, constraints));
    let nothing = Impact { up: none, down: none };
    let linear: Vec<[Impact; 2]> = entries()
        .map(|entry| [entry.post_fit.clone(), entry.pre_fit.clone().unwrap_or(nothing.clone())])
        .collect();
    add_impacts(lines, &found, model, &linear);
    let numbers = |impact: Impact<Result<f64, _>>| Impact {
        up: impact.up.unwrap_or(none),
        down: impact.down.unwrap_or(none),
    };
    let refitted = found.refit(model, data, report, &FitOptions::default()).into_iter();
    let refitted: Vec<[Impact; 2]> = refitted
        .map(|entry| {
            let pre_fit = entry.pre_fit.map_or(nothing.clone(), numbers);
            [numbers(entry.post_fit), pre_fit]
        })
        .collect();
    add_impacts(lines, &found, model, &refitted);
}

fn add_estimate(lines: &mut Lines, label: &str, estimate: Estimate, index: usize) {
    lines.add_at(label, index, estimate.value);
    lines.add_at("error", index, estimate.error);
}

fn add_toys(lines: &mut Lines, model: &Model, data: &[f64], report: &FitReport) {
    let run = ToyRun { seed: 7, first: 3, toys: 40 };
    let options = ToyOptions { run, ..ToyOptions::default() };
    let calculator = ToyCalculator::new(model, data, options).expect("a test");
    let toys = calculator.run(None, &mut |_| ()).expect("toys");
    let test = calculator.p_values(&toys).expect("p-values");
    lines.add("q", &[calculator.statistic()]);
    add_estimate(lines, "cl_sb", test.cl_sb, 0);
    add_estimate(lines, "cl_b", test.cl_b, 0);
    add_estimate(lines, "cl_s", test.cl_s, 0);
    let expected = &test.expected;
    for i in 0..5 {
        add_estimate(lines, "cl_sb_exp", expected.cl_sb[i], i);
        lines.add_at("cl_b_exp", i, expected.cl_b[i]);
        add_estimate(lines, "cl_s_exp", expected.cl_s[i], i);
    }
    lines.add("failed_signal", &[failed(&toys, Hypothesis::Signal)]);
    lines.add("failed_background", &[failed(&toys, Hypothesis::Background)]);
    let generator = ToyGenerator::new(model, &report.parameters).expect("a generator");
    lines.add("toy", &generator.draw(5, 11, Hypothesis::Background));
    let found = GoodnessOfFit::new(model, data, GoodnessOfFitOptions::default()).expect("a fit");
    let p_value = found.p_value.unwrap_or(f64::NAN);
    lines.add("goodness_of_fit", &[found.statistic, found.degrees_of_freedom as f64, p_value]);
}

fn failed(toys: &ToySet, hypothesis: Hypothesis) -> f64 {
    toys.sample(hypothesis).expect("a hypothesis of the test").n_failed() as f64
}
