//! Valid CSV files, in all their forms.

use serde_json::Value;

use super::{
    FILES, asimov, assert_close, background_rows, check_figures, contents, csv, cut, folder, json,
    number, result, signal_rows, value_of, warned, write, write_events,
};

const DESCENT: &str = "--steps 60 --scan 20:60:81";

/// A result without its settings, which name the files.
fn without_settings(mut result: Value) -> Value {
    result["settings"].take();
    result
}

#[test]
fn weights_come_from_the_column_that_is_named() {
    let folder = folder("cut_weights");
    write_events(&folder);
    let renamed = |rows: Vec<String>| csv("x,y,w", &rows);
    write(&folder, "s_w.csv", &renamed(signal_rows()));
    write(&folder, "b_w.csv", &renamed(background_rows()));
    let files = "--signal s_w.csv --background b_w.csv --cut x>40";
    let weighted = result(&folder, &format!("{FILES} --cut x>40 {DESCENT}"));
    // Computed by hand: all of the signal, and the background from 45 on, where the signal starts.
    assert_close(number(&weighted["significance_no_cut"]), asimov(30.0, 400.0), 1e-12);
    assert!((value_of(&weighted, 0) - 44.9).abs() < 0.2, "{}", weighted["cuts"]);
    assert_close(number(&weighted["significance"]), asimov(30.0, 150.0), 0.01);
    let named = result(&folder, &format!("{files} --weight-column w {DESCENT}"));
    assert_eq!(without_settings(named), without_settings(weighted));
    let unweighted = result(&folder, &format!("{files} {DESCENT}"));
    assert_close(number(&unweighted["significance_no_cut"]), asimov(60.0, 200.0), 1e-12);
    assert_eq!(
        (&unweighted["seed"], &unweighted["warnings"]),
        (&().into(), &Vec::<()>::new().into())
    );
}

#[test]
fn weights_in_one_file_alone_are_warned_of() {
    let folder = folder("cut_half_weighted");
    write_events(&folder);
    write(&folder, "s_w.csv", &csv("x,y,w", &signal_rows()));
    let run = cut(&folder, "--signal s_w.csv --background b.csv --cut x>40 --steps 3 --json");
    let words =
        "warning: b.csv has a column 'weight' and s_w.csv has none: its events count 1 each\n";
    assert_eq!((run.status, run.stderr.as_str()), (0, words));
    assert_close(number(&json(&run.stdout)["no_cut"]["signal"]), 60.0, 1e-12);
}

#[test]
fn several_cuts_may_share_a_column() {
    let folder = folder("cut_window");
    write_events(&folder);
    let cuts = "--cut x>40 --cut x<58 --cut y> --slope exponential:2:20 --refine";
    let result = result(&folder, &format!("{FILES} {cuts}"));
    let list = result["cuts"].as_array().expect("a list");
    let sides: Vec<_> = list.iter().map(|cut| (&cut["column"], &cut["keep"])).collect();
    let side = |column: &'static str, keep: &'static str| (column.into(), keep.into());
    let expected = [side("x", "above"), side("x", "below"), side("y", "above")];
    assert!(sides.into_iter().eq(expected.iter().map(|(column, keep)| (column, keep))), "{list:?}");
    let edges = [0, 1, 2].map(|j| value_of(&result, j));
    for (edge, signal_ends) in edges.into_iter().zip([45.0, 54.9, 0.0]) {
        assert!((edge - signal_ends).abs() < 1.5, "{edges:?}");
    }
    // The background between the signal's ends in x and above its lower end in y.
    let inside = (125..175).filter(|i| i * 7 % 200 >= 100).count() as f64;
    assert_close(number(&result["significance"]), asimov(30.0, 2.0 * inside), 0.01);
}

#[test]
fn line_ends_quotes_and_a_byte_order_mark_change_nothing() {
    let folder = folder("cut_forms");
    write_events(&folder);
    let expected = without_settings(result(&folder, &format!("{FILES} --cut x>40 --steps 10")));
    let sound = csv("x,y,weight", &signal_rows());
    let quoted = |line: &str| format!("\"{}\"", line.replace(',', "\",\""));
    let forms = [
        ("crlf.csv", sound.replace('\n', "\r\n")),
        ("bom.csv", format!("\u{feff}{sound}")),
        ("quoted.csv", sound.lines().map(quoted).collect::<Vec<_>>().join("\n")),
        ("spaces.csv", sound.replace(',', " , ")),
        ("blank_lines.csv", format!("\n{sound}\n\n")),
        ("more.csv", sound.replace(",0.5\n", ",0.5,text\n").replace("weight", "weight,more")),
    ];
    for (name, text) in forms {
        assert_ne!(text, sound, "{name}");
        write(&folder, name, &text);
        let words = format!("--signal {name} --background b.csv --cut x>40 --steps 10");
        assert_eq!(without_settings(result(&folder, &words)), expected, "{name}");
    }
}

/// Every fifth weight is negative, and so are those beyond the signal, so scans have a gap there
/// and go on.
#[test]
fn negative_weights_are_warned_of_and_scans_go_on() {
    let folder = folder("cut_negative");
    write_events(&folder);
    let mut rows = background_rows();
    for (i, row) in rows.iter_mut().enumerate().filter(|(i, _)| i % 5 == 0 || *i >= 190) {
        *row = row.replace(",2", ",-2");
        assert!(row.ends_with(",-2"), "{i}");
    }
    write(&folder, "b.csv", &csv("x,y,weight", &rows));
    let weights = "48 of the 200 weights of b.csv are negative";
    for words in ["--output out", "--objective cls"] {
        let words = format!("{FILES} --cut x>40 --steps 40 {words}");
        let found = warned(&folder, &words, &[weights]);
        assert!(number(&found["significance"]) > number(&found["significance_no_cut"]), "{found}");
        assert!((value_of(&found, 0) - 44.9).abs() < 0.2, "{}", found["cuts"]);
        for key in ["significance", "soft_significance", "soft_gradient"] {
            let list = found["scan"][key].as_array().expect("a list");
            let gaps = list.iter().filter(|value| value.is_null()).count();
            assert!((1..40).contains(&gaps), "{gaps} gaps in {key}");
        }
    }
    check_figures(&contents(&folder.join("out")));
    // Sigmoids can balance negative weights that hard cuts do not; here the hard cuts keep more of
    // them.
    let words = format!("{FILES} --cut x>40 --cut y>-1 --steps 40");
    let found = warned(&folder, &words, &[weights, "outweigh the others in the hard cuts"]);
    assert!(number(&found["soft_significance"]) > 0.0, "{found}");
    assert!(number(&found["hard"]["background"]) < 0.0, "{found}");
    assert!(found["significance"].is_null(), "{found}");
}

/// A start outside the data moves to the nearest data with a warning, and the descent still finds
/// the optimum.
#[test]
fn a_start_outside_the_data_moves_to_their_edge() {
    let folder = folder("cut_outside");
    write_events(&folder);
    let expected = result(&folder, &format!("{FILES} --cut x>40"));
    for (start, edge) in [("x>-1e9", "20"), ("x>1000", "59.8")] {
        let words = format!("{FILES} --cut {start} --no-figures --output out");
        let moved = ["starts outside the data's range, 20 to 59.8", &format!("started at {edge}")];
        let found = warned(&folder, &words, &moved);
        let history = std::fs::read_to_string(folder.join("out/history.csv")).expect("text");
        let first: Vec<&str> = history.lines().nth(1).expect("a row").split(',').collect();
        assert!(
            (first[5].parse::<f64>().expect("a number") - edge.parse::<f64>().expect("one")).abs()
                < 1e-9
        );
        assert_eq!(found["cuts"], expected["cuts"], "{start}");
    }
}

#[test]
fn a_column_may_be_constant_in_one_sample() {
    let folder = folder("cut_constant");
    write_events(&folder);
    write(&folder, "point.csv", "x,weight\n50,1\n50,1\n50,1\n");
    let words = "--signal point.csv --background b.csv --cut x>30";
    let found = result(&folder, words);
    assert!((value_of(&found, 0) - 50.0).abs() < 0.3, "{}", found["cuts"]);
}
