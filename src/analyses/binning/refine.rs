//! Improves all hard boundaries jointly.
//!
//! A descent ends in an optimum of smooth bins, which may miss one that only hard bins see, such as
//! a narrow bin around the few best events. Here every boundary may move between its neighbours, to
//! edges of fine bins or of the descent itself; the dynamic programme of exact binnings finds the
//! best joint choice, and this is repeated from there until nothing moves. Every bin keeps its
//! minimum background. The search stays near the descent's optimum, so the result is still a local
//! optimum.

use super::exact::{Stretches, combined};
use super::options::BinningOptions;
use super::path::best_edges;
use super::processes::Processes;
use super::sorted::SortedColumn;

/// Maximum number of joint moves of all boundaries.
const MOST_ROUNDS: usize = 50;
/// Smallest relative gain that justifies a move.
const WORTH_WHILE: f64 = 1e-9;

/// Squared significances over all bins, one per signal, and the sum of their penalties; `None` if a
/// bin has too little background.
fn squared(stretches: &Stretches, signals: usize, edges: &[usize]) -> Option<(Vec<f64>, f64)> {
    let (mut total, mut penalty) = (vec![0.0; signals], 0.0);
    for pair in edges.windows(2) {
        let background = stretches.background(pair[0], pair[1])?;
        penalty += stretches.penalty(background);
        for (signal, total) in total.iter_mut().enumerate() {
            *total += stretches.squared(signal, pair[0], pair[1], background);
        }
    }
    Some((total, penalty))
}

/// Boundaries whose significance minus penalties is at least as high; `fine_edges` must ascend. If
/// a bin has too little background, the boundaries are returned unchanged.
pub(super) fn refined(
    column: &SortedColumn,
    processes: &Processes,
    options: &BinningOptions,
    boundaries: &[f64],
    fine_edges: &[f64],
) -> Vec<f64> {
    let mut inner = [boundaries, fine_edges].concat();
    inner.sort_unstable_by(f64::total_cmp);
    inner.dedup();
    let stretches = Stretches::new(column, processes, options, &inner);
    let signals = processes.signals().len();
    let of_edge = |edge: &f64| 1 + inner.partition_point(|x| x < edge);
    let last = inner.len() + 1;
    let mut edges: Vec<usize> =
        std::iter::once(0).chain(boundaries.iter().map(of_edge)).chain([last]).collect();
    let Some((start, penalty)) = squared(&stretches, signals, &edges) else {
        return boundaries.to_vec();
    };
    let (significance, mut weights) = combined(options, &start);
    let mut best = significance - penalty;
    for _ in 0..MOST_ROUNDS {
        let window = |around: &[usize]| around[0].max(1)..=around[2].min(last - 1);
        let windows: Vec<_> = edges.windows(3).map(window).collect();
        let worth = |i, j| {
            let of_signal = |background| {
                let signals = (0..signals).zip(&weights);
                let worth = signals.map(|(s, w)| w * stretches.squared(s, i, j, background));
                worth.sum::<f64>() - stretches.penalty(background)
            };
            stretches.background(i, j).map_or(f64::NEG_INFINITY, of_signal)
        };
        let Some(moved) = best_edges(&windows, last, worth) else { break };
        let Some((total, penalty)) = squared(&stretches, signals, &moved) else { break };
        let (significance, by_squared) = combined(options, &total);
        if significance - penalty <= best + WORTH_WHILE * best.abs() {
            break;
        }
        (edges, best, weights) = (moved, significance - penalty, by_squared);
    }
    edges[1..edges.len() - 1].iter().map(|edge| stretches.edges[*edge]).collect()
}
