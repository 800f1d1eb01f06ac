//! Parameters whose up and down variations are not each other's mirror image.

use super::evaluator::Evaluator;
use super::model::Model;
use crate::kernels::likelihood::Interpolated;

/// Even part of the variations, squared and over the rates, below which no data can make it matter.
const EVEN: f64 = 1e-3;

/// A parameter with uneven variations, at a model's initial values.
#[derive(Clone, Debug)]
pub(crate) struct Uneven {
    pub(crate) interpolated: Interpolated,
    /// Half of what -1 and +1 add to each bin's rate together, over the rate.
    pub(crate) even: Vec<f64>,
    /// The sum over bins of the even part's square, over the rates.
    pub(crate) even_even: f64,
    /// The sum over bins of the product of the even and the odd part, over the rates.
    pub(crate) even_odd: f64,
}

/// The uneven parameters of a model, ascending.
pub(super) fn uneven(model: &Model) -> Vec<Uneven> {
    let mut evaluator = Evaluator::new(model);
    let Ok(at) = evaluator.set_point(model.suggested_init()) else { return Vec::new() };
    let of = |interpolated: Interpolated| {
        let [mut even, down] = [1.0, -1.0].map(|to| {
            let mut change = vec![0.0; model.n_bins()];
            at.add_change(&interpolated, to, &mut change);
            change
        });
        let (mut even_even, mut even_odd) = (0.0, 0.0);
        for ((even, down), rate) in even.iter_mut().zip(down).zip(at.rates()) {
            let (half_sum, odd) = (0.5 * (*even + down), 0.5 * (*even - down));
            let rate = rate.max(f64::MIN_POSITIVE);
            even_even += half_sum * half_sum / rate;
            even_odd += half_sum * odd / rate;
            *even = half_sum;
        }
        Uneven { interpolated, even, even_even, even_odd }
    };
    let all = Interpolated::all(&model.structure).into_iter().map(of);
    all.filter(|one| one.even_even > EVEN).collect()
}
