//! Settings from a TOML file.

use std::fs;

use serde_json::Value;

use super::{
    OBSERVABLE, SHAPES, TEMPLATE, assert_same, folder, quiet, refused_untouched, result, write,
    write_all, write_events,
};

const SETTINGS: &str = r#"
signal = [{ file = "data/s.csv" }]
background = [{ name = "top", file = "data/b.csv" }, { file = "data/w.csv" }]
weight-column = "weight"
columns = ["x", "y"]
loss = "cls + 0.5*p0"
hidden = [8, 4]
activation = "tanh"
standardise = true
bins = 4
train-edges = true
relative-bandwidth = 0.3
overflow = "reflected"
background-floor = 0.05
held-out = 0.3
batch-size = 120
epochs = 6
learning-rate = "cosine:0.01:0.001"
patience = 5
select = "cls"
seeds = [3]
"#;

const FLAGS: &str = "--signal settings/data/s.csv \
    --background top=settings/data/b.csv settings/data/w.csv --weight-column weight --column x \
    --column y --loss cls+0.5*p0 --hidden 8,4 --activation tanh --standardise true --bins 4 \
    --train-edges true --relative-bandwidth 0.3 --overflow reflected --background-floor 0.05 \
    --held-out 0.3 --batch-size 120 --epochs 6 --learning-rate cosine:0.01:0.001 --patience 5 \
    --select cls --seeds 3";

#[test]
fn a_file_and_flags_say_the_same_and_flags_win() {
    let folder = folder("observable_config");
    fs::create_dir_all(folder.join("settings/data")).expect("a folder");
    write_events(&folder.join("settings/data"));
    write(&folder.join("settings"), "observable.toml", SETTINGS);
    let config = "--config settings/observable.toml";
    let from_file = result(&folder, config);
    assert_eq!(from_file, result(&folder, FLAGS));
    assert_eq!(from_file["seed"], 3);

    // Each flag is tested alone, so that a setting that is never read is detected.
    for flag in [
        "--background settings/data/b.csv",
        "--weight-column weight_up",
        "--column x",
        "--loss bce",
        "--hidden 8x1",
        "--activation relu",
        "--standardise false",
        "--bins 3",
        "--edges 0 0.4 1",
        "--train-edges false",
        "--relative-bandwidth 0.1",
        "--bandwidth 0.2",
        "--overflow dropped",
        "--background-floor 1",
        "--held-out 0.5",
        "--batch-size 90",
        "--epochs 1",
        "--learning-rate 0.2",
        "--seeds 4",
    ] {
        let found = result(&folder, &format!("{config} {flag}"));
        assert_ne!(found["runs"], from_file["runs"], "{flag} has no effect");
    }
    // These flags change the history, which is visible in the number of epochs or the best epoch.
    let patient = result(&folder, &format!("{config} --learning-rate 3 --patience 1 --epochs 50"));
    assert_eq!(patient["status"], "no improvement", "{patient}");
}

#[test]
fn events_in_the_flags_take_the_place_of_those_in_the_file() {
    let folder = folder("observable_config_toy");
    write_all(&folder);
    let toy = "--toy blobs --points 300";
    let found = result(&folder, &format!("--config shapes.toml {toy}"));
    assert_eq!(found["settings"]["signal"], Value::Null);
    assert_eq!(
        (&found["settings"]["toy"], &found["settings"]["points"]),
        (&"blobs".into(), &300.into())
    );
    // Standardising inputs is the default only for files.
    assert_eq!(found["settings"]["standardise"], false);
    assert_eq!(result(&folder, "--config shapes.toml")["settings"]["standardise"], true);
    let files = "--signal s.csv --background b.csv";
    let found = result(&folder, &format!("--config fills.toml {files}"));
    assert_eq!(
        (&found["settings"]["template"], &found["settings"]["fill"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(result(&folder, &format!("--config shapes.toml {files}")), found);
}

/// The settings that docs/optimize.md shows.
fn settings_of_readme() -> &'static str {
    let text = include_str!("../../../docs/optimize.md");
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next());
    let block = blocks.flatten().find(|block| block.contains("[[fill]]"));
    block.expect("docs/optimize.md shows a template that is filled")
}

#[test]
fn the_settings_of_the_guide_work() {
    let folder = folder("observable_readme");
    write_events(&folder);
    for (from, to) in [
        ("s.csv", "signal.csv"),
        ("b.csv", "ttbar.csv"),
        ("b_up.csv", "ttbar_up.csv"),
        ("b_down.csv", "ttbar_down.csv"),
    ] {
        let text = fs::read_to_string(folder.join(from)).expect("text");
        write(&folder, to, &text.replace("label,x,y", "label,pt,eta"));
    }
    let template = TEMPLATE.replace("\"top\"", "\"ttbar\"");
    write(&folder, "search.json", &template.replace("\"scale\"", "\"jet-energy-scale\""));
    write(&folder, "readme.toml", settings_of_readme());
    let found = result(&folder, "--config readme.toml --epochs 2 --batch-size 100");
    assert_eq!(found["runs"].as_array().map(Vec::len), Some(3));
    assert_eq!(found["settings"]["hidden"], Value::from([64, 64]));
}

#[test]
fn paths_are_relative_to_the_settings() {
    let folder = folder("observable_relative");
    fs::create_dir(folder.join("data")).expect("a folder");
    write_all(&folder.join("data"));
    for name in ["shapes.toml", "fills.toml"] {
        let found = result(&folder, &format!("--config data/{name}"));
        assert_eq!(found, result(&folder.join("data"), &format!("--config {name}")), "{name}");
    }
}

#[test]
fn every_setting_is_a_flag_and_a_key() {
    OBSERVABLE.has_each_setting_as_flag_and_key(&folder("observable_keys"), &["fill"]);
}

#[test]
fn the_settings_in_a_folder_make_it_again() {
    let folder = folder("observable_again");
    write_all(&folder);
    for words in [
        "--points 300 --epochs 3 --batch-size 100 --hidden none --edges 0 0.4 1 --patience 2 \
         --seeds 3 1 --no-figures",
        "--config shapes.toml --relative-bandwidth 0.3 --loss cls+0.5*p0 --no-figures",
        "--config fills.toml --train-edges --learning-rate cosine:0.01:0.001 --no-figures",
    ] {
        quiet(&folder, &format!("{words} --output one"));
        quiet(&folder, "--config one/settings.json --no-figures --output two");
        assert_same(&folder, "one", "two");
    }
}

#[test]
fn files_that_are_no_settings_are_refused_with_their_line() {
    let folder = folder("observable_bad_config");
    write_events(&folder);
    let cases: [(&str, &[&str]); 8] = [
        ("\nlos = \"p0\"", &["line 2, column 1", "unknown field `los`", "`loss`"]),
        ("loss = \"z\"", &["line 1, column 8", "unknown term of a loss 'z'", "cls, p0"]),
        ("hidden = \"8x\"", &["line 1", "as in 128,64 or 128x4", "found '8x'"]),
        ("hidden = 8.5", &["line 1", "a list of units, or a text"]),
        ("overflow = \"z\"", &["line 1", "'z'", "dropped, kept, reflected"]),
        ("seeds = [-1]", &["line 1", "-1"]),
        ("[[fill]]\nsample = \"a\"\nfile = \"b\"", &["line 1", "missing field `channel`"]),
        ("[[fill]]\nchanel = \"a\"", &["line 2, column 1", "unknown field `chanel`", "`channel`"]),
    ];
    for (text, expected) in cases {
        write(&folder, "bad.toml", text);
        let expected = [&["error: bad.toml: "], expected].concat();
        refused_untouched(&folder, "--config bad.toml --output out", &expected);
    }
    let one_sided = SHAPES.replace("down = \"b_down.csv\"\n", "");
    let checked: [(&str, &[&str]); 5] = [
        ("bins = 3\nedges = [0, 1]", &["bins and edges are set", "one of them"]),
        ("bandwidth = 1\nrelative-bandwidth = 1", &["bandwidth and relative-bandwidth", "one"]),
        (&format!("toy = \"blobs\"\n{SHAPES}"), &["a toy, from signals and backgrounds, or fill"]),
        (&one_sided, &["the shape 'scale' of b", "give one of these pairs"]),
        ("edges = [0, nan, 1]", &["the list of edges", "ascending"]),
    ];
    for (text, expected) in checked {
        write(&folder, "bad.toml", text);
        refused_untouched(&folder, "--config bad.toml --output out", expected);
    }
}
