//! p-values of an observed statistic among toys, with their statistical errors.
//!
//! `p = k / n`, the fraction of `n` toys whose statistic is not below the observed one, has the
//! binomial error `sqrt(p (1 - p) / n)`, which is 0 where p is 0 or 1: `k = 0` then says
//! `p < 3 / n` at 95%. The ratio `CLs = CLsb / CLb` of independent toys has
//! `error^2 = (error(CLsb) / CLb)^2 + (CLsb error(CLb) / CLb^2)^2`.
//!
//! Expected values are pyhf's: percentiles, at the normal quantiles of -2 to 2, of the p-values
//! that the background's toys would have if each were the observation. The error of such a CLsb has
//! two parts: the binomial one, of the tested hypothesis's toys, and that of the percentile itself,
//! half the difference of the percentiles one standard error `sqrt(b (1 - b) / n)` of the level `b`
//! to either side. CLb is the level itself and has no error, so the error of CLs is that of CLsb
//! over CLb. Source: pyhf 0.7, `ToyCalculator.expected_pvalues`; H. David, H. Nagaraja, Order
//! Statistics, 3rd ed., section 7.1.

/// Statistics that differ by less count as equal: fits end within about this distance of their
/// minima, and at low counts many toys equal the observed data.
pub const TIE: f64 = 1e-7;

/// Levels of the expected values: the standard normal distribution at -2, -1, 0, 1 and 2.
const LEVELS: [f64; 5] = [
    0.022_750_131_948_179_21,
    0.158_655_253_931_457_05,
    0.5,
    0.841_344_746_068_542_9,
    0.977_249_868_051_820_8,
];

/// A number with its statistical error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// `a / b` of independent estimates; not a number where `b` is 0.
pub(super) fn ratio(a: Estimate, b: Estimate) -> Estimate {
    let value = a.value / b.value;
    Estimate { value, error: (a.error / b.value).hypot(value * b.error / b.value) }
}

fn binomial(p: f64, n: usize) -> f64 {
    (p * (1.0 - p) / n as f64).sqrt()
}

/// The distribution of a statistic among toys.
#[derive(Clone, Debug, PartialEq)]
pub struct EmpiricalDistribution {
    /// Ascending.
    sorted: Vec<f64>,
}

impl EmpiricalDistribution {
    /// Makes a distribution of statistics in any order; `None` if there are none.
    pub fn new(statistics: &[f64]) -> Option<Self> {
        let mut sorted = statistics.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        (!sorted.is_empty()).then_some(Self { sorted })
    }

    /// The fraction of the toys whose statistic is not below a value, including ties ([`TIE`]).
    pub fn p_value(&self, statistic: f64) -> Estimate {
        let value = self.tail(statistic);
        Estimate { value, error: binomial(value, self.sorted.len()) }
    }

    fn tail(&self, statistic: f64) -> f64 {
        let below = self.sorted.partition_point(|toy| *toy < statistic - TIE);
        (self.sorted.len() - below) as f64 / self.sorted.len() as f64
    }
}

/// Expected CLsb, CLb and CLs, smallest first, with `signal` the tested hypothesis's toys.
pub(super) fn expected(
    signal: &EmpiricalDistribution,
    background: &EmpiricalDistribution,
) -> ([Estimate; 5], [f64; 5], [Estimate; 5]) {
    // Goes from the largest statistic down, so that p-values ascend.
    let statistics = || background.sorted.iter().rev();
    let cl_sb: Vec<f64> = statistics().map(|q| signal.tail(*q)).collect();
    let cl_b: Vec<f64> = statistics().map(|q| background.tail(*q)).collect();
    let mut cl_s: Vec<f64> = cl_sb.iter().zip(&cl_b).map(|(sb, b)| sb / b).collect();
    cl_s.sort_unstable_by(f64::total_cmp);
    let n = background.sorted.len();
    let error = |level: f64| {
        let step = binomial(level, n);
        let [below, above] = [level - step, level + step].map(|at| percentile(&cl_sb, at));
        binomial(percentile(&cl_sb, level), signal.sorted.len()).hypot(0.5 * (above - below))
    };
    let of_sb = |level| Estimate { value: percentile(&cl_sb, level), error: error(level) };
    let of_s = |level| Estimate {
        value: percentile(&cl_s, level),
        error: error(level) / percentile(&cl_b, level),
    };
    (LEVELS.map(of_sb), LEVELS.map(|level| percentile(&cl_b, level)), LEVELS.map(of_s))
}

/// The percentile of ascending numbers at a level from 0 to 1, linear between neighbours.
fn percentile(sorted: &[f64], level: f64) -> f64 {
    let place = level.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    below + (sorted[place.ceil() as usize] - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, Exp1};

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
    }

    #[test]
    fn p_values_count_ties_and_have_binomial_errors() {
        let toys = EmpiricalDistribution::new(&[3.0, 0.0, 1.0, 2.0, 0.0]).expect("toys");
        for (statistic, above) in
            [(0.0, 5.0), (1e-8, 5.0), (1.0, 3.0), (2.0 + 5e-8, 2.0), (3.1, 0.0)]
        {
            let p = toys.p_value(statistic);
            close(p.value, above / 5.0);
            close(p.error, (p.value * (1.0 - p.value) / 5.0).sqrt());
        }
        assert_eq!(EmpiricalDistribution::new(&[]), None);
    }

    #[test]
    fn ratios_propagate_independent_errors() {
        let found =
            ratio(Estimate { value: 0.1, error: 0.01 }, Estimate { value: 0.4, error: 0.02 });
        close(found.value, 0.25);
        close(found.error, (0.025f64.powi(2) + 0.0125f64.powi(2)).sqrt());
        let none = ratio(Estimate { value: 0.0, error: 0.0 }, Estimate { value: 0.0, error: 0.0 });
        assert!(none.value.is_nan());
    }

    #[test]
    fn percentiles_are_numpys() {
        // The values are numpy.percentile([1, 2, 4, 8], ...) with linear interpolation.
        for (level, expected) in [(0.0, 1.0), (0.5, 3.0), (0.8, 5.6), (1.0, 8.0), (0.1, 1.3)] {
            close(percentile(&[1.0, 2.0, 4.0, 8.0], level), expected);
        }
    }

    /// Statistics from exponential distributions of scale 1 (tested) and 3 (background), for which
    /// CLsb = CLb^3.
    fn drawn(seed: u64, n: usize) -> [EmpiricalDistribution; 2] {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        [1.0, 3.0].map(|scale| {
            let draw =
                |_| -> f64 { scale * <Exp1 as Distribution<f64>>::sample(&Exp1, &mut generator) };
            EmpiricalDistribution::new(&(0..n).map(draw).collect::<Vec<_>>()).expect("toys")
        })
    }

    #[test]
    fn errors_of_expected_values_are_their_scatter() {
        let runs: Vec<_> =
            (0..400).map(|seed| drawn(seed, 2_000)).map(|[s, b]| expected(&s, &b)).collect();
        let n = runs.len() as f64;
        for (i, level) in LEVELS.into_iter().enumerate() {
            // The lowest level expects 0.02 toys above it, too few to have an error.
            if i == 0 {
                continue;
            }
            let of_sb = runs.iter().map(|run| run.0[i]).collect::<Vec<_>>();
            let of_s = runs.iter().map(|run| run.2[i]).collect::<Vec<_>>();
            for (truth, values) in [(level.powi(3), of_sb), (level.powi(2), of_s)] {
                let mean = values.iter().map(|e| e.value).sum::<f64>() / n;
                let scatter =
                    (values.iter().map(|e| (e.value - mean).powi(2)).sum::<f64>() / n).sqrt();
                let claimed = (values.iter().map(|e| e.error.powi(2)).sum::<f64>() / n).sqrt();
                assert!((mean - truth).abs() < 5.0 * scatter / n.sqrt() + 1e-3, "{i}: {mean}");
                assert!((claimed / scatter - 1.0).abs() < 0.15, "{i}: {claimed} for {scatter}");
            }
            close((runs[0].1[i] * 1e3).round(), (level * 1e3).round());
        }
    }
}
