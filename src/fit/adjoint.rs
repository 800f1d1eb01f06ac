//! Derivatives of a fit's outputs by the implicit function theorem.
//!
//! With `f(theta, t) = -ln L`, `theta*` its minimum over the free parameters F, and an output whose
//! derivative with respect to `theta*` is `v`: solve `H x = v` over F, then the adjoint of all
//! inputs `t` of the model, including the data, gains `-(d2f / d theta dt)^T x`, and that of each
//! parameter outside F gains `v_p - (H x)_p`. The solver is conjugate gradients on exact products,
//! preconditioned by the factorised Hessian, or by the expected information where that is cheaper
//! ([`solver`](super::solver)). Source: A. Griewank, A.
//! Walther, Evaluating Derivatives, 2nd ed., section 15.

use super::conjugate_gradient::Limits;
use super::information::{Ingredients, curvature_rates};
use super::report::FitReport;
use super::solver::{Solver, matrix};
use crate::histfactory::{
    Curved, DomainError, Evaluator, Linearised, Model, ModelAdjoint, SecondOrder,
};

/// Why the outputs of a fit have no derivative.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AdjointError {
    /// The fit is not at a minimum.
    #[error(
        "a fit that ended as '{status}' has no derivative; see the README's limits for its remedy"
    )]
    NotConverged {
        /// How it ended.
        status: &'static str,
    },
    /// The Hessian is singular or not positive over the free parameters.
    #[error(
        "the fitted parameters are not determined (residual {residual:e}): the Hessian is \
         singular; fix a parameter that has no effect"
    )]
    Singular {
        /// Relative residual of the solve.
        residual: f64,
    },
    /// The Hessian is not positive.
    #[error(
        "parameter '{parameter}' is not determined by the data: it has no effect, or none that another \
         parameter does not have too; fix it in the measurement or remove it"
    )]
    NotDetermined {
        /// The parameter with the largest component in the undetermined direction.
        parameter: String,
    },
    /// Events are expected in one fit, but neither in another nor in the data.
    #[error(
        "channel '{channel}', bin {bin} holds no events under one hypothesis and some under the \
         other: the derivative with respect to its yields is infinite; give it a small background"
    )]
    EmptyBin {
        /// The channel.
        channel: String,
        /// The bin, from 0.
        bin: usize,
    },
    /// A derivative is not finite.
    #[error("a derivative is not finite; check the workspace for numbers far out of range")]
    NotFinite,
    /// The fitted point is outside the domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

/// The residual that the solver aims at.
const LIMITS: Limits = Limits { residual: 1e-13, products: 500 };
/// A residual that is still acceptable where rounding stops the descent.
const ACCEPTABLE: f64 = 1e-9;

/// Solves `H x = v` over the free parameters; full vectors, 0 elsewhere.
fn solve(
    at: Linearised,
    curved: &mut Curved,
    data: &[f64],
    free: &[usize],
    v: &[f64],
) -> Result<Vec<f64>, AdjointError> {
    let mut constraint = vec![0.0; v.len()];
    at.constraint_information(&mut constraint);
    let rates = curvature_rates(at.rates(), data);
    let ingredients = Ingredients::at(at, &rates, &constraint);
    let mut hessian = curved.hessian(at, data);
    let singular = |residual: f64| AdjointError::Singular { residual };
    let solver = Solver::new(ingredients, free, || matrix(&hessian));
    let solver = solver.ok_or_else(|| singular(1.0))?;
    let solution = solver.solve_exactly(&mut hessian, free, v, LIMITS);
    if solution.indefinite || solution.residual > ACCEPTABLE {
        return Err(singular(solution.residual));
    }
    Ok(solution.x)
}

/// Passes derivatives with respect to a fit's fixed parameters on to the numbers that fix them.
///
/// `values` are derivatives with respect to the point's parameters; those of free ones are ignored.
/// Parameters that the model fixes pass theirs to `inits`, those at a bound to `bounds`; a value
/// that the caller fixed (the tested POI) is left to the caller.
pub(crate) fn add_held(model: &Model, report: &FitReport, values: &[f64], out: &mut ModelAdjoint) {
    for &p in &report.kept {
        out.inits[p] += values[p];
    }
    for &p in &report.at_bounds {
        let bounds = &mut out.bounds[p];
        if report.parameters[p] <= model.suggested_bounds()[p].0 {
            bounds.0 += values[p];
        } else {
            bounds.1 += values[p];
        }
    }
}

/// Pulls derivatives `v` with respect to all fitted parameters back into `out`.
///
/// The evaluator is moved to the fitted point. `data` are the data of the fit.
///
/// # Errors
/// [`AdjointError`] where the fit has not converged or its Hessian is singular.
pub(crate) fn pull_back(
    e: &mut Evaluator,
    data: &[f64],
    report: &FitReport,
    v: &[f64],
    out: &mut ModelAdjoint,
) -> Result<(), AdjointError> {
    if !report.status.is_minimum() {
        return Err(AdjointError::NotConverged { status: report.status.name() });
    }
    let mut curved = e.take_curved();
    let at = e.set_point(&report.parameters)?.linearise();
    let result = pull_back_at(at, &mut curved, data, report, v, out);
    e.keep_curved(curved);
    result
}

/// As [`pull_back`], at the fitted point; `curved` is memory.
pub(crate) fn pull_back_at(
    at: Linearised,
    curved: &mut Curved,
    data: &[f64],
    report: &FitReport,
    v: &[f64],
    out: &mut ModelAdjoint,
) -> Result<(), AdjointError> {
    let mut x = solve(at, curved, data, &report.free, v)?;
    x.iter_mut().for_each(|x| *x = -*x);
    let mut product = vec![0.0; x.len()];
    SecondOrder::new(at.model()).mixed(at, data, &x, &mut product, out);
    let held: Vec<f64> = v.iter().zip(&product).map(|(v, product)| v + product).collect();
    add_held(at.model(), report, &held, out);
    Ok(())
}
