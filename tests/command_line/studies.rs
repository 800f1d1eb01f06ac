//! `diffhep study`: published studies, reproduced into a folder.

use std::path::Path;

use super::subcommand::{check_figures, contents};
use super::{folder, json, names_in, refused, run_in, write};

const NAMES: [&str; 9] = [
    "bkde",
    "blobs",
    "cut-notebook",
    "exponential-cut",
    "landscape",
    "limits",
    "metrics",
    "softmax",
    "yields",
];

#[test]
fn the_list_names_every_study() {
    let run = run_in(Path::new("."), &["study", "list"], "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let names: Vec<_> = run.stdout.lines().map(|line| line.split(' ').next().expect("")).collect();
    assert_eq!(names, NAMES);
}

#[test]
fn wrong_names_and_folders_are_refused() {
    let folder = folder("study_wrong");
    write(&folder, "file", "");
    let before = names_in(&folder);
    let list =
        "bkde, blobs, cut-notebook, exponential-cut, landscape, limits, metrics, softmax, yields";
    refused(&folder, &["study", "metric"], "", &["unknown study 'metric'", list]);
    refused(&folder, &["study"], "", &["<NAME>"]);
    refused(&folder, &["study", "metrics", "--seed", "x"], "", &["'x'", "--seed"]);
    let onto_a_file = ["study", "metrics", "--output", "file"];
    refused(&folder, &onto_a_file, "", &["cannot write file: not a directory"]);
    let not_its_own = ["study", "metrics", "--bins", "5"];
    refused(&folder, &not_its_own, "", &["are of the study 'blobs'"]);
    let not_quick = ["study", "yields", "--quick"];
    refused(&folder, &not_quick, "", &["bkde, blobs and softmax; leave it out"]);
    refused(&folder, &["study", "blobs", "--epochs", "0"], "", &["epochs", "1 or more"]);
    refused(&folder, &["study", "blobs", "--losses", "cl"], "", &["cls, p0, ln-cls"]);
    assert_eq!(names_in(&folder), before);
}

/// Runs a study twice, on three threads and on one, and checks the files that every study writes;
/// returns their names.
fn check(name: &str, figures: usize, words: &[&str]) -> Vec<String> {
    check_with(name, &[], figures, words)
}

/// The same for a study with flags of its own.
fn check_with(name: &str, flags: &[&str], figures: usize, words: &[&str]) -> Vec<String> {
    let folder = folder(&format!("study_{name}"));
    let runs =
        [("one", ["--threads", "3"]), ("two", ["--threads", "1"])].map(|(output, threads)| {
            let seed = ["study", name, "--output", output, "--seed", "3"];
            run_in(&folder, &[&seed[..], flags, &threads].concat(), "")
        });
    for run in &runs {
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
    }
    let [one, two] = ["one", "two"].map(|output| contents(&folder.join(output)));
    assert!(one == two, "{name}: two runs, different files");
    let text = |file: &str| std::str::from_utf8(&one[file]).expect("text");
    let found = text("study.txt");
    assert_eq!(runs[0].stdout, format!("{found}\nwritten to one\n"));
    // One study uses no random numbers.
    let title = match name {
        "yields" => "Study yields: ".to_owned(),
        _ => format!("Study {name}, seed 3: "),
    };
    if name != "yields" {
        assert_eq!(json(text("result.json"))["seed"], 3);
    }
    for word in [title.as_str(), "\nExpected", "\nFound"].iter().chain(words) {
        assert!(found.contains(word), "no '{word}' in {found}");
    }
    assert_eq!(check_figures(&one), figures);
    one.into_keys().collect()
}

#[test]
fn the_notebook_s_cut() {
    let words = ["no cut   3.3335", "slope 0.5", "slope 3", "gradient is 0 at 45."];
    let names = check("cut-notebook", 7, &words);
    assert!(
        names.contains(&"history.csv".to_owned()) && names.contains(&"staircase.svg".to_owned())
    );
}

#[test]
fn the_bump_on_an_exponential() {
    let names = check("exponential-cut", 6, &["cut at 1 ", "hard scan", "Adam ended  (converged)"]);
    assert!(names.contains(&"history.csv".to_owned()));
}

#[test]
fn the_metrics_and_their_page() {
    let sets = ["wide-signal", "narrow-signal", "long-tail", "rare-signal", "overlapping"];
    let names = check("metrics", 5, &sets);
    for set in sets {
        assert!(names.contains(&format!("{set}/history.csv")), "{names:?}");
    }
    let page =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("command_line/study_metrics/one/metrics.html");
    let page = std::fs::read_to_string(page).expect("the page");
    assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"));
    assert!(sets.iter().all(|set| page.contains(&set.replace('-', " "))));
    // The page loads nothing: its only address is the namespace of SVG.
    let rest = page.replace("http://www.w3.org/2000/svg", "");
    for word in ["http:", "https:", "src=", "url(", "@import", "fetch("] {
        assert!(!rest.contains(word), "'{word}' in metrics.html");
    }
}

#[test]
fn the_yields_of_one_bin() {
    let words = ["phi = 4.635222, p0 = 0.0030757", "believes in p0 = 5.5e-6 and gets 0.0432537"];
    let names = check("yields", 3, &words);
    assert!(
        names.contains(&"history.csv".to_owned()) && names.contains(&"p-values.svg".to_owned())
    );
}

#[test]
fn the_landscape_of_two_variations() {
    let names = check("landscape", 2, &["so above u = 2.982, for p0 below u = -2.222"]);
    assert!(names.contains(&"maps.svg".to_owned()) && names.contains(&"line.png".to_owned()));
}

#[test]
fn the_estimates_of_a_bin_s_height() {
    let words = ["h = 1.206 n^-0.212", "width 2    h / width = 0.554 n^-0.231"];
    let names = check_with("bkde", &["--quick"], 6, &words);
    for name in ["heights.svg", "gradients.svg", "errors.svg", "rule.png"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
}

#[test]
fn the_softmax_beside_kernels() {
    // The last digits of a training depend on the processor, so its numbers are tested in
    // crate::studies.
    let names = check_with("softmax", &["--quick"], 4, &[]);
    assert!(names.contains(&"bins.svg".to_owned()) && names.contains(&"history.csv".to_owned()));
}

#[test]
fn the_limits_of_windows() {
    let words =
        ["upper limit on mu       1.694  2.789", "-0.585524, -0.026224 by the implicit rule"];
    let names = check("limits", 3, &words);
    assert!(names.contains(&"map.svg".to_owned()) && names.contains(&"history-cls.csv".to_owned()));
}

#[test]
fn the_blobs_judge_each_loss_by_all() {
    let size =
        ["--quick", "--epochs", "3", "--points", "400", "--losses", "bce", "cls", "cls + p0"];
    let words = ["lowest CLs: ", "p0 of cls + p0: ", "sigma of mu of cls: "];
    // Metrics, the comparison, and histograms and contours of each loss.
    let names = check_with("blobs", &size, 8, &words);
    for name in ["history.csv", "cls-p0-1.safetensors", "contours-bce.svg"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command_line/study_blobs");
    let result = |name: &str| {
        let path = folder.join(name).join("result.json");
        json(&std::fs::read_to_string(path).expect("a result"))
    };
    let one = result("one");
    let runs = one["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 6);
    for run in runs {
        assert!(run["loss"].is_string() && run["seed"].is_u64() && run["best"]["epoch"].is_u64());
        for metric in ["cls", "p0", "sigma_mu", "bce"] {
            assert!(run["best"]["metrics"][metric].is_f64(), "{run}");
        }
    }
    // Existing trainings are reused, and missing ones are run.
    std::fs::remove_file(folder.join("two/cls-1.safetensors")).expect("removed");
    let again = [&["study", "blobs", "--resume", "--output", "two", "--seed", "3"], &size[..]];
    assert_eq!(run_in(&folder, &again.concat(), "").status, 0);
    assert_eq!(result("two"), one);
}
