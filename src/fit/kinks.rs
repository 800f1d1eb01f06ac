//! Parameters of interpolation codes with a kink at 0 (histosys code 0, normsys code 1).
//!
//! A minimum may lie at a kink, where the slope jumps from below 0 to above 0. The parameter is
//! then fixed there, as at a bound; elsewhere the kink limits steps, because the function differs
//! on the other side. The slope on the lower side is evaluated just below 0.

use crate::histfactory::{DomainError, Evaluator, Model};
use crate::kernels::interpolation::{HistosysCode, NormsysCode};

/// Practically 0, on its lower side.
const BELOW: f64 = -f64::MIN_POSITIVE;

/// A jump of the slope that is more than rounding, relative to the slopes or to 1.
const JUMP: f64 = 1e-9;

/// Indices of the parameters with a kink, ascending.
pub(super) fn kinked(model: &Model) -> Vec<usize> {
    let (structure, codes) = (&model.structure, model.interpolation());
    let mut places: Vec<usize> = Vec::new();
    if codes.histosys == HistosysCode::Code0 {
        places.extend(structure.slot_parameter.iter().map(|&p| p as usize));
    }
    if codes.normsys == NormsysCode::Code1 {
        places.extend(structure.norm_parameter.iter().map(|&p| p as usize));
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Narrows `limits` to the side of its kink on which each parameter is, and moves those at a kink
/// to the downhill side; returns the indices of those that stay at it.
///
/// The evaluator must be at a point.
pub(super) fn settle(
    evaluator: &mut Evaluator,
    data: &[f64],
    kinked: &[usize],
    limits: &mut [(f64, f64)],
) -> Result<Vec<usize>, DomainError> {
    let at = evaluator.point().expect("a fit is at a point");
    let mut theta = at.parameters().to_vec();
    let mut inside = Vec::new();
    for &p in kinked {
        if theta[p] > 0.0 {
            limits[p].0 = limits[p].0.max(0.0);
        } else if theta[p] < BELOW {
            limits[p].1 = limits[p].1.min(0.0);
        } else {
            inside.push(p);
        }
    }
    if inside.is_empty() {
        return Ok(inside);
    }
    let mut slopes = [vec![0.0; theta.len()], vec![0.0; theta.len()]];
    for (side, slopes) in [BELOW, 0.0].into_iter().zip(&mut slopes) {
        inside.iter().for_each(|&p| theta[p] = side);
        evaluator.set_point(&theta)?.linearise().gradient(data, slopes);
    }
    let [below, above] = slopes;
    inside.retain(|&p| {
        let jump = above[p] - below[p];
        if jump <= JUMP * above[p].abs().max(below[p].abs()).max(1.0) {
            return false;
        }
        if above[p] < 0.0 {
            limits[p].0 = 0.0;
        } else if below[p] > 0.0 {
            theta[p] = BELOW;
            limits[p].1 = 0.0;
        } else {
            limits[p] = (0.0, 0.0);
            return true;
        }
        false
    });
    evaluator.set_point(&theta)?;
    Ok(inside)
}
