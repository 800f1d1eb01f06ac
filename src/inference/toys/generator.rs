//! Draws data sets at a point of a model.
//!
//! A count `n` of a bin is Poisson with its rate, an auxiliary datum Normal around its parameter
//! with the constraint's width, or Poisson with rate `tau gamma`: the likelihood's own densities,
//! as pyhf's `Model.make_pdf(...).sample` draws them, those of fixed parameters included.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Normal, Poisson};

use super::error::ToyError;
use super::record::Hypothesis;
use crate::histfactory::{ConstraintKind, Model};

/// One datum's distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Datum {
    /// A count of a bin where nothing is expected, which is always 0.
    Nothing,
    Count(Poisson<f64>),
    Measurement(Normal<f64>),
}

/// The distribution of a model's data at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct ToyGenerator {
    data: Vec<Datum>,
}

fn count(rate: f64) -> Result<Datum, ToyError> {
    if rate == 0.0 {
        return Ok(Datum::Nothing);
    }
    Poisson::new(rate).map(Datum::Count).map_err(|_| ToyError::Rate { rate })
}

impl ToyGenerator {
    /// The distribution of a model at the given parameters.
    ///
    /// # Errors
    /// [`ToyError::Domain`] where the rates are not defined there, [`ToyError::Rate`] where one is
    /// too large to draw from.
    pub fn new(model: &Model, parameters: &[f64]) -> Result<Self, ToyError> {
        let expected = model.expected_data(parameters)?;
        let mut data = Vec::with_capacity(expected.len());
        for rate in &expected[..model.n_bins()] {
            data.push(count(*rate)?);
        }
        for (_, kind, width, datum) in model.constraints() {
            data.push(match kind {
                ConstraintKind::Poisson => count(expected[datum])?,
                ConstraintKind::Normal => {
                    let normal = Normal::new(expected[datum], width);
                    Datum::Measurement(normal.expect("widths are finite and above 0"))
                }
            });
        }
        Ok(Self { data })
    }

    /// Draws toy number `toy` of a hypothesis: bins, then auxiliary data.
    pub fn draw(&self, seed: u64, toy: u64, hypothesis: Hypothesis) -> Vec<f64> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(hypothesis.stream(toy));
        let draw = |datum: &Datum| match datum {
            Datum::Nothing => 0.0,
            Datum::Count(poisson) => poisson.sample(&mut generator),
            Datum::Measurement(normal) => normal.sample(&mut generator),
        };
        self.data.iter().map(draw).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histfactory::Workspace;
    use crate::histfactory::WorkspaceModel;
    use serde_json::json;

    const TOYS: u64 = 20_000;

    /// Bins of the given rates, a parameter with a Normal constraint, and two with Poisson ones.
    fn model(rates: &[f64]) -> Model {
        let tenth: Vec<f64> = rates.iter().map(|rate| 0.1 * rate).collect();
        let workspace = json!({
            "channels": [{ "name": "region", "samples": [
                { "name": "signal", "data": vec![0.0; rates.len()], "modifiers": [
                    { "name": "mu", "type": "normfactor", "data": null }]},
                { "name": "background", "data": rates, "modifiers": [
                    { "name": "control", "type": "shapesys", "data": tenth },
                    { "name": "statistics", "type": "staterror", "data": tenth }]},
            ]}],
            "observations": [{ "name": "region", "data": rates }],
            "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
            "version": "1.0.0",
        });
        Workspace::from_json(workspace).expect("valid").model().expect("a model")
    }

    /// Mean and variance of each datum.
    fn moments(generator: &ToyGenerator, seed: u64) -> Vec<(f64, f64)> {
        let draws: Vec<Vec<f64>> =
            (0..TOYS).map(|toy| generator.draw(seed, toy, Hypothesis::Signal)).collect();
        let n = TOYS as f64;
        let moment = |datum: usize| {
            let mean = draws.iter().map(|draw| draw[datum]).sum::<f64>() / n;
            let squares = draws.iter().map(|draw| (draw[datum] - mean).powi(2)).sum::<f64>();
            (mean, squares / (n - 1.0))
        };
        (0..draws[0].len()).map(moment).collect()
    }

    #[test]
    fn counts_and_auxiliary_data_have_their_means_and_variances() {
        // The rates use both algorithms, since small and large Poisson rates are drawn differently.
        let rates = [0.3, 4.0, 11.9, 12.1, 150.0, 1e6];
        let model = model(&rates);
        let generator = ToyGenerator::new(&model, model.suggested_init()).expect("a generator");
        let found = moments(&generator, 3);
        let n = TOYS as f64;
        let constraints = rates.len()..model.n_data();
        assert_eq!((found.len(), constraints.len()), (18, 12));
        let expected = model.expected_data(model.suggested_init()).expect("a point");
        let variance = |datum: usize| {
            let constraint = model.constraints().find(|(.., index)| *index == datum);
            match constraint {
                Some((_, ConstraintKind::Normal, width, _)) => (width * width, 0.0),
                _ => (expected[datum], expected[datum]),
            }
        };
        for (datum, (mean, spread)) in found.iter().enumerate() {
            let (variance, fourth_excess) = variance(datum);
            let pull = (mean - expected[datum]) / (variance / n).sqrt();
            assert!(pull.abs() < 4.0, "mean of datum {datum}: {mean}, pull {pull}");
            // Variance of the sample variance: (fourth central moment - variance squared) / n.
            let error = ((2.0 * variance * variance + fourth_excess) / n).sqrt();
            let pull = (spread - variance) / error;
            assert!(pull.abs() < 4.0, "variance of datum {datum}: {spread}, pull {pull}");
        }
    }

    #[test]
    fn a_toy_depends_on_seed_number_and_hypothesis_alone() {
        let model = model(&[4.0, 30.0]);
        let generator = ToyGenerator::new(&model, model.suggested_init()).expect("a generator");
        let draw = |seed, toy, hypothesis| generator.draw(seed, toy, hypothesis);
        let first = draw(1, 7, Hypothesis::Signal);
        assert_eq!(first, draw(1, 7, Hypothesis::Signal));
        let others = [
            draw(2, 7, Hypothesis::Signal),
            draw(1, 8, Hypothesis::Signal),
            draw(1, 7, Hypothesis::Background),
            draw(1, 7, Hypothesis::BestFit),
        ];
        assert!(others.iter().all(|other| *other != first));
    }

    #[test]
    fn hypotheses_are_not_correlated() {
        let model = model(&[40.0]);
        let generator = ToyGenerator::new(&model, model.suggested_init()).expect("a generator");
        let count = |toy, hypothesis| generator.draw(0, toy, hypothesis)[0] - 40.0;
        let products = (0..TOYS)
            .map(|toy| count(toy, Hypothesis::Signal) * count(toy, Hypothesis::Background));
        let correlation = products.sum::<f64>() / TOYS as f64 / 40.0;
        assert!(correlation.abs() < 4.0 / (TOYS as f64).sqrt(), "{correlation}");
    }

    #[test]
    fn a_bin_without_expected_events_stays_empty_and_one_with_too_many_is_refused() {
        let model = model(&[0.0, 1e19, 5.0]);
        let generator = ToyGenerator::new(&model, model.suggested_init()).expect("a generator");
        assert_eq!(generator.draw(0, 0, Hypothesis::Signal)[0], 0.0);
        let model = super::tests::model(&[1e20]);
        let error = ToyGenerator::new(&model, model.suggested_init()).expect_err("too many");
        assert!(matches!(error, ToyError::Rate { rate } if rate == 1e20), "{error}");
    }
}
