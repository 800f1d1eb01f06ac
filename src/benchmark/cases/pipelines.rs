//! Whole analyses: from a compiled model, or from events, to a p-value.

use std::sync::Arc;

use crate::benchmark::workspaces::WorkspaceShape;
use crate::benchmark::{BenchmarkError, Case, CaseKind, DifferentiatedFunction, Samples, sizes};
use diffhep::analyses::binning::{
    BinnedColumn, BinningObjective, BinningOptions, BinningProblem, CategoryModel,
};
use diffhep::analyses::cut::{Cut, CutProblem, ProblemOptions};
use diffhep::analyses::observable::{ObservableModel, ObservableOptions, ObservableProblem};
use diffhep::analyses::{BackgroundUncertainty, FigureOfMerit};
use diffhep::histfactory::{Model, Workspace, WorkspaceGradient, WorkspaceInputs, WorkspaceModel};
use diffhep::inference::{AsymptoticCalculator, HypothesisTestOptions, ProfileRatio, Quantity};
use diffhep::kernels::activation::Activation;
use diffhep::kernels::boundaries::unordered;
use diffhep::kernels::selection::Keep;

/// Slope of the cuts' sigmoids and steepness of the bins' sigmoids, typical of the middle of a
/// descent.
const SLOPE: f64 = 4.0;
const STEEPNESS: f64 = 50.0;

/// The p-value of a workspace that a case differentiates.
#[derive(Clone, Copy)]
enum Test {
    Cls,
    Discovery,
}

impl Test {
    /// Strength of the observed signal: an excess for a discovery, because its statistic is 0
    /// without one.
    fn strength(self) -> f64 {
        match self {
            Self::Cls => 0.0,
            Self::Discovery => 1.0,
        }
    }

    fn run(
        self,
        calculator: &mut AsymptoticCalculator,
    ) -> Result<(f64, ProfileRatio), BenchmarkError> {
        Ok(match self {
            Self::Cls => {
                let found = calculator.hypotest(1.0)?;
                (found.cls_obs, found.ratio)
            }
            Self::Discovery => {
                let found = calculator.discovery()?;
                (found.p0_obs, found.ratio)
            }
        })
    }
}

/// An observed p-value of a compiled model.
struct ObservedPValue {
    test: Test,
    workspace: Workspace,
    model: Model,
    data: Vec<f64>,
}

fn calculator<'m>(
    model: &'m Model,
    data: &[f64],
) -> Result<AsymptoticCalculator<'m>, BenchmarkError> {
    Ok(AsymptoticCalculator::new(model, data, HypothesisTestOptions::default())?)
}

impl DifferentiatedFunction for ObservedPValue {
    fn value(&mut self) -> Result<f64, BenchmarkError> {
        Ok(self.test.run(&mut calculator(&self.model, &self.data)?)?.0)
    }

    fn gradient(&mut self, gradient: &mut [f64]) -> Result<f64, BenchmarkError> {
        let mut calculator = calculator(&self.model, &self.data)?;
        let (value, ratio) = self.test.run(&mut calculator)?;
        let adjoint = calculator.gradient(&ratio, Quantity::Observed)?;
        let shaped = WorkspaceGradient::new(&self.workspace, &self.model, &adjoint);
        gradient.copy_from_slice(&shaped.flatten());
        Ok(value)
    }

    fn value_at(&mut self, inputs: &[f64]) -> Result<f64, BenchmarkError> {
        let workspace = self.workspace.with_inputs(&self.model, inputs)?;
        let model = workspace.model()?;
        Ok(self.test.run(&mut calculator(&model, &workspace.data(&model))?)?.0)
    }
}

fn of_workspace(
    samples: &Samples,
    (size, shape): (&str, WorkspaceShape),
    test: Test,
) -> Result<Case<'static>, BenchmarkError> {
    let workspace = shape.workspace(test.strength(), &mut samples.generator(4))?;
    let model = workspace.model()?;
    let data = workspace.data(&model);
    let WorkspaceInputs { names, values: inputs } = workspace.inputs(&model);
    let scales = sizes(&inputs, 0.1);
    let held = names.iter().position(|name| name == "/parameters/mu/bounds/0/lower");
    let held = held.into_iter().collect();
    let name = match test {
        Test::Cls => format!("workspace of {size} to CLs"),
        Test::Discovery => format!("workspace of {size} to p0"),
    };
    let function = ObservedPValue { test, workspace, model, data };
    let case = Case::new(CaseKind::Pipeline, name, inputs, scales, function);
    // The Asimov data have no signal, so the bounds must include 0.
    Ok(case.holding(held))
}

/// From five cuts to the expected CLs of a counting model.
fn cuts(samples: &Samples) -> Result<Case<'_>, BenchmarkError> {
    let toy = &samples.columns;
    let keep = |j: usize| if j.is_multiple_of(2) { Keep::Above } else { Keep::Below };
    let cuts = (0..5).map(|j| Cut::loose(&format!("x{}", j + 1), keep(j))).collect();
    let options = ProblemOptions {
        objective: FigureOfMerit::Cls,
        uncertainty: BackgroundUncertainty { relative: 0.1, simulation: true },
        ..ProblemOptions::default()
    };
    let problem = Arc::new(CutProblem::new(&toy.signal, &toy.background, cuts, options)?);
    let values: Vec<f64> = (0..5).map(|j| if j % 2 == 0 { 0.5 } else { -0.5 }).collect();
    let of_value = Arc::clone(&problem);
    let value = move |values: &[f64]| Ok(of_value.merit(of_value.soft_yields(values, SLOPE))?.loss);
    let gradient =
        move |values: &[f64], out: &mut [f64]| Ok(problem.soft_merit(values, SLOPE, out)?.1.loss);
    // Columns have a width of about 1.
    let scales = vec![1.0; values.len()];
    Ok(Case::kernel("5 cuts to CLs", values, scales, value, gradient).into_pipeline())
}

/// From five bins to the expected CLs of a model with simulation statistics and a shape systematic.
fn bins(samples: &Samples) -> Result<Case<'_>, BenchmarkError> {
    let range = (0.0, 1.0);
    let column = BinnedColumn { name: "discriminant".to_owned(), range: Some(range) };
    let options = BinningOptions {
        objective: FigureOfMerit::Cls,
        uncertainty: BackgroundUncertainty { relative: 0.02, simulation: true },
        ..BinningOptions::default()
    };
    let data = samples.discriminant.data(true);
    let problem =
        Arc::new(BinningProblem::new(&data, &CategoryModel::Boundaries(column), options)?);
    let parameters = unordered(&[0.4, 0.7, 0.85, 0.93], range);
    let bins = parameters.len() + 1;
    let of_value = Arc::clone(&problem);
    let value = move |parameters: &[f64]| {
        Ok(BinningObjective::new(&of_value, bins, true).value(parameters, STEEPNESS)?)
    };
    let gradient = move |parameters: &[f64], out: &mut [f64]| {
        let mut objective = BinningObjective::new(&problem, bins, true);
        Ok(diffhep::optimize::Objective::evaluate(&mut objective, parameters, STEEPNESS, out)?)
    };
    let scales = vec![0.1; parameters.len()];
    Ok(Case::kernel("5 bins to CLs", parameters, scales, value, gradient).into_pipeline())
}

/// From a batch of events through a small network to CLs, with respect to all weights: a training
/// step without the update.
fn observable(samples: &Samples) -> Result<Case<'_>, BenchmarkError> {
    let model = ObservableModel::of_processes(&samples.blobs.data(true), 5)?;
    let options = ObservableOptions {
        hidden: vec![32, 32],
        activation: Activation::Tanh,
        ..ObservableOptions::default()
    };
    let names = ["x".to_owned(), "y".to_owned()];
    let problem = Arc::new(ObservableProblem::new(model, &names, options, samples.seed)?);
    let parameters = problem.start();
    let (of_value, mut scratch) = (Arc::clone(&problem), problem.scratch());
    let value = move |parameters: &[f64]| Ok(of_value.loss((0, 0), parameters, &mut scratch)?);
    let mut scratch = problem.scratch();
    let gradient = move |parameters: &[f64], out: &mut [f64]| {
        let step = problem.step((0, 0), parameters, &mut scratch)?;
        out.copy_from_slice(&step.parameters);
        Ok(step.loss)
    };
    let scales = sizes(&parameters, 0.1);
    let case = Case::kernel("training step to CLs", parameters, scales, value, gradient);
    Ok(case.into_pipeline())
}

/// All cases of whole analyses.
pub(super) fn pipelines(samples: &Samples) -> Result<Vec<Case<'_>>, BenchmarkError> {
    let [ten, thousand, ten_thousand] = WorkspaceShape::SIZES;
    Ok(vec![
        of_workspace(samples, ten, Test::Cls)?,
        of_workspace(samples, thousand, Test::Cls)?,
        of_workspace(samples, ten_thousand, Test::Cls)?,
        of_workspace(samples, thousand, Test::Discovery)?,
        cuts(samples)?,
        bins(samples)?,
        observable(samples)?,
    ])
}
