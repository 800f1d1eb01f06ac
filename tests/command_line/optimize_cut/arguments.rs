//! Flags: those that are refused, and the help texts.

use super::{cut, folder, json, refused_untouched, result, value_of};

#[test]
fn wrong_flags_are_refused_by_name() {
    let folder = folder("cut_flags");
    let cases: [(&str, &[&str]); 29] = [
        ("--objective z", &["'z'", "asimov, asimov-uncertainty, s-over-sqrt-b, p0, cls"]),
        ("--toy z", &["unknown toy 'z'", "notebook", "twenty-columns"]),
        ("--method sgd", &["'sgd'", "gradient-descent, adam, rmsprop, lbfgs"]),
        ("--loss z", &["'z'", "negative, reciprocal"]),
        ("--scaling z", &["'z'", "standard-deviation, unit"]),
        ("--cut x", &["'x'", "COLUMN>START", "'pt>45'"]),
        ("--cut x>=3", &["found 'x>=3'"]),
        ("--cut >3", &["found '>3'"]),
        ("--cut x>nan", &["found 'x>nan'"]),
        ("--learning-rate cosine:1", &["'cosine:1' is not a schedule", "exponential:FROM:TO"]),
        ("--learning-rate step:2:5", &["'step:2:5' is not a schedule", "step:FROM:FACTOR:EVERY"]),
        ("--learning-rate -1", &["'--learning-rate", "'value' is -1", "positive"]),
        ("--slope 0", &["'--slope", "'value' is 0", "positive"]),
        ("--slope exponential:1:inf", &["'to' is inf", "positive finite"]),
        ("--scan 1:2", &["LOW:HIGH:POINTS", "found '1:2'"]),
        ("--scan 2:1:5", &["LOW below HIGH", "found '2:1:5'"]),
        ("--scan 1:2:1", &["2 to 100000 points", "found '1:2:1'"]),
        ("--scan 0:1:1000000000", &["2 to 100000 points"]),
        ("--background-uncertainty -0.1", &["background uncertainty is -0.1", "0 or more"]),
        ("--background-uncertainty nan", &["--background-uncertainty", "must be finite"]),
        ("--background-offset -2", &["background offset is -2", "0 or more"]),
        ("--steps 0", &["number of steps is 0", "at least 1"]),
        ("--steps -3", &["'-3'", "--steps"]),
        ("--seed -3", &["'-3'", "--seed"]),
        ("--simulation-uncertainty maybe", &["'maybe'", "true, false"]),
        ("--method lbfgs --slope exponential:1:2", &["lbfgs", "constant hardness", "adam"]),
        ("--resume", &["--output"]),
        ("--stop-after 3", &["--output"]),
        ("--threads many", &["'many'", "--threads"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, words, expected);
    }
    let never = "--checkpoint-every 0 --no-figures --output out";
    super::refused(&folder, &super::arguments(never, &[]), "", &["at least 1"]);
}

/// A scan may start below 0, although its text then looks like a flag.
#[test]
fn a_scan_may_begin_below_zero() {
    let folder = folder("cut_below");
    let found = result(&folder, "--scan -5:60:14 --steps 1");
    assert_eq!(found["scan"]["cuts"][0], -5.0);
    assert_eq!(found, result(&folder, "--scan=-5:60:14 --steps 1"));
}

#[test]
fn the_help_has_examples_and_every_flag() {
    let run = cut(std::path::Path::new("."), "--help");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let flags = "--config --toy --seed --signal --background --weight-column --cut --objective \
        --background-uncertainty --simulation-uncertainty --background-offset --signal-offset --loss \
        --scaling --gradient-tolerance --patience \
        --method --steps --learning-rate --slope --refine --scan --output --json --no-figures \
        --resume --checkpoint-every --stop-after --threads";
    for flag in flags.split_whitespace() {
        let described =
            run.stdout.lines().any(|line| line.trim_start().split([' ', '=']).next() == Some(flag));
        assert!(described, "--help lacks {flag}");
    }
    for word in [
        "Examples: diffhep optimize cut --output cut",
        "--config cut.toml",
        "flags win over it",
        "asimov, asimov-uncertainty, s-over-sqrt-b, p0 or cls",
        "cosine:FROM:TO",
        "five-columns",
        "[default: exponential:2:10]",
        "[default: 1e-8]",
        "added to the signal wherever it is judged [default: 0]",
    ] {
        assert!(text.contains(word), "--help lacks '{word}'");
    }
    for (name, _) in diffhep::studies::PRESETS {
        assert!(text.contains(name), "--help lacks the toy {name}");
    }
}

#[test]
fn a_cut_at_the_end_of_its_range_is_warned_of() {
    let folder = folder("cut_at_bound");
    let run = cut(&folder, "--scan 40:44:9 --cut x>42 --json");
    let words =
        "warning: the cut x > 44 ended at the end of its range: widen --scan, or leave it out\n";
    assert_eq!((run.status, run.stderr.as_str()), (0, words));
    assert!(value_of(&json(&run.stdout), 0) <= 44.0);
}

#[test]
fn stopping_rules_and_offsets_are_set_by_flags() {
    let folder = folder("cut_stopping");
    let loose = result(&folder, "--gradient-tolerance 0.05 --steps 400");
    assert_eq!(loose["status"], "converged");
    assert!(loose["steps"].as_u64().expect("a count") < 400, "{}", loose["steps"]);
    let patient = result(&folder, "--method adam --learning-rate 2 --patience 20");
    assert_eq!(patient["status"], "patience");
    let offset = result(&folder, "--signal-offset 12 --steps 1");
    assert_eq!(
        (&offset["no_cut"]["signal"], &offset["settings"]["signal-offset"]),
        (&312.0.into(), &12.0.into())
    );
}
