//! Signal grids: the one that ATLAS published, with the command, and one whose contour is known.

use std::path::{Path, PathBuf};
use std::process::Command;

use diffhep::analyses::grid::{
    Background, Contours, Grid, GridOptions, GridPoint, PointNumbers, PointResult, contours, run,
};
use serde_json::{Value, json};
use statrs::distribution::{ContinuousCDF, Normal};

use super::common::{REGION_A, assert_all_relative, assert_relative, likelihoods};

/// An empty folder for one test.
fn scratch(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grid").join(test);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("a folder of an earlier run");
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The published background-only workspace, and the folder of its signals' patches, within
/// `folder`.
fn published(folder: &Path) -> (PathBuf, PathBuf) {
    let likelihoods = likelihoods();
    let status = Command::new("tar")
        .arg("-xzf")
        .arg(likelihoods.join(format!("{REGION_A}.signal-grid.tar.gz")))
        .arg("-C")
        .arg(folder)
        .status();
    assert!(status.expect("tar runs").success());
    (likelihoods.join(format!("{REGION_A}.json")), folder.join("signal-grid"))
}

fn grid_command(folder: &Path, (background, patches): &(PathBuf, PathBuf)) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diffhep"));
    command.current_dir(folder).arg("grid").arg(background).arg("--patches").arg(patches);
    command
}

/// The lines of a file after its first, sorted.
fn lines(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(name)).expect("a file");
    let mut lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    lines
}

fn point(lines: &[String], name: &str) -> PointNumbers {
    let results = lines.iter().map(|line| serde_json::from_str(line).expect("a point"));
    let found: Vec<PointResult> =
        results.filter(|result: &PointResult| result.name == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0].numbers().expect("numbers").clone()
}

/// CLs of two points, by pyhf's own regression tests; to more digits in `published.rs`.
const PINNED: [(&str, f64, [f64; 5]); 2] = [
    (
        "patch.sbottom_1300_205_60",
        0.24443696874783974,
        [
            0.09022628601543467,
            0.1937857532058577,
            0.38432573904356615,
            0.6557777033341983,
            0.8910430003699213,
        ],
    ),
    (
        "patch.sbottom_1400_950_60",
        0.021373265139955782,
        [
            0.002644694728369382,
            0.013976702686059455,
            0.06497296653953696,
            0.2364446597025824,
            0.5744838740189799,
        ],
    ),
];

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn the_published_grid_is_done_whole_whatever_the_threads() {
    let folder = scratch("published");
    let files = published(&folder);
    for threads in ["1", "2"] {
        let output = grid_command(&folder, &files)
            .args(["--threads", threads, "--output", &format!("{threads}.jsonl")])
            .args(["--where", "2=60", "--figure", &format!("{threads}.svg")])
            .args(["--contours", &format!("{threads}.yaml")])
            .output()
            .expect("the program runs");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(stderr.contains("217 points") && stderr.contains("0 of them failed"), "{stderr}");
        let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((&summary["points"], &summary["resumed"]), (&json!(217), &json!(0)));
        assert_eq!(summary["failed"], json!([]));
        // There are few simulated events, and their statistical uncertainty grows with the signal
        // strength, as the yields do.
        assert_eq!(summary["without_limit"], json!(["patch.sbottom_700_680_550"]));
        let excluded = |key: &str| summary[key].as_array().expect("a list").len();
        assert!((20..200).contains(&excluded("excluded_obs")), "{summary}");
        assert!((20..200).contains(&excluded("excluded_exp")), "{summary}");
    }
    let found = lines(&folder, "1.jsonl");
    assert_eq!(found.len(), 217);
    assert_eq!(found, lines(&folder, "2.jsonl"));
    for kind in ["svg", "yaml"] {
        let [one, two] =
            ["1", "2"].map(|threads| std::fs::read(folder.join(format!("{threads}.{kind}"))));
        assert_eq!(one.expect("a file"), two.expect("a file"), "{kind}");
    }
    for (name, observed, expected) in PINNED {
        let numbers = point(&found, name);
        assert_relative(name, numbers.cls_obs, observed, 1e-5);
        assert_all_relative(name, &numbers.cls_exp, &expected, 1e-5);
        // CLs decreases with the signal strength, so a limit above 1 means CLs above 0.05.
        let limit = numbers.limit_obs.expect("a limit");
        assert_eq!(limit > 1.0, observed > 0.05, "{name}: {limit}");
    }
}

#[cfg(unix)]
#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn a_killed_run_goes_on_to_the_same_lines() {
    let folder = scratch("killed");
    let files = published(&folder);
    let cls = ["--no-limits", "--output"];
    let whole = grid_command(&folder, &files).args(cls).arg("whole.jsonl").output();
    assert!(whole.expect("the program runs").status.success());
    let mut child = grid_command(&folder, &files)
        .args(cls)
        .args(["killed.jsonl", "--threads", "1"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let size = || std::fs::metadata(folder.join("killed.jsonl")).map_or(0, |data| data.len());
    let start = std::time::Instant::now();
    while size() < 10_000 {
        assert!(start.elapsed().as_secs() < 60, "no lines came");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("a signal");
    assert_eq!(child.wait().expect("an end").code(), None, "it ended before the signal");
    let half = lines(&folder, "killed.jsonl").len();
    assert!((10..217).contains(&half), "{half}");
    // Also the remains of an interrupted write.
    let file = std::fs::OpenOptions::new().append(true).open(folder.join("killed.jsonl"));
    std::io::Write::write_all(&mut file.expect("a file"), b"{\"name\":\"patch.sbo").expect("room");
    let output = grid_command(&folder, &files).args(cls).arg("killed.jsonl").output();
    let output = output.expect("the program runs");
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(summary["resumed"].as_u64().is_some_and(|resumed| resumed >= half as u64 - 1));
    assert_eq!(lines(&folder, "killed.jsonl"), lines(&folder, "whole.jsonl"));
}

const BACKGROUND: f64 = 50.0;
const OBSERVED: f64 = 54.0;

/// A counting experiment without nuisance parameters, with a number of signal events at each point.
fn counting(signals: impl Fn(f64, f64) -> f64, places: &[[f64; 2]]) -> (Background, Grid) {
    let samples = json!([{ "name": "background", "data": [BACKGROUND], "modifiers": [] }]);
    let background = Background::new(json!({
        "version": "1.0.0",
        "channels": [{ "name": "SR", "samples": samples }],
        "observations": [{ "name": "SR", "data": [OBSERVED] }],
        "measurements": [{ "name": "m", "config": { "poi": "mu", "parameters": [] } }],
    }));
    let mu = json!([{ "name": "mu", "type": "normfactor", "data": null }]);
    let point = |&[x, y]: &[f64; 2]| {
        let signal = json!({ "name": "signal", "data": [signals(x, y)], "modifiers": mu });
        GridPoint {
            name: format!("{x} {y}"),
            values: vec![Some(x), Some(y)],
            patch: json!([{ "op": "add", "path": "/channels/0/samples/-", "value": signal }]),
        }
    };
    let labels = vec!["x".to_owned(), "y".to_owned()];
    let points = places.iter().map(point).collect();
    (background.expect("a workspace"), Grid { labels, points, digest: String::new() })
}

fn contours_of((background, grid): &(Background, Grid), options: &GridOptions) -> Contours {
    let found = std::sync::Mutex::new(vec![None; grid.points.len()]);
    let keep = |result: PointResult| {
        let place = grid.points.iter().position(|point| point.name == result.name);
        found.lock().expect("no panic")[place.expect("a point")] = Some(result);
        Ok::<(), ()>(())
    };
    run(background, &grid.points.iter().collect::<Vec<_>>(), options, keep).expect("no error");
    let found = found.into_inner().expect("no panic").into_iter();
    let found: Vec<PointResult> = found.map(|result| result.expect("every point")).collect();
    let plane = grid.plane(None, &[]).expect("a plane");
    contours(&plane, &found, options).expect("an area")
}

/// The number of signal events at which a CLs is 0.05, from the formulae for a single bin.
fn excluded_events(n_sigma: Option<f64>) -> f64 {
    let normal = Normal::standard();
    // Twice the log of a Poisson ratio, with n events, s + b expected, and the best s not below 0.
    let q = |n: f64, s: f64| 2.0 * (s + BACKGROUND - n - n * ((s + BACKGROUND) / n).ln());
    let cls = |s: f64| {
        let a = q(BACKGROUND, s).sqrt();
        if let Some(n_sigma) = n_sigma {
            return normal.sf(a + n_sigma) / normal.sf(n_sigma);
        }
        let square = q(OBSERVED, s);
        let u = square.sqrt();
        match u <= a {
            true => normal.sf(u) / normal.sf(u - a),
            false => {
                let [sb, b] = [square + a * a, square - a * a].map(|x| normal.sf(x / (2.0 * a)));
                sb / b
            }
        }
    };
    let (mut low, mut high) = (OBSERVED - BACKGROUND + 1e-3, 200.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if cls(middle) > 0.05 { low = middle } else { high = middle }
    }
    low
}

fn square(steps: u32) -> Vec<[f64; 2]> {
    let at = |i: u32| f64::from(i) / f64::from(steps);
    (0..=steps).flat_map(|i| (0..=steps).map(move |j| [at(i), at(j)])).collect()
}

#[test]
fn exponential_cross_sections_have_straight_contours() {
    let places: Vec<[f64; 2]> = square(6).iter().map(|[x, y]| [1000.0 * x, y / 50.0]).collect();
    let signals = |x: f64, y: f64| 80.0 * (-x / 500.0 - 40.0 * y).exp();
    let found = contours_of(&counting(signals, &places), &GridOptions::default());
    let kinds = [None, Some(2.0), Some(1.0), Some(0.0), Some(-1.0), Some(-2.0)];
    for (n_sigma, lines) in
        kinds.into_iter().zip([&found.observed].into_iter().chain(&found.expected))
    {
        let expected = excluded_events(n_sigma);
        assert_eq!(lines.len(), 1, "{n_sigma:?}");
        for (x, y) in lines[0].x.iter().zip(&lines[0].y) {
            assert_relative(&format!("{n_sigma:?} at {x}, {y}"), signals(*x, *y), expected, 2e-7);
        }
    }
    // The band lies between the lines of +1 and -1 sigma.
    assert_eq!((found.band.len(), found.band[0].holes.len()), (1, 0));
    let [strong, weak] = [1.0, -1.0].map(|n_sigma| excluded_events(Some(n_sigma)));
    let border = &found.band[0].border;
    for (x, y) in border.x.iter().zip(&border.y) {
        let events = signals(*x, *y);
        assert!(events > strong * (1.0 - 1e-6) && events < weak * (1.0 + 1e-6), "{x} {y}");
    }
}

#[test]
fn without_limits_contours_are_near_the_same() {
    let signals = |x: f64, y: f64| 80.0 * (-2.0 * x - y).exp();
    let options = GridOptions { limits: false, ..Default::default() };
    let found = contours_of(&counting(signals, &square(6)), &options);
    for (n_sigma, lines) in [(None, &found.observed), (Some(0.0), &found.expected[2])] {
        assert_eq!(lines.len(), 1);
        for (x, y) in lines[0].x.iter().zip(&lines[0].y) {
            assert_relative(
                &format!("{n_sigma:?}"),
                signals(*x, *y),
                excluded_events(n_sigma),
                0.03,
            );
        }
    }
}

#[test]
fn a_round_contour_gets_rounder_with_the_square_of_the_spacing() {
    let signals = |x: f64, y: f64| 60.0 * (-6.0 * ((x - 0.5).powi(2) + (y - 0.5).powi(2))).exp();
    let radius = ((60.0 / excluded_events(None)).ln() / 6.0).sqrt();
    let error = |steps: u32| {
        let found = contours_of(&counting(signals, &square(steps)), &GridOptions::default());
        assert_eq!(found.observed.len(), 1);
        let (x, y) = (&found.observed[0].x, &found.observed[0].y);
        assert_eq!((x[0], y[0]), (x[x.len() - 1], y[y.len() - 1]));
        let errors = x.iter().zip(y).map(|(x, y)| ((x - 0.5).hypot(y - 0.5) - radius).abs());
        errors.fold(0.0, f64::max)
    };
    let [coarse, fine] = [10, 30].map(error);
    assert!(radius < 0.49 && coarse < 0.02, "{radius}: {coarse}");
    assert!(fine < coarse / 5.0, "{coarse} {fine}");
}
