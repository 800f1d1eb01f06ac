//! Models of hundreds of bins, whose bin-wise parameters are eliminated.

use diffhep::fit::Covariance;
use diffhep::histfactory::{Model, Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{
    AsymptoticCalculator, HypothesisTestOptions, Quantity, fit, log_density_gradient,
    postfit_yields,
};
use nalgebra::DMatrix;
use serde_json::{Value, json};

use crate::common::{assert_relative, check_by_inputs, sample_or_all, workspace};

/// A number between 0 and 1 that looks random.
fn number(i: usize) -> f64 {
    (i as f64 * 0.754_877_666).fract()
}

/// Two channels: a peak on a falling background with six shapes and two normalisations, one
/// `staterror` and one `shapesys` per bin, and a control channel that shares some of them and has
/// one `shapefactor` per bin in common with the first.
fn many_bins(bins: usize) -> Value {
    let background: Vec<f64> =
        (0..bins).map(|i| 20.0 + 80.0 * (-3.0 * i as f64 / bins as f64).exp()).collect();
    let signal: Vec<f64> = (0..bins)
        .map(|i| 8.0 * (-0.5 * ((i as f64 / bins as f64 - 0.6) / 0.05).powi(2)).exp() + 0.1)
        .collect();
    let scaled = |list: &[f64], factor: f64| list.iter().map(|y| factor * y).collect::<Vec<_>>();
    let shape = |list: &[f64], k: usize, sign: f64| -> Vec<f64> {
        let wave =
            |i: usize| 0.03 * (1.0 + sign * 0.1) * (k as f64 + 7.0 * i as f64 / bins as f64).sin();
        list.iter().enumerate().map(|(i, y)| y * (1.0 + sign * wave(i))).collect()
    };
    let shapes = |list: &[f64], from: usize| -> Vec<Value> {
        let one = |k: usize| {
            let data = json!({ "hi_data": shape(list, k, 1.0), "lo_data": shape(list, k, -1.0) });
            json!({ "name": format!("shape{k}"), "type": "histosys", "data": data })
        };
        let norm = json!({ "name": "norm", "type": "normsys", "data": { "hi": 1.04, "lo": 0.97 } });
        (from..6).map(one).chain([norm]).collect()
    };
    let with = |mut list: Vec<Value>, more: Vec<Value>| {
        list.extend(more);
        list
    };
    let free = json!({ "name": "free", "type": "shapefactor", "data": null });
    let mu = json!({ "name": "mu", "type": "normfactor", "data": null });
    let stat = json!({ "name": "stat", "type": "staterror", "data": scaled(&background, 0.04) });
    let own = json!({ "name": "own", "type": "shapesys", "data": scaled(&background, 0.03) });
    let observed: Vec<f64> =
        background.iter().enumerate().map(|(i, y)| (y * (0.8 + 0.4 * number(i))).round()).collect();
    let control: Vec<f64> = background
        .iter()
        .enumerate()
        .map(|(i, y)| (2.0 * y * (0.9 + 0.2 * number(i + 7))).round())
        .collect();
    json!({
        "version": "1.0.0",
        "channels": [
            { "name": "control", "samples": [
                { "name": "loose", "data": scaled(&background, 2.0),
                  "modifiers": with(shapes(&scaled(&background, 2.0), 4), vec![free.clone()]) },
            ] },
            { "name": "region", "samples": [
                { "name": "signal", "data": signal, "modifiers": with(shapes(&signal, 3), vec![mu]) },
                { "name": "background", "data": background,
                  "modifiers": with(shapes(&background, 0), vec![stat, own]) },
                { "name": "loose", "data": scaled(&background, 0.1), "modifiers": [free] },
            ] },
        ],
        "observations": [{ "name": "control", "data": control }, { "name": "region", "data": observed }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    })
}

fn fitted(bins: usize) -> (Workspace, Model, Vec<f64>) {
    let workspace = workspace(&many_bins(bins));
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    (workspace, model, data)
}

/// Second derivatives of -ln L by differences of its exact gradient.
fn dense_hessian(model: &Model, data: &[f64], at: &[f64], free: &[usize]) -> DMatrix<f64> {
    let slopes = |p: usize, step: f64| {
        let mut moved = at.to_vec();
        moved[p] += step;
        log_density_gradient(&moved, data, model).expect("a gradient").by_parameters
    };
    let mut hessian = DMatrix::zeros(free.len(), free.len());
    for (j, &p) in free.iter().enumerate() {
        let step = 1e-3;
        let [far, near, back, behind] =
            [step, 0.5 * step, -0.5 * step, -step].map(|s| slopes(p, s));
        for (i, &q) in free.iter().enumerate() {
            let (coarse, fine) = ((far[q] - behind[q]) / (2.0 * step), (near[q] - back[q]) / step);
            hessian[(i, j)] = -(4.0 * fine - coarse) / 3.0;
        }
    }
    0.5 * (&hessian + hessian.transpose())
}

/// Ten channels of one bin, each with its `staterror`, and a `shapefactor` that all have in common:
/// it is in too many bins to be eliminated.
fn one_bin_channels() -> Value {
    let channel = |i: usize| {
        let name = if i.is_multiple_of(2) { "mu" } else { "other" };
        let background = 40.0 + 60.0 * number(i);
        json!({ "name": format!("c{i}"), "samples": [
            { "name": "signal", "data": [3.0 + 9.0 * number(i + 3)], "modifiers": [
                { "name": name, "type": "normfactor", "data": null },
            ] },
            { "name": "background", "data": [background], "modifiers": [
                { "name": "free", "type": "shapefactor", "data": null },
                { "name": format!("stat{i}"), "type": "staterror", "data": [0.1 * background] },
            ] },
        ] })
    };
    let channels: Vec<Value> = (0..10).map(channel).collect();
    let observed = |i: usize| {
        let count = (60.0 + 60.0 * number(i) + 8.0 * number(i + 9)).round();
        json!({ "name": format!("c{i}"), "data": [count] })
    };
    json!({
        "version": "1.0.0",
        "channels": channels,
        "observations": (0..10).map(observed).collect::<Vec<_>>(),
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    })
}

#[test]
fn covariances_of_300_bins_are_those_of_the_dense_hessian() {
    let (_, model, data) = fitted(150);
    check_covariance(&model, &data);
}

#[test]
fn covariances_of_parameters_in_many_bins_are_those_of_the_dense_hessian() {
    let workspace = workspace(&one_bin_channels());
    let model = workspace.model().expect("a model");
    check_covariance(&model, &workspace.data(&model));
}

fn check_covariance(model: &Model, data: &[f64]) {
    let report = fit(data, model).expect("a fit");
    assert!(report.status.is_minimum(), "{report:?}");
    let covariance = Covariance::new(model, data, &report).expect("a covariance");
    let free = covariance.free();
    let dense = dense_hessian(model, data, &report.parameters, free);
    let inverse = dense.try_inverse().expect("a positive matrix");
    let found = covariance.matrix();
    let sigmas: Vec<f64> = free.iter().map(|&p| covariance.sigma(p).expect("free")).collect();
    for i in 0..free.len() {
        assert_relative("variance", sigmas[i] * sigmas[i], inverse[(i, i)], 1e-7);
        for j in 0..free.len() {
            let error = (found[(i, j)] - inverse[(i, j)]).abs() / (sigmas[i] * sigmas[j]);
            assert!(error < 1e-7, "{i}, {j}: {error:e}");
        }
    }
    let known: Vec<usize> = free.iter().copied().filter(|&p| p % 3 == 0).collect();
    let left: Vec<usize> =
        (0..free.len()).filter(|&i| !free[i].is_multiple_of(3) || i == 5).collect();
    let parameter = free[5];
    let part = dense_hessian(model, data, &report.parameters, free);
    let part = part.select_rows(&left).select_columns(&left).try_inverse().expect("positive");
    let place = left.iter().position(|&i| i == 5).expect("it is left");
    let expected = part[(place, place)].sqrt();
    let sigma = covariance.sigma_with_known(parameter, &known).expect("free");
    assert_relative("with known ones", sigma, expected, 1e-7);
}

#[test]
fn uncertainties_of_yields_are_those_of_the_covariance() {
    let (_, model, data) = fitted(40);
    let report = fit(&data, &model).expect("a fit");
    let covariance = Covariance::new(&model, &data, &report).expect("a covariance");
    let (free, matrix) = (covariance.free(), covariance.matrix());
    let yields = postfit_yields(&model, &data, &report).expect("yields");
    let rates = |p: usize, step: f64| {
        let mut moved = report.parameters.clone();
        moved[p] += step;
        model.expected_data(&moved).expect("rates")
    };
    let mut jacobian = DMatrix::zeros(model.n_bins(), free.len());
    for (j, &p) in free.iter().enumerate() {
        let (up, down) = (rates(p, 1e-4), rates(p, -1e-4));
        for bin in 0..model.n_bins() {
            jacobian[(bin, j)] = (up[bin] - down[bin]) / 2e-4;
        }
    }
    let variances = &jacobian * &matrix * jacobian.transpose();
    let found = yields.iter().flat_map(|channel| &channel.sum.uncertainties);
    for (bin, found) in found.enumerate() {
        assert_relative("a bin", *found, variances[(bin, bin)].sqrt(), 1e-6);
    }
}

#[test]
fn gradients_of_cls_match_differences_at_200_bins_and_more() {
    // (bins of both channels, every how many inputs)
    for (bins, stride) in [(200, 397), sample_or_all((600, 2503), (2000, 5003))] {
        let workspace = workspace(&many_bins(bins / 2));
        let compared =
            check_by_inputs("CLs", &workspace, (3, stride), 1e-5, |workspace, model, with| {
                let data = workspace.data(model);
                let options = HypothesisTestOptions::default();
                let mut calculator = AsymptoticCalculator::new(model, &data, options).ok()?;
                let test = calculator.hypotest(1.0).ok()?;
                let value = test.ratio.ln_p_value(Quantity::Observed);
                let gradient = with.then(|| {
                    let adjoint =
                        calculator.ln_gradient(&test.ratio, Quantity::Observed).expect("one");
                    WorkspaceGradient::new(workspace, model, &adjoint).flatten()
                });
                Some((value, gradient.unwrap_or_default()))
            });
        assert!(compared >= 5, "{compared}");
    }
}
