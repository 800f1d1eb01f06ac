//! The toy of gato-hep: two signals and five backgrounds, all three-dimensional Gaussians.
//!
//! Enters: a seed and numbers of events. Leaves: ideal scores p_s / sum p of smeared points, from
//! the densities of the Gaussians before smearing. The distributions are in [`GaussianToy`]'s
//! words. Source: F. Mausolf, gato-hep, its three-dimensional toy. The shape systematic is our own.

use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Normal, StandardNormal};

use super::{BinningToy, generator, normal};
use crate::events::EventSample;

type Point = [f64; 3];

const COVARIANCE: f64 = 0.2;
const SMEARING: f64 = 0.3;
const LUMINOSITY: f64 = 100.0;

/// How far the means of the backgrounds move towards signal1's: as drawn, up and down.
const SHIFTS: [f64; 3] = [0.0, 0.1, -0.1];

struct Process {
    name: &'static str,
    mean: Point,
    cross_section: f64,
    stream: u64,
}

const fn process(name: &'static str, mean: Point, cross_section: f64, stream: u64) -> Process {
    Process { name, mean, cross_section, stream }
}

const SIGNALS: [Process; 2] =
    [process("signal1", [1.5, -1.0, -1.0], 0.5, 0), process("signal2", [-1.0, 1.5, -1.0], 0.1, 1)];

const BACKGROUNDS: [Process; 5] = [
    process("background1", [-0.5, -0.5, 1.0], 100.0, 2),
    process("background2", [0.5, -0.5, 0.8], 80.0, 3),
    process("background3", [0.5, 0.5, -0.6], 50.0, 4),
    process("background4", [-0.5, 1.0, -0.4], 20.0, 5),
    process("background5", [-0.5, 0.5, -0.2], 10.0, 6),
];

fn background_cross_section() -> f64 {
    BACKGROUNDS.iter().map(|background| background.cross_section).sum()
}

impl Process {
    /// `count` smeared points around the mean moved by each of `shifts`, fractions of the way to
    /// signal1's mean, all from the same random numbers.
    fn points<const N: usize>(&self, seed: u64, count: usize, shifts: [f64; N]) -> [Vec<Point>; N] {
        let smear = normal(1.0, SMEARING);
        let rng = &mut generator(seed, self.stream);
        let towards =
            |j: usize, part: f64| self.mean[j] + part * (SIGNALS[0].mean[j] - self.mean[j]);
        let means: [Point; N] = shifts.map(|part| std::array::from_fn(|j| towards(j, part)));
        let mut points = shifts.map(|_| Vec::with_capacity(count));
        for _ in 0..count {
            let (offset, factor) = (correlated(rng), smearing(&smear, rng));
            for (points, mean) in points.iter_mut().zip(&means) {
                points.push(std::array::from_fn(|j| factor[j] * (mean[j] + offset[j])));
            }
        }
        points
    }
}

/// A point of N(0, C): any two coordinates share one number, whose variance is their covariance.
fn correlated(rng: &mut ChaCha12Rng) -> Point {
    let shared: f64 = StandardNormal.sample(rng);
    let (own, common) = ((1.0 - COVARIANCE).sqrt(), COVARIANCE.sqrt() * shared);
    std::array::from_fn(|_| {
        let z: f64 = StandardNormal.sample(rng);
        own * z + common
    })
}

fn smearing(smear: &Normal<f64>, rng: &mut ChaCha12Rng) -> Point {
    std::array::from_fn(|_| smear.sample(rng))
}

/// ln p of a Gaussian up to a term that all processes share, as they share C: linear in the point.
struct LogDensity {
    slope: Point,
    offset: f64,
}

impl LogDensity {
    /// Of N(`mean`, C), times `share`.
    fn new(mean: &Point, share: f64) -> Self {
        // C^-1 = (1 - J c / (1 + 2 c)) / (1 - c) for a covariance c and J full of ones.
        let common = COVARIANCE / (1.0 + 2.0 * COVARIANCE) * mean.iter().sum::<f64>();
        let slope = mean.map(|mean| (mean - common) / (1.0 - COVARIANCE));
        let square: f64 = mean.iter().zip(&slope).map(|(mean, slope)| mean * slope).sum();
        Self { slope, offset: share.ln() - 0.5 * square }
    }

    fn at(&self, x: &Point) -> f64 {
        self.slope.iter().zip(x).fold(self.offset, |sum, (slope, x)| sum + slope * x)
    }
}

/// The densities of all processes.
struct Densities {
    signals: [LogDensity; 2],
    backgrounds: [LogDensity; 5],
}

impl Densities {
    fn new() -> Self {
        let total = background_cross_section();
        Self {
            signals: SIGNALS.map(|signal| LogDensity::new(&signal.mean, 1.0)),
            backgrounds: BACKGROUNDS
                .map(|one| LogDensity::new(&one.mean, one.cross_section / total)),
        }
    }

    /// ln p of signal1, signal2 and the mixture of backgrounds, up to a common term.
    fn logarithms(&self, x: &Point) -> Point {
        let [first, second] = self.signals.each_ref().map(|signal| signal.at(x));
        let backgrounds = self.backgrounds.each_ref().map(|background| background.at(x));
        [first, second, logarithm_of_sum(&backgrounds)]
    }
}

/// ln sum exp, where no exponential overflows and not all vanish.
fn logarithm_of_sum(logarithms: &[f64]) -> f64 {
    let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + logarithms.iter().map(|one| (one - largest).exp()).sum::<f64>().ln()
}

/// p1 / (p1 + pB).
fn discriminant([signal, _, background]: Point) -> [f64; 1] {
    [1.0 / (1.0 + (background - signal).exp())]
}

/// p1, p2 and pB, each over their sum.
fn scores(logarithms: Point) -> Point {
    let largest = logarithms.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let parts = logarithms.map(|one| (one - largest).exp());
    let sum: f64 = parts.iter().sum();
    parts.map(|part| part / sum)
}

/// What a version of the toy computes of ln p1, ln p2 and ln pB, with the columns' names.
struct Columns<const N: usize> {
    names: [&'static str; N],
    of: fn(Point) -> [f64; N],
}

impl<const N: usize> Columns<N> {
    /// A process' events from its points.
    fn sample(&self, process: &Process, points: &[Point], densities: &Densities) -> EventSample {
        let mut columns = [(); N].map(|()| Vec::with_capacity(points.len()));
        for point in points {
            let values = (self.of)(densities.logarithms(point));
            columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        let weight = process.cross_section * LUMINOSITY / points.len() as f64;
        let columns = self.names.map(str::to_owned).into_iter().zip(columns).collect();
        EventSample::new(process.name, columns, vec![weight; points.len()])
            .expect("each process has events, and scores are finite")
    }
}

/// The toy of gato-hep: two signals and five backgrounds, with so many events.
///
/// A process draws points x from N(mu, C), with 1 on the diagonal of C and 0.2 off it, and each
/// coordinate of each point is multiplied by a number from N(1, 0.3) of its own (smearing):
///
/// | process     | mu                | cross-section |
/// |-------------|-------------------|---------------|
/// | signal1     | (1.5, -1, -1)     | 0.5           |
/// | signal2     | (-1, 1.5, -1)     | 0.1           |
/// | background1 | (-0.5, -0.5, 1)   | 100           |
/// | background2 | (0.5, -0.5, 0.8)  | 80            |
/// | background3 | (0.5, 0.5, -0.6)  | 50            |
/// | background4 | (-0.5, 1, -0.4)   | 20            |
/// | background5 | (-0.5, 0.5, -0.2) | 10            |
///
/// Leaves the ideal scores of these points, each density over the sum of densities: of the
/// Gaussians before smearing, and for the background of the mixture by cross-section. Each event of
/// a process weighs cross-section x luminosity / number of events, at a luminosity of 100.
///
/// ```
/// use diffhep::events::toys::GaussianToy;
///
/// let toy = GaussianToy { signal_events: 100, background_events: 2_600 }.one_signal(1);
/// assert_eq!(toy.backgrounds[0].len(), 1_000);
/// assert!((toy.signals[0].total() - 50.0).abs() < 1e-9);
/// ```
///
/// # Source
/// F. Mausolf, gato-hep, its three-dimensional toy; the shape systematic is our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaussianToy {
    /// Events of each signal, 1 or more.
    pub signal_events: usize,
    /// Events of all backgrounds, split by cross-section, 13 or more so that each has one.
    pub background_events: usize,
}

impl Default for GaussianToy {
    /// 100,000 events of each signal, 300,000 background events.
    fn default() -> Self {
        Self { signal_events: 100_000, background_events: 300_000 }
    }
}

impl GaussianToy {
    /// signal1 and the backgrounds, in the column `discriminant`: p1 / (p1 + pB), 0 to 1.
    ///
    /// The points behind it are those of [`GaussianToy::two_signals`] at the same seed. The shape
    /// systematic moves the mean of each background by a tenth of the way to that of signal1 (up)
    /// or away from it (down), before smearing, with the same random numbers.
    ///
    /// # Panics
    /// Where a process would have no events.
    pub fn one_signal(&self, seed: u64) -> BinningToy {
        let columns = Columns { names: ["discriminant"], of: discriminant };
        let (name, description) = (
            "gaussians-1d",
            "signal1 over five backgrounds: smeared 3-D Gaussians, their likelihood ratio",
        );
        self.draw(seed, (name, description), &SIGNALS[..1], &columns)
    }

    /// Both signals and the backgrounds, in the columns `score_signal1`, `score_signal2` and
    /// `score_background`: p1, p2 and pB over their sum, each 0 to 1.
    ///
    /// Points and shape systematic are those of [`GaussianToy::one_signal`].
    ///
    /// # Panics
    /// Where a process would have no events.
    pub fn two_signals(&self, seed: u64) -> BinningToy {
        let names = ["score_signal1", "score_signal2", "score_background"];
        let columns = Columns { names, of: scores };
        let (name, description) = (
            "gaussians-3class",
            "signal1 and signal2 over five backgrounds: smeared 3-D Gaussians, three scores",
        );
        self.draw(seed, (name, description), &SIGNALS, &columns)
    }

    /// Events of each background: shares by cross-section, rounded down except for the last.
    fn background_split(&self) -> [usize; 5] {
        let total = background_cross_section();
        let share = |one: &Process| {
            (self.background_events as f64 * one.cross_section / total).floor() as usize
        };
        let mut split = BACKGROUNDS.each_ref().map(share);
        split[4] = self.background_events - split[..4].iter().sum::<usize>();
        split
    }

    fn draw<const N: usize>(
        &self,
        seed: u64,
        (name, description): (&'static str, &'static str),
        signals: &[Process],
        columns: &Columns<N>,
    ) -> BinningToy {
        let densities = Densities::new();
        let signal = |signal: &Process| {
            let [points] = signal.points(seed, self.signal_events, [0.0]);
            columns.sample(signal, &points, &densities)
        };
        let (mut backgrounds, mut shifted) = (Vec::new(), Vec::new());
        for (background, count) in BACKGROUNDS.iter().zip(self.background_split()) {
            let samples = background.points(seed, count, SHIFTS);
            let [nominal, up, down] =
                samples.map(|points| columns.sample(background, &points, &densities));
            backgrounds.push(nominal);
            shifted.push([up, down]);
        }
        let signals = signals.iter().map(signal).collect();
        BinningToy { name, description, signals, backgrounds, shifted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: GaussianToy = GaussianToy { signal_events: 4_000, background_events: 26_000 };

    /// Asserts a mean to four of its standard errors.
    #[track_caller]
    fn assert_mean(values: impl Iterator<Item = f64> + Clone, expected: f64, what: &str) {
        let n = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let error = (variance / n).sqrt();
        assert!((mean - expected).abs() < 4.0 * error, "{what}: {mean} +- {error}, not {expected}");
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn points_have_the_moments_of_smeared_gaussians() {
        for seed in [1, 2, 3] {
            for process in SIGNALS.iter().chain(&BACKGROUNDS) {
                let [points] = process.points(seed, 20_000, [0.0]);
                for (j, mu) in process.mean.into_iter().enumerate() {
                    let x = points.iter().map(|point| point[j]);
                    assert_mean(x.clone(), mu, process.name);
                    // E[x^2] = (1 + mu^2) (1 + 0.3^2).
                    let variance = 1.09 + 0.09 * mu * mu;
                    assert_mean(x.map(|x| (x - mu).powi(2)), variance, process.name);
                    let (k, nu) = ((j + 1) % 3, process.mean[(j + 1) % 3]);
                    let products = points.iter().map(|point| (point[j] - mu) * (point[k] - nu));
                    assert_mean(products, COVARIANCE, process.name);
                }
            }
        }
    }

    #[test]
    fn densities_agree_with_the_gaussian_formula() {
        let covariance = nalgebra::Matrix3::from_fn(|i, j| if i == j { 1.0 } else { COVARIANCE });
        let inverse = covariance.try_inverse().expect("positive definite");
        let density = |process: &Process, x: &Point| {
            let d = nalgebra::Vector3::from(*x) - nalgebra::Vector3::from(process.mean);
            (-0.5 * (d.transpose() * inverse * d)[0]).exp()
        };
        for x in [[0.0; 3], [1.3, -0.4, 0.8], [-2.0, 1.5, -0.7]] {
            let [first, second] = SIGNALS.each_ref().map(|signal| density(signal, &x));
            let mixture =
                BACKGROUNDS.iter().map(|one| one.cross_section / 260.0 * density(one, &x));
            let mixture: f64 = mixture.sum();
            let sum = first + second + mixture;
            let found = scores(Densities::new().logarithms(&x));
            for (found, expected) in found.into_iter().zip([first, second, mixture]) {
                assert!((found - expected / sum).abs() < 1e-14, "{x:?}");
            }
        }
    }

    #[test]
    fn far_points_have_scores() {
        for far in [[1e6, -1e6, 3.0], [-1e6, 1e6, -1e6], [0.0, 0.0, 1e6], [1e300, -1e300, 0.0]] {
            let logarithms = Densities::new().logarithms(&far);
            let values = scores(logarithms).into_iter().chain(discriminant(logarithms));
            assert!(values.into_iter().all(|value| (0.0..=1.0).contains(&value)), "{far:?}");
        }
    }

    #[test]
    fn events_are_split_by_cross_section_and_weigh_the_expected_yield() {
        assert_eq!(
            GaussianToy::default().background_split(),
            [115_384, 92_307, 57_692, 23_076, 11_541]
        );
        let toy = SMALL.two_signals(1);
        let all = || toy.signals.iter().chain(&toy.backgrounds);
        let names: Vec<&str> = all().map(EventSample::name).collect();
        let processes = || SIGNALS.iter().chain(&BACKGROUNDS);
        assert_eq!(names, processes().map(|one| one.name).collect::<Vec<_>>());
        let counts: Vec<usize> = all().map(EventSample::len).collect();
        assert_eq!(counts, [4_000, 4_000, 10_000, 8_000, 5_000, 2_000, 1_000]);
        for (sample, process) in all().zip(processes()) {
            let expected = process.cross_section * LUMINOSITY;
            assert!((sample.total() / expected - 1.0).abs() < 1e-10, "{}", process.name);
        }
        for (background, pair) in toy.backgrounds.iter().zip(&toy.shifted) {
            for moved in pair {
                assert_eq!(moved.weights(), background.weights());
                assert_eq!(moved.name(), background.name());
            }
        }
    }

    #[test]
    fn both_versions_score_the_same_points() {
        let (one, two) = (SMALL.one_signal(2), SMALL.two_signals(2));
        assert_eq!(two.signals.len(), 2);
        let of_one = one.signals.iter().chain(&one.backgrounds).chain(one.shifted.iter().flatten());
        let of_two = two.signals[..1].iter().chain(&two.backgrounds);
        for (one, two) in of_one.zip(of_two.chain(two.shifted.iter().flatten())) {
            let columns = ["score_signal1", "score_signal2", "score_background"];
            let [first, second, background] = columns.map(|name| two.column(name).expect(name));
            let discriminant = one.column("discriminant").expect("there");
            for (event, r) in discriminant.iter().enumerate() {
                let (s1, s2, b) = (first[event], second[event], background[event]);
                assert!([s1, s2, b, *r].iter().all(|score| (0.0..=1.0).contains(score)));
                assert!((s1 + s2 + b - 1.0).abs() < 1e-14);
                assert!((s1 / (s1 + b) - r).abs() < 1e-12, "{s1} {b} {r}");
            }
        }
    }

    #[test]
    fn shifts_move_discriminants_towards_and_away_from_the_signal() {
        let toy = SMALL.one_signal(3);
        for (background, [up, down]) in toy.backgrounds.iter().zip(&toy.shifted) {
            let [nominal, up, down] = [background, up, down]
                .map(|sample| mean(sample.column("discriminant").expect("there")));
            assert!(down < nominal && nominal < up, "{}", background.name());
        }
        let [nominal, up] = BACKGROUNDS[0].points(3, 20_000, [0.0, 0.1]);
        let moved = up.iter().zip(&nominal).map(|(up, nominal)| up[0] - nominal[0]);
        assert_mean(moved, 0.2, "background1's first coordinate moves from -0.5 to -0.3");
    }

    #[test]
    fn a_seed_gives_the_same_bits_and_another_others() {
        let first = |toy: &BinningToy| toy.signals[0].column("discriminant").expect("there")[0];
        assert_eq!(SMALL.one_signal(5), SMALL.one_signal(5));
        assert_ne!(SMALL.one_signal(5).backgrounds, SMALL.one_signal(6).backgrounds);
        // The exponential of another mathematical library may differ in the last bit.
        assert!((first(&SMALL.one_signal(0)) - 0.9744215458296366).abs() < 1e-14);
    }
}
