//! Double-double arithmetic: a number as the sum of two doubles, with about 31 digits.
//!
//! Products, sums, quotients and roots have relative errors of a few 2^-104. The exponential, from
//! its Taylor series and `2^k exp(r / 64)^64`, `r = t - k ln 2`, and the logarithm, from Newton's
//! method, have errors of 1e-29 or less. Numbers near the ends of a double's range are not
//! supported.
//!
//! Source: M. Joldes, J.-M. Muller, V. Popescu, ACM TOMS 44 (2017) 15res, algorithms 1 to 3, 6 and
//! 12; A. Karp, P. Markstein, ACM TOMS 23 (1997) 561, for quotients and roots.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

/// Squarings of the exponential, and terms of its series; the first omitted term is below 1e-32.
const SQUARINGS: i32 = 6;
const TERMS: u32 = 13;

/// A sum of two doubles, where the second is at most half a unit in the last place of the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DoubleDouble {
    high: f64,
    low: f64,
}

const LN_2: DoubleDouble =
    DoubleDouble { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };

/// The sum, provided that `a` is the larger.
fn fast_sum(a: f64, b: f64) -> DoubleDouble {
    let high = a + b;
    DoubleDouble { high, low: b - (high - a) }
}

fn product(a: f64, b: f64) -> DoubleDouble {
    let high = a * b;
    DoubleDouble { high, low: a.mul_add(b, -high) }
}

impl DoubleDouble {
    pub(super) const ZERO: Self = Self { high: 0.0, low: 0.0 };
    pub(super) const ONE: Self = Self { high: 1.0, low: 0.0 };

    /// `a + b`, without rounding.
    pub(super) fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let of_b = high - a;
        Self { high, low: (a - (high - of_b)) + (b - of_b) }
    }

    /// `a - b`, without rounding.
    pub(super) fn difference(a: f64, b: f64) -> Self {
        Self::sum(a, -b)
    }

    /// The nearest double.
    pub(super) fn rounded(self) -> f64 {
        self.high
    }

    pub(super) fn sqrt(self) -> Self {
        if self == Self::ZERO {
            return self;
        }
        let inverse = self.high.sqrt().recip();
        let root = self.high * inverse;
        let rest = (self - product(root, root)).high;
        Self::sum(root, rest * (0.5 * inverse))
    }

    pub(super) fn exp(self) -> Self {
        let k = (self.high * std::f64::consts::LOG2_E).round();
        let r = (self - LN_2 * k) * 0.5f64.powi(SQUARINGS);
        let series = (1..=TERMS).rev().fold(Self::ONE, |sum, n| Self::ONE + sum * r / f64::from(n));
        (0..SQUARINGS).fold(series, |power, _| power * power) * 2f64.powi(k as i32)
    }

    pub(super) fn ln(self) -> Self {
        // Each step doubles the number of digits, starting from those of a double.
        (0..2).fold(self.high.ln().into(), |y: Self, _| y + (self * (-y).exp() - Self::ONE))
    }
}

impl From<f64> for DoubleDouble {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Add for DoubleDouble {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (high, low) = (Self::sum(self.high, other.high), Self::sum(self.low, other.low));
        let sum = fast_sum(high.high, high.low + low.high);
        fast_sum(sum.high, low.low + sum.low)
    }
}

impl Neg for DoubleDouble {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let Self { high, low } = product(self.high, other.high);
        let cross = self.high.mul_add(other.low, self.low * other.low);
        fast_sum(high, low + self.low.mul_add(other.high, cross))
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let mut quotient = Self::ZERO;
        let mut rest = self;
        // Each digit of the quotient, in base 2^53, comes from the remainder left by the previous
        // ones.
        for _ in 0..3 {
            let digit = rest.high / other.high;
            quotient += digit.into();
            rest = rest - other * digit;
        }
        quotient
    }
}

impl Mul<f64> for DoubleDouble {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self * Self::from(other)
    }
}

impl Div<f64> for DoubleDouble {
    type Output = Self;
    fn div(self, other: f64) -> Self {
        self / Self::from(other)
    }
}

impl AddAssign for DoubleDouble {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl MulAssign for DoubleDouble {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl std::iter::Sum for DoubleDouble {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts that a number is within 1e-29 of the sum of two doubles.
    fn assert_digits(found: DoubleDouble, high: f64, low: f64) {
        let off = (found - DoubleDouble { high, low }).rounded() / high;
        assert!(off.abs() < 1e-29, "{found:?} is off by {off:e}");
    }

    fn number(x: f64) -> DoubleDouble {
        x.into()
    }

    #[test]
    fn functions_have_the_digits_that_are_claimed() {
        // The reference values are from Python 3's decimal module with 60 digits.
        assert_digits(number(1.0).exp(), std::f64::consts::E, 1.445_646_891_729_250_2e-16);
        assert_digits(number(-10.25).exp(), 3.535_750_085_040_998e-5, 1.323_159_849_324_113e-21);
        assert_digits(number(0.3).exp(), 1.349_858_807_576_003_2, -9.447_314_673_432_387e-17);
        assert_digits(number(2.0).sqrt(), std::f64::consts::SQRT_2, -9.667_293_313_452_913e-17);
        assert_digits(number(7.3).ln(), 1.987_874_348_154_345_5, -7.332_585_751_995_12e-17);
    }

    #[test]
    fn what_is_undone_is_what_it_was() {
        for (a, b) in [(130.0, 7.0), (-1.0, 3.0), (1e-9, 11.3), (0.1, 1e8)] {
            let (x, y) = (number(a) / 3.0, number(b) / 7.0);
            for found in [x / y * y, x + y - y, x * y / y] {
                let off = ((found - x).rounded() / x.rounded()).abs();
                // Adding a larger number costs precision in proportion to the ratio of the two.
                let allowed = 1e-31 * (1.0 + (y.rounded() / x.rounded()).abs());
                assert!(off <= 1e-30_f64.max(allowed), "{a} {b}: {off:e}");
            }
            let root = (y * y).sqrt();
            assert!(((root - y).rounded() / y.rounded()).abs() < 1e-30);
        }
        assert_eq!(DoubleDouble::ZERO.sqrt(), DoubleDouble::ZERO);
    }
}
