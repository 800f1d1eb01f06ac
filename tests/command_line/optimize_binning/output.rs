//! Printed output, and the contents of the output folder.

use std::fs;

use serde_json::Value;

use super::{
    BINNING, Events, FAST, FILES, asimov, assert_close, check_figures, contents, expected_names,
    folder, json, names_in, number, numbers, quiet, refused_untouched, result, signal, ttbar,
    w_jets, write, write_events,
};

#[test]
fn without_arguments_it_bins_the_toy_and_writes_nothing() {
    let folder = folder("binning_table");
    let before = names_in(&folder);
    let table = quiet(&folder, "");
    let first = table.lines().next().expect("a header");
    for word in ["bins", "equidistant", "soft", "hard", "result", "exact", "asimov"] {
        assert!(first.contains(word), "{table}");
    }
    let rows =
        |bins: &str| table.lines().filter(|line| line.trim_start().starts_with(bins)).count();
    assert_eq!((rows("3 "), rows("5 "), rows("10 "), rows("boundaries ")), (1, 1, 1, 3), "{table}");
    assert_eq!(names_in(&folder), before);
}

/// The sum of some processes' yields, one entry per bin.
fn total(result: &Value, processes: &[&str]) -> Vec<f64> {
    let mut total = vec![0.0; numbers(&result["significance_by_bin"]).len()];
    for process in processes {
        let yields = numbers(&result["yields"][process]);
        assert_eq!(yields.len(), total.len(), "{process}");
        total.iter_mut().zip(yields).for_each(|(total, events)| *total += events);
    }
    total
}

/// Checks the numbers of one signal's contiguous bins for consistency.
fn check_contiguous(result: &Value, signal: &str, backgrounds: &[&str], minimum: f64) {
    let boundaries = numbers(&result["boundaries"]);
    let bins = boundaries.len() + 1;
    assert_eq!(result["bins"], bins);
    assert!(boundaries.is_sorted_by(|a, b| a < b), "{boundaries:?}");
    let (s, b) = (total(result, &[signal]), total(result, backgrounds));
    assert!(b.iter().all(|b| *b >= minimum * (1.0 - 1e-6)), "{b:?}, minimum {minimum}");
    let by_bin = numbers(&result["significance_by_bin"]);
    for k in 0..bins {
        assert_close(by_bin[k], asimov(s[k], b[k]), 1e-9);
    }
    let significance = number(&result["significance"]);
    assert_close(significance, by_bin.iter().map(|z| z * z).sum::<f64>().sqrt(), 1e-12);
    assert!(significance > number(&result["equidistant_significance"]), "{result}");
    assert!(significance > 0.99 * number(&result["exact_significance"]), "{result}");
    assert_eq!(numbers(&result["equidistant"]["boundaries"]).len(), bins - 1);
    assert_eq!(result["order"], Value::from_iter(1..=bins));
    assert_eq!(result["categories"]["kind"], "boundaries");
}

const KEYS: [&str; 13] = [
    "bins",
    "boundaries",
    "significance",
    "exact_significance",
    "equidistant_significance",
    "yields",
    "uncertainties",
    "significance_by_bin",
    "order",
    "categories",
    "equidistant",
    "exact",
    "descent",
];

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn json_is_one_document_with_the_documented_keys() {
    let folder = folder("binning_json");
    let found = result(&folder, "--seed 2 --bins 3 5 --epochs 60");
    let expected = ["objective", "seed", "minimum_background", "results", "warnings", "settings"];
    assert_eq!(keys(&found), expected);
    assert_eq!((&found["objective"], &found["seed"]), (&"asimov".into(), &2.into()));
    let results = found["results"].as_array().expect("a list");
    assert_eq!(results.len(), 2);
    for result in results {
        assert_eq!(keys(result), KEYS);
        let names = keys(&result["yields"]);
        assert_eq!((names.len(), names[0]), (6, "signal1"));
        check_contiguous(result, names[0], &names[1..], number(&found["minimum_background"]));
        let descent = &result["descent"];
        assert_eq!((&descent["status"], &descent["epochs"]), (&"step limit".into(), &60.into()));
        // The bins differ, but the events do not.
        for name in names {
            let sums = results.iter().map(|one| numbers(&one["yields"][name]).iter().sum::<f64>());
            let sums: Vec<f64> = sums.collect();
            assert_close(sums[0], sums[1], 1e-12);
        }
    }
}

#[test]
fn yields_are_those_of_the_files_between_the_boundaries() {
    let folder = folder("binning_yields");
    write_events(&folder);
    let found = result(&folder, &format!("{FILES} --bins 4 --epochs 20"));
    assert_eq!((&found["seed"], &found["results"][0]["bins"]), (&Value::Null, &4.into()));
    let found = &found["results"][0];
    check_contiguous(found, "s", &["ttbar", "w"], 0.0);
    let boundaries = numbers(&found["boundaries"]);
    for (name, events) in [("s", signal()), ("ttbar", ttbar()), ("w", w_jets())] {
        let mut counts = [0.0; 4];
        for score in &events.scores {
            counts[boundaries.partition_point(|boundary| boundary <= score)] += 1.0;
        }
        let [yields, uncertainties] =
            ["yields", "uncertainties"].map(|key| numbers(&found[key][name]));
        for (k, count) in counts.into_iter().enumerate() {
            assert_close(yields[k], count * events.weight, 1e-9);
            assert_close(uncertainties[k], count.sqrt() * events.weight, 1e-9);
        }
    }
}

const WRITTEN: [&str; 8] = [
    "bins-3.csv",
    "bins-4.csv",
    "checkpoint-3.json",
    "checkpoint-4.json",
    "history-3.csv",
    "history-4.csv",
    "result.json",
    "settings.json",
];

#[test]
fn the_output_folder_holds_everything_and_the_same_bytes_with_any_threads() {
    let folder = folder("binning_output");
    write_events(&folder);
    let words = format!("{FILES} --bins 3 4 --epochs 6");
    let printed = quiet(&folder, &format!("{words} --output new/one --threads 1"));
    assert!(printed.ends_with("written to new/one\n"), "{printed}");
    let files = contents(&folder.join("new/one"));
    let stems = ["stacks", "spectrum", "uncertainties", "history"];
    let stems = stems.iter().flat_map(|stem| [format!("{stem}-3"), format!("{stem}-4")]);
    let stems: Vec<String> = stems.chain(["comparison".to_owned()]).collect();
    let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
    assert_eq!(names_in(&folder.join("new/one")), expected_names(&stems, &WRITTEN));
    assert_eq!(check_figures(&files), stems.len());
    let document = quiet(&folder, &format!("{words} --output two --threads 2 --json"));
    assert!(contents(&folder.join("two")) == files, "threads change what is written");
    assert_eq!(document.as_bytes(), files["result.json"]);
    assert_eq!(json(&document), result(&folder, &words), "a folder changes the result");
}

/// For two bins with edges among nine, compares with trying all nine by hand.
#[test]
fn the_exact_method_finds_the_best_edge() {
    let folder = folder("binning_exact");
    write_events(&folder);
    let exact = "--method exact --fine-bins 10 --fine-edges equal-width --bins 2";
    let found = result(&folder, &format!("{FILES} {exact} --output out"));
    let found = &found["results"][0];
    let above = |events: &Events, edge: f64| {
        events.weight * events.scores.iter().filter(|score| **score >= edge).count() as f64
    };
    let squared = |s: f64, b: f64| asimov(s, b).powi(2);
    let judged = |edge: f64| {
        let at = |edge| (above(&signal(), edge), above(&ttbar(), edge) + above(&w_jets(), edge));
        let ((all_s, all_b), (s, b)) = (at(0.0), at(edge));
        (squared(s, b) + squared(all_s - s, all_b - b)).sqrt()
    };
    let edges = (1..10).map(|j| f64::from(j) / 10.0);
    let (best, edge) = edges
        .map(|edge| (judged(edge), edge))
        .fold((0.0, 0.0), |best, next| if next.0 > best.0 { next } else { best });
    assert_close(number(&found["significance"]), best, 1e-9);
    assert_close(number(&found["boundaries"][0]), edge, 1e-12);
    assert_eq!(found["significance"], found["exact_significance"]);
    assert_eq!(found["exact"][0]["bound"], found["significance"]);
    assert_eq!(found.get("descent"), None);
    let figures = ["comparison", "spectrum-2", "stacks-2", "uncertainties-2"];
    let tables = ["bins-2.csv", "result.json", "settings.json"];
    assert_eq!(names_in(&folder.join("out")), expected_names(&figures, &tables));
}

#[test]
fn several_columns_make_a_mixture_or_a_product() {
    let folder = folder("binning_columns");
    write_events(&folder);
    let words = format!("{FILES} --column mass --epochs 5 --bins 3 --minimum-background 0");
    let mixture = result(&folder, &format!("{words} --output mixture"));
    assert_eq!((&mixture["seed"], &mixture["settings"]["means"]), (&0.into(), &"ranges".into()));
    let mixture = &mixture["results"][0];
    let categories = &mixture["categories"];
    assert_eq!(
        (&categories["kind"], &mixture["boundaries"]),
        (&"mixture".into(), &Value::from([0; 0]))
    );
    let components = categories["components"].as_array().expect("a list");
    assert_eq!(components.len(), 3);
    let weights = components.iter().map(|component| number(&component["weight"]));
    assert_close(weights.sum(), 1.0, 1e-12);
    for component in components {
        let (mean, covariance) = (numbers(&component["mean"]), numbers(&component["covariance"]));
        assert!((0.0..=1.0).contains(&mean[0]) && (90.0..=130.0).contains(&mean[1]), "{mean:?}");
        let determinant = covariance[0] * covariance[3] - covariance[1] * covariance[2];
        assert!(covariance[0] > 0.0 && determinant > 0.0, "{covariance:?}");
    }
    assert!(names_in(&folder.join("mixture")).contains(&"categories-3.svg".to_owned()));

    let product = result(&folder, &format!("{words} --categories product --output product"));
    assert_eq!(product["seed"], Value::Null);
    let product = &product["results"][0];
    let sides = product["categories"]["boundaries"].as_array().expect("a list");
    let ends = [(0.0, 1.0), (90.0, 130.0)];
    for (side, (low, high)) in sides.iter().map(numbers).zip(ends) {
        assert_eq!(side.len(), 2);
        assert!(low < side[0] && side[0] < side[1] && side[1] < high, "{side:?}");
    }
    for (found, bins) in [(mixture, 3), (product, 9)] {
        let sums = ["s", "ttbar", "w"].map(|name| total(found, &[name]));
        assert_eq!(sums[0].len(), bins);
        for (sum, expected) in sums.iter().zip([30.0, 300.0, 80.0]) {
            assert_close(sum.iter().sum(), expected, 1e-9);
        }
        assert_eq!(found.get("equidistant"), None);
        assert_eq!(found["exact_significance"], Value::Null);
        let columns: Vec<_> = found["exact"].as_array().expect("a list").iter().collect();
        assert_eq!(
            (&columns[0]["column"], &columns[1]["column"]),
            (&"score".into(), &"mass".into())
        );
    }
}

#[test]
fn several_signals_are_combined() {
    let folder = folder("binning_signals");
    write_events(&folder);
    write(&folder, "other.csv", &Events::new(200, 0.1, |u| 0.4 + 0.3 * u).csv(100.0));
    let words = "--signal s.csv other.csv --background ttbar.csv w.csv --column score=0:1 --bins 4";
    let of = |further: &str| {
        result(&folder, &format!("{words} --epochs 20 {further}"))["results"][0].clone()
    };
    let mean = of("");
    let by_signal = numbers(&mean["significance_by_signal"]);
    assert_close(number(&mean["significance"]), (by_signal[0] * by_signal[1]).sqrt(), 1e-12);
    assert!(number(&mean["exact"][0]["bound"]) >= number(&mean["exact_significance"]));
    let sum = of("--combination weighted-sum --signal-weights 3 0.5");
    let by_signal = numbers(&sum["significance_by_signal"]);
    let expected = 3.0 * by_signal[0] + 0.5 * by_signal[1];
    assert_close(number(&sum["significance"]), expected, 1e-12);
    assert_ne!(sum["boundaries"], mean["boundaries"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let folder = folder("binning_unwritable");
    write_events(&folder);
    write(&folder, "file", "");
    let words = format!("{FILES} {FAST} --epochs 2 --bins 3");
    for target in ["file", "file/in"] {
        refused_untouched(&folder, &format!("{words} --output {target}"), &["cannot write file"]);
    }
    fs::create_dir_all(folder.join("taken/checkpoint-3.json")).expect("a folder");
    let taken = BINNING.run(&folder, &format!("{words} --output taken"));
    assert_eq!((taken.status, taken.stdout.as_str()), (2, ""));
    assert!(taken.stderr.contains("taken/checkpoint-3.json"), "{}", taken.stderr);
}

/// The program does not split words itself, so names of folders and files may contain spaces.
#[test]
fn paths_may_hold_spaces() {
    let folder = folder("binning_spaces");
    write_events(&folder);
    fs::create_dir(folder.join("my data")).expect("a folder");
    fs::rename(folder.join("s.csv"), folder.join("my data/the signal.csv")).expect("a file");
    let words = format!("--background ttbar.csv --column score=0:1 --bins 2 --epochs 2 {FAST}");
    let further = ["--signal", "my data/the signal.csv", "--output", "my data/the result"];
    let run = super::super::run_in(&folder, &BINNING.arguments(&words, &further), "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let table = fs::read_to_string(folder.join("my data/the result/bins-2.csv")).expect("text");
    assert!(table.starts_with("bin,lower,upper,the signal,ttbar,total_background,"), "{table}");
}
