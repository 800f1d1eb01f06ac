//! `diffhep toys` and `diffhep goodness-of-fit`: their results, files of toys, and input that is
//! refused.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::subcommand::Subcommand;
use super::{TWO_BINS, folder as empty, json, refused, run_in, write};

const TOYS: Subcommand = Subcommand("toys");
const GOODNESS: Subcommand = Subcommand("goodness-of-fit");

/// A folder with the two-bin example as two.json.
fn folder(test: &str) -> std::path::PathBuf {
    let folder = empty(test);
    write(&folder, "two.json", TWO_BINS);
    folder
}

/// Messages that are allowed on standard error without a failure: the speed of the toys, and that
/// too few are in the tail.
const SAID: [&str; 2] = [" a second", "over their number; run more"];

/// The output of a run that prints no other warning on standard error.
fn plain(folder: &Path, subcommand: &Subcommand, words: &str) -> String {
    let run = subcommand.run(folder, words);
    assert_eq!(run.status, 0, "{words}: {}", run.stderr);
    let is_expected = |line: &str| SAID.iter().any(|end| line.ends_with(end));
    assert!(run.stderr.lines().all(is_expected), "{words}: {}", run.stderr);
    run.stdout
}

fn result(folder: &Path, subcommand: &Subcommand, words: &str) -> Value {
    json(&plain(folder, subcommand, words))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn p_values_have_errors_and_an_ascending_band() {
    let folder = folder("toys_result");
    let found = result(&folder, &TOYS, "two.json --n 400 --seed 5");
    let expected = [
        "CLsb",
        "CLb",
        "CLs",
        "expected",
        "test_poi",
        "test_stat",
        "q",
        "poi",
        "seed",
        "first",
        "last",
        "n_toys",
        "failed",
        "gaps",
    ];
    assert_eq!(keys(&found), expected);
    let value = |name: &str| found[name]["value"].as_f64().expect("a number");
    for name in ["CLsb", "CLb", "CLs"] {
        assert_eq!(keys(&found[name]), ["value", "error"]);
        let error = found[name]["error"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&value(name)) && error > 0.0 && error < 0.1, "{found}");
        let band = found["expected"][name]["value"].as_array().expect("a list");
        let band: Vec<f64> = band.iter().map(|p| p.as_f64().expect("a number")).collect();
        assert!(band.len() == 5 && band.windows(2).all(|pair| pair[0] <= pair[1]), "{band:?}");
    }
    assert_eq!(found["expected"]["CLs"]["error"].as_array().map(Vec::len), Some(5));
    assert_eq!(value("CLs"), value("CLsb") / value("CLb"));
    let q = found["q"].as_f64().expect("a number");
    assert!((q - 3.93824492).abs() < 1e-6, "{q}");
    assert_eq!((&found["test_poi"], &found["test_stat"]), (&json!(1.0), &json!("qtilde")));
    assert_eq!(
        (&found["seed"], &found["first"], &found["last"]),
        (&5.into(), &0.into(), &399.into())
    );
    assert_eq!(found["n_toys"], json!({ "signal": 400, "background": 400 }));
    assert_eq!(found["failed"], json!({ "signal": {}, "background": {} }));
    assert_eq!(found["gaps"], json!([]));
}

#[test]
fn statistics_and_signal_strengths_are_those_that_are_named() {
    let folder = folder("toys_statistics");
    let discovery = result(&folder, &TOYS, "two.json --n 50 --test-stat q0");
    assert_eq!((&discovery["test_poi"], &discovery["test_stat"]), (&json!(0.0), &json!("q0")));
    // The data have a deficit, so every toy is at least as extreme.
    assert_eq!((&discovery["q"], &discovery["CLsb"]["value"]), (&json!(0.0), &json!(1.0)));
    let run = TOYS.run(&folder, "two.json --n 200 --test-stat q --test-poi 2.5");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("warning: q is meant for a mu of any sign"), "{}", run.stderr);
    let found = json(&run.stdout);
    assert_eq!((&found["test_poi"], &found["test_stat"]), (&json!(2.5), &json!("q")));
    // The corresponding names of `diffhep cls` are accepted too.
    let alias = TOYS.run(&folder, "two.json --n 200 --test-statistic q --poi 2.5");
    assert_eq!(alias.stdout, run.stdout);
    let run = TOYS.run(&folder, "two.json --n 5 --test-poi 9");
    assert!(run.stderr.contains("warning: CLsb is 0"), "{}", run.stderr);
}

#[test]
fn threads_and_files_do_not_change_a_byte() {
    let folder = folder("toys_bytes");
    let one = plain(&folder, &TOYS, "two.json --n 300 --threads 1");
    assert_eq!(plain(&folder, &TOYS, "two.json --n 300 --threads 2"), one);
    for threads in [1, 2] {
        let words = format!("two.json --n 300 --threads {threads} --toys-file {threads}.jsonl");
        assert_eq!(plain(&folder, &TOYS, &words), one);
    }
    let read = |name: &str| fs::read(folder.join(name)).expect("a file");
    assert!(read("1.jsonl") == read("2.jsonl"));
    // A complete file is used as it is, so no speed is reported.
    assert_eq!(TOYS.quiet(&folder, "two.json --n 300 --toys-file 1.jsonl"), one);
    assert_eq!(TOYS.quiet(&folder, "two.json --merge 1.jsonl 2.jsonl"), one);
    let first = "two.json --n 200 --toys-file first.jsonl";
    assert_ne!(plain(&folder, &TOYS, first), one);
    plain(&folder, &TOYS, "two.json --n 100 --first 200 --toys-file last.jsonl");
    assert_eq!(TOYS.quiet(&folder, "two.json --merge last.jsonl first.jsonl"), one);
    plain(&folder, &TOYS, "two.json --n 10 --first 310 --toys-file far.jsonl");
    let run = TOYS.run(&folder, "two.json --merge first.jsonl far.jsonl");
    assert!(
        run.stderr.contains("warning: 110 toys between the first and the last"),
        "{}",
        run.stderr
    );
    assert_eq!(json(&run.stdout)["gaps"], json!([[200, 309]]));
    // The merged result uses the test of the files, not the flags' defaults.
    let words = "two.json --n 20 --test-poi 0.5 --seed 4 --test-stat q";
    let run = TOYS.run(&folder, &format!("{words} --toys-file other.jsonl"));
    assert_eq!(TOYS.run(&folder, "two.json --merge other.jsonl").stdout, run.stdout);
}

#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let folder = folder("toys_killed");
    let to = |name: &str| format!("two.json --n 20000 --toys-file {name}");
    let whole = plain(&folder, &TOYS, &to("whole.jsonl"));
    let killed = folder.join("killed.jsonl");
    TOYS.killed(&folder, &to("killed.jsonl"), || {
        fs::metadata(&killed).map_or(0, |metadata| metadata.len()) >= 10_000
    });
    let read = |name: &str| fs::read(folder.join(name)).expect("a file");
    let (part, all) = (read("killed.jsonl"), read("whole.jsonl"));
    assert!(part.len() < all.len() && all.starts_with(&part));
    assert_eq!(plain(&folder, &TOYS, &to("killed.jsonl")), whole);
    assert!(read("killed.jsonl") == all);
}

#[test]
fn goodness_of_fit_prints_its_p_values() {
    let folder = folder("goodness");
    let found = json(&GOODNESS.quiet(&folder, "two.json"));
    assert_eq!(keys(&found), ["statistic", "degrees_of_freedom", "p_value", "fit"]);
    assert_eq!(keys(&found["fit"]), ["status", "twice_nll", "at_bounds", "other_minimum"]);
    assert_eq!(
        (&found["degrees_of_freedom"], &found["fit"]["at_bounds"]),
        (&1.into(), &json!(["mu"]))
    );
    let p_value = found["p_value"].as_f64().expect("a number");
    assert!((p_value - 0.670043).abs() < 1e-5, "{p_value}");
    let words = "two.json --n 200 --seed 3 --toys-file toys.jsonl";
    let with_toys = plain(&folder, &GOODNESS, words);
    assert_eq!(
        plain(&folder, &Subcommand("gof"), "two.json --n 200 --seed 3 --threads 1"),
        with_toys
    );
    assert_eq!(GOODNESS.quiet(&folder, "two.json --merge toys.jsonl"), with_toys);
    let toys = &json(&with_toys)["toys"];
    assert_eq!(keys(toys), ["p_value", "seed", "first", "last", "n_toys", "failed", "gaps"]);
    assert_eq!(toys["n_toys"], json!({ "best fit": 200 }));
    let [p, error] = ["value", "error"].map(|key| toys["p_value"][key].as_f64().expect("a number"));
    assert!(p > 0.3 && p < 1.0 && (error - (p * (1.0 - p) / 200.0).sqrt()).abs() < 1e-12);
    let one_bin = TWO_BINS.replace("[12.0, 11.0]", "[12.0]").replace("[50.0, 52.0]", "[50.0]");
    let one_bin = one_bin.replace("[3.0, 7.0]", "[3.0]").replace("[51.0, 48.0]", "[51.0]");
    let run = run_in(&folder, &["gof"], &one_bin);
    assert!(run.stderr.contains("warning: there is no degree of freedom"), "{}", run.stderr);
    assert_eq!((run.status, &json(&run.stdout)["p_value"]), (0, &Value::Null));
}

#[test]
fn wrong_arguments_are_refused_by_name() {
    let folder = folder("toys_arguments");
    let whole = "give a whole number, 1 or more";
    let cases: [(&str, &[&str]); 27] = [
        ("toys two.json --n 0", &["'0'", "--n", whole]),
        ("toys two.json --n -5", &["-5"]),
        ("toys two.json --n many", &["'many'", "--n", whole]),
        ("toys two.json --n 1e30", &["'1e30'", "--n", whole]),
        ("toys two.json --n 100000001", &["100000001 toys", "100000000 of one run", "merge"]),
        ("toys two.json --threads 0", &["'0'", "--threads", whole]),
        ("toys two.json --seed -1", &["-1"]),
        ("toys two.json --seed one", &["'one'", "--seed"]),
        ("toys two.json --first 0.5", &["'0.5'", "--first"]),
        (
            "toys two.json --first 9007199254740990",
            &["beyond the largest number, 9007199254740991"],
        ),
        ("toys two.json --test-poi nan", &["'nan'", "--test-poi", "must be finite"]),
        ("toys two.json --test-poi one", &["'one'", "--test-poi", "not a number"]),
        ("toys two.json --test-poi -40", &["the fit cannot start", "'signal_region', bin 0"]),
        ("toys two.json --test-stat t", &["'t'", "--test-stat", "qtilde, q, q0"]),
        ("toys two.json --test-stat q0 --test-poi 1", &["q0 tests a signal strength of 0, not 1"]),
        ("toys two.json --merge", &["--merge"]),
        ("toys two.json --merge a.jsonl --n 5", &["--merge", "--n"]),
        ("toys two.json --merge a.jsonl --seed 0", &["--merge", "--seed"]),
        ("toys two.json --merge a.jsonl --test-poi 1", &["--merge", "--test-poi"]),
        ("toys two.json --merge a.jsonl --test-stat q", &["--merge", "--test-stat"]),
        ("toys two.json --merge a.jsonl --toys-file b", &["--merge", "--toys-file"]),
        ("toys absent.json", &["cannot read absent.json"]),
        ("gof two.json --n 0", &["'0'", "--n", whole]),
        ("gof two.json --seed 1", &["--seed", "say with --n how many"]),
        ("gof two.json --toys-file a.jsonl", &["--toys-file", "say with --n how many"]),
        ("gof two.json --n 1 --threads 0", &["'0'", "--threads", whole]),
        ("gof two.json --merge a.jsonl --n 1", &["--merge", "--n"]),
    ];
    for (words, expected) in cases {
        let arguments: Vec<&str> = words.split_whitespace().collect();
        refused(&folder, &arguments, "", expected);
    }
    let fixed = TWO_BINS
        .replace("\"parameters\": []", "\"parameters\": [{ \"name\": \"mu\", \"fixed\": true }]");
    refused(&folder, &["toys"], &fixed, &["'mu' is fixed by the measurement"]);
}

#[test]
fn files_of_toys_that_do_not_fit_are_refused_and_nothing_is_touched() {
    let folder = folder("toys_refused");
    plain(&folder, &TOYS, "two.json --n 20 --toys-file good.jsonl");
    plain(&folder, &TOYS, "two.json --n 20 --seed 1 --toys-file seed.jsonl");
    plain(&folder, &GOODNESS, "two.json --n 20 --toys-file gof.jsonl");
    let good = fs::read_to_string(folder.join("good.jsonl")).expect("text");
    write(&folder, "garbage.jsonl", "some\nthing\n");
    let (header, toys) = good.split_once('\n').expect("lines");
    let first_poi = |text: &str| format!("{header}\n{}", toys.replacen("\"poi\":", text, 1));
    write(&folder, "damaged.jsonl", &first_poi("\"pio\":"));
    write(&folder, "contradiction.jsonl", &first_poi("\"poi\":1"));
    fs::write(folder.join("bytes.jsonl"), [0xff, 0xfe, b'\n']).expect("a file");
    write(&folder, "more.json", &TWO_BINS.replace("[51.0, 48.0]", "[52.0, 48.0]"));
    write(&folder, "wider.json", &TWO_BINS.replace("[3.0, 7.0]", "[3.5, 7.0]"));
    fs::create_dir(folder.join("directory")).expect("a directory");
    let to = "two.json --n 20 --toys-file";
    let cases: [(String, &[&str]); 19] = [
        (format!("{to} garbage.jsonl"), &["garbage.jsonl is not a file of toys"]),
        (format!("{to} bytes.jsonl"), &["bytes.jsonl is not a file of toys"]),
        (format!("{to} damaged.jsonl"), &["line 2 of the toys damaged.jsonl is damaged", "pio"]),
        (format!("{to} directory"), &["directory is no regular file"]),
        (format!("{to} absent/toys.jsonl"), &["cannot write the toys absent/toys.jsonl"]),
        (format!("{to} seed.jsonl"), &["seed.jsonl", "seed = 1, now it is 0; set it back"]),
        (format!("{to} gof.jsonl"), &["gof.jsonl", "experiment = \"goodness of fit\""]),
        (format!("{to} good.jsonl --test-poi 2"), &["test_poi = 1.0, now it is 2.0"]),
        (format!("{to} good.jsonl --test-stat q"), &["test_stat = \"qtilde\", now it is \"q\""]),
        (format!("{to} good.jsonl --first 1"), &["line 2", "toy 0 of the signal", "run has toy 1"]),
        ("two.json --n 19 --toys-file good.jsonl".into(), &["good.jsonl go beyond the 19"]),
        ("more.json --n 20 --toys-file good.jsonl".into(), &["good.jsonl", "made with data = "]),
        ("wider.json --n 20 --toys-file good.jsonl".into(), &["good.jsonl", "made with model = "]),
        ("two.json --merge good.jsonl seed.jsonl".into(), &["seed.jsonl", "seed = 1, now it is 0"]),
        ("two.json --merge good.jsonl absent.jsonl".into(), &["cannot read the toys absent.jsonl"]),
        ("two.json --merge garbage.jsonl".into(), &["garbage.jsonl is not a file of toys"]),
        ("two.json --merge directory".into(), &["cannot read the toys directory"]),
        ("two.json --merge gof.jsonl".into(), &["gof.jsonl", "experiment"]),
        (
            "two.json --merge good.jsonl contradiction.jsonl".into(),
            &["toy 0 of the signal hypothesis", "contradiction.jsonl", "leave one out"],
        ),
    ];
    for (words, expected) in &cases {
        TOYS.refused_untouched(&folder, words, expected);
    }
    GOODNESS.refused_untouched(
        &folder,
        "two.json --merge good.jsonl",
        &["good.jsonl", "experiment"],
    );
}

#[test]
fn help_mentions_every_flag() {
    let shared = [
        "--n ",
        "--seed",
        "--first",
        "--threads",
        "--toys-file",
        "--merge",
        "--output-file",
        "--patch",
    ];
    for (subcommand, own) in [
        ("toys", &["--test-poi", "--test-stat", "q0"] as &[&str]),
        ("goodness-of-fit", &["chi squared"]),
    ] {
        let run = run_in(Path::new("."), &[subcommand, "--help"], "");
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{subcommand}");
        for flag in shared.iter().chain(own) {
            assert!(run.stdout.contains(flag), "{subcommand} --help lacks {flag}");
        }
    }
}
