//! Flags and files that give no result.

use super::{
    FILES, FILLS, SMALL, contents, csv, folder, quiet, refused_untouched, write, write_all,
    write_events,
};

#[test]
fn wrong_flags_are_refused_by_name() {
    let folder = folder("observable_flags");
    let cases: [(&str, &[&str]); 40] = [
        ("--loss z", &["unknown term of a loss 'z'", "cls, p0, ln-cls", "bce-augmented"]),
        ("--loss cls+cls", &["twice"]),
        ("--loss -1*cls", &["not above 0"]),
        ("--toy z", &["unknown toy 'z'", "choose one of blobs"]),
        ("--points 0", &["processes of 0 points", "2 or more"]),
        ("--points 1", &["has 1 events for 2 parts", "give more events"]),
        ("--epochs 0", &["number of epochs is 0", "at least 1"]),
        ("--epochs -3", &["'-3'", "--epochs"]),
        ("--batch-size 0", &["the batch size is 0", "1 or more"]),
        ("--edges 0 0.5 0.4", &["the list of edges is [0.0, 0.5, 0.4]", "ascending numbers"]),
        ("--edges 0 0.5 2", &["between 0 and 1"]),
        ("--edges 0 nan 1", &["--edges", "must be finite"]),
        ("--edges 0.5", &["number of bins is 0"]),
        ("--bins 0", &["number of bins is 0", "1 to 1000"]),
        ("--bins 99999999999", &["number of bins is 99999999999", "1 to 1000"]),
        ("--bins 2 --edges 0 1", &["--bins", "--edges"]),
        ("--column z", &["signal has no column 'z'; it has x, y"]),
        ("--column x --column x", &["x"]),
        ("--select z", &["unknown metric 'z'", "loss, cls, p0"]),
        ("--select sigma-mu", &["unknown metric 'sigma-mu'", "sigma_mu"]),
        ("--bandwidth 0.1 --relative-bandwidth 0.3", &["--bandwidth", "--relative-bandwidth"]),
        ("--bandwidth 0", &["the bandwidth is 0", "1e-6 to 1000"]),
        ("--relative-bandwidth -1", &["the bandwidth is -1"]),
        ("--hidden 0", &["number of units is 0", "1 to 100000"]),
        ("--hidden 8x0", &["units of each hidden layer", "found '8x0'"]),
        ("--hidden eight", &["as in 128,64 or 128x4", "found 'eight'"]),
        ("--hidden 100000x3", &["number of parameters is 20000600001", "smaller layers"]),
        ("--activation z", &["'z'", "relu, tanh, sigmoid"]),
        ("--overflow z", &["'z'", "dropped, kept, reflected"]),
        ("--background-floor -1", &["the background floor is -1", "0 or more"]),
        ("--held-out 1", &["the held-out share is 1", "between 0 and 1"]),
        ("--learning-rate 0", &["--learning-rate", "'value' is 0", "positive"]),
        ("--patience 0", &["patience is 0", "at least 1"]),
        ("--seeds -1", &["'-1'", "--seeds"]),
        ("--seeds 1.5", &["'1.5'", "--seeds"]),
        ("--checkpoint-every 0", &["0 epochs between checkpoints"]),
        ("--weight-column w", &["a weight column is a file's"]),
        ("--standardise maybe", &["'maybe'", "true, false"]),
        ("--signal s.csv", &["give both --signal and --background"]),
        ("--template workspace.json", &["nothing fills the template", "[[fill]]", "--config"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, &format!("{words} --output out"), expected);
    }
    for words in ["--resume", "--stop-after 3", "--checkpoint-every 3"] {
        refused_untouched(&folder, words, &["--output"]);
    }
}

#[test]
fn files_that_are_no_samples_are_refused() {
    let folder = folder("observable_bad_files");
    write_events(&folder);
    write(&folder, "nan.csv", &csv("x,y,weight", &["1,2,1".to_owned(), "1,NaN,1".to_owned()]));
    write(&folder, "x.csv", &csv("x,weight", &["1,1".to_owned(), "2,1".to_owned()]));
    write(&folder, "one.csv", "x,y\n1,2\n");
    write(&folder, "negative.csv", "x,y,weight\n1,2,1\n2,1,-2\n");
    write(&folder, "constant.csv", "x,y,z\n1,2,1\n2,1,1\n3,4,1\n");
    for (name, expected) in [
        ("nan.csv", &["nan.csv, line 3, column 'y': expected a finite number", "'NaN'"][..]),
        ("x.csv", &["x.csv has no column 'y'; it has x, weight"]),
        ("absent.csv", &["cannot read", "absent.csv"]),
        ("one.csv", &["one has 1 events", "give more events"]),
        ("negative.csv", &["the weights of negative add up to -1"]),
    ] {
        let words = FILES.replace("s.csv", name);
        refused_untouched(&folder, &format!("{words} --output out"), expected);
        refused_untouched(&folder, &FILES.replace("w.csv", name), expected);
    }
    let cases: [(&str, &[&str]); 6] = [
        ("--signal s.csv --background b.csv", &["name the network's inputs", "--column"]),
        (&format!("{FILES} --points 9"), &["points are a toy's"]),
        (&format!("{FILES} --toy blobs"), &["--toy", "--signal"]),
        (&format!("{FILES} --template w.json"), &["--template", "--signal"]),
        (&FILES.replace("w.csv", "s=w.csv"), &["two processes are called 's'"]),
        (&FILES.replace("--batch-size 100", "--batch-size 1"), &["batches", "raise --batch-size"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, words, expected);
    }
    let constant = "--signal constant.csv --background b=constant.csv --column z";
    refused_untouched(&folder, constant, &["a column that is not constant", "(z)"]);
}

#[test]
fn templates_that_do_not_fit_are_refused() {
    let folder = folder("observable_bad_template");
    write_all(&folder);
    let config = "--config bad.toml --output out";
    let cases: [(String, &[&str]); 8] = [
        (FILLS.replace("\"SR\"", "\"XR\""), &["template.json: /channels", "'XR'", "SR, CR"]),
        (FILLS.replace("\"top\"", "\"qcd\""), &["no sample named 'qcd'", "signal, top, other"]),
        (FILLS.replace("\"scale\"", "\"jes\""), &["no histosys named 'jes'", "has: scale"]),
        (FILLS.replace("down = \"b_down.csv\"\n", ""), &["the shape 'scale' of top", "pairs"]),
        (FILLS.replace("template = \"template.json\"", ""), &["fill a template", "--template"]),
        (FILLS.replace("\"template.json\"", "\"s.csv\""), &["s.csv"]),
        (FILLS.replace("\"signal\"", "\"other\""), &["there is no signal"]),
        (format!("bins = 4\n{FILLS}"), &["channel 'SR' has 3 bins", "have 4", "--bins"]),
    ];
    for (text, expected) in cases {
        write(&folder, "bad.toml", &text);
        refused_untouched(&folder, config, expected);
    }
    let columns = FILLS.replace("columns = [\"x\", \"y\"]", "");
    write(&folder, "bad.toml", &columns);
    refused_untouched(&folder, config, &["name the network's inputs"]);
}

/// Errors that would lose an earlier result are detected before the result is touched.
#[test]
fn an_earlier_result_outlives_wrong_input() {
    let folder = folder("observable_outlives");
    quiet(&folder, &format!("{SMALL} --output out"));
    let before = contents(&folder.join("out"));
    for words in ["--select z", "--patience 0", "--edges 1 0", "--column z", "--held-out 2"] {
        refused_untouched(&folder, &format!("{SMALL} {words} --output out"), &["error: "]);
    }
    quiet(&folder, &format!("{SMALL} --output out --resume"));
    assert!(contents(&folder.join("out")) == before);
}
