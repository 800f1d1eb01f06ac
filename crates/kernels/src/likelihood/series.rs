//! Taylor series along a direction of the parameters, cut after `N` terms.

use std::ops::{Add, AddAssign, Mul};

/// The series `c0 + c1 eps + ...` of a quantity at `theta + eps x`.
///
/// Adjoints of series are stored in reverse order, with that of the last term first. The adjoint of
/// a product is then again a product of series: with `L = sum_k l_k (a b)_k`, the adjoint of `a`,
/// reversed, is `l` (reversed) times `b`. So a reverse sweep needs no arithmetic of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series<const N: usize>(pub [f64; N]);

impl<const N: usize> Series<N> {
    /// 0.
    pub const ZERO: Self = Self([0.0; N]);

    /// The series of a number that does not depend on the parameters.
    #[inline(always)]
    pub fn constant(value: f64) -> Self {
        let mut series = Self::ZERO;
        series.0[0] = value;
        series
    }

    /// The series of a parameter, from its value and its component of the direction.
    #[inline(always)]
    pub fn parameter(value: f64, x: f64) -> Self {
        let mut series = Self::constant(value);
        if N > 1 {
            series.0[1] = x;
        }
        series
    }

    /// The series of `g^(from)(alpha + eps x)`, from `g`'s derivatives at `alpha`: `derivatives[k]`
    /// is the derivative of order `k`.
    #[inline(always)]
    pub fn composed(derivatives: &[f64; 4], from: usize, x: f64) -> Self {
        let mut series = Self::ZERO;
        let mut power = 1.0;
        for k in 0..N {
            series.0[k] = derivatives[from + k] * power;
            power *= x / (k + 1) as f64;
        }
        series
    }

    /// Each term times a number.
    #[inline(always)]
    pub fn scaled(mut self, factor: f64) -> Self {
        for k in 0..N {
            self.0[k] *= factor;
        }
        self
    }

    /// The last term; for an adjoint, it is the derivative with respect to the quantity itself.
    #[inline(always)]
    pub fn last(self) -> f64 {
        self.0[N - 1]
    }
}

impl<const N: usize> Mul for Series<N> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let mut product = Self::ZERO;
        for k in 0..N {
            let mut sum = self.0[k] * other.0[0];
            for i in 0..k {
                sum += self.0[i] * other.0[k - i];
            }
            product.0[k] = sum;
        }
        product
    }
}

impl<const N: usize> Add for Series<N> {
    type Output = Self;

    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl<const N: usize> AddAssign for Series<N> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        for k in 0..N {
            self.0[k] += other.0[k];
        }
    }
}

/// Computes for each factor the product of all the others, into `others`; it is exact even if
/// factors vanish.
#[inline(always)]
pub(super) fn products_of_others<const N: usize>(factors: &[Series<N>], others: &mut [Series<N>]) {
    let mut prefix = Series::constant(1.0);
    for (other, &factor) in others.iter_mut().zip(factors) {
        *other = prefix;
        prefix = prefix * factor;
    }
    let mut suffix = Series::constant(1.0);
    for (other, &factor) in others.iter_mut().zip(factors).rev() {
        *other = *other * suffix;
        suffix = suffix * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_series() {
        // (2 + 3e - e^2) (5 - e + 4e^2) = 10 + 13e + 0e^2
        let (a, b) = (Series([2.0, 3.0, -1.0]), Series([5.0, -1.0, 4.0]));
        assert_eq!((a * b).0, [10.0, 13.0, 0.0]);
        assert_eq!((a + b).0, [7.0, 2.0, 3.0]);
        assert_eq!(a.scaled(2.0).0, [4.0, 6.0, -2.0]);
    }

    #[test]
    fn a_reversed_adjoint_of_a_product_is_a_product() {
        let (a, b, seed) = ([2.0, 3.0, -1.0], [5.0, -1.0, 4.0], [0.3, -0.7, 1.1]);
        let reversed = |mut list: [f64; 3]| {
            list.reverse();
            list
        };
        let found = reversed((Series(reversed(seed)) * Series(b)).0);
        for i in 0..3 {
            // The product is linear in `a`.
            let mut unit = [0.0; 3];
            unit[i] = 1.0;
            let slope = Series(unit) * Series(b);
            let expected: f64 = slope.0.iter().zip(seed).map(|(c, l)| c * l).sum();
            assert!((found[i] - expected).abs() < 1e-15);
        }
        assert_eq!((Series(a) * Series(b)).0[0], 10.0);
    }

    #[test]
    fn compositions_are_taylor_series() {
        // exp(2 (0.3 + 0.5 eps)), whose derivatives are 2^k e^0.6.
        let value = 0.6_f64.exp();
        let derivatives = [value, 2.0 * value, 4.0 * value, 8.0 * value];
        let series = Series::<3>::composed(&derivatives, 0, 0.5);
        assert_eq!(series.0, [value, value, 0.5 * value]);
        let slope = Series::<2>::composed(&derivatives, 1, 0.5);
        assert_eq!(slope.0, [2.0 * value, 2.0 * value]);
    }

    #[test]
    fn a_factor_of_zero_keeps_exact_products() {
        let factors = [2.0, 0.0, 3.0].map(Series::<1>::constant);
        let mut others = [Series::ZERO; 3];
        products_of_others(&factors, &mut others);
        assert_eq!(others, [0.0, 6.0, 0.0].map(Series::constant));
    }
}
