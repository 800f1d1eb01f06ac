//! Figures of observables: panels, lines and gaps for small trainings.

use serde_json::{Value, json};

use super::super::observable::{LossRuns, comparison, contours, histograms, metrics};
use super::super::series::Mark;
use super::*;
use crate::analyses::observable::{
    ObservableModel, ObservableOptions, ObservableProblem, ObservableReport, TemplateFill,
};
use crate::analyses::{Background, NamedSample, ProcessData, ShapeVariation};
use crate::events::toys::{BinningToy, BlobsToy};
use crate::histfactory::Workspace;
use crate::optimize::Persistence;
use crate::optimize::minibatch::MinibatchOptions;

/// Bins of different widths that do not reach the ends.
const EDGES: [f64; 4] = [0.1, 0.5, 0.8, 1.0];

fn toy() -> BinningToy {
    BlobsToy { points: 200, ..BlobsToy::default() }.draw(1)
}

fn options(loss: &str) -> ObservableOptions {
    let (hidden, edges) = (vec![4], EDGES.to_vec());
    let loss = loss.parse().unwrap();
    ObservableOptions { hidden, edges, loss, ..ObservableOptions::default() }
}

fn problem<'a>(
    model: ObservableModel<'a>,
    columns: &[&str],
    loss: &str,
    seed: u64,
) -> ObservableProblem<'a> {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    ObservableProblem::new(model, &columns, options(loss), seed).unwrap()
}

fn blobs<'a>(toy: &'a BinningToy, loss: &str, seed: u64) -> ObservableProblem<'a> {
    let model = ObservableModel::of_processes(&toy.data(true), EDGES.len() - 1).unwrap();
    problem(model, &["x", "y"], loss, seed)
}

fn train(problem: &ObservableProblem) -> ObservableReport {
    problem.train(&MinibatchOptions::new(3, "loss"), Persistence::None, &mut |_| ()).unwrap()
}

/// Two seeds of each of two losses.
fn reports() -> [[ObservableReport; 2]; 2] {
    let toy = toy();
    ["cls", "bce"].map(|loss| [1, 2].map(|seed| train(&blobs(&toy, loss, seed))))
}

fn runs(reports: &[[ObservableReport; 2]; 2]) -> Vec<LossRuns<'_>> {
    let [on_cls, on_entropy] = reports.each_ref().map(|of_loss| of_loss.iter().collect());
    vec![
        LossRuns { label: "on CLs".to_owned(), reports: on_cls },
        LossRuns { label: "on entropy".to_owned(), reports: on_entropy },
    ]
}

fn labels(panel: &Panel) -> Vec<&str> {
    panel.series.iter().map(|series| series.label.as_str()).collect()
}

/// Metrics are drawn in this order: axis, whether it is logarithmic, name of the metric.
const AXES: [(&str, bool, &str); 8] = [
    ("median CLs", true, "cls"),
    ("median p0", true, "p0"),
    ("median upper limit on μ", true, "limit"),
    ("σ of μ", false, "sigma_mu"),
    ("generalised variance", true, "generalised_variance"),
    ("Σ(1 − s)²", false, "constraints"),
    ("Gaussianity", true, "gaussianity"),
    ("binary cross-entropy", false, "bce"),
];

/// Sets a metric at an epoch.
fn spoil(report: &mut ObservableReport, name: &str, epoch: usize, value: f64) {
    let place = report.training.metric_names.iter().position(|known| known == name).unwrap();
    report.training.history[epoch].metrics[place] = value;
}

#[test]
fn metrics_have_a_panel_each_with_a_line_a_band_and_a_point_a_loss() {
    let reports = reports();
    let figure = metrics(&runs(&reports));
    let drawn = svg(&figure);
    assert_eq!(count(&drawn, "no data"), 0);
    assert_eq!(figure.panels.len(), AXES.len());
    for (panel, (label, is_log, name)) in figure.panels.iter().zip(AXES) {
        assert_eq!((panel.x_label.as_str(), panel.y_label.as_str()), ("epoch", label));
        assert_eq!((panel.x_scale, panel.y_scale == Scale::Log), (Scale::Whole, is_log));
        assert_eq!(labels(panel), ["on CLs", "on entropy"].repeat(3), "bands, lines, points");
        let [
            Mark::Band { low, high, .. },
            Mark::Line { x, y },
            Mark::Points { x: at, y: best, .. },
        ] = [0, 2, 4].map(|place| &panel.series[place].mark)
        else {
            panic!("a band, a line and a point")
        };
        assert_eq!(x, &[0.0, 1.0, 2.0, 3.0]);
        let [a, b] = [0, 1].map(|seed| {
            let training = &reports[0][seed].training;
            training.metric(&training.history[2], name).unwrap()
        });
        let mean = if is_log { (a * b).sqrt() } else { a.midpoint(b) };
        assert!((y[2] / mean - 1.0).abs() < 1e-12, "{name}");
        assert!(low[2] < mean && mean < high[2], "{name}");
        let value = |report: &&ObservableReport| report.best_metric("loss").unwrap();
        let of_loss = reports[0].iter();
        let seed = of_loss.min_by(|a, b| value(a).total_cmp(&value(b))).unwrap();
        assert_eq!(at[0], seed.training.best_row().unwrap().epoch as f64);
        assert_eq!(best[0], seed.best_metric(name).unwrap());
    }
    assert_eq!(count(&drawn, ">\non entropy\n"), AXES.len(), "one entry a panel");
}

#[test]
fn metrics_without_a_value_are_gaps() {
    let mut reports = reports();
    spoil(&mut reports[0][0], "cls", 1, f64::NAN);
    spoil(&mut reports[0][1], "cls", 1, 0.0);
    spoil(&mut reports[0][0], "cls", 2, f64::INFINITY);
    let panel = &metrics(&runs(&reports)).panels[0];
    let Mark::Line { y, .. } = &panel.series[2].mark else { panic!("a line") };
    let is_there = |values: &[f64]| values.iter().map(|v| v.is_finite()).collect::<Vec<_>>();
    assert_eq!(is_there(y), [true, false, true, true]);
    let other = &reports[0][1].training;
    assert!((y[2] / other.metric(&other.history[2], "cls").unwrap() - 1.0).abs() < 1e-12);
    let Mark::Band { low, .. } = &panel.series[0].mark else { panic!("a band") };
    assert_eq!(is_there(low), [true, false, false, true], "one seed has no width");
}

#[test]
fn one_seed_has_no_band_and_no_runs_are_no_data() {
    let report = train(&blobs(&toy(), "cls", 1));
    let run = LossRuns { label: "cls".to_owned(), reports: vec![&report] };
    for panel in &metrics(std::slice::from_ref(&run)).panels {
        assert!(matches!(panel.series[0].mark, Mark::Line { .. }));
        assert_eq!(labels(panel), ["cls"; 2]);
    }
    assert_eq!(count(&svg(&metrics(&[])), "no data"), AXES.len());
    assert_eq!(count(&svg(&comparison(&[run])), "no data"), 0);
    let none = LossRuns::default();
    assert_eq!(count(&svg(&metrics(std::slice::from_ref(&none))), "no data"), AXES.len());
    assert_eq!(count(&svg(&comparison(&[none])), "no data"), 1);
}

#[test]
fn losses_are_compared_by_their_p_values() {
    let reports = reports();
    let figure = comparison(&runs(&reports));
    let panel = &figure.panels[0];
    assert_eq!((panel.x_scale, panel.y_scale), (Scale::Log, Scale::Log));
    assert_eq!(labels(panel), ["on CLs", "on entropy"]);
    for (series, of_loss) in panel.series.iter().zip(&reports) {
        let Mark::Points { x, y, .. } = &series.mark else { panic!("points") };
        let values = |name| of_loss.iter().map(|r| r.best_metric(name).unwrap()).collect();
        let (cls, p0): (Vec<f64>, Vec<f64>) = (values("cls"), values("p0"));
        assert_eq!((x, y), (&cls, &p0));
    }
    assert_eq!(elements(&svg(&figure), "circle", Colour::BLUE), 2 + 1, "and the legend's");
}

/// Label, edges and counts of a layer or an outline.
fn histogram(series: &Series) -> (&str, &[f64], &[f64]) {
    match &series.mark {
        Mark::Steps { edges, counts } | Mark::Layer { edges, high: counts, .. } => {
            (&series.label, edges, counts)
        }
        other => panic!("a histogram, not {other:?}"),
    }
}

#[test]
fn histograms_have_true_edges_and_the_events_of_each_source() {
    let toy = toy();
    let problem = blobs(&toy, "cls", 1);
    let best = train(&problem).best.unwrap();
    let figure = histograms(&problem, &best);
    assert!(figure.title.starts_with("Trained on cls, epoch "), "{}", figure.title);
    assert!(figure.title.contains("median CLs ") && figure.title.contains("median p0 "));
    let [linear, log] = &figure.panels[..] else { panic!("two panels") };
    assert_eq!([linear.y_scale, log.y_scale], [Scale::Linear, Scale::Log]);
    for panel in [linear, log] {
        assert_eq!(panel.x_range, Some((0.0, 1.0)));
        let names = problem.model().source_names();
        assert_eq!(names.len(), panel.series.len());
        for series in &panel.series {
            let (label, edges, counts) = histogram(series);
            let source = names.iter().position(|name| *name == label).unwrap();
            let bins = &best.judged.histograms[source];
            assert_eq!(edges, EDGES);
            assert_eq!(counts, bins.iter().map(|bin| bin.sum).collect::<Vec<_>>());
        }
    }
    assert_eq!(count(&svg(&figure), "no data"), 0);
}

/// Two backgrounds, both moved by one systematic.
fn two_backgrounds(toy: &BinningToy) -> ProcessData<'_> {
    let named = |name: &str, sample| NamedSample { name: name.to_owned(), sample };
    let [up, down] = &toy.shifted[0];
    let shape = |name: &str| ShapeVariation { name: name.to_owned(), up, down };
    let background =
        |name, shapes| Background { nominal: named(name, &toy.backgrounds[0]), shapes };
    ProcessData {
        signals: vec![named("signal", &toy.signals[0])],
        backgrounds: vec![
            background("a", vec![shape("scale")]),
            background("b", vec![shape("scale"), shape("tail")]),
        ],
    }
}

#[test]
fn variations_of_one_name_move_all_backgrounds_at_once() {
    let toy = toy();
    let model = ObservableModel::of_processes(&two_backgrounds(&toy), EDGES.len() - 1).unwrap();
    let problem = problem(model, &["x", "y"], "bce", 1);
    let best = train(&problem).best.unwrap();
    let panel = &histograms(&problem, &best).panels[0];
    let expected = ["a", "b", "scale up", "scale down", "b tail up", "b tail down", "signal"];
    assert_eq!(labels(panel), expected);
    let names = problem.model().source_names();
    let counts = |name: &str| {
        let source = names.iter().position(|known| *known == name).unwrap();
        best.judged.histograms[source].iter().map(|bin| bin.sum).collect::<Vec<_>>()
    };
    for (at, parts) in
        [(1, ["a", "b"]), (2, ["a scale up", "b scale up"]), (5, ["a", "b tail down"])]
    {
        let [first, second] = parts.map(counts);
        let sum: Vec<f64> = first.iter().zip(second).map(|(a, b)| a + b).collect();
        assert_eq!(histogram(&panel.series[at]).2, sum, "{parts:?}");
    }
}

/// A workspace with two channels, each with a signal and a background.
fn two_channels() -> Workspace {
    let sample = |name: &str, modifiers: Value| json!({ "name": name, "data": [1.0, 1.0, 1.0], "modifiers": modifiers });
    let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
    let channel = |name: &str| json!({ "name": name, "samples": [sample("s", mu.clone()), sample("b", json!([]))] });
    let observation = |name: &str| json!({ "name": name, "data": [1.0, 1.0, 1.0] });
    let config = json!({ "poi": "mu", "parameters": [] });
    Workspace::from_json(json!({
        "version": "1.0.0",
        "channels": [channel("one"), channel("two")],
        "observations": [observation("one"), observation("two")],
        "measurements": [{ "name": "m", "config": config }],
    }))
    .unwrap()
}

#[test]
fn each_channel_has_its_row() {
    let toy = toy();
    let samples = [("s", &toy.signals[0]), ("b", &toy.backgrounds[0])];
    let fill = |channel: &str, (sample, events): (&str, _)| TemplateFill {
        channel: channel.to_owned(),
        sample: sample.to_owned(),
        events,
        variations: Vec::new(),
    };
    let fills = ["one", "two"].map(|channel| samples.map(|sample| fill(channel, sample)));
    let model = ObservableModel::of_template(two_channels(), &fills.concat()).unwrap();
    let problem = problem(model, &["x"], "bce", 1);
    let best = train(&problem).best.unwrap();
    let panels = histograms(&problem, &best).panels;
    let titles: Vec<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(titles, ["one", "one", "two", "two"]);
    for (panel, channel) in panels.iter().zip(["one", "one", "two", "two"]) {
        assert_eq!(labels(panel), ["b", "s"].map(|sample| format!("{channel}/{sample}")));
    }
    assert_eq!(contours(&problem, &best), None, "one input has no plane");
}

#[test]
fn contours_fill_the_plane_with_bins_under_the_held_out_events() {
    let toy = toy();
    let problem = blobs(&toy, "cls", 1);
    let best = train(&problem).best.unwrap();
    let figure = contours(&problem, &best).unwrap();
    let panel = &figure.panels[0];
    assert_eq!((panel.x_label.as_str(), panel.y_label.as_str()), ("x", "y"));
    let bins = ["score 0.1 to 0.5", "score 0.5 to 0.8", "score 0.8 to 1"];
    assert_eq!(labels(panel), [&bins[..], &problem.model().source_names()].concat());
    let mut covered = vec![0; 160 * 160];
    for series in &panel.series[..3] {
        let Mark::Cells { filled, .. } = &series.mark else { panic!("cells") };
        covered.iter_mut().zip(filled).for_each(|(times, filled)| *times += usize::from(*filled));
    }
    assert!(covered.iter().all(|times| *times == 1), "each cell has one bin");
    for series in &panel.series[3..] {
        let Mark::Points { x, .. } = &series.mark else { panic!("points") };
        assert_eq!(x.len(), 40, "a fifth of 200");
    }
    assert_eq!(count(&svg(&figure), "no data"), 0);
}

#[test]
fn held_out_columns_have_the_scores_of_the_histograms() {
    let toy = toy();
    let problem = blobs(&toy, "cls", 2);
    let best = train(&problem).best.unwrap();
    let totals = [20.0, 100.0, 100.0, 100.0];
    let columns = problem.held_out_columns();
    for ((columns, total), bins) in columns.iter().zip(totals).zip(&best.judged.histograms) {
        let mut found = vec![0.0; bins.len()];
        let scores = best.network.scores(&[&columns[0], &columns[1]]);
        let weight = total / scores.len() as f64;
        for score in scores {
            found[best.network.bin(score).expect("overflow is kept")] += weight;
        }
        for (found, bin) in found.iter().zip(bins) {
            assert!((found - bin.sum).abs() < 1e-9, "{found} {}", bin.sum);
        }
    }
}
