//! Derivatives of a fit's uncertainties and linear impacts, based on the exact Hessian.
//!
//! Enters: a fit, its data. Leaves: the derivative of a number derived from the covariance
//! `C = H^-1` ([`Covariance`]) with respect to all inputs of the model.
//!
//! With `dC = -C dH C` the differential of such a number is a sum of `u^T dH v` for fixed
//! directions: with `c_p` the column of `C` that belongs to `p`, and `mu` the parameter of
//! interest,
//!
//! - `d sigma_p = -c_p^T dH c_p / (2 sigma_p)`;
//! - of the post-fit impact, `C_(mu k) / sigma_k`: `u = c_k`,
//!   `v = (-c_mu + C_(mu k) / (2 C_(k k)) c_k) / sigma_k`;
//! - of the pre-fit impact, `width_k C_(mu k) / C_(k k)`: `u = c_k`,
//!   `v = width_k / C_(k k) (-c_mu + C_(mu k) / C_(k k) c_k)`, and `C_(mu k) / C_(k k) d width_k`;
//! - of any `L` with the symmetric `G = dL/dC`: the trace of `S dH`, `S = -C G C`.
//!
//! `u^T H v` is a difference of two forms `x^T H x`; one reverse sweep over jets differentiates
//! each with respect to the point and everything else (`ThirdOrder`). The point is that of the fit,
//! so the dependence on it is pulled back by the implicit function theorem ([`fit`](crate::fit)).
//! Parameters that were not free count as known, as they do in the covariance.
//!
//! Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., sections 13 and 15;
//! [`ranking`] for impacts.
//!
//! [`ranking`]: super::ranking()

use nalgebra::{DMatrix, DVector};

use super::calculator::refuse_fixed_poi;
use super::error::InferenceError;
use super::gradient::take;
use super::information::forms;
use super::pulls::auxiliary_width;
use crate::fit::{AdjointError, Covariance, FitReport, pull_back_at};
use crate::histfactory::{DomainError, Evaluator, Model, ModelAdjoint, ThirdOrder};

/// How far an impact moves its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpactKind {
    /// Its uncertainty after the fit.
    PostFit,
    /// The width of its own measurement.
    PreFit,
}

/// Derivatives of quantities derived from a fit's covariance.
///
/// Each is a [`ModelAdjoint`] that
/// [`WorkspaceGradient::new`](crate::histfactory::WorkspaceGradient::new) puts into the workspace's
/// shape. Data count as constants: for Asimov data made from the workspace, the derivatives do not
/// include how the data follow it. Nor do they include the dependence on the value at which the
/// caller fixed a parameter. Where a fitted `alpha` is exactly at a point at which its
/// interpolation's third derivative jumps, the derivative is that of one side
/// ([`jets`](crate::kernels::jets)).
///
/// ```
/// use diffhep::histfactory::{Workspace, WorkspaceGradient, WorkspaceModel};
/// use diffhep::inference::{CovarianceGradients, ImpactKind, fit};
///
/// let workspace = Workspace::from_text(include_str!("../../examples/two_bins.json"))?;
/// let model = workspace.model()?;
/// let mut data = workspace.data(&model);
/// data[0] += 8.0;
/// let report = fit(&data, &model)?;
/// let mut gradients = CovarianceGradients::new(&model, &data, &report)?;
/// let sigma = gradients.sigma(model.poi_index())?;
/// let gradient = WorkspaceGradient::new(&workspace, &model, &sigma);
/// // More signal, less uncertainty of its strength; more background, more of it.
/// let [background, signal] = [1, 0].map(|sample| gradient.channels[0][sample].data[0]);
/// assert!(signal < 0.0 && background > 0.0);
/// let shape = (0..3).find(|p| *p != model.poi_index()).expect("two bins of background");
/// assert!(gradients.impact(shape, ImpactKind::PostFit)?.is_finite());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CovarianceGradients<'a> {
    evaluator: Evaluator<'a>,
    third: ThirdOrder,
    data: &'a [f64],
    report: &'a FitReport,
    covariance: Covariance,
}

impl<'a> CovarianceGradients<'a> {
    /// Computes the covariance, which all derivatives share; `data` are the data of the fit.
    ///
    /// # Errors
    /// [`InferenceError::Adjoint`] where the fit has not converged or a parameter is not
    /// determined, or the data or the fit belong to another model.
    pub fn new(
        model: &'a Model,
        data: &'a [f64],
        report: &'a FitReport,
    ) -> Result<Self, InferenceError> {
        let mut evaluator = Evaluator::new(model);
        let covariance = Covariance::at(&mut evaluator, data, report)?;
        let third = ThirdOrder::new(model);
        Ok(Self { evaluator, third, data, report, covariance })
    }

    /// The covariance.
    pub fn covariance(&self) -> &Covariance {
        &self.covariance
    }

    /// The derivative of a parameter's uncertainty.
    ///
    /// # Errors
    /// [`InferenceError::UnknownParameter`] and [`InferenceError::NotFree`] (or
    /// [`InferenceError::PoiAtBound`]) where it has none; [`InferenceError::Adjoint`] where the derivative
    /// is not finite.
    pub fn sigma(&mut self, parameter: usize) -> Result<ModelAdjoint, InferenceError> {
        self.check(parameter)?;
        let column = self.covariance.column(parameter);
        let weight = -0.5 / column[parameter].sqrt();
        self.finish(vec![(weight, column)], self.evaluator.model().zero_adjoint())
    }

    /// The derivative of the linear impact, with its sign, of an upward step of `nuisance` on the
    /// fitted parameter of interest: of `post_fit.up` or `pre_fit.up` of a
    /// [`RankedParameter`](super::RankedParameter). The width of the nuisance parameter's own
    /// measurement is one of the workspace's numbers too.
    ///
    /// # Errors
    /// As [`CovarianceGradients::sigma`], of both parameters; [`InferenceError::FixedPoi`];
    /// [`InferenceError::NoMeasurement`] where a pre-fit impact is requested for a parameter
    /// without a constraint.
    pub fn impact(
        &mut self,
        nuisance: usize,
        kind: ImpactKind,
    ) -> Result<ModelAdjoint, InferenceError> {
        let model = self.evaluator.model();
        refuse_fixed_poi(model)?;
        let poi = model.poi_index();
        self.check(poi)?;
        self.check(nuisance)?;
        let [of_poi, of_nuisance] = [poi, nuisance].map(|p| self.covariance.column(p));
        let variance = of_nuisance[nuisance];
        let slope = of_nuisance[poi] / variance;
        let mut out = model.zero_adjoint();
        let (step, part) = match kind {
            ImpactKind::PostFit => (variance.sqrt(), 0.5),
            ImpactKind::PreFit => {
                let (constraint, width, by_coefficient) = self.own_width(nuisance)?;
                out.coefficients.constraint[constraint] = slope * by_coefficient;
                (width, 1.0)
            }
        };
        let v = of_nuisance.iter().zip(&of_poi);
        let v: Vec<f64> = v.map(|(k, mu)| step / variance * (part * slope * k - mu)).collect();
        let forms = self.polarised(&of_nuisance, &v);
        self.finish(forms, out)
    }

    /// The derivative of any number whose derivative with respect to the covariance is
    /// `by_covariance`, free x free in the order of [`Covariance::free`]; only its symmetric part
    /// counts.
    ///
    /// Costs one sweep for each eigenvalue of `C G C` that is not 0, of which there can be as many
    /// as free parameters.
    ///
    /// # Errors
    /// [`InferenceError::Domain`] where the shape does not match; [`InferenceError::Adjoint`] where
    /// a derivative is not finite.
    pub fn gradient(
        &mut self,
        by_covariance: &DMatrix<f64>,
    ) -> Result<ModelAdjoint, InferenceError> {
        let matrix = self.covariance.matrix();
        for found in [by_covariance.nrows(), by_covariance.ncols()] {
            if found != matrix.nrows() {
                let (what, expected) = ("the derivative by the covariance", matrix.nrows());
                return Err(DomainError::Length { what, expected, found }.into());
            }
        }
        if by_covariance.iter().any(|slope| !slope.is_finite()) {
            return Err(AdjointError::NotFinite.into());
        }
        let s = -(&matrix * by_covariance * &matrix);
        // Units are each parameter's own uncertainty, so that none is lost to rounding beside
        // another.
        let units = matrix.diagonal().map(|variance| 1.0 / variance.sqrt());
        let full = |x: &DVector<f64>| {
            let mut full = vec![0.0; self.evaluator.model().n_parameters()];
            self.covariance.free().iter().zip(x).for_each(|(&p, x)| full[p] = *x);
            full
        };
        let forms = forms(&s, &units).iter().map(|(weight, x)| (*weight, full(x))).collect();
        self.finish(forms, self.evaluator.model().zero_adjoint())
    }

    /// Refuses a parameter that is not free.
    fn check(&self, parameter: usize) -> Result<(), InferenceError> {
        let model = self.evaluator.model();
        let Some(name) = model.parameter_names().get(parameter).cloned() else {
            let parameters = model.n_parameters();
            return Err(InferenceError::UnknownParameter { index: parameter, parameters });
        };
        if self.covariance.is_free(parameter) {
            return Ok(());
        }
        let value = self.report.parameters[parameter];
        if parameter == model.poi_index() && self.report.at_bounds.contains(&parameter) {
            return Err(InferenceError::PoiAtBound { poi: name, value });
        }
        Err(InferenceError::NotFree { parameter: name, value })
    }

    /// A constraint's index, the width of its measurement and the derivative of that width with
    /// respect to the constraint's coefficient.
    fn own_width(&self, parameter: usize) -> Result<(usize, f64, f64), InferenceError> {
        let mut constraints = self.evaluator.model().constraints().enumerate();
        let Some((i, (_, kind, width, _))) = constraints.find(|(_, c)| c.0 == parameter) else {
            let parameter = self.evaluator.model().parameter_names()[parameter].clone();
            return Err(InferenceError::NoMeasurement { parameter });
        };
        let (width, slope) = auxiliary_width(kind, width);
        Ok((i, width, slope))
    }

    /// `u^T H v` as weights and directions of forms `x^T H x`.
    fn polarised(&self, u: &[f64], v: &[f64]) -> Vec<(f64, Vec<f64>)> {
        let form = |x: &[f64]| {
            let product = self.covariance.hessian_times(x);
            x.iter().zip(product).map(|(x, h)| x * h).sum::<f64>().max(0.0)
        };
        let [size_u, size_v] = [u, v].map(form);
        if size_v == 0.0 {
            return Vec::new();
        }
        // Both are scaled to the same size, so that sum and difference keep the digits of both.
        let scale = (size_v / size_u).powf(0.25);
        let sum = |sign: f64| u.iter().zip(v).map(|(u, v)| u * scale + sign * v / scale).collect();
        vec![(0.25, sum(1.0)), (-0.25, sum(-1.0))]
    }

    /// Adds the derivatives of weighted forms `x^T H x` to `out`, and what comes through the fit.
    fn finish(
        &mut self,
        forms: Vec<(f64, Vec<f64>)>,
        mut out: ModelAdjoint,
    ) -> Result<ModelAdjoint, InferenceError> {
        let Self { evaluator, third, data, report, .. } = self;
        let mut curved = evaluator.take_curved();
        let at = evaluator.set_point(&report.parameters)?.linearise();
        let mut sweep = third.hessian_form(at, data);
        for (weight, x) in forms {
            sweep.add(&x, weight, &mut out);
        }
        let by_parameters = take(&mut out.parameters);
        let pulled = pull_back_at(at, &mut curved, data, report, &by_parameters, &mut out);
        evaluator.keep_curved(curved);
        pulled?;
        if out.is_finite() { Ok(out) } else { Err(AdjointError::NotFinite.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::FitStatus;
    use crate::histfactory::Workspace;
    use crate::histfactory::WorkspaceModel;
    use crate::inference::{fit, fixed_poi_fit};
    use diffhep_testing::assert_close;
    use serde_json::{Value, json};

    /// 12 events of signal, 50 of background with a `shapesys` of 5, and `modifiers`.
    fn counting(count: f64, modifiers: &[Value], settings: Value) -> (Model, Vec<f64>) {
        let gamma = json!({ "name": "gamma", "type": "shapesys", "data": [5.0] });
        let modifiers = [&[gamma], modifiers].concat();
        let workspace = Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": [{ "name": "selection", "samples": [
                { "name": "signal", "data": [12.0],
                  "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
                { "name": "background", "data": [50.0], "modifiers": modifiers },
            ] }],
            "observations": [{ "name": "selection", "data": [count] }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": settings } }],
        }));
        let workspace = workspace.expect("a workspace");
        let model = workspace.model().expect("a model");
        let data = workspace.data(&model);
        (model, data)
    }

    #[test]
    fn a_counting_experiment_has_its_closed_forms() {
        let (model, data) = counting(58.0, &[], json!([]));
        let report = fit(&data, &model).expect("a fit");
        let mut gradients = CovarianceGradients::new(&model, &data, &report).expect("gradients");
        let (poi, tau, m) = (model.poi_index(), 100.0, 100.0);
        // mu = (n - b m / tau) / s, so its variance is (n + b^2 m / tau^2) / s^2.
        let sigma = f64::sqrt(58.0 + 2500.0 * m / (tau * tau)) / 12.0;
        assert_close(gradients.covariance().sigma(poi).expect("free"), sigma, 1e-12);
        let out = gradients.sigma(poi).expect("a gradient");
        let by_square = 0.5 / (sigma * 144.0);
        assert_close(out.data[0], by_square, 1e-10);
        assert_close(out.data[1], by_square * 2500.0 / (tau * tau), 1e-10);
        // Cells are in the order of sorted samples: background, signal.
        assert_close(out.coefficients.nominal[0], by_square * 100.0 * m / (tau * tau), 1e-10);
        assert_close(out.coefficients.nominal[1], -sigma / 12.0, 1e-10);
        let by_tau = -2.0 * by_square * 2500.0 * m / (tau * tau * tau);
        assert_close(out.coefficients.constraint[0], by_tau, 1e-10);
        // gamma = m / tau with uncertainty sqrt(m) / tau: the impact is -b / s of either step.
        let nuisance = 1 - poi;
        let out = gradients.impact(nuisance, ImpactKind::PostFit).expect("a gradient");
        assert_close(out.data[0], 0.0, 1e-10);
        assert_close(out.data[1], -50.0 / 12.0 * 0.5 / (f64::sqrt(m) * tau), 1e-10);
        assert_close(out.coefficients.constraint[0], 50.0 / 12.0 * m.sqrt() / (tau * tau), 1e-10);
        let out = gradients.impact(nuisance, ImpactKind::PreFit).expect("a gradient");
        assert_close(out.data[1], 0.0, 1e-10);
        assert_close(out.coefficients.nominal[0], -0.1 / 12.0, 1e-10);
        assert_close(out.coefficients.constraint[0], 50.0 / 12.0 * 0.5 / tau.powf(1.5), 1e-10);
    }

    #[test]
    fn the_gradient_of_a_variance_is_that_of_its_sigma() {
        let theory = json!({ "name": "t", "type": "normsys", "data": { "lo": 0.9, "hi": 1.2 } });
        let (model, data) = counting(58.0, &[theory], json!([]));
        let report = fit(&data, &model).expect("a fit");
        let mut gradients = CovarianceGradients::new(&model, &data, &report).expect("gradients");
        let n = gradients.covariance().free().len();
        assert_eq!(n, 3);
        for p in 0..n {
            let mut by_covariance = DMatrix::zeros(n, n);
            by_covariance[(p, p)] = 1.0;
            let variance = gradients.gradient(&by_covariance).expect("a gradient");
            let sigma = gradients.covariance().sigma(p).expect("free");
            let expected = gradients.sigma(p).expect("a gradient");
            let lists = |out: &ModelAdjoint| {
                let c = &out.coefficients;
                [&c.nominal, &c.norm, &c.constraint, &out.data].map(Clone::clone).concat()
            };
            for (found, expected) in lists(&variance).into_iter().zip(lists(&expected)) {
                assert_close(found, 2.0 * sigma * expected, 1e-8);
            }
        }
        let wrong = gradients.gradient(&DMatrix::zeros(n, n + 1));
        assert!(matches!(wrong, Err(InferenceError::Domain(_))), "{wrong:?}");
        let wrong = gradients.gradient(&DMatrix::from_element(n, n, f64::NAN));
        assert_eq!(wrong, Err(AdjointError::NotFinite.into()));
    }

    #[test]
    fn what_has_no_uncertainty_is_said() {
        let other = json!({ "name": "free", "type": "normfactor", "data": null });
        let fixed = json!({ "name": "held", "type": "normfactor", "data": null });
        let settings = json!([{ "name": "held", "fixed": true },
                              { "name": "free", "fixed": false, "bounds": [[0.99, 1.0]] }]);
        let modifiers = [other, fixed];
        // The count is below the background, so mu ends at its bound 0.
        let (model, data) = counting(35.0, &modifiers, settings.clone());
        let place = |name: &str| {
            model.parameter_names().iter().position(|known| known == name).expect("known")
        };
        let report = fit(&data, &model).expect("a fit");
        let mut gradients = CovarianceGradients::new(&model, &data, &report).expect("gradients");
        for kind in [ImpactKind::PostFit, ImpactKind::PreFit] {
            let error = gradients.impact(place("gamma[0]"), kind).expect_err("mu is at its bound");
            assert!(matches!(error, InferenceError::PoiAtBound { .. }), "{error}");
        }
        let error = gradients.sigma(place("mu")).expect_err("it is at its bound");
        assert_eq!(error, InferenceError::PoiAtBound { poi: "mu".to_owned(), value: 0.0 });
        for name in ["held", "free"] {
            let error = gradients.sigma(place(name)).expect_err("it did not move");
            let InferenceError::NotFree { parameter, .. } = &error else { panic!("{error}") };
            assert_eq!(parameter, name);
        }
        let unknown = gradients.sigma(model.n_parameters());
        let (index, parameters) = (model.n_parameters(), model.n_parameters());
        assert_eq!(unknown, Err(InferenceError::UnknownParameter { index, parameters }));
        assert!(gradients.sigma(place("gamma[0]")).is_ok());

        let held = fixed_poi_fit(0.3, &data, &model).expect("a fit");
        let mut gradients = CovarianceGradients::new(&model, &data, &held).expect("gradients");
        let error = gradients.sigma(place("mu")).expect_err("it is held");
        assert_eq!(error, InferenceError::NotFree { parameter: "mu".to_owned(), value: 0.3 });

        let stopped = FitReport { status: FitStatus::StepLimit, ..report };
        let error = CovarianceGradients::new(&model, &data, &stopped).expect_err("no minimum");
        assert_eq!(error, AdjointError::NotConverged { status: "step limit" }.into());
        let error = CovarianceGradients::new(&model, &data[1..], &held).expect_err("short data");
        assert!(error.to_string().contains("data"), "{error}");
    }

    #[test]
    fn what_has_no_impact_is_said() {
        let free = json!({ "name": "free", "type": "normfactor", "data": null });
        let (model, data) = counting(58.0, &[free], json!([]));
        let report = fit(&data, &model).expect("a fit");
        let error = CovarianceGradients::new(&model, &data, &report).expect_err("two factors");
        assert!(matches!(error, InferenceError::Adjoint(AdjointError::NotDetermined { .. })));

        let (model, data) = counting(58.0, &[], json!([]));
        let report = fit(&data, &model).expect("a fit");
        let mut gradients = CovarianceGradients::new(&model, &data, &report).expect("gradients");
        let poi = model.poi_index();
        let error = gradients.impact(poi, ImpactKind::PreFit).expect_err("no measurement");
        assert_eq!(error, InferenceError::NoMeasurement { parameter: "mu".to_owned() });

        let (model, data) = counting(58.0, &[], json!([{ "name": "mu", "fixed": true }]));
        let report = fit(&data, &model).expect("a fit");
        let mut gradients = CovarianceGradients::new(&model, &data, &report).expect("gradients");
        let error = gradients.impact(1 - model.poi_index(), ImpactKind::PostFit);
        assert_eq!(error, Err(InferenceError::FixedPoi { poi: "mu".to_owned() }));
    }
}
