//! Settings from a TOML file.

use std::fs;

use serde_json::Value;

use super::{
    BINNING, FAST, FILES, folder, names_in, number, quiet, refused_untouched, result, write,
    write_events,
};

const SETTINGS: &str = r#"
signal = [{ file = "data/s.csv" }]
background = [{ name = "top", file = "data/ttbar.csv" }, { file = "data/w.csv" }]
weight-column = "weight"
columns = ["score=0:1"]
categories = "boundaries"
bins = [3]
epochs = 6
objective = "asimov-uncertainty"
background-uncertainty = 0.05
simulation-uncertainty = true
minimum-background = 3.0
yield-penalty = 5.0
maximum-uncertainty = 0.1
uncertainty-penalty = 2.0
order = "significance"
method = "adam"
learning-rate = "cosine:0.05:0.01"
steepness = { schedule = "exponential", from = 20.0, to = 40.0 }
fine-bins = 40
fine-edges = "equal-width"
refine = false
"#;

const FLAGS: &str = "--signal settings/data/s.csv \
    --background top=settings/data/ttbar.csv settings/data/w.csv --weight-column weight \
    --column score=0:1 --categories boundaries --bins 3 --epochs 6 --objective asimov-uncertainty \
    --background-uncertainty 0.05 --simulation-uncertainty true --minimum-background 3 \
    --yield-penalty 5 --maximum-uncertainty 0.1 --uncertainty-penalty 2 --order significance \
    --method adam --learning-rate cosine:0.05:0.01 --steepness exponential:20:40 --fine-bins 40 \
    --fine-edges equal-width --refine false";

/// All flags except those named in `flags`.
fn without(flags: &str) -> String {
    let name = |part: &str| part.split_whitespace().next().map(str::to_owned);
    let named: Vec<_> = flags.split("--").skip(1).map(name).collect();
    let all = FLAGS.split("--").skip(1).filter(|part| !named.contains(&name(part)));
    all.map(|part| format!("--{} ", part.trim())).collect()
}

#[test]
fn a_file_and_flags_say_the_same_and_flags_win() {
    let folder = folder("binning_config");
    fs::create_dir_all(folder.join("settings/data")).expect("a folder");
    write_events(&folder.join("settings/data"));
    write(&folder.join("settings"), "binning.toml", SETTINGS);
    let config = "--config settings/binning.toml";
    let from_file = result(&folder, config);
    assert_eq!(from_file, result(&folder, FLAGS));
    assert_eq!(from_file["results"][0]["descent"]["epochs"], 6);

    // Each flag is tested alone, so that a setting that is never read is detected.
    for flag in [
        "--background settings/data/ttbar.csv",
        "--weight-column weight_up",
        "--column score=0.1:0.9",
        "--categories mixture",
        "--bins 2 4",
        "--epochs 3",
        "--objective p0",
        "--background-uncertainty 0.2",
        "--simulation-uncertainty false",
        "--minimum-background 30",
        "--minimum-background 100 --yield-penalty 50",
        "--maximum-uncertainty 0.01",
        "--uncertainty-penalty 40",
        "--method rmsprop",
        "--method exact",
        "--learning-rate 0.2",
        "--steepness 30",
        "--refine --fine-bins 20",
        "--refine --fine-edges mixed",
    ] {
        let found = result(&folder, &format!("{config} {flag}"));
        assert_ne!(found["results"], from_file["results"], "{flag} has no effect");
        assert_eq!(found, result(&folder, &format!("{} {flag}", without(flag))), "{flag}");
    }
}

#[test]
fn a_toy_in_the_flags_takes_the_place_of_the_files() {
    let folder = folder("binning_config_toy");
    write_events(&folder);
    let files = "signal = [{ file = \"s.csv\" }]\nbackground = [{ file = \"w.csv\" }]\n";
    write(&folder, "files.toml", &format!("bins = [2]\nepochs = 2\n{files}"));
    let toy = "--toy gaussians --fine-bins 60";
    let expected = result(&folder, &format!("{toy} --bins 2 --epochs 2"));
    assert_eq!(result(&folder, &format!("--config files.toml {toy}")), expected);
    assert_eq!((&expected["seed"], &expected["settings"]["signal"]), (&0.into(), &Value::Null));

    write(&folder, "toy.toml", "toy = \"gaussians\"\nseed = 4\nbins = [2]\nepochs = 2\n");
    let seeded = result(&folder, "--config toy.toml --fine-bins 60");
    assert_eq!((&seeded["seed"], &seeded["settings"]["toy"]), (&4.into(), &"gaussians".into()));
    assert_ne!(seeded["results"], expected["results"]);
    let from_files = result(&folder, &format!("--config toy.toml --fine-bins 60 {FILES}"));
    assert_eq!(from_files, result(&folder, &format!("{FILES} --fine-bins 60 --bins 2 --epochs 2")));
}

/// The settings that docs/optimize.md shows.
fn settings_of_readme() -> String {
    let text = include_str!("../../../docs/optimize.md");
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next());
    let block = blocks.flatten().find(|block| block.contains("[[background.shape]]"));
    block.expect("docs/optimize.md shows shapes in a settings file").to_owned()
}

#[test]
fn the_settings_of_the_guide_work() {
    let folder = folder("binning_readme");
    write_events(&folder);
    fs::rename(folder.join("s.csv"), folder.join("signal.csv")).expect("a file");
    write(&folder, "binning.toml", &settings_of_readme());
    let words = "--config binning.toml --epochs 4 --fine-bins 60";
    let whole = result(&folder, words);
    assert_eq!(whole["objective"], "cls");
    let backgrounds = whole["settings"]["background"].as_array().expect("a list");
    let shapes = backgrounds[0]["shape"].as_array().expect("a list");
    let names: Vec<&Value> = shapes.iter().map(|shape| &shape["name"]).collect();
    assert_eq!(names, ["jet-energy-scale", "pile-up"]);
    // Each systematic alone costs significance, and both together cost more.
    let of = |text: &str| {
        write(&folder, "fewer.toml", text);
        let found = result(&folder, &words.replace("binning.toml", "fewer.toml"));
        number(&found["results"][0]["equidistant_significance"])
    };
    let [head, files, weights]: [&str; 3] = settings_of_readme()
        .split("[[background.shape]]")
        .map(|part| &*part.to_owned().leak())
        .collect::<Vec<_>>()
        .try_into()
        .expect("two shapes");
    let none = of(head);
    let [by_files, by_weights] =
        [files, weights].map(|shape| of(&format!("{head}[[background.shape]]{shape}")));
    let both = number(&whole["results"][0]["equidistant_significance"]);
    assert!(both < by_files && both < by_weights, "{both} {by_files} {by_weights}");
    assert!(by_files < none && by_weights < none, "{by_files} {by_weights} {none}");
    let off = result(&folder, &format!("{words} --shape-systematics false"));
    assert_eq!(number(&off["results"][0]["equidistant_significance"]), none);
}

#[test]
fn paths_are_relative_to_the_settings_and_kept_absolute() {
    let folder = folder("binning_relative");
    fs::create_dir(folder.join("data")).expect("a folder");
    write_events(&folder.join("data"));
    let files = "signal = [{ file = \"s.csv\" }]\nbackground = [{ file = \"w.csv\" }]\n";
    let text = format!("columns = [\"score\"]\nbins = [2]\nepochs = 2\n{files}");
    write(&folder.join("data"), "binning.toml", &text);
    let from_above = quiet(&folder, &format!("--config data/binning.toml {FAST} --output one"));
    let inside = folder.join("data");
    let from_inside = quiet(&inside, &format!("--config binning.toml {FAST} --output ../two"));
    assert_eq!(from_above.lines().next(), from_inside.lines().next());
    super::assert_same(&folder, "one", "two");
    // This works from any folder, and however the path is spelt.
    let again = format!("--config ./data/./binning.toml {FAST} --output one --resume");
    quiet(&folder, &again);
    super::assert_same(&folder, "two", "one");
}

#[test]
fn every_setting_is_a_flag_and_a_key() {
    BINNING.has_each_setting_as_flag_and_key(&folder("binning_keys"), &[]);
}

#[test]
fn the_settings_in_a_folder_make_it_again() {
    let folder = folder("binning_again");
    write_events(&folder);
    fs::rename(folder.join("s.csv"), folder.join("signal.csv")).expect("a file");
    write(&folder, "guide.toml", &settings_of_readme());
    fs::copy(folder.join("signal.csv"), folder.join("s.csv")).expect("a file");
    for words in [
        "--toy gaussians-two-signals --epochs 2 --bins 3 2 --seed 18446744073709551615",
        "--fine-bins 60 --bins 3 --method exact --shape-systematics false",
        "--config guide.toml --bins 2 --epochs 2 --fine-bins 60",
        &format!(
            "{FILES} --fine-bins 60 --bins 2 --epochs 2 --signal-weights 2 \
             --combination weighted-sum --minimum-background 0.1"
        ),
    ] {
        quiet(&folder, &format!("{words} --no-figures --output one"));
        quiet(&folder, "--config one/settings.json --no-figures --output two");
        super::assert_same(&folder, "one", "two");
    }
}

#[test]
fn files_that_are_no_settings_are_refused_with_their_line() {
    let folder = folder("binning_bad_config");
    let process = "[[signal]]\nfile = \"s.csv\"\n[[background]]\nfile = \"w.csv\"\n";
    let shape = "[[background.shape]]\nname = \"x\"\n";
    let cases: [(&str, &[&str]); 13] = [
        ("\nobjectif = \"p0\"", &["line 2, column 1", "unknown field `objectif`", "`objective`"]),
        ("column = [\"x\"]", &["line 1, column 1", "unknown field `column`", "`columns`"]),
        ("minimum_background = 1", &["line 1", "`minimum_background`", "`minimum-background`"]),
        ("[[signal]]\nfil = \"s\"", &["line 2, column 1", "unknown field `fil`", "`file`"]),
        (&format!("{process}{shape}upp = \"u\""), &["line 7, column 1", "`upp`", "`up-weight`"]),
        ("signal = \"s.csv\"", &["line 1", "s.csv"]),
        ("bins = 3", &["line 1, column 8", "integer `3`"]),
        ("bins = [3, -1]", &["line 1, column 12", "-1"]),
        ("seed = 18446744073709551616", &["line 1, column 8"]),
        ("columns = [\"x=3\"]", &["line 1", "NAME=LOW:HIGH", "found 'x=3'"]),
        ("means = \"z\"", &["line 1, column 9", "'z'", "ranges, simplex"]),
        ("method = \"sgd\"", &["line 1, column 10", "'sgd'", "exact, gradient-descent, adam"]),
        ("bins = [3]\nbins = [4]", &["line 2", "duplicate key"]),
    ];
    for (text, expected) in cases {
        write(&folder, "bad.toml", text);
        let expected = [&["error: bad.toml: "], expected].concat();
        refused_untouched(&folder, "--config bad.toml --output out", &expected);
    }
    write(&folder, "bad.json", "{\n\"bins\": 3}");
    let words = ["error: bad.json: invalid type: integer `3`", "line 2 column 9"];
    refused_untouched(&folder, "--config bad.json --output out", &words);
    let column = "columns = [\"score\"]\n";
    let up = "up = \"w.csv\"\n";
    write_events(&folder);
    let checked: [(&str, &[&str]); 7] = [
        (process, &["name the column to bin", "--column"]),
        (
            &format!("{column}[[signal]]\nfile = \"s.csv\""),
            &["give both --signal and --background"],
        ),
        (&format!("toy = \"gaussians\"\n{column}{process}"), &["a toy and files of events"]),
        (&format!("{column}{process}{shape}{up}"), &["the shape 'x' of w", "up-weight"]),
        (&format!("{column}{process}{shape}"), &["the shape 'x' of w", "give one of these pairs"]),
        (
            &format!(
                "{column}{}",
                process.replace("[[back", &format!("[[signal.shape]]\nname = \"x\"\n{up}[[back"))
            ),
            &["shape systematics are those of backgrounds"],
        ),
        ("minimum-background = nan", &["minimum background is NaN", "0 or more"]),
    ];
    for (text, expected) in checked {
        write(&folder, "bad.toml", text);
        refused_untouched(&folder, "--config bad.toml --output out", expected);
    }
    assert!(!names_in(&folder).contains(&"out".to_owned()));
}
