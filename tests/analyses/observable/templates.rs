//! Workspaces as templates, with some of their samples populated with histograms of scores.

use diffhep::analyses::ShapeVariation;
use diffhep::analyses::observable::{
    ObservableModel, ObservableOptions, ObservableProblem, TemplateFill,
};
use diffhep::events::toys::{BinningToy, BlobsToy};
use diffhep::histfactory::Workspace;
use diffhep::optimize::minibatch::MinibatchOptions;
use diffhep::optimize::{Persistence, Schedule};
use serde_json::{Value, json};

/// A signal region of three bins that events populate, next to a background that they do not, and a
/// control region that stays unchanged.
fn template() -> Value {
    let sample = |name: &str, data: [f64; 3], modifiers: Value| json!({ "name": name, "data": data, "modifiers": modifiers });
    let mu = json!([
        { "name": "mu", "type": "normfactor", "data": null },
        { "name": "luminosity", "type": "normsys", "data": { "lo": 0.98, "hi": 1.02 } },
    ]);
    let filled = json!([
        { "name": "scale", "type": "histosys", "data": { "lo_data": [1, 1, 1], "hi_data": [1, 1, 1] } },
        { "name": "norm", "type": "normfactor", "data": null },
    ]);
    let other =
        json!([{ "name": "luminosity", "type": "normsys", "data": { "lo": 0.98, "hi": 1.02 } }]);
    let control = json!([{ "name": "norm", "type": "normfactor", "data": null }]);
    json!({
        "version": "1.0.0",
        "channels": [
            { "name": "SR", "samples": [
                sample("signal", [1.0; 3], mu),
                sample("blob", [1.0; 3], filled),
                sample("other", [4.0, 3.0, 1.5], other),
            ] },
            { "name": "CR", "samples": [{ "name": "blob", "data": [250.0], "modifiers": control }] },
        ],
        "observations": [{ "name": "SR", "data": [50, 40, 30] }, { "name": "CR", "data": [240] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    })
}

fn model(toy: &BinningToy, channel: &str) -> Result<ObservableModel<'static>, String> {
    let toy = Box::leak(Box::new(toy.clone()));
    let [up, down] = &toy.shifted[0];
    let fill = |sample: &str, events, variations| TemplateFill {
        channel: channel.to_owned(),
        sample: sample.to_owned(),
        events,
        variations,
    };
    let fills = [
        fill("signal", &toy.signals[0], Vec::new()),
        fill(
            "blob",
            &toy.backgrounds[0],
            vec![ShapeVariation { name: "scale".to_owned(), up, down }],
        ),
    ];
    let workspace = Workspace::from_json(template()).expect("a workspace");
    ObservableModel::of_template(workspace, &fills).map_err(|error| error.to_string())
}

fn options() -> ObservableOptions {
    ObservableOptions {
        hidden: vec![12, 12],
        edges: vec![0.0, 0.4, 0.7, 1.0],
        loss: "ln-cls + 0.2*sigma-mu".parse().expect("a loss"),
        batch_size: 300,
        ..ObservableOptions::default()
    }
}

fn columns() -> [String; 2] {
    ["x".to_owned(), "y".to_owned()]
}

#[test]
fn training_improves_a_template_and_leaves_the_rest_of_it_alone() {
    let toy = BlobsToy { points: 600, ..BlobsToy::default() }.draw(2);
    let model = model(&toy, "SR").expect("a model");
    let names = ["signal", "blob", "blob scale up", "blob scale down"];
    assert_eq!(model.source_names(), names);
    let problem = ObservableProblem::new(model, &columns(), options(), 1).expect("sound");
    let learning_rate = Schedule::Constant { value: 0.01 };
    let training = MinibatchOptions { learning_rate, ..MinibatchOptions::new(20, "loss") };
    let report = problem.train(&training, Persistence::None, &mut |_| ()).expect("a report");
    let start = report.training.history[0].metrics[0];
    assert!(report.best_metric("loss").expect("a best epoch") < start - 0.5);
    let best = report.best.as_ref().expect("a best epoch");
    let filled = problem.filled(&best.judged.histograms).expect("a workspace");
    let (before, after) = (template(), filled.json());
    assert_eq!(after["channels"][1], before["channels"][1]);
    assert_eq!(after["channels"][0]["samples"][2], before["channels"][0]["samples"][2]);
    // Only one background is populated in the region, so it receives the whole floor.
    let found = after["channels"][0]["samples"][1]["data"][0].as_f64().expect("a number");
    assert!((found - best.judged.histograms[1][0].sum - 0.01).abs() < 1e-12);
    // The observations are the expected backgrounds, in all regions.
    assert_eq!(after["observations"][1]["data"][0], json!(250.0));
    let again = Workspace::from_json(after.clone()).expect("a workspace that can be read");
    assert_eq!(&again, &filled);
}

#[test]
fn a_gradient_reaches_the_weights_through_any_template() {
    let toy = BlobsToy { points: 300, ..BlobsToy::default() }.draw(2);
    let problem =
        ObservableProblem::new(model(&toy, "SR").expect("a model"), &columns(), options(), 1)
            .expect("sound");
    let at = problem.start();
    let loss = |parameters: &[f64]| {
        problem.step((0, 0), parameters, &mut problem.scratch()).expect("a step").loss
    };
    let found = problem.step((0, 0), &at, &mut problem.scratch()).expect("a step").parameters;
    let size = found.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
    for p in (0..at.len()).step_by(9) {
        let central = |h: f64| {
            let moved = |h: f64| {
                let mut parameters = at.clone();
                parameters[p] += h;
                loss(&parameters)
            };
            (moved(h) - moved(-h)) / (2.0 * h)
        };
        let expected = (4.0 * central(5e-6) - central(1e-5)) / 3.0;
        let distance = (found[p] - expected).abs();
        assert!(distance < 1e-5 * expected.abs().max(0.01 * size), "{p}: {} {expected}", found[p]);
    }
}

#[test]
fn templates_that_do_not_fit_are_refused_with_what_there_is() {
    let toy = BlobsToy { points: 60, ..BlobsToy::default() }.draw(2);
    let found = model(&toy, "VR").expect_err("no such channel");
    assert!(found.contains("no channel named 'VR'") && found.contains("SR, CR"), "{found}");
    let found = model(&toy, "CR").expect_err("no such sample");
    assert!(found.contains("no sample named 'signal'") && found.contains("blob"), "{found}");
    let four = ObservableOptions { edges: vec![0.0, 0.2, 0.4, 0.7, 1.0], ..options() };
    let problem = ObservableProblem::new(model(&toy, "SR").expect("a model"), &columns(), four, 1);
    let found = problem.map(|_| ()).expect_err("bins").to_string();
    assert!(found.contains("has 3 bins and the histograms have 4"), "{found}");
}

#[test]
fn variations_of_a_signal_are_signal() {
    let toy = BlobsToy { points: 200, ..BlobsToy::default() }.draw(2);
    let mut json = template();
    json["channels"][0]["samples"][0]["modifiers"][1] = json!({
        "name": "scale", "type": "histosys",
        "data": { "lo_data": [1, 1, 1], "hi_data": [1, 1, 1] },
    });
    let [up, down] = &toy.shifted[0];
    let fill = |sample: &str, events, up, down| TemplateFill {
        channel: "SR".to_owned(),
        sample: sample.to_owned(),
        events,
        variations: vec![ShapeVariation { name: "scale".to_owned(), up, down }],
    };
    let signal = &toy.signals[0];
    let fills =
        [fill("signal", signal, signal, signal), fill("blob", &toy.backgrounds[0], up, down)];
    let workspace = Workspace::from_json(json).expect("a workspace");
    let model = ObservableModel::of_template(workspace, &fills).expect("a model");
    let options = ObservableOptions { background_floor: 0.5, ..options() };
    let problem = ObservableProblem::new(model, &columns(), options, 1).expect("sound");
    let judged = problem.judge(&problem.start()).expect("judged");
    let filled = problem.filled(&judged.histograms).expect("a workspace");
    let sample = &filled.json()["channels"][0]["samples"][0];
    // The signal does not vary, so only the background receives the floor.
    assert_eq!(sample["modifiers"][1]["data"]["hi_data"], sample["data"]);
    // Variations equal to their nominal add two more classes of the same events, without moving any
    // score to the other side.
    let metric = |name: &str| {
        let place = problem.metric_names().iter().position(|known| known == name);
        judged.metrics[place.expect("a metric")]
    };
    assert!(metric("bce_augmented").is_finite() && metric("bce").is_finite());
    let twice = [fills[0].clone(), fills[0].clone(), fills[1].clone()];
    let workspace = Workspace::from_json(filled.json().clone()).expect("a workspace");
    let found = ObservableModel::of_template(workspace.clone(), &twice).expect_err("twice");
    assert!(found.to_string().contains("SR/signal"), "{found}");
    let mut bare = fills.clone();
    bare[1].variations.clear();
    let found = ObservableModel::of_template(workspace, &bare).expect_err("unfilled").to_string();
    assert!(found.contains("its histosys scale is not"), "{found}");
}
