//! Covariance of fitted parameters: the inverse of the exact Hessian of -ln L.
//!
//! Enters: a fit that is at a minimum, its data. Leaves: `C = H^-1` over the parameters that were
//! free at the end. `H` is factorised; variances, columns and the whole matrix are computed on
//! request, because with thousands of bin-wise parameters nothing else is as large as the matrix.
//! Parameters that were held fixed, by the caller or by the model, or that ended at a bound count
//! as known; so do those at a kink of their interpolation, where there is no second derivative.
//! Source: F. James, Statistical Methods in Experimental Physics, 2nd ed., section 9.1.2.

use nalgebra::DMatrix;

use super::adjoint::AdjointError;
use super::arrow::Arrow;
use super::arrow_factor::ArrowFactor;
use super::report::FitReport;
use super::solver::matrix;
use crate::histfactory::{Curved, Evaluator, Linearised, Model};

/// Variances and correlations of a fit's free parameters.
#[derive(Clone, Debug)]
pub struct Covariance {
    free: Vec<usize>,
    hessian: Arrow,
    factor: ArrowFactor,
    n_parameters: usize,
}

impl PartialEq for Covariance {
    fn eq(&self, other: &Self) -> bool {
        self.free == other.free && self.hessian.is_same(&other.hessian)
    }
}

impl Covariance {
    /// The covariance at a minimum; `data` are the data of the fit.
    ///
    /// # Errors
    /// [`AdjointError`] where the fit has not converged, or where a parameter is not determined
    /// because the Hessian is not positive.
    pub fn new(model: &Model, data: &[f64], report: &FitReport) -> Result<Self, AdjointError> {
        Self::at(&mut Evaluator::new(model), data, report)
    }

    /// As [`Covariance::new`], with an evaluator, which is left at the minimum, linearised.
    pub(crate) fn at(
        e: &mut Evaluator,
        data: &[f64],
        report: &FitReport,
    ) -> Result<Self, AdjointError> {
        if !report.status.is_minimum() {
            return Err(AdjointError::NotConverged { status: report.status.name() });
        }
        e.model().check_data(data)?;
        Self::linearised(e.set_point(&report.parameters)?.linearise(), data, report)
    }

    /// As [`Covariance::new`], at the minimum.
    pub(crate) fn linearised(
        at: Linearised,
        data: &[f64],
        report: &FitReport,
    ) -> Result<Self, AdjointError> {
        let hessian = matrix(&Curved::new(at.model()).hessian(at, data));
        let factor = hessian.factor(&report.free).map_err(|p| {
            let parameter = at.model().parameter_names()[p].clone();
            AdjointError::NotDetermined { parameter }
        })?;
        let (free, n_parameters) = (report.free.clone(), report.parameters.len());
        Ok(Self { free, hessian, factor, n_parameters })
    }

    /// Indices of the free parameters, ascending: one per row of the matrix.
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// The whole covariance, free x free, in the parameters' units; computed at each call.
    pub fn matrix(&self) -> DMatrix<f64> {
        let n = self.free.len();
        let mut matrix = DMatrix::zeros(n, n);
        for (&p, mut out) in self.free.iter().zip(matrix.column_iter_mut()) {
            let column = self.column(p);
            out.iter_mut().zip(&self.free).for_each(|(out, &q)| *out = column[q]);
        }
        0.5 * (&matrix + matrix.transpose())
    }

    /// Covariances of a parameter with all of the model's; 0 for those that are known.
    pub fn column(&self, parameter: usize) -> Vec<f64> {
        let mut unit = vec![0.0; self.n_parameters];
        if self.is_free(parameter) {
            unit[parameter] = 1.0;
        }
        self.factor.solve(&unit)
    }

    /// The variance of a sum of parameters, each with its factor. A parameter that occurs twice
    /// counts with the sum of both factors; known ones do not contribute.
    pub fn variance(&self, factors: &[(usize, f64)]) -> f64 {
        self.factor.inverse_form(factors)
    }

    /// Second derivatives of -ln L times a vector over all of the model's parameters.
    pub(crate) fn hessian_times(&self, x: &[f64]) -> Vec<f64> {
        self.hessian.times(x)
    }

    pub(crate) fn is_free(&self, parameter: usize) -> bool {
        self.free.binary_search(&parameter).is_ok()
    }

    /// Correlation coefficients of free parameters, one row for each of `places`.
    ///
    /// # Panics
    /// Where one of them is not free.
    pub fn correlations(&self, places: &[usize]) -> Vec<Vec<f64>> {
        let sigma = |p: &usize| self.sigma(*p).expect("a free parameter");
        let sigmas: Vec<f64> = places.iter().map(sigma).collect();
        let row = |(&p, sigma): (&usize, &f64)| {
            let column = self.column(p);
            let entry = |(&q, other): (&usize, &f64)| {
                if p == q { 1.0 } else { column[q] / (sigma * other) }
            };
            places.iter().zip(&sigmas).map(entry).collect()
        };
        places.iter().zip(&sigmas).map(row).collect()
    }

    /// Covariance of two parameters; 0 where one of them is known. It costs a solution, as
    /// [`Covariance::column`] does, which has all of one parameter's.
    pub fn between(&self, one: usize, other: usize) -> f64 {
        if one == other { self.variance(&[(one, 1.0)]) } else { self.column(one)[other] }
    }

    /// Uncertainty of a parameter; `None` where it is known.
    pub fn sigma(&self, parameter: usize) -> Option<f64> {
        self.is_free(parameter).then(|| self.variance(&[(parameter, 1.0)]).sqrt())
    }

    /// Correlation coefficient of two free parameters.
    pub fn correlation(&self, one: usize, other: usize) -> Option<f64> {
        let (sigma_one, sigma_other) = self.sigma(one).zip(self.sigma(other))?;
        let scale = sigma_one * sigma_other;
        Some(if one == other { 1.0 } else { self.between(one, other) / scale })
    }

    /// Uncertainty of a parameter if those in `known` were known; `None` where it is known itself.
    pub fn sigma_with_known(&self, parameter: usize, known: &[usize]) -> Option<f64> {
        if !self.is_free(parameter) {
            return None;
        }
        let mut is_left = vec![false; self.n_parameters];
        self.free.iter().for_each(|&p| is_left[p] = true);
        known.iter().filter(|p| **p != parameter).for_each(|&p| is_left[p] = false);
        let left: Vec<usize> = self.free.iter().copied().filter(|&p| is_left[p]).collect();
        // A principal submatrix of a positive matrix is positive.
        let factor = self.hessian.factor(&left).ok()?;
        Some(factor.inverse_form(&[(parameter, 1.0)]).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histfactory::Workspace;
    use crate::histfactory::WorkspaceModel;
    use crate::inference::fit;
    use diffhep_testing::assert_close;
    use serde_json::json;

    fn counting(modifiers: serde_json::Value) -> (Model, Vec<f64>) {
        let workspace = Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": [{ "name": "selection", "samples": [
                { "name": "signal", "data": [12.0],
                  "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
                { "name": "background", "data": [50.0], "modifiers": modifiers },
            ] }],
            "observations": [{ "name": "selection", "data": [58.0] }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
        }));
        let workspace = workspace.expect("a workspace");
        let model = workspace.model().expect("a model");
        let data = workspace.data(&model);
        (model, data)
    }

    #[test]
    fn a_counting_experiment_has_its_closed_form() {
        let gamma = json!([{ "name": "gamma", "type": "shapesys", "data": [5.0] }]);
        let (model, data) = counting(gamma);
        let report = fit(&data, &model).expect("a fit");
        let covariance = Covariance::new(&model, &data, &report).expect("a covariance");
        // With n = 58 counts and tau = 100 auxiliary ones, the variances of n and of m add.
        let poi = model.poi_index();
        let variance = (58.0 + 25.0) / 144.0;
        assert_close(covariance.between(poi, poi), variance, 1e-12);
        assert_close(covariance.sigma(1 - poi).expect("free"), 0.1, 1e-12);
        let shared = -50.0 * 0.01 / 12.0;
        assert_close(covariance.between(poi, 1 - poi), shared, 1e-12);
        let correlation = covariance.correlation(0, 1).expect("both free");
        assert_close(correlation, shared / (variance.sqrt() * 0.1), 1e-12);
        assert_eq!(covariance.correlation(0, 0), Some(1.0));
        let statistical = covariance.sigma_with_known(poi, &[1 - poi]).expect("free");
        assert_close(statistical, 58_f64.sqrt() / 12.0, 1e-12);
    }

    #[test]
    fn what_is_not_determined_or_known_is_said() {
        let twin = json!([{ "name": "twin", "type": "normfactor", "data": null },
                          { "name": "other", "type": "normfactor", "data": null }]);
        let (model, data) = counting(twin);
        let report = fit(&data, &model).expect("a fit");
        let error = Covariance::new(&model, &data, &report).expect_err("no covariance");
        assert!(matches!(error, AdjointError::NotDetermined { .. }), "{error}");
        let stopped = FitReport { status: crate::fit::FitStatus::StepLimit, ..report };
        let error = Covariance::new(&model, &data, &stopped).expect_err("no minimum");
        assert_eq!(error, AdjointError::NotConverged { status: "step limit" });
    }
}
