//! The metrics of the two-bin model over the plane of its variations, with gradients.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::json;

use crate::fit::FitOptions;
use crate::histfactory::{
    Evaluator, Model, ModelAdjoint, Workspace, WorkspaceGradient, WorkspaceModel, YieldSlot,
};
use crate::inference::{AsimovInformation, TestStatistic, expected_ratio};
use crate::kernels::asymptotics::{ln_cls_expected, ln_p0_expected};
use crate::studies::StudyError;

const SIGNAL: [f64; 2] = [5.0, 11.0];
const BACKGROUND: [f64; 2] = [50.0, 50.0];
/// What one unit of `u` or `d` adds to each bin of its variation.
const SHIFT: [f64; 2] = [1.0, -1.0];
/// Number of samples at which Gaussianity compares the likelihood with its parabola.
const SAMPLES: usize = 200;
/// Number of free parameters: signal strength and nuisance parameter.
const PARAMETERS: usize = 2;

/// The metrics computed over the plane, each of which can be minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    /// Median expected CLs of mu = 1.
    Cls,
    /// Median expected discovery p-value.
    P0,
    /// Uncertainty of mu from the Fisher information.
    Sigma,
    /// Determinant of the covariance from the Fisher information.
    GeneralisedVariance,
    /// Mean squared distance of the likelihood from its parabola.
    Gaussianity,
    /// CLs + p0.
    ClsAndP0,
}

impl Metric {
    /// Every metric with its name in results.
    pub(super) const TABLE: [(&'static str, Self); 6] = [
        ("cls", Self::Cls),
        ("p0", Self::P0),
        ("sigma_mu", Self::Sigma),
        ("generalised_variance", Self::GeneralisedVariance),
        ("gaussianity", Self::Gaussianity),
        ("cls_and_p0", Self::ClsAndP0),
    ];

    /// Its name in figures.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Cls => "CLs",
            Self::P0 => "p0",
            Self::Sigma => "sigma of mu",
            Self::GeneralisedVariance => "generalised variance",
            Self::Gaussianity => "Gaussianity",
            Self::ClsAndP0 => "CLs + p0",
        }
    }
}

/// The plane of `(u, d)`: the model with `b_up = b + u (1, -1)` and `b_down = b + d (1, -1)`.
pub(super) struct Plane {
    workspace: Workspace,
    up: YieldSlot,
    down: YieldSlot,
    normals: Vec<Vec<f64>>,
}

impl Plane {
    /// Makes the plane; the seed is for the samples of Gaussianity.
    pub(super) fn new(seed: u64) -> Result<Self, StudyError> {
        let histosys = json!({ "hi_data": BACKGROUND, "lo_data": BACKGROUND });
        let workspace = Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": [{ "name": "bins", "samples": [
                { "name": "signal", "data": SIGNAL,
                  "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
                { "name": "background", "data": BACKGROUND,
                  "modifiers": [{ "name": "shape", "type": "histosys", "data": histosys }] },
            ] }],
            "observations": [{ "name": "bins", "data": BACKGROUND }],
            "measurements": [{ "name": "plane", "config": { "poi": "mu", "parameters": [] } }],
        }))?;
        let [up, down] = workspace.histosys_slots("bins", "background", "shape")?;
        let rng = &mut ChaCha12Rng::seed_from_u64(seed);
        let mut normal = || (0..PARAMETERS).map(|_| StandardNormal.sample(rng)).collect();
        let normals = (0..SAMPLES).map(|_| normal()).collect();
        Ok(Self { workspace, up, down, normals })
    }

    /// Moves the variations to a point.
    fn set(&mut self, [u, d]: [f64; 2]) -> Result<Model, StudyError> {
        for (slot, size) in [(self.up, u), (self.down, d)] {
            let yields = [0, 1].map(|bin| BACKGROUND[bin] + size * SHIFT[bin]);
            self.workspace.set_yields(slot, &yields)?;
        }
        Ok(self.workspace.model()?)
    }

    /// A metric at a point, and its derivatives with respect to `u` and `d`.
    pub(super) fn evaluate(
        &mut self,
        metric: Metric,
        point: [f64; 2],
    ) -> Result<(f64, [f64; 2]), StudyError> {
        let model = self.set(point)?;
        let mut adjoint = model.zero_adjoint();
        let value = self.add(&model, metric, &mut adjoint)?;
        let gradient = WorkspaceGradient::new(&self.workspace, &model, &adjoint);
        let along = |slot| {
            let by_yields = gradient.by_yields(slot).iter();
            by_yields.zip(SHIFT).map(|(slope, shift)| slope * shift).sum()
        };
        Ok((value, [along(self.up), along(self.down)]))
    }

    /// Returns a metric and adds its derivatives.
    fn add(
        &self,
        model: &Model,
        metric: Metric,
        adjoint: &mut ModelAdjoint,
    ) -> Result<f64, StudyError> {
        let information = || AsimovInformation::nominal(model, 1.0);
        Ok(match metric {
            Metric::Cls => add_p_value(model, TestStatistic::QTilde, 1.0, adjoint)?,
            Metric::P0 => add_p_value(model, TestStatistic::Q0, 0.0, adjoint)?,
            Metric::ClsAndP0 => {
                self.add(model, Metric::Cls, adjoint)? + self.add(model, Metric::P0, adjoint)?
            }
            Metric::Sigma => {
                let information = information()?;
                information.add_poi_sigma_gradient(1.0, adjoint);
                information.poi_sigma()
            }
            Metric::GeneralisedVariance => {
                let information = information()?;
                let variance = information.ln_generalised_variance().exp();
                information.add_ln_generalised_variance_gradient(variance, adjoint);
                variance
            }
            Metric::Gaussianity => {
                information()?.add_gaussianity_gradient(&self.normals, 1.0, adjoint)?.value
            }
        })
    }

    /// CLs and p0 with the nuisance parameter left at 0 instead of fitted: this is what a minimiser
    /// reports if it starts there and sees no slope.
    pub(super) fn unfitted(&mut self, point: [f64; 2]) -> Result<[f64; 2], StudyError> {
        let model = self.set(point)?;
        let at = |mu: f64| {
            let mut parameters = model.suggested_init().to_vec();
            parameters[model.poi_index()] = mu;
            parameters
        };
        let root = |asimov: f64, tested: f64| -> Result<f64, StudyError> {
            let data = model.expected_data(&at(asimov))?;
            let ratio = model.logpdf(&at(asimov), &data)? - model.logpdf(&at(tested), &data)?;
            Ok((2.0 * ratio).sqrt())
        };
        let cls = ln_cls_expected(0.0, root(0.0, 1.0)?).value;
        let p0 = ln_p0_expected(0.0, root(1.0, 0.0)?).value;
        Ok([cls.exp(), p0.exp()])
    }
}

/// The median p-value on nominal Asimov data; adds its derivatives.
fn add_p_value(
    model: &Model,
    statistic: TestStatistic,
    tested: f64,
    adjoint: &mut ModelAdjoint,
) -> Result<f64, StudyError> {
    let mut evaluator = Evaluator::new(model);
    let ratio = expected_ratio(&mut evaluator, statistic, tested, &FitOptions::default())?;
    let p_value = ratio.ln_p_value(0.0).exp();
    adjoint.add(p_value, &ratio.ln_gradient(&mut evaluator, 0.0)?);
    Ok(p_value)
}

/// On the line `u = d`, the `u` of a test at which the conditional fit leaves the saddle at 0:
/// there the slope of -ln L with respect to the square of the nuisance parameter,
/// `1/2 + 15/8 u sum SHIFT (1 - n / r)`, is 0.
pub(super) fn leaves_the_saddle(asimov: f64, tested: f64) -> f64 {
    let rate = |mu: f64, bin: usize| mu * SIGNAL[bin] + BACKGROUND[bin];
    let slope = |bin: usize| SHIFT[bin] * (1.0 - rate(asimov, bin) / rate(tested, bin));
    -0.5 / (15.0 / 8.0 * (slope(0) + slope(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    #[test]
    fn p_values_are_pyhf_s_off_the_line() {
        // tests/reference/make_study_reference.py
        let mut plane = Plane::new(0).expect("a model");
        for (point, cls, p0) in [
            ([7.0, -4.0], 0.11822454924223375, 0.05396750645484528),
            ([-3.0, 8.0], 0.1189602236864327, 0.05345869525885493),
        ] {
            assert_close(plane.evaluate(Metric::Cls, point).expect("one").0, cls, 1e-9);
            assert_close(plane.evaluate(Metric::P0, point).expect("one").0, p0, 1e-9);
        }
    }

    #[test]
    fn gradients_match_differences() {
        let mut plane = Plane::new(0).expect("a model");
        for (name, metric) in Metric::TABLE {
            for point in [[3.1, -4.2], [-6.3, 1.7], [7.9, 6.4], [-8.2, -5.1], [0.4, 0.3]] {
                let (_, gradient) = plane.evaluate(metric, point).expect("a metric");
                for axis in 0..2 {
                    let value = |x: f64| {
                        let mut moved = point;
                        moved[axis] = x;
                        Plane::new(0).expect("a model").evaluate(metric, moved).expect("one").0
                    };
                    let found = difference(value, point[axis], 1e-2);
                    let scale = gradient[0].abs().max(gradient[1].abs());
                    let error = (gradient[axis] - found).abs();
                    let told = format!("{name} {point:?} {axis}: {gradient:?} {found}");
                    assert!(error < 1e-5 * scale + 1e-10, "{told}");
                }
            }
        }
    }
}
