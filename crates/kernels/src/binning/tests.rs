use std::autodiff::autodiff_forward;

use super::*;
use diffhep_testing::{assert_close, difference};

#[autodiff_forward(d_logistic, Const, Dual, Dual)]
fn logistic(e: &Block, numbers: &[f64], out: &mut Block) {
    let (b, k, x0) = (numbers[0], numbers[1], numbers[2]);
    *out = *e / (*e + Block::splat((k * (b - x0)).exp()));
}

#[test]
fn the_sigmoid_s_derivative_is_the_compiler_s() {
    let (k, x0): (f64, f64) = (3.0, 0.4);
    for (b, x) in [(0.1, 0.7), (0.9, -2.0), (0.4, 9.0), (-7.0, 3.0)] {
        let e = Block::splat((k * (x - x0)).exp());
        let (mut out, mut slope) = (ZERO, ZERO);
        d_logistic(&e, &[b, k, x0], &[1.0, 0.0, 0.0], &mut out, &mut slope);
        let (sigma, falling) = sigmoid(e, Block::splat((k * (b - x0)).exp()));
        assert_close(sigma[3], out[3], 1e-15);
        assert!((-k * falling[3] / slope[3] - 1.0).abs() < 1e-13, "{falling:?} {slope:?}");
    }
}

#[test]
fn small_exponents_have_a_series() {
    for t in [-SMALL, -0.31, -1e-9, 0.0, 0.02, 0.4999, SMALL] {
        assert!((small_exp(Block::splat(t))[5] / t.exp() - 1.0).abs() < 4e-16, "{t}");
    }
}

/// Enough events for several segments, unsorted, with weights of both signs.
fn events(n: usize) -> (Vec<f64>, Vec<f64>) {
    let x = (0..n).map(|i| ((i * 7919 % n) as f64 + 0.3) / n as f64).map(|x| x * x);
    let weights = (0..n).map(|i| 0.4 + ((i % 17) as f64 - 3.0) / 9.0);
    (x.collect(), weights.collect())
}

fn soft(x: &[f64], weights: &[f64], boundaries: &[f64], k: f64) -> SoftBins {
    let sorted = SortedEvents::new(x, weights);
    let mut bins = SoftBins::new(boundaries.len());
    let mut scratch = BinningScratch::new();
    for segment in sorted.split(boundaries, k, &mut bins) {
        let part = sorted.soft_bins(&segment, boundaries, k, true, &mut scratch);
        bins.add(&part);
    }
    bins
}

/// The direct sum: bin by bin, event by event.
fn slow(x: &[f64], weights: &[f64], boundaries: &[f64], k: f64) -> Vec<Yield> {
    let sigma = |x: f64, b: f64| 1.0 / (1.0 + (-k * (x - b)).exp());
    let bins = 0..=boundaries.len();
    bins.map(|bin| {
        let mut total = Yield::default();
        for (x, w) in x.iter().zip(weights) {
            let from = bin.checked_sub(1).map_or(1.0, |j| sigma(*x, boundaries[j]));
            let to = boundaries.get(bin).map_or(0.0, |b| sigma(*x, *b));
            let m = w * (from - to);
            total += Yield { sum: m, squares: m * m };
        }
        total
    })
    .collect()
}

const BOUNDARIES: [f64; 4] = [0.11, 0.34, 0.36, 0.9];

#[test]
fn yields_are_those_of_the_slow_twin() {
    let (x, weights) = events(1_501);
    for k in [0.5, 20.0, 300.0, 5e3, 1e6] {
        let found = soft(&x, &weights, &BOUNDARIES, k).yields;
        for (found, expected) in found.iter().zip(slow(&x, &weights, &BOUNDARIES, k)) {
            assert_close(found.sum, expected.sum, 1e-11);
            assert_close(found.squares, expected.squares, 1e-11);
        }
    }
}

#[test]
fn derivatives_match_differences() {
    let (x, weights) = events(1_501);
    for k in [0.7, 20.0, 300.0, 2e3] {
        let found = soft(&x, &weights, &BOUNDARIES, k);
        for j in 0..BOUNDARIES.len() {
            let at = |b: f64, bin: usize| {
                let mut boundaries = BOUNDARIES;
                boundaries[j] = b;
                slow(&x, &weights, &boundaries, k)[bin]
            };
            let (b, h) = (BOUNDARIES[j], 2e-2 / k);
            let slopes = found.slopes[j];
            for (bin, slope) in [(j, slopes.below), (j + 1, slopes.above)] {
                assert_close(slope.sum, difference(|b| at(b, bin).sum, b, h), 1e-6);
                assert_close(slope.squares, difference(|b| at(b, bin).squares, b, h), 1e-6);
            }
        }
    }
}

#[test]
fn seeds_are_pulled_back_through_both_neighbours() {
    let (x, weights) = events(900);
    let bins = soft(&x, &weights, &BOUNDARIES, 30.0);
    let seed = |bin: usize| Yield { sum: 0.3 + bin as f64, squares: 1.7 - 0.6 * bin as f64 };
    let seeds: Vec<Yield> = (0..5).map(seed).collect();
    let mut adjoint = vec![0.25; 4];
    bins.pull_back(&seeds, &mut adjoint);
    for j in 0..4 {
        let at = |b: f64| {
            let mut boundaries = BOUNDARIES;
            boundaries[j] = b;
            let bins = slow(&x, &weights, &boundaries, 30.0).into_iter().zip(&seeds);
            bins.map(|(bin, seed)| bin.sum * seed.sum + bin.squares * seed.squares).sum()
        };
        assert_close(adjoint[j] - 0.25, difference(at, BOUNDARIES[j], 1e-3), 1e-7);
    }
}

#[test]
fn a_steep_binning_is_a_histogram() {
    let (x, weights) = events(1_000);
    let sorted = SortedEvents::new(&x, &weights);
    let hard = sorted.hard_yields(&BOUNDARIES);
    let soft = soft(&x, &weights, &BOUNDARIES, 1e9);
    for (bin, (hard, soft)) in hard.iter().zip(&soft.yields).enumerate() {
        let edge = |j: usize| if j == 0 { 0.0 } else { BOUNDARIES[j - 1] };
        let upper = BOUNDARIES.get(bin).copied().unwrap_or(2.0);
        let inside = x.iter().zip(&weights).filter(|(x, _)| (edge(bin)..upper).contains(*x));
        assert_close(hard.sum, inside.map(|(_, w)| w).sum(), 1e-12);
        assert_close(soft.sum, hard.sum, 1e-12);
        assert_close(soft.squares, hard.squares, 1e-12);
    }
    assert_eq!(SortedEvents::new(&[1.0, 1.0], &[2.0, 3.0]).hard_yields(&[1.0])[0].sum, 0.0);
}

#[test]
fn light_events_keep_their_squares_beside_heavy_ones() {
    let x: Vec<f64> = (0..2_000).map(|i| f64::from(i) / 2_000.0).collect();
    let weights: Vec<f64> = x.iter().map(|x| if *x < 0.5 { 1e9 } else { 1.0 }).collect();
    for squares in [1.0, 1e5] {
        let bins = soft(&x, &weights, &[0.49, 0.69975], 1e4 * squares).yields;
        assert_close(bins[2].sum, 600.0, 1e-9);
        assert_close(bins[2].squares, 600.0, 1e-2);
    }
    let hard = SortedEvents::new(&x, &weights).hard_yields(&[0.5, 0.7]);
    assert_eq!((hard[1].squares, hard[2].squares), (400.0, 600.0));
}

#[test]
fn wide_columns_and_steep_boundaries_give_numbers() {
    let x = [-1e300, -1e9, -3.0, 0.0, 1e-12, 2.0, 5.0, 1e8, 1e300];
    let weights = [1.0; 9];
    for k in [1e-300, 1e-3, 1.0, 700.0, 1e9, 1e150] {
        let bins = soft(&x, &weights, &[-2.0, 0.0, 5.0], k);
        let total: f64 = bins.yields.iter().map(|bin| bin.sum).sum();
        assert_close(total, 9.0, 1e-12);
        for slopes in bins.slopes {
            let numbers = [slopes.below.sum, slopes.above.sum, slopes.above.squares];
            assert!(numbers.iter().all(|slope| slope.is_finite()), "{k:e}: {slopes:?}");
        }
    }
}
