//! Flags: those that are refused, and the help texts.

use super::{
    ANALYSE, BINNING, FAST, FILES, contents, folder, quiet, refused_untouched, write, write_events,
};

#[test]
fn wrong_flags_are_refused_by_name() {
    let folder = folder("binning_flags");
    let cases: [(&str, &[&str]); 36] = [
        ("--objective z", &["'z'", "asimov, asimov-uncertainty, s-over-sqrt-b, p0, cls"]),
        ("--toy z", &["unknown toy 'z'", "gaussians, gaussians-two-signals"]),
        ("--method sgd", &["'sgd'", "exact, gradient-descent, adam, rmsprop, lbfgs"]),
        ("--categories z", &["'z'", "boundaries, product, mixture"]),
        ("--means z", &["'z'", "ranges, simplex"]),
        ("--combination z", &["'z'", "geometric-mean, weighted-sum"]),
        ("--order z", &["'z'", "position, significance"]),
        ("--fine-edges z", &["'z'", "mixed, equal-width"]),
        ("--column x=1", &["NAME=LOW:HIGH", "found 'x=1'"]),
        ("--column x=1:z", &["NAME=LOW:HIGH", "found 'x=1:z'"]),
        ("--column =0:1", &["NAME=LOW:HIGH", "found '=0:1'"]),
        ("--signal top= --background w.csv", &["expected FILE or NAME=FILE", "found 'top='"]),
        ("--column x", &["signal1 has no column 'x'; it has discriminant"]),
        ("--learning-rate cosine:1", &["'cosine:1' is not a schedule", "exponential:FROM:TO"]),
        ("--steepness 0", &["'--steepness", "'value' is 0", "positive"]),
        ("--bins 1", &["number of bins is 1", "2 or more"]),
        ("--bins 3 -5", &["'-5'"]),
        ("--bins 3.5", &["'3.5'", "--bins"]),
        ("--bins 20000 --minimum-background 0", &["number of bins", "20000", "10000 or less"]),
        ("--epochs 0", &["number of steps is 0", "at least 1"]),
        ("--checkpoint-every 0", &["0 epochs between checkpoints", "1 or more"]),
        ("--epochs -3", &["'-3'", "--epochs"]),
        ("--seed -3", &["'-3'", "--seed"]),
        ("--seed 18446744073709551616", &["--seed", "too large"]),
        ("--background-uncertainty -0.1", &["background uncertainty is -0.1", "0 or more"]),
        ("--background-uncertainty 1 --objective cls", &["below 1 for p0 and cls"]),
        ("--minimum-background -1", &["minimum background is -1", "0 or more"]),
        ("--minimum-background inf", &["--minimum-background", "must be finite"]),
        ("--fine-bins 1", &["number of fine bins is 1", "2 to 5000"]),
        ("--signal-weights 1 2 3", &["3 weights of signals for 1 signals", "one a signal"]),
        ("--method lbfgs", &["lbfgs", "constant hardness", "adam"]),
        ("--method exact --objective cls", &["asimov, asimov-uncertainty and s-over-sqrt-b"]),
        ("--weight-column w", &["weight column is a file's"]),
        ("--means simplex", &["means are those of a mixture"]),
        ("--refine maybe", &["'maybe'", "true, false"]),
        ("--threads many", &["'many'", "--threads"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, &format!("{words} --output out"), expected);
    }
    for words in ["--resume", "--stop-after 3", "--checkpoint-every 3"] {
        refused_untouched(&folder, words, &["--output"]);
    }
}

/// Errors that would lose an earlier result are detected before the result is touched.
#[test]
fn an_earlier_result_outlives_wrong_input() {
    let folder = folder("binning_outlives");
    write_events(&folder);
    write(&folder, "bad.csv", "score,weight\n0.5,1\nNaN,1\n");
    quiet(&folder, &format!("{FILES} {FAST} --bins 2 --epochs 3 --output out"));
    let before = contents(&folder.join("out"));
    assert!(before.contains_key("result.json") && before.contains_key("checkpoint-2.json"));
    let bad = "--signal bad.csv --background w.csv --column score=0:1";
    let cases: [(&str, &[&str]); 9] = [
        (bad, &["bad.csv, line 3, column 'score'"]),
        (&format!("{FILES} --bins 2 90"), &["90 bins", "fewer bins"]),
        (&format!("{FILES} --bins 2 --epochs 0"), &["number of steps"]),
        (&format!("{FILES} --bins 2 --method lbfgs"), &["lbfgs"]),
        (&format!("{FILES} --bins 2 --fine-bins 1"), &["number of fine bins"]),
        (&format!("{FILES} --bins 2 --minimum-background -1"), &["minimum background"]),
        (
            &format!("{FILES} --bins 2 4 --method exact --fine-bins 3"),
            &["no 4 bins", "3 fine ones"],
        ),
        (&format!("{FILES} --bins 2 --method exact --objective p0"), &["exact binnings"]),
        (&format!("{FILES} --bins 2 --column score"), &["column 'score' is named twice"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, &format!("{words} --output out"), expected);
    }
    let again =
        quiet(&folder, &format!("{FILES} {FAST} --bins 2 --epochs 3 --output out --resume"));
    assert!(again.contains("step limit after 3 epochs"), "{again}");
    assert!(contents(&folder.join("out")) == before);
}

#[test]
fn numbers_of_bins_are_sorted_and_asked_for_once() {
    let folder = folder("binning_twice");
    write_events(&folder);
    let words = |bins: &str| format!("{FILES} {FAST} --epochs 2 --bins {bins}");
    assert_eq!(quiet(&folder, &words("4 2 4 2 2")), quiet(&folder, &words("2 4")));
}

/// The largest seed is the same number in JSON and on the command line.
#[test]
fn the_largest_seed_comes_back() {
    let folder = folder("binning_seed");
    let words = "--fine-bins 60 --no-figures --bins 2 --epochs 2";
    let found =
        super::result(&folder, &format!("{words} --seed 18446744073709551615 --output out"));
    assert_eq!(found["seed"], u64::MAX);
    assert_eq!(ANALYSE.result(&folder, "out --no-figures"), found);
    let other = super::result(&folder, &format!("{words} --seed 18446744073709551614"));
    assert_ne!(other["results"], found["results"]);
}

#[test]
fn the_help_has_examples_and_every_flag() {
    let run = BINNING.run(std::path::Path::new("."), "--help");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let flags = "--config --toy --seed --signal --background --weight-column --column --categories \
        --means --bins --epochs --objective --combination --signal-weights \
        --background-uncertainty --simulation-uncertainty --shape-systematics \
        --minimum-background --yield-penalty --maximum-uncertainty --uncertainty-penalty --order \
        --method --learning-rate --steepness --fine-bins --fine-edges --refine --output --json \
        --no-figures --threads --resume --checkpoint-every --stop-after";
    for flag in flags.split_whitespace() {
        let described =
            run.stdout.lines().any(|line| line.trim_start().split([' ', '=']).next() == Some(flag));
        assert!(described, "--help lacks {flag}");
    }
    for word in [
        "Examples: diffhep optimize binning --output binning",
        "--config binning.toml",
        "flags win over it",
        "asimov, asimov-uncertainty, s-over-sqrt-b, p0 or cls",
        "cosine:FROM:TO",
        "gaussians-two-signals",
        "[default: 3 5 10]",
        "[default: rmsprop; adam for a mixture]",
        "[default: cosine:50:10000; cosine:1:20 for a mixture]",
    ] {
        assert!(text.contains(word), "--help lacks '{word}'");
    }
    let help = ANALYSE.run(std::path::Path::new("."), "--help");
    assert_eq!(help.status, 0);
    assert!(help.stdout.contains("Nothing is trained"), "{}", help.stdout);
}
