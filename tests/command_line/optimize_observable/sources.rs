//! Events from files: processes with systematics, and templates that they populate.

use std::fs;

use super::{
    FILES, TEMPLATE, assert_close, folder, json, keys, number, numbers, quiet, result, write,
    write_all,
};

#[test]
fn systematics_of_files_are_in_the_model_and_cost_sensitivity() {
    let folder = folder("observable_shapes");
    write_all(&folder);
    let found = result(&folder, "--config shapes.toml --output out --no-figures");
    let yields = &found["best"]["yields"];
    let names = ["s", "b", "b scale up", "b scale down", "b pile-up up", "b pile-up down"];
    assert_eq!(keys(yields), names);
    let sums = names.map(|name| numbers(&yields[name]).iter().sum::<f64>());
    for (sum, expected) in sums.iter().zip([20.0, 100.0, 100.0, 100.0]) {
        assert_close(*sum, expected, 1e-9);
    }
    // The weights rise by a tenth with x, whose mean is 1.
    assert!((105.0..115.0).contains(&sums[4]) && (85.0..95.0).contains(&sums[5]), "{sums:?}");
    let text = fs::read_to_string(folder.join("out/workspace-0.json")).expect("text");
    let background = &json(&text)["channels"][0]["samples"][1];
    assert_eq!(background["name"], "b");
    for (modifier, name) in [(0, "scale"), (1, "pile-up")] {
        let modifier = &background["modifiers"][modifier];
        assert_eq!((&modifier["name"], &modifier["type"]), (&name.into(), &"histosys".into()));
        for (side, direction) in [("hi_data", "up"), ("lo_data", "down")] {
            let expected = numbers(&yields[format!("b {name} {direction}")]);
            for (bin, events) in numbers(&modifier["data"][side]).iter().zip(expected) {
                assert_close(*bin, events + 0.01, 1e-12);
            }
        }
    }
    let without = FILES.replace(" w.csv", "");
    let without = number(&result(&folder, &without)["best"]["metrics"]["sigma_mu"]);
    assert!(number(&found["best"]["metrics"]["sigma_mu"]) > without);
}

#[test]
fn a_template_is_filled_and_the_rest_of_it_stays() {
    let folder = folder("observable_template");
    write_all(&folder);
    let found = result(&folder, "--config fills.toml --output out --no-figures");
    assert_eq!(found["settings"]["bins"], 3, "the channel's");
    assert_eq!(numbers(&found["best"]["edges"]).len(), 4);
    let yields = &found["best"]["yields"];
    assert_eq!(keys(yields), ["signal", "top", "top scale up", "top scale down"]);
    let template = json(&format!("{TEMPLATE}\n"));
    let text = fs::read_to_string(folder.join("out/workspace-0.json")).expect("text");
    let filled = json(&text);
    assert_eq!(filled["channels"][1], template["channels"][1]);
    assert_eq!(filled["channels"][0]["samples"][2], template["channels"][0]["samples"][2]);
    let signal = &filled["channels"][0]["samples"][0]["data"];
    assert_eq!(numbers(signal), numbers(&yields["signal"]));
    let run = super::super::run_in(&folder, &["cls", "out/workspace-0.json"], "");
    let cls = &found["best"]["metrics"]["cls"];
    assert_close(number(&json(&run.stdout)["CLs_exp"][2]), number(cls), 1e-6);
    // Different edges, but the same number of them.
    let edges = "--config fills.toml --edges 0 0.3 0.5 1";
    assert_eq!(numbers(&result(&folder, edges)["best"]["edges"]), [0.0, 0.3, 0.5, 1.0]);
}

/// Samples with the same name in two channels are listed with the name of the channel.
#[test]
fn channels_may_share_names_of_samples() {
    let folder = folder("observable_channels");
    write_all(&folder);
    let more = TEMPLATE.replace("[400]", "[4, 4, 4]");
    write(&folder, "template.json", &more);
    let fills = super::FILLS.to_owned()
        + "[[fill]]\nchannel = \"CR\"\nsample = \"top\"\nfile = \"w.csv\"\n";
    write(&folder, "fills.toml", &fills);
    let found = result(&folder, "--config fills.toml");
    let names = ["signal", "SR/top", "SR/top scale up", "SR/top scale down", "CR/top"];
    assert_eq!(keys(&found["best"]["yields"]), names);
    assert_close(numbers(&found["best"]["yields"]["CR/top"]).iter().sum(), 30.0, 1e-9);
}

/// The program does not split words itself, so names of folders and files may contain spaces.
#[test]
fn paths_may_hold_spaces() {
    let folder = folder("observable_spaces");
    write_all(&folder);
    fs::create_dir(folder.join("my data")).expect("a folder");
    fs::rename(folder.join("s.csv"), folder.join("my data/the signal.csv")).expect("a file");
    let words = FILES.replace("--signal s.csv", "");
    let further = ["--signal", "my data/the signal.csv", "--output", "my data/the result"];
    let run = super::super::run_in(&folder, &super::OBSERVABLE.arguments(&words, &further), "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let found = fs::read_to_string(folder.join("my data/the result/result.json")).expect("text");
    assert_eq!(keys(&json(&found)["best"]["yields"])[0], "the signal");
    quiet(&folder, &words.replace("--background b.csv w.csv", "--background w.csv --signal b.csv"));
}
