use serde_json::Value;

use super::*;
use diffhep_testing::{assert_close, difference};

unsafe extern "C" {
    safe fn erfc(x: f64) -> f64;
}

const BANDWIDTHS: [Bandwidth; 6] = [
    Bandwidth::Absolute(0.003),
    Bandwidth::Absolute(0.09),
    Bandwidth::Absolute(0.7),
    Bandwidth::Relative(0.02),
    Bandwidth::Relative(0.25),
    Bandwidth::Relative(1.6),
];

/// Bins of many different widths.
const EDGES: [f64; 8] = [-0.2, 0.1, 0.13, 0.4, 0.9, 1.0, 1.2, 1.9];

fn overflows() -> [Overflow; 3] {
    Overflow::TABLE.map(|(_, overflow)| overflow)
}

/// Events all over a range and beyond it, some of them far, with weights of both signs.
fn events(edges: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let (low, high) = (edges[0], edges[edges.len() - 1]);
    let place = |i: usize| ((i * 7919 % n) as f64 + 0.37) / n as f64;
    let inside = (0..n).map(|i| low + (high - low) * (1.6 * place(i) - 0.3));
    let far = [-2.6, 30.0, 0.5003, 1.0303, -0.004].map(|place| low + (high - low) * place);
    let x: Vec<f64> = inside.chain(far).collect();
    let weights = (0..x.len()).map(|i| 0.4 + ((i % 17) as f64 - 3.0) / 9.0);
    (x.clone(), weights.collect())
}

fn scaled(bandwidth: Bandwidth, number: f64) -> Bandwidth {
    match bandwidth {
        Bandwidth::Absolute(_) => Bandwidth::Absolute(number),
        Bandwidth::Relative(_) => Bandwidth::Relative(number),
    }
}

fn local_width(x: f64, edges: &[f64]) -> f64 {
    let bins: Vec<_> = edges.windows(2).map(|e| (0.5 * (e[0] + e[1]), e[1] - e[0])).collect();
    let above = bins.partition_point(|(centre, _)| *centre < x);
    if above == 0 || above == bins.len() {
        return bins[above.min(bins.len() - 1)].1;
    }
    let ((c0, w0), (c1, w1)) = (bins[above - 1], bins[above]);
    w0 + (w1 - w0) * (x - c0) / (c1 - c0)
}

/// The direct sum: bin by bin, event by event, image by image.
fn dense(
    (x, weights): (&[f64], &[f64]),
    edges: &[f64],
    bandwidth: Bandwidth,
    overflow: Overflow,
) -> Vec<f64> {
    let n = edges.len() - 1;
    let bin = |k: usize| {
        let mut total = 0.0;
        for (x, weight) in x.iter().zip(weights) {
            let h = match bandwidth {
                Bandwidth::Absolute(h) => h,
                Bandwidth::Relative(r) => r * local_width(*x, edges),
            };
            let below = |e: f64, c: f64| 0.5 * erfc((c - e) / h * std::f64::consts::FRAC_1_SQRT_2);
            let is_kept = overflow == Overflow::Kept;
            let from = |c: f64| if is_kept && k == 0 { 0.0 } else { below(edges[k], c) };
            let to = |c: f64| if is_kept && k == n - 1 { 1.0 } else { below(edges[k + 1], c) };
            let mass = |centre: f64| to(centre) - from(centre);
            total += weight * mass(*x);
            if overflow == Overflow::Reflected {
                total += weight * (mass(2.0 * edges[0] - x) + mass(2.0 * edges[n] - x));
            }
        }
        total
    };
    (0..n).map(bin).collect()
}

fn bins(
    (x, weights): (&[f64], &[f64]),
    edges: &[f64],
    bandwidth: Bandwidth,
    overflow: Overflow,
) -> Vec<f64> {
    let mut out = vec![0.0; edges.len() - 1];
    kernel_histogram(x, weights, edges, bandwidth, overflow, &mut out);
    out
}

#[track_caller]
fn assert_all(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "{k}: found {found}, expected {expected}");
    }
}

fn edge_sets() -> [Vec<f64>; 4] {
    let fine = (0..=100).map(|k| f64::from(k) / 100.0).collect();
    [EDGES.to_vec(), vec![0.0, 1.0], vec![0.0, 0.3, 1.0], fine]
}

#[test]
fn bins_are_those_of_the_dense_sum() {
    for edges in edge_sets() {
        let (x, weights) = events(&edges, 400);
        let total: f64 = weights.iter().sum();
        for bandwidth in BANDWIDTHS {
            for overflow in overflows() {
                let found = bins((&x, &weights), &edges, bandwidth, overflow);
                let expected = dense((&x, &weights), &edges, bandwidth, overflow);
                assert_all(&found, &expected, 1e-13 * total);
            }
        }
    }
}

#[test]
fn bins_add_up_over_chunks() {
    let (x, weights) = events(&EDGES, 300);
    for overflow in overflows() {
        let bandwidth = Bandwidth::Relative(0.3);
        let whole = bins((&x, &weights), &EDGES, bandwidth, overflow);
        let mut parts = vec![0.5; EDGES.len() - 1];
        for (x, weights) in x.chunks(77).zip(weights.chunks(77)) {
            kernel_histogram(x, weights, &EDGES, bandwidth, overflow, &mut parts);
        }
        let shifted: Vec<f64> = parts.iter().map(|part| part - 0.5).collect();
        assert_all(&shifted, &whole, 1e-13);
    }
}

/// Checks all derivatives against differences of dense sums, with a different seed for each bin.
struct Derivatives {
    x: Vec<f64>,
    weights: Vec<f64>,
    edges: Vec<f64>,
    bandwidth: f64,
}

fn seeds(n: usize) -> Vec<f64> {
    (0..n).map(|k| 0.8 - 0.7 * ((k * k % 5) as f64) + 0.1 * k as f64).collect()
}

fn derivatives(
    (x, weights): (&[f64], &[f64]),
    edges: &[f64],
    bandwidth: Bandwidth,
    overflow: Overflow,
) -> Derivatives {
    let mut found = Derivatives {
        x: vec![0.5; x.len()],
        weights: vec![0.5; x.len()],
        edges: vec![0.5; edges.len()],
        bandwidth: 0.5,
    };
    let adjoint = KernelHistogramAdjoint {
        x: &mut found.x,
        weights: &mut found.weights,
        edges: &mut found.edges,
        bandwidth: &mut found.bandwidth,
    };
    let seeds = seeds(edges.len() - 1);
    kernel_histogram_vjp(x, weights, edges, bandwidth, overflow, &seeds, adjoint);
    for sum in [&mut found.x, &mut found.weights, &mut found.edges] {
        sum.iter_mut().for_each(|sum| *sum -= 0.5);
    }
    found.bandwidth -= 0.5;
    found
}

/// Differences of dense sums, with a step that suits the shortest bandwidth.
fn differences(
    (x, weights): (&[f64], &[f64]),
    edges: &[f64],
    bandwidth: Bandwidth,
    overflow: Overflow,
) -> Derivatives {
    let loss = |x: &[f64], weights: &[f64], edges: &[f64], bandwidth: Bandwidth| -> f64 {
        let bins = dense((x, weights), edges, bandwidth, overflow);
        bins.iter().zip(seeds(edges.len() - 1)).map(|(bin, seed)| bin * seed).sum()
    };
    let with = |numbers: &[f64], j: usize, number: f64| {
        let mut numbers = numbers.to_vec();
        numbers[j] = number;
        numbers
    };
    let least = edges.windows(2).map(|e| e[1] - e[0]).fold(f64::INFINITY, f64::min);
    let step = 4e-3
        * match bandwidth {
            Bandwidth::Absolute(h) => h,
            Bandwidth::Relative(r) => (r * least).min(0.3 * least),
        };
    let event = |x: f64, weight: f64| loss(&[x], &[weight], edges, bandwidth);
    let events = 0..x.len();
    let by_x = |i: usize| difference(|x| event(x, weights[i]), x[i], step);
    let by_weight = |i: usize| difference(|weight| event(x[i], weight), weights[i], 0.1);
    let by_edge =
        |j: usize| difference(|e| loss(x, weights, &with(edges, j, e), bandwidth), edges[j], step);
    let number = bandwidth.number();
    let at_number = |h: f64| loss(x, weights, edges, scaled(bandwidth, h));
    Derivatives {
        x: events.clone().map(by_x).collect(),
        weights: events.map(by_weight).collect(),
        edges: (0..edges.len()).map(by_edge).collect(),
        bandwidth: difference(at_number, number, 4e-3 * number),
    }
}

/// Agreement relative to the largest of the numbers.
#[track_caller]
fn assert_derivatives(found: &[f64], expected: &[f64]) {
    let largest = expected.iter().fold(0.1, |largest: f64, number| largest.max(number.abs()));
    assert_all(found, expected, 1e-8 * largest);
}

#[test]
fn derivatives_match_differences() {
    for edges in edge_sets() {
        let (x, weights) = events(&edges, 37);
        for bandwidth in BANDWIDTHS {
            for overflow in overflows() {
                let found = derivatives((&x, &weights), &edges, bandwidth, overflow);
                let expected = differences((&x, &weights), &edges, bandwidth, overflow);
                assert_derivatives(&found.x, &expected.x);
                assert_derivatives(&found.weights, &expected.weights);
                assert_derivatives(&found.edges, &expected.edges);
                assert_derivatives(&[found.bandwidth], &[expected.bandwidth]);
            }
        }
    }
}

#[test]
fn outer_edges_of_open_ended_bins_have_no_effect() {
    let (x, weights) = events(&EDGES, 50);
    let bandwidth = Bandwidth::Absolute(0.3);
    let found = derivatives((&x, &weights), &EDGES, bandwidth, Overflow::Kept);
    assert_eq!((found.edges[0], found.edges[EDGES.len() - 1]), (0.0, 0.0));
}

#[test]
fn far_events_count_only_where_mass_is_kept() {
    let x = [-1e6, 1e6];
    let weights = [2.0, 3.0];
    let bandwidth = Bandwidth::Relative(0.25);
    for (overflow, expected) in [(Overflow::Dropped, [0.0; 2]), (Overflow::Kept, [2.0, 3.0])] {
        let found = bins((&x, &weights), &EDGES, bandwidth, overflow);
        assert_all(&[found[0], found[EDGES.len() - 2]], &expected, 1e-15);
        let slopes = derivatives((&x, &weights), &EDGES, bandwidth, overflow);
        let kept = if overflow == Overflow::Kept { seeds(7) } else { vec![0.0; 7] };
        assert_all(&slopes.weights, &[kept[0], kept[6]], 1e-15);
        assert_all(&slopes.x, &[0.0; 2], 1e-15);
    }
}

#[test]
fn nothing_is_lost_where_mass_is_kept() {
    let (x, weights) = events(&EDGES, 300);
    let total: f64 = weights.iter().sum();
    for bandwidth in BANDWIDTHS {
        let found: f64 = bins((&x, &weights), &EDGES, bandwidth, Overflow::Kept).iter().sum();
        assert_close(found, total, 1e-14);
    }
}

#[test]
fn mirrors_lose_nothing_of_events_inside() {
    let n = 200;
    let x: Vec<f64> = (0..=n).map(|i| -0.2 + 2.1 * f64::from(i) / f64::from(n)).collect();
    let weights = vec![0.7; x.len()];
    for bandwidth in [Bandwidth::Absolute(0.003), Bandwidth::Absolute(0.09)] {
        let found = bins((&x, &weights), &EDGES, bandwidth, Overflow::Reflected);
        assert_close(found.iter().sum(), 0.7 * x.len() as f64, 1e-14);
    }
}

#[test]
fn narrow_kernels_make_a_plain_histogram() {
    for edges in edge_sets() {
        let (x, weights) = events(&edges, 500);
        for overflow in overflows() {
            let mut plain = vec![Yield::default(); edges.len() - 1];
            plain_histogram(&x, &weights, &edges, overflow, &mut plain);
            let plain: Vec<f64> = plain.iter().map(|bin| bin.sum).collect();
            for bandwidth in [Bandwidth::Absolute(1e-9), Bandwidth::Relative(1e-9)] {
                let found = bins((&x, &weights), &edges, bandwidth, overflow);
                assert_all(&found, &plain, 1e-11);
            }
        }
    }
}

#[test]
fn plain_histograms_count_edges_above() {
    let edges = [0.0, 1.0, 3.0];
    let x = [0.0, 1.0, 3.0, -0.5, 3.5, -9.0, 1.0_f64.next_down()];
    let weights = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    let expected = [
        (Overflow::Dropped, [1.0 + 64.0, 2.0 + 4.0]),
        (Overflow::Kept, [1.0 + 8.0 + 32.0 + 64.0, 2.0 + 4.0 + 16.0]),
        (Overflow::Reflected, [1.0 + 8.0 + 64.0, 2.0 + 4.0 + 16.0]),
    ];
    for (overflow, sums) in expected {
        let mut found = [Yield::default(); 2];
        plain_histogram(&x, &weights, &edges, overflow, &mut found);
        assert_eq!(found.map(|bin| bin.sum), sums, "{overflow:?}");
    }
    let mut found = [Yield { sum: 1.0, squares: 1.0 }; 2];
    plain_histogram(&x, &weights, &edges, Overflow::Dropped, &mut found);
    assert_eq!(found[0], Yield { sum: 66.0, squares: 1.0 + 1.0 + 64.0 * 64.0 });
}

#[test]
fn relative_bandwidths_of_equal_bins_are_absolute() {
    let edges: Vec<f64> = (0..=8).map(|k| f64::from(k) / 8.0).collect();
    let (x, weights) = events(&edges, 100);
    for overflow in overflows() {
        let relative = bins((&x, &weights), &edges, Bandwidth::Relative(0.4), overflow);
        let absolute = bins((&x, &weights), &edges, Bandwidth::Absolute(0.05), overflow);
        assert_all(&relative, &absolute, 1e-13);
    }
}

#[test]
fn no_events_leave_bins_as_they_are() {
    let bandwidth = Bandwidth::Absolute(0.1);
    assert_eq!(bins((&[], &[]), &EDGES, bandwidth, Overflow::Reflected), [0.0; 7]);
    let found = derivatives((&[], &[]), &EDGES, Bandwidth::Relative(0.1), Overflow::Kept);
    assert_eq!((found.edges, found.bandwidth), (vec![0.0; 8], 0.0));
}

#[test]
fn overflows_have_names() {
    for (name, overflow) in Overflow::TABLE {
        assert_eq!((overflow.name(), name.parse()), (name, Ok(overflow)));
    }
    assert!("lost".parse::<Overflow>().is_err());
}

#[test]
#[should_panic(expected = "a bandwidth above 0")]
fn a_bandwidth_is_above_0() {
    bins((&[0.0], &[1.0]), &EDGES, Bandwidth::Absolute(0.0), Overflow::Kept);
}

#[test]
#[should_panic(expected = "edges ascend")]
fn edges_ascend() {
    bins((&[0.0], &[1.0]), &[0.0, 1.0, 1.0], Bandwidth::Absolute(0.1), Overflow::Kept);
}

#[test]
fn bins_are_scipy_s() {
    const REFERENCE: &str =
        include_str!("../../../../tests/reference/kernel_histogram/kernel_histogram.json");
    let reference: Value = serde_json::from_str(REFERENCE).expect("JSON");
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
    };
    let [x, weights] = ["x", "weights"].map(|key| numbers(&reference[key]));
    let total: f64 = weights.iter().sum();
    let cases = reference["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 36);
    for case in cases {
        let bandwidth = match (case["absolute"].as_f64(), case["relative"].as_f64()) {
            (Some(h), None) => Bandwidth::Absolute(h),
            (None, Some(r)) => Bandwidth::Relative(r),
            _ => panic!("one bandwidth: {case}"),
        };
        let overflow = case["overflow"].as_str().expect("a name").parse().expect("a known name");
        let found = bins((&x, &weights), &numbers(&case["edges"]), bandwidth, overflow);
        assert_all(&found, &numbers(&case["bins"]), 1e-13 * total);
    }
}

#[test]
fn numbers_near_the_largest_end_all_the_same() {
    let edges = [0.0, 0.5, 1.0, 2.0, 1e307, 1e308];
    for (x, bandwidth) in [(1e308, 1e308), (-1e308, 1e307), (0.3, 1e308), (1e308, 1e-300)] {
        for overflow in overflows() {
            for bandwidth in [Bandwidth::Absolute(bandwidth), Bandwidth::Relative(2.0)] {
                let mut bins = [0.0; 5];
                kernel_histogram(&[x], &[1.0], &edges, bandwidth, overflow, &mut bins);
                derivatives((&[x], &[1.0]), &edges, bandwidth, overflow);
            }
        }
    }
}
