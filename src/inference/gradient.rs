//! Derivatives of p-values with respect to all inputs of a model.
//!
//! The value at a minimum needs no solve: its total derivative is the partial one (envelope
//! theorem), so q costs one reverse sweep per fit. Asimov data depend on a fit's parameters, and
//! that dependence is pulled back by the implicit function theorem ([`fit`](crate::fit)). Source:
//! arXiv:1007.1727 for the statistics; A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed.,
//! section 15, for derivatives of minima.

use super::calculator::{AsymptoticCalculator, Quantity, ln_p_value};
use super::error::InferenceError;
use super::profile::ProfileRatio;
use crate::fit::adjoint::add_held;
use crate::fit::{AdjointError, FitReport, pull_back};
use crate::histfactory::{Evaluator, Model, ModelAdjoint};

/// Derivative with respect to a squared number, given that with respect to the number.
pub(super) fn by_square(slope: f64, root: f64) -> f64 {
    if root > 0.0 { slope / (2.0 * root) } else { 0.0 }
}

/// Adds `factor` times the derivative of a fit's -ln L minimum into `out`.
pub(super) fn add_minimum(
    e: &mut Evaluator,
    data: &[f64],
    report: &FitReport,
    factor: f64,
    out: &mut ModelAdjoint,
) -> Result<(), InferenceError> {
    e.set_point(&report.parameters)?.linearise().add_partials(data, factor, out);
    let values = take(&mut out.parameters);
    add_held(e.model(), report, &values, out);
    Ok(())
}

/// Refuses infinite slopes in a bin's count that the two fits of a ratio do not share.
pub(super) fn refuse_infinite(model: &Model, out: &mut ModelAdjoint) -> Result<(), AdjointError> {
    match out.take_infinite_bin() {
        None => Ok(()),
        Some(global) => {
            let (channel, bin) = model.bin_name(global);
            Err(AdjointError::EmptyBin { channel, bin })
        }
    }
}

/// Takes the vector's content, leaving zeros of the same length.
pub(super) fn take(vector: &mut Vec<f64>) -> Vec<f64> {
    let zeros = vec![0.0; vector.len()];
    std::mem::replace(vector, zeros)
}

/// Passes derivatives with respect to nominal parameters on to the initial values they are set to;
/// the parameter of interest has a value of its own.
pub(super) fn add_nominal(model: &Model, values: &[f64], out: &mut ModelAdjoint) {
    let inits = out.inits.iter_mut().zip(values).enumerate();
    inits.filter(|(p, _)| *p != model.poi_index()).for_each(|(_, (init, value))| *init += value);
}

/// Adds `by_q` times the derivative of q on the Asimov data of a point into `out`; returns the
/// derivatives with respect to that point.
pub(super) fn add_asimov_ratio(
    e: &mut Evaluator,
    point: &[f64],
    asimov: &[f64],
    tested_fit: &FitReport,
    by_q: f64,
    out: &mut ModelAdjoint,
) -> Result<Vec<f64>, InferenceError> {
    // Derivatives with respect to the Asimov data are accumulated separately from those with
    // respect to the real data.
    let real = take(&mut out.data);
    add_minimum(e, asimov, tested_fit, 2.0 * by_q, out)?;
    let at = e.set_point(point)?.linearise();
    at.add_partials(asimov, -2.0 * by_q, out);
    refuse_infinite(at.model(), out)?;
    let by_asimov_data = std::mem::replace(&mut out.data, real);
    at.add_expected_data_vjp(&by_asimov_data, out);
    Ok(take(&mut out.parameters))
}

impl AsymptoticCalculator<'_> {
    /// The derivative of a ratio's CLs (or p0, for a discovery) with respect to all inputs of the
    /// model, as an adjoint that
    /// [`WorkspaceGradient::new`](crate::histfactory::WorkspaceGradient::new) puts into the
    /// workspace's shape.
    ///
    /// Where the observed statistic is 0 by definition ([`ProfileRatio::observed_is_flat`]), the
    /// contribution through the data's own fits is 0.
    ///
    /// # Errors
    /// [`InferenceError::Adjoint`] where a fit has not converged or is not determined.
    pub fn gradient(
        &mut self,
        ratio: &ProfileRatio,
        quantity: Quantity,
    ) -> Result<ModelAdjoint, InferenceError> {
        self.scaled_gradient(ratio, quantity, ratio.ln_p_value(quantity).exp())
    }

    /// As [`AsymptoticCalculator::gradient`], of the p-value's natural logarithm
    /// ([`ProfileRatio::ln_p_value`]): it still exists where the p-value itself underflows.
    ///
    /// # Errors
    /// As [`AsymptoticCalculator::gradient`].
    pub fn ln_gradient(
        &mut self,
        ratio: &ProfileRatio,
        quantity: Quantity,
    ) -> Result<ModelAdjoint, InferenceError> {
        self.scaled_gradient(ratio, quantity, 1.0)
    }

    /// `factor` times the derivative of ln p.
    fn scaled_gradient(
        &mut self,
        ratio: &ProfileRatio,
        quantity: Quantity,
        factor: f64,
    ) -> Result<ModelAdjoint, InferenceError> {
        if let Some((_, fit)) = ratio.fits().iter().find(|(_, fit)| !fit.status.is_minimum()) {
            return Err(AdjointError::NotConverged { status: fit.status.name() }.into());
        }
        self.evaluator.model().check_data(&ratio.asimov_data)?;
        let slopes = ln_p_value(ratio, quantity);
        let by_q = factor * by_square(slopes.by_u, ratio.q.sqrt());
        let by_q_asimov = factor * by_square(slopes.by_a, ratio.q_asimov.sqrt());
        let mut out = self.evaluator.model().zero_adjoint();
        if by_q != 0.0 {
            let Self { evaluator, data, .. } = self;
            add_minimum(evaluator, data, &ratio.tested_fit, 2.0 * by_q, &mut out)?;
            add_minimum(evaluator, data, &ratio.free_fit, -2.0 * by_q, &mut out)?;
            refuse_infinite(evaluator.model(), &mut out)?;
        }
        if by_q_asimov != 0.0 {
            self.add_asimov(ratio, by_q_asimov, &mut out)?;
        }
        if out.is_finite() { Ok(out) } else { Err(AdjointError::NotFinite.into()) }
    }

    fn add_asimov(
        &mut self,
        ratio: &ProfileRatio,
        by_q_asimov: f64,
        out: &mut ModelAdjoint,
    ) -> Result<(), InferenceError> {
        let Self { evaluator: e, data, .. } = self;
        let (point, fit) = (&ratio.asimov_parameters, &ratio.asimov_tested_fit);
        let values = add_asimov_ratio(e, point, &ratio.asimov_data, fit, by_q_asimov, out)?;
        match &ratio.asimov_source_fit {
            Some(source) => pull_back(e, data, source, &values, out)?,
            None => add_nominal(e.model(), &values, out),
        }
        Ok(())
    }
}
