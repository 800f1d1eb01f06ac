//! Binary cross-entropy of scores, from their logits.
//!
//! `-ln s` for an event of a signal and `-ln(1 - s)` for one of a background, as `ln(1 + exp(-z))`
//! and `ln(1 + exp(z))` of its logit `z`, which no saturated score can make infinite. A loss is the
//! mean over classes: all signals together are one, all nominal backgrounds another, and, with
//! augmentation, so is each variation of them, up or down, with the share of its process. Within a
//! class events count by their weights. For one signal and one background this is the mean over
//! events of classes of equal size.

use super::events::EventRows;
use super::loss::LossTerm;
use super::template::{Role, Source, is_signal};
use crate::kernels::activation::softplus_slope;

/// Weight of each source in the mean; 0 where it has no part.
fn shares(sources: &[Source], rows: &EventRows, term: LossTerm) -> Vec<f64> {
    let total = |source: usize| rows.weights[rows.ranges[source].clone()].iter().sum::<f64>();
    let sum_of = |role: Role| {
        let with_role = (0..sources.len()).filter(|i| sources[*i].role == role);
        with_role.map(total).sum::<f64>()
    };
    let (signal, background) = (sum_of(Role::Signal), sum_of(Role::Background));
    let share = |(i, source): (usize, &Source)| match source.role {
        Role::Signal => total(i) / signal,
        Role::Background => total(i) / background,
        Role::Variation { .. } if term == LossTerm::Bce => 0.0,
        Role::Variation { of } if is_signal(sources, of) => total(of) / signal,
        Role::Variation { of } => total(of) / background,
    };
    let shares: Vec<f64> = sources.iter().enumerate().map(share).collect();
    let all: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / all).collect()
}

/// The cross-entropy of logits; adds `factor` times its derivatives to `by_logits`, if they are
/// wanted.
pub(super) fn cross_entropy(
    sources: &[Source],
    rows: &EventRows,
    term: LossTerm,
    logits: &[f64],
    mut by_logits: Option<(f64, &mut [f64])>,
) -> f64 {
    let mut loss = 0.0;
    for (i, share) in shares(sources, rows, term).into_iter().enumerate() {
        if share == 0.0 {
            continue;
        }
        let sign = if is_signal(sources, i) { -1.0 } else { 1.0 };
        let events = rows.ranges[i].clone();
        let total: f64 = rows.weights[events.clone()].iter().sum();
        for event in events {
            let weight = share * rows.weights[event] / total;
            let (value, slope) = softplus_slope(sign * logits[event]);
            loss += weight * value;
            if let Some((factor, by_logits)) = by_logits.as_mut() {
                by_logits[event] += *factor * weight * sign * slope;
            }
        }
    }
    loss
}
