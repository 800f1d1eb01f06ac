//! Toys of the cut studies: one signal over one background.
//!
//! Source of the notebook's problem: A. Held, differentiable-analysis-example.

use rand_distr::{Distribution, StandardNormal};

use super::{Toy, draw, exponential, generator, normal};
use crate::events::EventSample;

fn sample(name: &str, values: Vec<f64>) -> EventSample {
    EventSample::unweighted(name, "x", values).expect("toys draw finite numbers")
}

/// The notebook's search: in `x`, 300 signal events from N(50, 5) over 8,000 background events from
/// N(40, 10), all of weight 1.
pub fn notebook(seed: u64) -> Toy {
    Toy {
        name: "notebook",
        description: "300 signal events N(50, 5), 8,000 background events N(40, 10)",
        signal: sample("signal", draw(300, normal(50.0, 5.0), &mut generator(seed, 0))),
        background: sample("background", draw(8_000, normal(40.0, 10.0), &mut generator(seed, 1))),
    }
}

/// A bump on a falling background: in `x`, 100 signal events from N(2, 0.5) and 1,000 background
/// events from an exponential of scale 1 with Normal noise of width 0.1, of which those with
/// `x > 0` are kept; weight 1.
pub fn exponential_bump(seed: u64) -> Toy {
    let rng = &mut generator(seed, 1);
    let falling = draw(1_000, exponential(1.0), rng);
    let noise = draw(1_000, normal(0.0, 0.1), rng);
    let positive = |values: Vec<f64>| values.into_iter().filter(|x| *x > 0.0).collect();
    let background = falling.iter().zip(noise).map(|(x, noise)| x + noise).collect();
    let signal = draw(100, normal(2.0, 0.5), &mut generator(seed, 0));
    Toy {
        name: "exponential",
        description: "100 signal events N(2, 0.5), 1,000 background events Exp(1) + N(0, 0.1)",
        signal: sample("signal", positive(signal)),
        background: sample("background", positive(background)),
    }
}

/// The five data sets of the comparison of metrics, each in `x` with weight 1: their signals and
/// backgrounds are in the descriptions, exponentials by their scale.
pub fn metrics(seed: u64) -> [Toy; 5] {
    let toy = |name, description, signal: Vec<f64>, background: Vec<f64>| Toy {
        name,
        description,
        signal: sample("signal", signal),
        background: sample("background", background),
    };
    let signal = |index: u64| generator(seed, 2 * index);
    let falling =
        |index: u64, count| draw(count, exponential(10.0), &mut generator(seed, 2 * index + 1));
    [
        toy(
            "wide-signal",
            "50,000 signal events N(50, 10), 100,000 background events Exp(10)",
            draw(50_000, normal(50.0, 10.0), &mut signal(0)),
            falling(0, 100_000),
        ),
        toy(
            "narrow-signal",
            "1,000 signal events N(30, 1), 10,000 background events Exp(10)",
            draw(1_000, normal(30.0, 1.0), &mut signal(1)),
            falling(1, 10_000),
        ),
        toy(
            "long-tail",
            "10,000 signal events Exp(100), 10,000 background events Exp(10)",
            draw(10_000, exponential(100.0), &mut signal(2)),
            falling(2, 10_000),
        ),
        toy(
            "rare-signal",
            "10 signal events N(50, 1), 10,000 background events Exp(10)",
            draw(10, normal(50.0, 1.0), &mut signal(3)),
            falling(3, 10_000),
        ),
        toy(
            "overlapping",
            "1,000 signal events N(50, 10), 10,000 background events N(40, 10)",
            draw(1_000, normal(50.0, 10.0), &mut signal(4)),
            draw(10_000, normal(40.0, 10.0), &mut generator(seed, 9)),
        ),
    ]
}

/// Which shape a toy of many columns has.
#[derive(Clone, Debug, PartialEq)]
pub struct ManyColumns {
    /// Signal's mean in each column `x1`, `x2`, ..., in widths of the background, which is around
    /// 0.
    pub shifts: Vec<f64>,
    /// Correlation of any two columns, 0 to 1, in both processes.
    pub correlation: f64,
    /// Signal events drawn.
    pub signal_events: usize,
    /// Background events drawn.
    pub background_events: usize,
    /// Weight of a signal event.
    pub signal_weight: f64,
}

impl ManyColumns {
    /// Five columns, shifts of 1 of alternating sign, any two columns of one process correlated by
    /// 0.6; 20,000 signal events of weight 0.02, 100,000 background events.
    pub fn five() -> Self {
        Self {
            shifts: vec![1.0, -1.0, 1.0, -1.0, 1.0],
            correlation: 0.6,
            signal_events: 20_000,
            background_events: 100_000,
            signal_weight: 0.02,
        }
    }

    /// Twenty columns, shifts of 0.5 of alternating sign, any two columns of one process correlated
    /// by 0.3; 20,000 signal events of weight 0.02, 100,000 background events.
    pub fn twenty() -> Self {
        Self {
            shifts: (0..20).map(|j| if j % 2 == 0 { 0.5 } else { -0.5 }).collect(),
            correlation: 0.3,
            ..Self::five()
        }
    }

    fn process(&self, seed: u64, stream: u64, count: usize, weight: f64) -> EventSample {
        let rng = &mut generator(seed, stream);
        let mut columns = vec![Vec::with_capacity(count); self.shifts.len()];
        let (own, common) = ((1.0 - self.correlation).sqrt(), self.correlation.sqrt());
        for _ in 0..count {
            let shared: f64 = StandardNormal.sample(rng);
            for (column, shift) in columns.iter_mut().zip(&self.shifts) {
                let z: f64 = StandardNormal.sample(rng);
                let mean = if stream == 0 { *shift } else { 0.0 };
                column.push(mean + own * z + common * shared);
            }
        }
        let names = (1..).map(|j| format!("x{j}"));
        let name = if stream == 0 { "signal" } else { "background" };
        EventSample::new(name, names.zip(columns).collect(), vec![weight; count])
            .expect("toys draw finite numbers")
    }

    /// Draws the toy.
    pub fn draw(&self, seed: u64) -> Toy {
        Toy {
            name: "many-columns",
            description: "correlated Normal columns, signal shifted in each",
            signal: self.process(seed, 0, self.signal_events, self.signal_weight),
            background: self.process(seed, 1, self.background_events, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(sample: &EventSample) -> (f64, f64) {
        let x = sample.column("x").expect("x");
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
        (mean, variance.sqrt())
    }

    /// Asserts mean and width of a sample to four standard errors.
    #[track_caller]
    fn assert_moments(sample: &EventSample, mean: f64, width: f64) {
        let (found_mean, found_width) = moments(sample);
        let error = 4.0 * width / (sample.len() as f64).sqrt();
        assert!((found_mean - mean).abs() < error, "mean {found_mean}, expected {mean}");
        assert!((found_width - width).abs() < 1.5 * error, "width {found_width}, expected {width}");
    }

    #[test]
    fn toys_follow_their_descriptions() {
        let toy = notebook(3);
        assert_eq!((toy.signal.len(), toy.background.len()), (300, 8_000));
        assert_moments(&toy.signal, 50.0, 5.0);
        assert_moments(&toy.background, 40.0, 10.0);
        let toy = exponential_bump(3);
        assert_moments(&toy.signal, 2.0, 0.5);
        assert!(toy.background.column("x").expect("x").iter().all(|x| *x > 0.0));
        let [wide, narrow, tail, rare, overlapping] = metrics(3);
        assert_moments(&wide.background, 10.0, 10.0);
        assert_moments(&wide.signal, 50.0, 10.0);
        assert_moments(&narrow.signal, 30.0, 1.0);
        assert_moments(&tail.signal, 100.0, 100.0);
        assert_moments(&rare.signal, 50.0, 1.0);
        assert_moments(&overlapping.background, 40.0, 10.0);
    }

    #[test]
    fn many_columns_have_their_shifts_and_correlation() {
        let toy = ManyColumns::five().draw(1);
        let columns = ["x1", "x2"].map(|name| toy.signal.column(name).expect("there"));
        let n = toy.signal.len() as f64;
        let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
        let (a, b) = (mean(columns[0]), mean(columns[1]));
        assert!((a - 1.0).abs() < 0.03 && (b + 1.0).abs() < 0.03);
        let products = columns[0].iter().zip(columns[1]).map(|(x, y)| (x - a) * (y - b));
        assert!((products.sum::<f64>() / n - 0.6).abs() < 0.03);
        assert!((toy.signal.total() - 400.0).abs() < 1e-9);
    }

    #[test]
    fn a_seed_gives_the_same_bits_and_another_others() {
        assert_eq!(notebook(5), notebook(5));
        assert_ne!(notebook(5).signal, notebook(6).signal);
        let first = notebook(0).signal.column("x").expect("x")[0];
        assert_eq!(first, 53.564065051917275);
    }
}
