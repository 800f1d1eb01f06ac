//! Prints what `tests/c/same_bits.c` prints for a model, with the Rust API.

use diffhep::histfactory::{Model, ModelAdjoint, Workspace, WorkspaceGradient, WorkspaceModel};
use diffhep::inference::{
    AsymptoticCalculator, HypothesisTestOptions, Quantity, fit, fit_gradient, log_density_gradient,
};
use serde_json::Value;

use super::{Lines, statistics};

pub fn add_all(lines: &mut Lines, json: &Value) {
    let workspace = Workspace::from_json(json.clone()).expect("a workspace");
    let model = workspace.model().expect("a model");
    let data = workspace.data(&model);
    add_density_and_fit(lines, &workspace, &model, &data);
    for quantity in [Quantity::Observed, Quantity::Expected(0.0)] {
        add_tests(lines, &workspace, &model, &data, quantity);
    }
    statistics::add_all(lines, &workspace, &model, &data);
}

pub fn add_gradient(
    lines: &mut Lines,
    workspace: &Workspace,
    model: &Model,
    adjoint: &ModelAdjoint,
) {
    lines.add("by_data", adjoint.data());
    lines.add("by_inputs", &WorkspaceGradient::new(workspace, model, adjoint).flatten());
}

fn add_density_and_fit(lines: &mut Lines, workspace: &Workspace, model: &Model, data: &[f64]) {
    let initial = model.suggested_init().iter().enumerate();
    let point: Vec<f64> = initial.map(|(i, initial)| initial + 0.1 / (i + 3) as f64).collect();
    let seeds: Vec<f64> = (0..point.len()).map(|i| 1.0 / (i + 1) as f64).collect();
    let density = log_density_gradient(&point, data, model).expect("a density");
    lines.add("log_density", &[density.value]);
    lines.add("by_parameters", &density.by_parameters);
    add_gradient(lines, workspace, model, &density.adjoint);
    let report = fit(data, model).expect("a fit");
    lines.add("twice_nll", &[report.twice_nll]);
    lines.add("fitted", &report.parameters);
    let adjoint = fit_gradient(data, model, &report, &seeds, 0.5).expect("a gradient");
    add_gradient(lines, workspace, model, &adjoint);
}

fn add_tests(
    lines: &mut Lines,
    workspace: &Workspace,
    model: &Model,
    data: &[f64],
    quantity: Quantity,
) {
    let options = HypothesisTestOptions::default();
    let calculator = || AsymptoticCalculator::new(model, data, options).expect("a fit");
    let mut of_cls = calculator();
    let cls = of_cls.hypotest(1.0).expect("a test");
    lines.add("cls_obs", &[cls.cls_obs]);
    lines.add("cls_exp", &cls.cls_exp);
    let adjoint = of_cls.gradient(&cls.ratio, quantity).expect("a gradient");
    add_gradient(lines, workspace, model, &adjoint);
    let mut of_discovery = calculator();
    let discovery = of_discovery.discovery().expect("a test");
    lines.add("p0_obs", &[discovery.p0_obs]);
    lines.add("z_exp", &discovery.z_exp);
    let adjoint = of_discovery.gradient(&discovery.ratio, quantity).expect("a gradient");
    add_gradient(lines, workspace, model, &adjoint);
}
