//! Preconditioned conjugate gradients for `H x = b` with a symmetric `H` given by its products.
//!
//! Source: J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., algorithms 5.3 and 7.1.

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Residual to reach, relative to `b`, both in the norm of the preconditioner.
    pub(super) residual: f64,
    /// Largest number of products with `H`.
    pub(super) products: usize,
}

/// The best solution found.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    pub(super) x: Vec<f64>,
    /// Its residual, relative to `b`.
    pub(super) residual: f64,
    /// Whether a direction was found along which `H` is not positive.
    pub(super) indefinite: bool,
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add_scaled(target: &mut [f64], factor: f64, direction: &[f64]) {
    target.iter_mut().zip(direction).for_each(|(target, d)| *target += factor * d);
}

/// Solves with `multiply` for `H` and `precondition` for an approximate inverse.
pub(super) fn solve(
    b: &[f64],
    mut multiply: impl FnMut(&[f64]) -> Vec<f64>,
    precondition: impl Fn(&[f64]) -> Vec<f64>,
    limits: Limits,
) -> Solution {
    let mut best = Solution { x: vec![0.0; b.len()], residual: 1.0, indefinite: false };
    let (mut x, mut residual) = (best.x.clone(), b.to_vec());
    let mut z = precondition(&residual);
    let start = dot(&residual, &z);
    if start <= 0.0 {
        best.residual = 0.0;
        return best;
    }
    let (mut rho, mut direction) = (start, z.clone());
    for _ in 0..limits.products {
        let image = multiply(&direction);
        let curvature = dot(&direction, &image);
        if curvature <= 0.0 {
            best.indefinite = true;
            break;
        }
        let length = rho / curvature;
        add_scaled(&mut x, length, &direction);
        add_scaled(&mut residual, -length, &image);
        z = precondition(&residual);
        let next = dot(&residual, &z);
        let relative = (next.max(0.0) / start).sqrt();
        if relative < best.residual {
            best = Solution { x: x.clone(), residual: relative, indefinite: false };
        }
        // Rounding makes the residual grow again once it has reached its floor.
        if relative <= limits.residual || relative > 1e3 * best.residual {
            break;
        }
        direction.iter_mut().zip(&z).for_each(|(d, z)| *d = z + next / rho * *d);
        rho = next;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multiply(matrix: &[[f64; 3]; 3], x: &[f64]) -> Vec<f64> {
        matrix.iter().map(|row| dot(row, x)).collect()
    }

    #[test]
    fn a_positive_system_is_solved_in_as_many_products_as_it_has_rows() {
        let h = [[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]];
        let expected = [0.3, -1.2, 0.7];
        let b = multiply(&h, &expected);
        let halve = |v: &[f64]| v.iter().map(|v| 0.5 * v).collect::<Vec<_>>();
        let limits = Limits { residual: 1e-14, products: 3 };
        let found = solve(&b, |v| multiply(&h, v), halve, limits);
        assert!(!found.indefinite);
        for (found, expected) in found.x.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-13);
        }
    }

    #[test]
    fn negative_curvature_is_reported() {
        let h = [[1.0, 0.0, 0.0], [0.0, -2.0, 0.0], [0.0, 0.0, 1.0]];
        let limits = Limits { residual: 1e-14, products: 10 };
        let found = solve(&[0.0, 1.0, 0.0], |v| multiply(&h, v), |v| v.to_vec(), limits);
        assert!(found.indefinite);
    }
}
