//! Dynamic programming over ascending edges.

use std::ops::RangeInclusive;

use rayon::prelude::*;

/// Minimum number of edges that is worth another thread.
const FEWEST_EDGES: usize = 64;

/// The ascending edges `0 = e_0 < e_1 < ... < e_k = last` with the largest sum of `worth(e, e')`
/// over neighbours, where the edge between bins `n` and `n + 1` lies in `windows[n]`; `None` if
/// every choice has a worth of minus infinity.
///
/// Ties go to the lower edge.
/// Source: R. Bellman, Dynamic Programming (1957).
pub(super) fn best_edges(
    windows: &[RangeInclusive<usize>],
    last: usize,
    worth: impl Fn(usize, usize) -> f64 + Sync,
) -> Option<Vec<usize>> {
    // The last window processed, and the best sum up to each of its edges.
    let mut before = (0..=0, vec![0.0]);
    let mut chosen = Vec::new();
    for window in windows.iter().cloned().chain([last..=last]) {
        let (lower, sums) = &before;
        let best = |upper: usize| {
            let mut best = (f64::NEG_INFINITY, *lower.start());
            for (edge, sum) in lower.clone().zip(sums).take_while(|(edge, _)| *edge < upper) {
                let sum = if *sum == f64::NEG_INFINITY { *sum } else { sum + worth(edge, upper) };
                if sum > best.0 {
                    best = (sum, edge);
                }
            }
            best
        };
        let uppers = *window.start()..window.end() + 1;
        let uppers = uppers.into_par_iter().with_min_len(FEWEST_EDGES);
        let (sums, from): (Vec<f64>, Vec<usize>) = uppers.map(best).unzip();
        chosen.push((*window.start(), from));
        before = (window, sums);
    }
    if before.1[0] == f64::NEG_INFINITY {
        return None;
    }
    let mut edges = vec![last];
    for (start, from) in chosen.iter().rev() {
        edges.push(from[edges[edges.len() - 1] - start]);
    }
    edges.reverse();
    Some(edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(i: usize, j: usize) -> f64 {
        let width = (j - i) as f64;
        if j - i == 3 { f64::NEG_INFINITY } else { ((7 * i + 5 * j) % 11) as f64 / width }
    }

    #[test]
    fn the_best_of_all_choices_is_found() {
        let sum = |edges: &[usize]| edges.windows(2).map(|p| worth(p[0], p[1])).sum::<f64>();
        let mut best = (f64::NEG_INFINITY, Vec::new());
        for a in 1..9 {
            for b in a + 1..=7 {
                for c in (b + 1).max(4)..10 {
                    let edges = vec![0, a, b, c, 10];
                    if sum(&edges) > best.0 {
                        best = (sum(&edges), edges);
                    }
                }
            }
        }
        let found = best_edges(&[1..=8, 2..=7, 4..=9], 10, worth).expect("a choice");
        assert_eq!(sum(&found), best.0, "{found:?} {best:?}");
    }

    #[test]
    fn one_bin_and_no_choice() {
        assert_eq!(best_edges(&[], 4, worth), Some(vec![0, 4]));
        assert_eq!(best_edges(&[], 3, worth), None);
        assert_eq!(best_edges(&[5..=6], 5, worth), None);
        assert_eq!(best_edges(&[1..=1, 1..=1], 5, worth), None);
    }
}
