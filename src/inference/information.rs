//! The Fisher information of a model on Asimov data, and quantities derived from it, with exact
//! gradients.
//!
//! Enters: a model, a point. Leaves: the information `I = J^T diag(1 / r) J + D` over the free
//! parameters (`J` the Jacobian of the rates `r`; `D` is `1 / width^2` for a Normal constraint and
//! `tau / gamma` for a Poisson one), its inverse `C`, which is the Cramer-Rao bound on any unbiased
//! estimate's covariance, and numbers derived from `C`. On the Asimov data of its own point `I` is
//! the exact Hessian of -ln L.
//!
//! Derivatives: a number `L` with the symmetric adjoint `G = dL/dC` has `S = dL/dI = -C G C`. With
//! `S = sum_k lambda_k v_k v_k^T` the differential of `L` is `sum_k lambda_k d(v_k^T I v_k)`, one
//! forward-over-reverse sweep each (`InformationForm`).
//!
//! A bin without expected events whose rate no free parameter changes carries no information, and
//! derivatives with respect to its yields are taken as 0.
//!
//! Source: arXiv:1007.1727, equation 28, and A. Wald, Trans. AMS 54 (1943) 426, for the Asimov data
//! set; H. Cramer, Mathematical Methods of Statistics (1946), section 32.3, for the bound;
//! arXiv:1806.04743 for its use as a loss.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::calculator::refuse_fixed_poi;
use super::error::InferenceError;
use super::gradient::{add_nominal, take};
use super::profile::nominal_parameters;
use crate::fit::{AdjointError, Arrow, Factor, Ingredients, checked, least_determined};
use crate::histfactory::{
    Evaluator, InformationForm, Linearised, LinearisedModel, Model, ModelAdjoint, SecondOrder,
};

/// Eigenvalues below this fraction of the largest count as rounding errors of 0.
const ROUNDING: f64 = 1e-16;

/// The Fisher information of a model's Asimov data at a point, over the free parameters.
///
/// Gradients add `factor` times a number's derivative with respect to all inputs of the model. At a
/// nominal point ([`AsimovInformation::nominal`]) they include the initial values that define it; a
/// given point ([`AsimovInformation::new`]) counts as constant.
///
/// ```
/// use diffhep::histfactory::{Workspace, WorkspaceGradient, WorkspaceModel};
/// use diffhep::inference::AsimovInformation;
///
/// let workspace = Workspace::from_text(include_str!("../../examples/two_bins.json"))?;
/// let model = workspace.model()?;
/// let information = AsimovInformation::nominal(&model, 1.0)?;
/// let mut adjoint = model.zero_adjoint();
/// information.add_poi_sigma_gradient(1.0, &mut adjoint);
/// let gradient = WorkspaceGradient::new(&workspace, &model, &adjoint);
/// // More signal, less uncertainty of its strength.
/// assert!(information.poi_sigma() < 0.6 && gradient.channels[0][0].data[0] < 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AsimovInformation<'m> {
    /// At the point.
    linearised: LinearisedModel<'m>,
    pub(super) free: Vec<usize>,
    information: DMatrix<f64>,
    pub(super) factor: Factor,
    covariance: DMatrix<f64>,
    /// The constraints' part of the information, one per parameter, 0 for unconstrained ones.
    constraint: Vec<f64>,
    /// Whether the point consists of the initial values.
    nominal: bool,
}

impl<'m> AsimovInformation<'m> {
    /// The information at any point, over the parameters that the measurement does not fix.
    ///
    /// # Errors
    /// [`InferenceError`] where the likelihood is not defined at the point, the parameter of
    /// interest is fixed, a bin's information is infinite, or a parameter has no effect.
    pub fn new(model: &'m Model, parameters: &[f64]) -> Result<Self, InferenceError> {
        refuse_fixed_poi(model)?;
        Self::over(model, parameters, unfixed(model))
    }

    /// The information at the initial values, with the parameter of interest at `poi`.
    ///
    /// # Errors
    /// As [`AsimovInformation::new`].
    pub fn nominal(model: &'m Model, poi: f64) -> Result<Self, InferenceError> {
        Ok(Self { nominal: true, ..Self::new(model, &nominal_parameters(model, poi))? })
    }

    /// The information at a point over the given parameters, ascending.
    pub(super) fn over(
        model: &'m Model,
        parameters: &[f64],
        free: Vec<usize>,
    ) -> Result<Self, InferenceError> {
        let linearised = Evaluator::new(model).linearised_at(parameters)?;
        let (arrow, constraint) = matrix(linearised.view(), &free)?;
        let information = arrow.dense(&free);
        if information.iter().any(|entry| !entry.is_finite()) {
            return Err(AdjointError::NotFinite.into());
        }
        let factor = checked(information.clone()).ok_or_else(|| {
            let row = least_determined(&information, information.diagonal().as_slice());
            InferenceError::NotDetermined { parameter: model.parameter_names()[free[row]].clone() }
        })?;
        let covariance = factor.inverse();
        Ok(Self { linearised, free, information, factor, covariance, constraint, nominal: false })
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.at().model()
    }

    /// The point.
    pub fn parameters(&self) -> &[f64] {
        self.linearised.parameters()
    }

    pub(super) fn at(&self) -> Linearised<'_, 'm> {
        self.linearised.view()
    }

    /// Indices of the free parameters, ascending: one per row of the matrices.
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// The information, free x free.
    pub fn information(&self) -> &DMatrix<f64> {
        &self.information
    }

    /// Its inverse: the smallest covariance that an unbiased estimate can have, free x free.
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    fn row(&self, parameter: usize) -> Option<usize> {
        self.free.binary_search(&parameter).ok()
    }

    /// Uncertainty of a parameter, the root of its variance; `None` where it is not free.
    pub fn sigma(&self, parameter: usize) -> Option<f64> {
        self.row(parameter).map(|i| self.covariance[(i, i)].sqrt())
    }

    /// Index of the parameter of interest among the free ones.
    fn poi_row(&self) -> usize {
        let row = self.row(self.model().poi_index());
        row.expect("an information with a fixed parameter of interest is refused")
    }

    /// Uncertainty of the parameter of interest.
    pub fn poi_sigma(&self) -> f64 {
        let i = self.poi_row();
        self.covariance[(i, i)].sqrt()
    }

    /// ln det C: the logarithm of the squared volume of the free parameters' uncertainty.
    pub fn ln_generalised_variance(&self) -> f64 {
        -2.0 * self.factor.l_dirty().diagonal().iter().map(|pivot| pivot.ln()).sum::<f64>()
    }

    /// For each constrained free parameter, its index and its uncertainty over the constraint's
    /// own: the width of a Normal constraint, `sqrt(gamma / tau)` of a Poisson one. 1 where the
    /// Asimov data say nothing about the parameter, less where they constrain it.
    pub fn constraint_ratios(&self) -> Vec<(usize, f64)> {
        let variance = |i: usize| self.covariance[(i, i)];
        let rows = self.free.iter().enumerate();
        let constrained = rows.filter(|(_, p)| self.constraint[**p] > 0.0);
        constrained.map(|(i, &p)| (p, (variance(i) * self.constraint[p]).sqrt())).collect()
    }

    /// Sum over the constrained free parameters of `(1 - ratio)^2`, with the ratios from
    /// [`AsimovInformation::constraint_ratios`]: 0 where the data constrain none beyond its own
    /// measurement.
    pub fn constraint_deviation(&self) -> f64 {
        self.constraint_ratios().iter().map(|(_, ratio)| (1.0 - ratio).powi(2)).sum()
    }

    /// Adds `factor` times the gradient of [`AsimovInformation::poi_sigma`] into `out`.
    pub fn add_poi_sigma_gradient(&self, factor: f64, out: &mut ModelAdjoint) {
        // dL/dC has one entry, 1 / (2 sigma), so -C G C is a single product of a column of C.
        let column = self.covariance.column(self.poi_row()).into_owned();
        let weight = -factor / (2.0 * self.poi_sigma());
        let outer = take(&mut out.parameters);
        self.add_form(
            &mut SecondOrder::new(self.model()).information(self.at()),
            &column,
            weight,
            out,
        );
        self.finish(outer, out);
    }

    /// Adds `factor` times the gradient of [`AsimovInformation::ln_generalised_variance`] into
    /// `out`.
    pub fn add_ln_generalised_variance_gradient(&self, factor: f64, out: &mut ModelAdjoint) {
        let outer = take(&mut out.parameters);
        self.add_information_adjoint(&(-factor * &self.covariance), out);
        self.finish(outer, out);
    }

    /// Adds `factor` times the gradient of [`AsimovInformation::constraint_deviation`] into `out`.
    pub fn add_constraint_deviation_gradient(&self, factor: f64, out: &mut ModelAdjoint) {
        let mut by_variance = DVector::zeros(self.free.len());
        let mut by_constraint = vec![0.0; self.model().n_parameters()];
        for (p, ratio) in self.constraint_ratios() {
            // Derivatives of (1 - sqrt(C D))^2 with respect to C and to D.
            let i = self.row(p).expect("a ratio is of a free parameter");
            let slope = -factor * (1.0 - ratio) * ratio;
            by_variance[i] = slope / self.covariance[(i, i)];
            by_constraint[p] = slope / self.constraint[p];
        }
        let scaled = DMatrix::from_diagonal(&by_variance) * &self.covariance;
        let outer = take(&mut out.parameters);
        self.add_information_adjoint(&-(&self.covariance * scaled), out);
        self.at().add_constraint_information_vjp(&by_constraint, out);
        self.finish(outer, out);
    }

    /// Propagates a symmetric adjoint `dL/dI` to everything that `I` depends on, including the
    /// point.
    pub(super) fn add_information_adjoint(&self, s: &DMatrix<f64>, out: &mut ModelAdjoint) {
        // Units are each parameter's own information, so that none is lost to rounding beside
        // another.
        let units = self.information.diagonal().map(f64::sqrt);
        let mut order = SecondOrder::new(self.model());
        let mut sweep = order.information(self.at());
        for (weight, x) in forms(s, &units) {
            self.add_form(&mut sweep, &x, weight, out);
        }
    }

    /// Adds `weight` times the derivative of `x^T I x`, `x` over the free parameters.
    fn add_form(
        &self,
        sweep: &mut InformationForm,
        x: &DVector<f64>,
        weight: f64,
        out: &mut ModelAdjoint,
    ) {
        let mut full = vec![0.0; self.model().n_parameters()];
        self.free.iter().zip(x).for_each(|(&p, x)| full[p] = *x);
        sweep.add(&full, weight, out);
    }

    /// Passes the derivatives with respect to the point's parameters on to the initial values, if
    /// the point consists of them; `outer` is what was accumulated before.
    pub(super) fn finish(&self, outer: Vec<f64>, out: &mut ModelAdjoint) {
        let values = std::mem::replace(&mut out.parameters, outer);
        if self.nominal {
            add_nominal(self.model(), &values, out);
        }
    }
}

/// The symmetric part of a matrix as a sum of `weight x x^T`, weights and directions `x`: its
/// eigenvectors in the given units, one per parameter. Weights that are rounding errors of 0 are
/// left out.
pub(super) fn forms(matrix: &DMatrix<f64>, units: &DVector<f64>) -> Vec<(f64, DVector<f64>)> {
    let scaled = DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| {
        0.5 * (matrix[(i, j)] + matrix[(j, i)]) * units[i] * units[j]
    });
    let eigen = SymmetricEigen::new(scaled);
    let least = ROUNDING * eigen.eigenvalues.amax();
    let pairs = eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter());
    let kept = pairs.filter(|(weight, _)| weight.abs() > least);
    kept.map(|(weight, vector)| (*weight, vector.component_div(units))).collect()
}

/// Indices of the parameters that the measurement does not fix.
pub(super) fn unfixed(model: &Model) -> Vec<usize> {
    let fixed = model.suggested_fixed();
    (0..fixed.len()).filter(|p| !fixed[*p]).collect()
}

/// The information at a point, and the constraints' part of its diagonal; `free` are the
/// parameters that are not known.
///
/// # Errors
/// [`InferenceError`] where the likelihood is not defined, or a bin's information is infinite.
pub(super) fn matrix(at: Linearised, free: &[usize]) -> Result<(Arrow, Vec<f64>), InferenceError> {
    // Refuses constraints that are not defined at the point.
    at.negative_log_likelihood(&at.expected_data())?;
    refuse_empty_bins(at, free)?;
    let mut constraint = vec![0.0; at.model().n_parameters()];
    at.constraint_information(&mut constraint);
    let arrow = Ingredients::at(at, at.rates(), &constraint).arrow();
    Ok((arrow, constraint))
}

fn refuse_empty_bins(at: Linearised, free: &[usize]) -> Result<(), InferenceError> {
    let is_moved = |(p, d): (usize, f64)| d != 0.0 && free.binary_search(&p).is_ok();
    let is_infinite = |bin: &usize| at.rates()[*bin] == 0.0 && at.of_bin(*bin).any(is_moved);
    match (0..at.model().n_bins()).find(is_infinite) {
        None => Ok(()),
        Some(global) => {
            let (channel, bin) = at.model().bin_name(global);
            Err(InferenceError::EmptyBin { channel, bin })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histfactory::WorkspaceModel;
    use crate::histfactory::{Curved, Workspace};
    use diffhep_testing::assert_close;
    use serde_json::{Value, json};

    /// One bin with a signal and a background; `modifiers` act on the background.
    fn counting(signal: f64, background: f64, modifiers: Value) -> Model {
        let workspace = json!({
            "version": "1.0.0",
            "channels": [{ "name": "selection", "samples": [
                { "name": "signal", "data": [signal],
                  "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
                { "name": "background", "data": [background], "modifiers": modifiers },
            ] }],
            "observations": [{ "name": "selection", "data": [background] }],
            "measurements": [{ "name": "counting", "config": { "poi": "mu", "parameters": [] } }],
        });
        Workspace::from_json(workspace).and_then(|w| w.model()).expect("a valid model")
    }

    fn all_types() -> Model {
        let text = include_str!("../../tests/reference/all_types_qtilde.json");
        let json = crate::histfactory::parse(text).expect("JSON");
        Workspace::from_json(json["workspace"].clone()).and_then(|w| w.model()).expect("a model")
    }

    #[test]
    fn a_counting_experiment_has_its_closed_form() {
        for (s, b) in [(12.0, 50.0), (3.0, 0.4)] {
            let model = counting(s, b, json!([]));
            let information = AsimovInformation::nominal(&model, 1.0).expect("an information");
            let sigma = f64::sqrt(s + b) / s;
            assert_close(information.poi_sigma(), sigma, 1e-14);
            assert_close(information.ln_generalised_variance(), 2.0 * sigma.ln(), 1e-14);
            assert_eq!(information.constraint_deviation(), 0.0);
            let mut out = model.zero_adjoint();
            information.add_poi_sigma_gradient(1.0, &mut out);
            // Cells are in the order of sorted samples: background, signal.
            let by_background = 0.5 / (sigma * s * s);
            assert_close(out.coefficients.nominal[0], by_background, 1e-13);
            assert_close(out.coefficients.nominal[1], by_background - sigma / s, 1e-13);
        }
    }

    #[test]
    fn a_relative_uncertainty_adds_in_quadrature() {
        let modifiers =
            json!([{ "name": "norm", "type": "normsys", "data": { "hi": 1.1, "lo": 0.9 } }]);
        let model = counting(12.0, 50.0, modifiers);
        let information = AsimovInformation::nominal(&model, 1.0).expect("an information");
        // d rate / d alpha of code 4 at alpha = 0; the datum cannot tell alpha from mu.
        let of_nuisance = information.at().of_bin(0).filter(|(p, _)| *p != model.poi_index());
        let slope: f64 = of_nuisance.map(|(_, slope)| slope).sum();
        let variance = (62.0 + slope * slope) / (12.0 * 12.0);
        assert_close(information.poi_sigma(), variance.sqrt(), 1e-13);
        let ratios = information.constraint_ratios();
        assert_close(ratios[0].1, 1.0, 1e-13);
    }

    #[test]
    fn information_is_the_exact_hessian_on_its_asimov_data() {
        let model = all_types();
        let mut theta = model.suggested_init().to_vec();
        for (p, value) in theta.iter_mut().enumerate() {
            *value += 0.1 * (p as f64 * 1.3).sin();
        }
        let information = AsimovInformation::new(&model, &theta).expect("an information");
        let data = information.at().expected_data();
        let mut curved = Curved::new(&model);
        let mut hessian = curved.hessian(information.at(), &data);
        for (j, &q) in information.free().iter().enumerate() {
            let mut unit = vec![0.0; theta.len()];
            unit[q] = 1.0;
            let product = hessian.times(&unit);
            for (i, &p) in information.free().iter().enumerate() {
                assert_close(information.information()[(i, j)], product[p], 1e-12);
            }
        }
        let n = information.free().len();
        let identity = information.information() * information.covariance();
        assert!((identity - DMatrix::identity(n, n)).amax() < 1e-10);
    }

    #[test]
    fn parameters_without_an_effect_are_named() {
        let twin = json!([
            { "name": "a", "type": "normfactor", "data": null },
            { "name": "b", "type": "normfactor", "data": null },
        ]);
        for (model, names) in [
            (counting(0.0, 5.0, json!([])), vec!["mu"]),
            (counting(2.0, 5.0, twin), vec!["a", "b", "mu"]),
        ] {
            let error = AsimovInformation::nominal(&model, 1.0).expect_err("a singular matrix");
            let InferenceError::NotDetermined { parameter } = &error else {
                panic!("another error: {error}")
            };
            assert!(names.contains(&parameter.as_str()), "{error}");
        }
    }

    #[test]
    fn empty_bins_count_for_nothing_or_are_refused() {
        let model = counting(4.0, 0.0, json!([]));
        let error = AsimovInformation::nominal(&model, 0.0).expect_err("an infinite information");
        let channel = "selection".to_owned();
        assert_eq!(error, InferenceError::EmptyBin { channel, bin: 0 });
        let mut json = json!({
            "version": "1.0.0",
            "channels": [{ "name": "c", "samples": [
                { "name": "s", "data": [4.0, 0.0],
                  "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
                { "name": "b", "data": [9.0, 0.0], "modifiers": [] },
            ] }],
            "observations": [{ "name": "c", "data": [9.0, 0.0] }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
        });
        let model = |json: &Value| {
            Workspace::from_json(json.clone()).and_then(|w| w.model()).expect("a valid model")
        };
        let with_empty = model(&json);
        let information = AsimovInformation::nominal(&with_empty, 1.0).expect("an information");
        assert_close(information.poi_sigma(), f64::sqrt(13.0) / 4.0, 1e-14);
        let mut out = with_empty.zero_adjoint();
        information.add_poi_sigma_gradient(1.0, &mut out);
        let normals = [vec![0.4], vec![-0.9]];
        information.add_gaussianity_gradient(&normals, 1.0, &mut out).expect("a gradient");
        assert!(out.is_finite());
        json["measurements"][0]["config"]["parameters"] = json!([{ "name": "mu", "fixed": true }]);
        let fixed = model(&json);
        let error = AsimovInformation::nominal(&fixed, 1.0).expect_err("a fixed parameter");
        assert_eq!(error, InferenceError::FixedPoi { poi: "mu".to_owned() });
    }

    #[test]
    fn normal_variates_are_checked() {
        let model = counting(4.0, 1.0, json!([]));
        let information = AsimovInformation::nominal(&model, 1.0).expect("an information");
        let error = information.gaussianity(&[vec![0.1], vec![0.1, 0.2]]);
        let expected = InferenceError::Variates { sample: 1, expected: 1, found: 2 };
        assert_eq!(error, Err(expected));
        // 4 mu + 1 is negative there.
        let far = [vec![-9.0], vec![-7.0]];
        assert_eq!(information.gaussianity(&far), Err(InferenceError::NoSample { left_out: 2 }));
        let error = information.gaussianity(&[vec![f64::NAN]]);
        assert!(matches!(error, Err(InferenceError::Domain(_))), "{error:?}");
    }
}
