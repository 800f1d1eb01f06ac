//! Settings from a TOML file.

use std::fs;

use super::{CUT, FILES, folder, quiet, refused_untouched, result, value_of, write, write_events};

const SETTINGS: &str = r#"
signal = "data/s.csv"
background = "data/b.csv"
weight-column = "weight"
cuts = ["x>40", "y>"]
objective = "asimov-uncertainty"
background-uncertainty = 0.05
simulation-uncertainty = true
background-offset = 0.5
loss = "reciprocal"
scaling = "standard-deviation"
method = "rmsprop"
steps = 12
learning-rate = "cosine:0.05:0.01"
slope = { schedule = "exponential", from = 2.0, to = 4.0 }
refine = true
"#;

const FLAGS: &str = "--signal settings/data/s.csv --background settings/data/b.csv \
    --weight-column weight --cut x>40 --cut y> --objective asimov-uncertainty \
    --background-uncertainty 0.05 --simulation-uncertainty --background-offset 0.5 \
    --loss reciprocal --scaling standard-deviation --method rmsprop --steps 12 \
    --learning-rate cosine:0.05:0.01 --slope exponential:2:4 --refine";

#[test]
fn a_file_and_flags_say_the_same_and_flags_win() {
    let folder = folder("cut_config");
    fs::create_dir_all(folder.join("settings/data")).expect("a folder");
    write_events(&folder.join("settings/data"));
    write(&folder.join("settings"), "cut.toml", SETTINGS);
    let config = "--config settings/cut.toml";
    let from_file = result(&folder, config);
    assert_eq!(from_file, result(&folder, FLAGS));
    assert_eq!((&from_file["steps"], &from_file["slope"]), (&12.into(), &4.0.into()));

    // Each flag is tested alone, so that a setting that is never read is detected.
    for flag in [
        "--cut x>35",
        "--objective asimov",
        "--background-uncertainty 0.2",
        "--simulation-uncertainty false",
        "--background-offset 3",
        "--loss negative",
        "--scaling unit",
        "--method adam",
        "--steps 5",
        "--learning-rate 0.01",
        "--slope 3",
        "--refine false",
    ] {
        let found = result(&folder, &format!("{config} {flag}"));
        assert_ne!(found, from_file, "{flag} has no effect");
        assert_eq!(found, result(&folder, &format!("{} {flag}", without(flag))), "{flag}");
    }
    let toy = result(&folder, &format!("{config} --toy notebook --cut x>20 --steps 2"));
    assert_eq!(toy["seed"], 0, "a toy on the command line takes the files' place");
}

/// All flags except the one named in `flag`; if that is a cut, all cuts are removed.
fn without(flag: &str) -> String {
    let name = flag.split(' ').next().expect("a name");
    let all = FLAGS.split("--").skip(1).map(|part| format!("--{}", part.trim()));
    let kept: Vec<String> = all.filter(|part| part.split(' ').next() != Some(name)).collect();
    kept.join(" ")
}

#[test]
fn a_scan_and_a_toy_can_be_set() {
    let folder = folder("cut_config_toy");
    write_events(&folder);
    let text = "toy = \"notebook\"\nseed = 4\nscan = \"30:60:7\"\nsteps = 3\n";
    write(&folder, "toy.toml", text);
    write(&folder, "bom.toml", &format!("\u{feff}{}", text.replace('\n', "\r\n")));
    let expected = result(&folder, "--seed 4 --scan 30:60:7 --steps 3");
    assert_eq!(expected["scan"]["cuts"], serde_json::json!([30., 35., 40., 45., 50., 55., 60.]));
    for name in ["toy.toml", "bom.toml"] {
        assert_eq!(result(&folder, &format!("--config {name}")), expected, "{name}");
    }
    let files = result(&folder, &format!("--config toy.toml {FILES} --cut x>40"));
    assert!((value_of(&files, 0) - 40.0).abs() < 5.0, "{files}");
    quiet(&folder, "--config toy.toml --seed 5");
}

#[test]
fn every_setting_is_a_flag_and_a_key() {
    CUT.has_each_setting_as_flag_and_key(&folder("cut_keys"), &[]);
}

#[test]
fn the_settings_of_a_result_give_it_again() {
    let folder = folder("cut_again");
    write_events(&folder);
    fs::create_dir(folder.join("out")).expect("a folder");
    for words in [
        "--steps 5",
        "--toy rare-signal --seed 3 --steps 5 --cut x>48.123456789 --refine false",
        &format!("{FILES} --cut x> --cut y<1 --steps 3 --patience 2 --gradient-tolerance 0"),
        &format!("{FILES} --cut y>-0.123456789 --objective cls --scan 30:50.5:7 --steps 3"),
    ] {
        let expected = result(&folder, words);
        write(&folder.join("out"), "settings.json", &expected["settings"].to_string());
        assert_eq!(result(&folder, "--config out/settings.json"), expected, "{words}");
    }
}

#[test]
fn files_that_are_no_settings_are_refused_with_their_line() {
    let folder = folder("cut_bad_config");
    fs::write(folder.join("latin.toml"), b"toy = \"\xe9\"").expect("a file");
    let latin = ["cannot read latin.toml", "UTF-8"];
    refused_untouched(&folder, "--config latin.toml", &latin);
    refused_untouched(&folder, "--config absent.toml", &["cannot read absent.toml"]);
    let cases: [(&str, &[&str]); 18] = [
        ("\nobjectif = \"p0\"", &["line 2", "unknown field `objectif`", "`objective`"]),
        ("cut = [\"x>3\"]", &["line 1", "unknown field `cut`", "`cuts`"]),
        ("weight_column = \"w\"", &["unknown field `weight_column`", "`weight-column`"]),
        ("output = \"out\"", &["line 1", "unknown field `output`"]),
        ("\n\nsteps = \"3\"", &["line 3", "string \"3\""]),
        ("steps = 3.5", &["line 1", "3.5"]),
        ("seed = -1", &["line 1", "-1"]),
        ("refine = 1", &["line 1", "integer `1`"]),
        ("cuts = \"x>3\"", &["line 1", "x>3"]),
        ("steps =", &["line 1", "steps ="]),
        ("[table", &["line 1", "[table"]),
        ("steps = 1\nsteps = 2", &["line 2", "duplicate key"]),
        ("objective = \"z\"", &["line 1", "'z'", "asimov, asimov-uncertainty", "p0, cls"]),
        ("cuts = [\"x>=3\"]", &["line 1", "COLUMN>START", "found 'x>=3'"]),
        ("slope = \"cosine:1\"", &["line 1", "'cosine:1' is not a schedule", "cosine:FROM:TO"]),
        ("slope = -1", &["line 1", "-1; give a positive finite number"]),
        ("scan = \"9:1:20\"", &["line 1", "LOW:HIGH:POINTS", "'9:1:20'"]),
        ("method = \"sgd\"", &["line 1", "'sgd'", "gradient-descent, adam"]),
    ];
    for (text, expected) in cases {
        write(&folder, "bad.toml", text);
        let expected = [&["error: bad.toml: "], expected].concat();
        refused_untouched(&folder, "--config bad.toml --output out", &expected);
    }
    let checked: [(&str, &[&str]); 4] = [
        ("signal = \"s.csv\"", &["give both --signal and --background"]),
        ("toy = \"notebook\"\nsignal = \"s\"\nbackground = \"b\"", &["a toy and files of events"]),
        ("toy = \"notbook\"", &["unknown toy 'notbook'", "notebook, exponential"]),
        ("background-uncertainty = nan", &["background uncertainty is NaN", "0 or more"]),
    ];
    for (text, expected) in checked {
        write(&folder, "bad.toml", text);
        refused_untouched(&folder, "--config bad.toml --output out", expected);
    }
}
