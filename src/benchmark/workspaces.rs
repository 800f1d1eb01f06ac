//! Synthetic workspaces of any size, structured like searches: channels of several bins,
//! backgrounds with systematic uncertainties of rate and shape that all channels share, and
//! simulation statistics.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use serde_json::{Value, json};

use diffhep::histfactory::{Workspace, WorkspaceError};

/// Root of the sum of `s^2 / b` over all bins: the sensitivity of the search without uncertainties.
const SIGNIFICANCE: f64 = 2.5;

/// The size of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WorkspaceShape {
    pub(super) channels: usize,
    /// Number of bins in each channel.
    pub(super) bins: usize,
    pub(super) backgrounds: usize,
    /// Number of `histosys` of every background; all backgrounds share the parameters.
    pub(super) shapes: usize,
    /// Number of `normsys` of every background; all backgrounds share the parameters, and the
    /// signal has the first.
    pub(super) norms: usize,
    /// Whether each background has a `staterror` in each channel.
    pub(super) simulation: bool,
}

impl WorkspaceShape {
    /// About 10, 1,000 and 10,000 numbers.
    pub(super) const SIZES: [(&'static str, Self); 3] = [
        (
            "10",
            Self { channels: 1, bins: 1, backgrounds: 1, shapes: 0, norms: 1, simulation: false },
        ),
        (
            "1,000",
            Self { channels: 3, bins: 8, backgrounds: 3, shapes: 4, norms: 3, simulation: true },
        ),
        (
            "10,000",
            Self { channels: 8, bins: 10, backgrounds: 5, shapes: 9, norms: 10, simulation: true },
        ),
    ];

    /// A workspace of this shape, with observations at a given signal strength.
    pub(super) fn workspace(
        &self,
        strength: f64,
        rng: &mut impl Rng,
    ) -> Result<Workspace, WorkspaceError> {
        let (mut channels, mut observations) = (Vec::new(), Vec::new());
        for c in 0..self.channels {
            let name = format!("channel_{c}");
            let backgrounds: Vec<Vec<f64>> =
                (0..self.backgrounds).map(|i| self.falling(i, rng)).collect();
            let total: Vec<f64> = (0..self.bins)
                .map(|k| backgrounds.iter().map(|background| background[k]).sum())
                .collect();
            let signal = self.signal(&total);
            let expected: Vec<f64> =
                total.iter().zip(&signal).map(|(b, s)| b + strength * s).collect();
            let mut samples = vec![signal_sample(&signal)];
            for (i, nominal) in backgrounds.iter().enumerate() {
                let name = format!("background_{i}");
                let modifiers = self.uncertainties(c, nominal, rng);
                samples.push(json!({ "name": name, "data": nominal, "modifiers": modifiers }));
            }
            observations.push(json!({ "name": name, "data": observed(&expected, rng) }));
            channels.push(json!({ "name": name, "samples": samples }));
        }
        let parameters = json!([{ "name": "mu", "inits": [1.0], "bounds": [[0.0, 10.0]] }]);
        let config = json!({ "poi": "mu", "parameters": parameters });
        Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": channels,
            "observations": observations,
            "measurements": [{ "name": "synthetic", "config": config }],
        }))
    }

    /// The yields of a background, which fall from bin to bin.
    fn falling(&self, i: usize, rng: &mut impl Rng) -> Vec<f64> {
        let size = 120.0 * uniform(rng, 0.6, 1.4) / (1.0 + i as f64);
        let slope = 2.5 / self.bins as f64;
        (0..self.bins).map(|k| size * (-slope * k as f64).exp()).collect()
    }

    /// A bump two thirds of the way up, the same in all channels.
    fn signal(&self, background: &[f64]) -> Vec<f64> {
        let (centre, width) = (0.67 * self.bins as f64, 0.15 * self.bins as f64);
        let bump = |k: usize| (-0.5 * ((k as f64 + 0.5 - centre) / width).powi(2)).exp();
        let bumps: Vec<f64> = (0..self.bins).map(bump).collect();
        let norm = bumps.iter().map(|bump| bump * bump).sum::<f64>().sqrt();
        let share = SIGNIFICANCE / (norm * (self.channels as f64).sqrt());
        bumps.iter().zip(background).map(|(bump, b)| share * bump * b.sqrt()).collect()
    }

    fn uncertainties(&self, channel: usize, nominal: &[f64], rng: &mut impl Rng) -> Vec<Value> {
        let mut modifiers = Vec::new();
        for j in 0..self.norms {
            let size = uniform(rng, 0.01, 0.08);
            let data = json!({ "lo": 1.0 / (1.0 + size), "hi": 1.0 + 1.1 * size });
            modifiers.push(json!({ "name": format!("rate_{j}"), "type": "normsys", "data": data }));
        }
        for j in 0..self.shapes {
            // A tilt, plus a smaller random shift of each bin.
            let tilt = uniform(rng, -0.08, 0.08);
            let shifted: Vec<(f64, f64)> = nominal
                .iter()
                .enumerate()
                .map(|(k, n)| {
                    let place = (k as f64 + 0.5) / nominal.len() as f64 - 0.5;
                    let up = tilt * place + uniform(rng, -0.01, 0.01);
                    (n * (1.0 - 0.9 * up), n * (1.0 + up))
                })
                .collect();
            let (lo, hi): (Vec<f64>, Vec<f64>) = shifted.into_iter().unzip();
            let data = json!({ "lo_data": lo, "hi_data": hi });
            modifiers
                .push(json!({ "name": format!("shape_{j}"), "type": "histosys", "data": data }));
        }
        if self.simulation {
            let data: Vec<f64> = nominal.iter().map(|n| n * uniform(rng, 0.02, 0.08)).collect();
            let name = format!("simulation_{channel}");
            modifiers.push(json!({ "name": name, "type": "staterror", "data": data }));
        }
        modifiers
    }
}

fn signal_sample(nominal: &[f64]) -> Value {
    let rate = json!({ "lo": 0.95, "hi": 1.06 });
    let modifiers = json!([
        { "name": "mu", "type": "normfactor", "data": null },
        { "name": "rate_0", "type": "normsys", "data": rate },
    ]);
    json!({ "name": "signal", "data": nominal, "modifiers": modifiers })
}

fn uniform(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Integer counts around the expected ones.
fn observed(expected: &[f64], rng: &mut impl Rng) -> Vec<f64> {
    let mut count = |b: &f64| {
        let noise: f64 = StandardNormal.sample(rng);
        (b + b.sqrt() * noise).max(0.0).round()
    };
    expected.iter().map(&mut count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep::histfactory::WorkspaceModel;
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    #[test]
    fn workspaces_have_about_the_numbers_that_their_names_say() {
        for (name, shape) in WorkspaceShape::SIZES {
            let workspace =
                shape.workspace(0.0, &mut ChaCha12Rng::seed_from_u64(1)).expect("sound");
            let inputs = workspace.inputs(&workspace.model().expect("a model")).values.len();
            let named: f64 = name.replace(',', "").parse().expect("a number");
            let ratio = inputs as f64 / named;
            assert!((0.8..1.5).contains(&ratio), "{name}: {inputs} inputs");
        }
    }
}
