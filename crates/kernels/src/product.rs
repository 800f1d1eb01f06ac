//! The product rule, exact where factors vanish, for products of any length.
//!
//! Written out by hand: the reverse pass of a loop over factors needs a tape, an allocation a
//! call, and fits spend their time here. With prefix products `P_k` and suffix products `S_k`,
//! `d prod / d f_k = P_k S_k`. The tests hold it against Enzyme's derivative of the same loop.

/// Derivatives of a product with respect to each factor, into `slopes`.
pub fn product_slopes(factors: &[f64], slopes: &mut [f64]) {
    assert_eq!(factors.len(), slopes.len());
    let mut prefix = 1.0;
    for (slope, factor) in slopes.iter_mut().zip(factors) {
        *slope = prefix;
        prefix *= factor;
    }
    let mut suffix = 1.0;
    for (slope, factor) in slopes.iter_mut().zip(factors).rev() {
        *slope *= suffix;
        suffix *= factor;
    }
}

/// As [`product_slopes`], and the slopes' change along `tangents` into `changes`.
pub fn product_slopes_tangent(
    (factors, tangents): (&[f64], &[f64]),
    (slopes, changes): (&mut [f64], &mut [f64]),
) {
    let n = factors.len();
    assert!(tangents.len() == n && slopes.len() == n && changes.len() == n);
    let (mut prefix, mut prefix_tangent) = (1.0, 0.0);
    for k in 0..n {
        (slopes[k], changes[k]) = (prefix, prefix_tangent);
        prefix_tangent = prefix_tangent * factors[k] + prefix * tangents[k];
        prefix *= factors[k];
    }
    let (mut suffix, mut suffix_tangent) = (1.0, 0.0);
    for k in (0..n).rev() {
        changes[k] = changes[k] * suffix + slopes[k] * suffix_tangent;
        slopes[k] *= suffix;
        suffix_tangent = suffix_tangent * factors[k] + suffix * tangents[k];
        suffix *= factors[k];
    }
}

#[cfg(test)]
mod tests {
    use std::autodiff::{autodiff_forward, autodiff_reverse};

    use super::*;
    use diffhep_testing::assert_close;

    #[autodiff_reverse(d_product, Duplicated, Duplicated)]
    fn product(factors: &[f64], out: &mut [f64]) {
        let mut product = 1.0;
        for k in 0..factors.len() {
            product *= factors[k];
        }
        out[0] = product;
    }

    #[autodiff_forward(dd_product, Dual, Dual, Dual, Dual)]
    fn product_gradient(
        factors: &[f64],
        d_factors: &mut [f64],
        out: &mut [f64],
        d_out: &mut [f64],
    ) {
        d_product(factors, d_factors, out, d_out);
    }

    #[test]
    fn slopes_and_their_changes_match_enzymes() {
        for factors in [
            vec![],
            vec![1.7],
            vec![0.8, 1.3, -0.4, 2.1, 0.9],
            vec![0.8, 0.0, 1.3, 2.1],
            vec![0.0, 1.3, 0.0],
        ] {
            let n = factors.len();
            let tangents: Vec<f64> = (0..n).map(|k| 0.3 - 0.2 * k as f64).collect();
            let (mut slopes, mut changes, mut alone) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
            product_slopes(&factors, &mut alone);
            product_slopes_tangent((&factors, &tangents), (&mut slopes, &mut changes));
            assert_eq!(alone, slopes);
            let (mut twin, mut twin_changes) = (vec![0.0; n], vec![0.0; n]);
            dd_product(
                &factors,
                &tangents,
                &mut twin,
                &mut twin_changes,
                &mut [0.0],
                &mut [0.0],
                &mut [1.0],
                &mut [0.0],
            );
            for k in 0..n {
                assert_close(slopes[k], twin[k], 1e-14);
                assert_close(changes[k], twin_changes[k], 1e-14);
            }
        }
    }
}
