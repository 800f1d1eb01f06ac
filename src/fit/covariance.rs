//! Covariance of fitted parameters: the inverse of the exact Hessian of -ln L.
//!
//! Enters: a fit that is at a minimum, its data. Leaves: `C = H^-1` over the parameters that were
//! free at the end, with `H` the second derivatives of -ln L from one forward-over-reverse sweep
//! per parameter. Parameters that were held fixed, by the caller or by the model, or that ended at
//! a bound count as known; so do those at a kink of their interpolation, where there is no second
//! derivative. Source: F. James, Statistical Methods in Experimental Physics, 2nd ed., section
//! 9.1.2.

use nalgebra::DMatrix;

use super::adjoint::AdjointError;
use super::information::checked;
use super::newton::FitReport;
use crate::histfactory::{Evaluator, Linearised, Model, SecondOrder};

/// Variances and correlations of a fit's free parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariance {
    free: Vec<usize>,
    hessian: DMatrix<f64>,
    matrix: DMatrix<f64>,
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
        let hessian = hessian(at, data, &report.free);
        let matrix = inverse(&hessian).map_err(|row| {
            let parameter = at.model().parameter_names()[report.free[row]].clone();
            AdjointError::NotDetermined { parameter }
        })?;
        Ok(Self { free: report.free.clone(), hessian, matrix })
    }

    /// Indices of the free parameters, ascending: one per row of the matrix.
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// The covariance, free x free, in the parameters' units.
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.matrix
    }

    /// Second derivatives of -ln L, free x free.
    pub(crate) fn hessian(&self) -> &DMatrix<f64> {
        &self.hessian
    }

    pub(crate) fn row(&self, parameter: usize) -> Option<usize> {
        self.free.binary_search(&parameter).ok()
    }

    /// Covariance of two parameters; 0 where one of them is known.
    pub fn between(&self, one: usize, other: usize) -> f64 {
        let rows = self.row(one).zip(self.row(other));
        rows.map_or(0.0, |(i, j)| self.matrix[(i, j)])
    }

    /// Uncertainty of a parameter; `None` where it is known.
    pub fn sigma(&self, parameter: usize) -> Option<f64> {
        self.row(parameter).map(|i| self.matrix[(i, i)].sqrt())
    }

    /// Correlation coefficient of two free parameters.
    pub fn correlation(&self, one: usize, other: usize) -> Option<f64> {
        let (i, j) = self.row(one).zip(self.row(other))?;
        let scale = (self.matrix[(i, i)] * self.matrix[(j, j)]).sqrt();
        Some(if i == j { 1.0 } else { self.matrix[(i, j)] / scale })
    }

    /// Uncertainty of a parameter if those in `known` were known; `None` where it is known itself.
    pub fn sigma_with_known(&self, parameter: usize, known: &[usize]) -> Option<f64> {
        let is_left = |p: &usize| *p == parameter || !known.contains(p);
        let left: Vec<usize> = (0..self.free.len()).filter(|i| is_left(&self.free[*i])).collect();
        let row = left.iter().position(|i| self.free[*i] == parameter)?;
        let part = self.hessian.select_rows(&left).select_columns(&left);
        // A principal submatrix of a positive matrix is positive.
        inverse(&part).ok().map(|matrix| matrix[(row, row)].sqrt())
    }
}

/// Second derivatives of -ln L at a point, over `free`.
fn hessian(at: Linearised, data: &[f64], free: &[usize]) -> DMatrix<f64> {
    let n = at.model().n_parameters();
    let (mut order, mut product) = (SecondOrder::new(at.model()), vec![0.0; n]);
    let mut sweep = order.hessian(at, data);
    let mut hessian = DMatrix::zeros(free.len(), free.len());
    for (j, &q) in free.iter().enumerate() {
        let mut unit = vec![0.0; n];
        unit[q] = 1.0;
        sweep.apply(&unit, &mut product, None);
        for (i, &p) in free.iter().enumerate() {
            hessian[(i, j)] = product[p];
        }
    }
    0.5 * (&hessian + hessian.transpose())
}

/// The inverse of a positive matrix, or the row that is not determined.
fn inverse(matrix: &DMatrix<f64>) -> Result<DMatrix<f64>, usize> {
    let diagonal = matrix.diagonal();
    if let Some(row) = diagonal.iter().position(|entry| !(*entry > 0.0 && entry.is_finite())) {
        return Err(row);
    }
    // Units are each parameter's own curvature, so that none is lost to rounding beside another.
    let units = diagonal.map(f64::sqrt);
    let (n, m) = matrix.shape();
    let scaled = DMatrix::from_fn(n, m, |i, j| matrix[(i, j)] / (units[i] * units[j]));
    let factor = checked(scaled.clone()).ok_or_else(|| {
        let eigen = scaled.symmetric_eigen();
        eigen.eigenvectors.column(eigen.eigenvalues.imin()).iamax()
    })?;
    let inverse = factor.inverse();
    Ok(DMatrix::from_fn(n, m, |i, j| inverse[(i, j)] / (units[i] * units[j])))
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
