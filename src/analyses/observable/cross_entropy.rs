//! Binary cross-entropy of scores, from their logits.
//!
//! The loss of a signal event is `-ln s` and that of a background event `-ln(1 - s)`, computed from
//! the logit `z` as `ln(1 + exp(-z))` and `ln(1 + exp(z))`, which stay finite for saturated scores.
//! The total is a mean over classes: all signals form one class and all nominal backgrounds
//! another; with augmentation, each up or down variation forms a further class with the share of
//! its process. Within a class, events count by their weights. For one signal and one background
//! this is the mean over events of classes of equal size.

use super::events::EventRows;
use super::loss::LossTerm;
use super::template::{Role, Source, is_signal};
use crate::kernels::activation::softplus_slope;

/// Weight of each source in the mean; 0 for sources that do not enter it.
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

/// The cross-entropy of logits; adds `factor` times its derivatives to `by_logits`, if given.
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
