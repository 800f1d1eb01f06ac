//! A grid of counting experiments, for tests.

use std::sync::Mutex;

use serde_json::json;

use super::points::{Grid, GridPoint};
use super::record::PointResult;
use super::run::{Background, GridOptions, run};

/// A bin of 50 expected and 52 observed events.
pub(super) fn background() -> Background {
    let samples = json!([{ "name": "background", "data": [50.0], "modifiers": [] }]);
    let json = json!({
        "version": "1.0.0",
        "channels": [{ "name": "SR", "samples": samples }],
        "observations": [{ "name": "SR", "data": [52.0] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    });
    Background::new(json).expect("a workspace")
}

/// Signals of `10 x + y` events at each point.
pub(super) fn counting_grid(places: &[(f64, f64)]) -> Grid {
    let point = |(i, &(x, y)): (usize, &(f64, f64))| {
        let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
        let signal = json!({ "name": "signal", "data": [10.0 * x + y], "modifiers": mu });
        let patch = json!([{ "op": "add", "path": "/channels/0/samples/0", "value": signal }]);
        GridPoint { name: format!("point{i}"), values: vec![Some(x), Some(y)], patch }
    };
    let points = places.iter().enumerate().map(point).collect();
    Grid { labels: vec!["x".into(), "y".into()], points, digest: "digest".into() }
}

/// The results of all points, in the grid's order.
pub(super) fn results(
    background: &Background,
    grid: &Grid,
    options: &GridOptions,
) -> Vec<PointResult> {
    let points: Vec<_> = grid.points.iter().collect();
    let found = Mutex::new(Vec::new());
    let keep = |result| {
        found.lock().expect("no panic").push(result);
        Ok::<(), ()>(())
    };
    run(background, &points, options, keep).expect("no error");
    let mut found = found.into_inner().expect("no panic");
    found.sort_by_key(|result| grid.points.iter().position(|point| point.name == result.name));
    found
}
