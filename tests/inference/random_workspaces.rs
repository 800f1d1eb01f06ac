//! Small random workspaces with every type of modifier, names that are shared between types,
//! samples and channels, and data that fluctuate: likelihoods with several minima are common.

use diffhep::histfactory::{Model, Workspace, WorkspaceModel};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal, Poisson};
use serde_json::{Value, json};

/// A workspace's model with fluctuated data.
pub struct Case {
    pub model: Model,
    pub data: Vec<f64>,
}

fn normal(rng: &mut impl Rng, mean: f64, width: f64) -> f64 {
    Normal::new(mean, width).expect("a width above 0").sample(rng)
}

/// Up and down variations of yields: even, one-sided or opposite, by up to a third.
fn variations(rng: &mut impl Rng, yields: &[f64]) -> Value {
    let size = 0.15 * rng.random::<f64>();
    let evenness = [0.0, 0.0, 1.0, 0.5][rng.random_range(0..4)];
    let mut side = |sign: f64| -> Vec<f64> {
        let shift = |y: &f64| {
            let odd = sign * normal(rng, 0.0, size);
            let even = normal(rng, 0.0, size);
            (y * (1.0 + (1.0 - evenness) * odd + evenness * even)).max(0.05 * y)
        };
        yields.iter().map(shift).collect()
    };
    json!({ "hi_data": side(1.0), "lo_data": side(-1.0) })
}

fn norm(rng: &mut impl Rng) -> Value {
    let size = 0.3 * rng.random::<f64>();
    let hi = 1.0 + size;
    let lo = match rng.random_range(0..4) {
        0 => 1.0 + 0.5 * size,
        1 => 1.0,
        _ => 1.0 / hi,
    };
    json!({ "hi": hi, "lo": lo })
}

fn sample(rng: &mut impl Rng, channel: usize, index: usize, bins: usize) -> Value {
    let scale = [20.0, 5.0, 200.0][index] * (0.5 + rng.random::<f64>());
    let data: Vec<f64> = (0..bins).map(|_| scale * (0.7 + 0.6 * rng.random::<f64>())).collect();
    let mut modifiers = Vec::new();
    if index == 0 {
        modifiers.push(json!({ "name": "mu", "type": "normfactor", "data": null }));
    }
    for name in ["a", "b", "c", "d", "e"] {
        if rng.random_bool(0.3) {
            modifiers.push(json!({ "name": name, "type": "normsys", "data": norm(rng) }));
        }
        if rng.random_bool(0.3) {
            let data = variations(rng, &data);
            modifiers.push(json!({ "name": name, "type": "histosys", "data": data }));
        }
    }
    let mut relative = |largest: f64| -> Vec<f64> {
        data.iter().map(|y| y * (0.02 + largest * rng.random::<f64>())).collect()
    };
    let (stat, shape) = (relative(0.3), relative(0.4));
    if index > 0 && rng.random_bool(0.5) {
        let name = format!("stat_{channel}");
        modifiers.push(json!({ "name": name, "type": "staterror", "data": stat }));
    }
    if index > 0 && rng.random_bool(0.2) {
        let name = format!("shape_{channel}_{index}");
        modifiers.push(json!({ "name": name, "type": "shapesys", "data": shape }));
    }
    if rng.random_bool(0.2) {
        modifiers.push(json!({ "name": "lumi", "type": "lumi", "data": null }));
    }
    if index == 2 && rng.random_bool(0.2) {
        modifiers.push(json!({ "name": "scale", "type": "normfactor", "data": null }));
    }
    if index == 1 && rng.random_bool(0.1) {
        let name = format!("free_{channel}");
        modifiers.push(json!({ "name": name, "type": "shapefactor", "data": null }));
    }
    json!({ "name": format!("s{index}"), "data": data, "modifiers": modifiers })
}

/// The case of a seed.
pub fn case(seed: u64) -> Case {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let channels: Vec<Value> = (0..rng.random_range(1..=2))
        .map(|channel| {
            let (bins, samples) = (rng.random_range(1..=4), rng.random_range(2..=3));
            let samples: Vec<Value> =
                (0..samples).map(|index| sample(rng, channel, index, bins)).collect();
            json!({ "name": format!("c{channel}"), "samples": samples })
        })
        .collect();
    let zeros =
        |channel: &Value| vec![0.0; channel["samples"][0]["data"].as_array().map_or(0, Vec::len)];
    let observations: Vec<Value> = channels
        .iter()
        .map(|channel| json!({ "name": channel["name"], "data": zeros(channel) }))
        .collect();
    let lumi = json!({ "name": "lumi", "auxdata": [1.0], "sigmas": [0.02], "bounds": [[0.5, 1.5]],
                       "inits": [1.0] });
    let mut json = json!({
        "version": "1.0.0", "channels": channels, "observations": observations,
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [lumi] } }],
    });
    let read = |json: &Value| Workspace::from_json(json.clone()).expect("a valid workspace");
    let model = read(&json).model().expect("a valid model");
    let mut truth = model.suggested_init().to_vec();
    truth[model.poi_index()] = 2.0 * rng.random::<f64>();
    let expected = model.expected_data(&truth).expect("rates");
    for (i, channel) in model.channels().iter().enumerate() {
        // Counts beyond what the nuisance parameters expect, so that some are pulled far.
        let count = |rate: f64| {
            let rate = rate * normal(rng, 1.0, 0.15).max(0.3);
            Poisson::new(rate).expect("a rate above 0").sample(rng)
        };
        let counts: Vec<f64> = expected[channel.bins.clone()].iter().copied().map(count).collect();
        json["observations"][i]["data"] = json!(counts);
    }
    let workspace = read(&json);
    let model = workspace.model().expect("a valid model");
    let data = workspace.data(&model);
    Case { model, data }
}

/// Starting points spread over the bounds' inner part and two widths of the constraints.
pub fn starts(case: &Case, seed: u64, count: usize) -> Vec<Vec<f64>> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let (inits, bounds) = (case.model.suggested_init(), case.model.suggested_bounds());
    let one = |_| {
        let value = |(x, (lower, upper)): (&f64, &(f64, f64))| {
            let spread = if *lower < 0.0 { 1.5 } else { 0.3 };
            (x + spread * normal(rng, 0.0, 1.0)).clamp(lower + 1e-6, upper - 1e-6)
        };
        inits.iter().zip(bounds).map(value).collect()
    };
    (0..count).map(one).collect()
}
