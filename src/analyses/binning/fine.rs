//! The fine edges that exact binnings and refinements choose from.
//!
//! A fine grid pays off where the signals are, and at either end where the background runs out:
//! there the best outer bins contain just the minimum background.

use super::options::FineEdges;
use super::problem::BinningProblem;
use super::repair::BackgroundBelow;
use super::sorted::SortedColumn;

/// Edges of at most `fine_bins` fine bins, ascending strictly inside the range.
pub(super) fn fine_edges(
    problem: &BinningProblem,
    column: &SortedColumn,
    kind: FineEdges,
    fine_bins: usize,
) -> Vec<f64> {
    let mut edges = match kind {
        FineEdges::EqualWidth => column.equidistant(fine_bins),
        FineEdges::Mixed => {
            let quarter = fine_bins / 4;
            let ends = at_ends(problem, column, quarter);
            let quantiles = column.quantiles(2 * quarter + 1, problem.signals());
            let others = ends.len() + quantiles.len();
            [column.equidistant(fine_bins.saturating_sub(others).max(1)), quantiles, ends].concat()
        }
    };
    edges.sort_unstable_by(f64::total_cmp);
    edges.dedup();
    edges.retain(|edge| *edge > column.range.0 && *edge < column.range.1);
    edges
}

/// Edges beyond which 1, 2, ... times the minimum background lies, at either end; about `count` in
/// total.
fn at_ends(problem: &BinningProblem, column: &SortedColumn, count: usize) -> Vec<f64> {
    let background = BackgroundBelow::new(column, &problem.processes);
    let all = problem.processes.total_background(&column.hard(&[]))[0];
    let one_event = all.squares / all.sum;
    let minimum = problem.minimum_background();
    let step = if minimum > 0.0 { minimum } else { one_event };
    let yields = || (1..=count / 2).map(|n| n as f64 * step).take_while(|y| *y < all.sum);
    let above = yields().map(|y| background.down(all.sum, y));
    let below = yields().map(|y| background.up(0.0, y));
    above.chain(below).collect()
}
