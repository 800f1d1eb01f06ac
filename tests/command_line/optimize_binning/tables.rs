//! The CSV files of an output folder, read back.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{FAST, FILES, assert_close, folder, json, number, numbers, quiet, write_events};

/// A CSV file: its header and its rows.
fn table(folder: &Path, name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut rows = csv::Reader::from_path(folder.join(name)).expect("a file");
    let texts = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect();
    let header = texts(rows.headers().expect("a header"));
    (header, rows.records().map(|row| texts(&row.expect("a row"))).collect())
}

fn parsed(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("'{text}' is no number"))
}

fn only_result(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("result.json")).expect("text");
    json(&text)["results"][0].clone()
}

#[test]
fn the_bins_are_those_of_the_result() {
    let folder = folder("binning_bins");
    write_events(&folder);
    quiet(&folder, &format!("{FILES} {FAST} --bins 4 --epochs 7 --output out"));
    let out = folder.join("out");
    let result = only_result(&out);
    let (header, rows) = table(&out, "bins-4.csv");
    let expected = "bin,lower,upper,s,ttbar,w,total_background,total_background_uncertainty,\
                    significance,bias";
    assert_eq!(header.join(","), expected);
    assert_eq!(rows.len(), 4);
    let boundaries = numbers(&result["boundaries"]);
    for (k, row) in rows.iter().enumerate() {
        assert_eq!(row[0], (k + 1).to_string());
        let lower = if k == 0 { f64::NEG_INFINITY } else { boundaries[k - 1] };
        let upper = boundaries.get(k).copied().unwrap_or(f64::INFINITY);
        assert_eq!((parsed(&row[1]), parsed(&row[2])), (lower, upper));
        let yields = ["s", "ttbar", "w"].map(|name| number(&result["yields"][name][k]));
        assert_eq!([3, 4, 5].map(|column| parsed(&row[column])), yields);
        assert_close(parsed(&row[6]), yields[1] + yields[2], 1e-12);
        let errors = ["ttbar", "w"].map(|name| number(&result["uncertainties"][name][k]));
        assert_close(parsed(&row[7]), errors[0].hypot(errors[1]), 1e-12);
        assert_eq!(parsed(&row[8]), number(&result["significance_by_bin"][k]));
        // The bias does not belong to refined bins.
        let is_descent_s = result["boundaries"] == result["descent"]["hard"]["boundaries"];
        match is_descent_s {
            true => assert_eq!(parsed(&row[9]), number(&result["descent"]["bias"][k])),
            false => assert_eq!(&row[9], ""),
        }
    }
}

#[test]
fn the_history_leads_to_the_soft_bins() {
    let folder = folder("binning_history");
    write_events(&folder);
    quiet(&folder, &format!("{FILES} {FAST} --bins 3 --epochs 7 --output out"));
    let out = folder.join("out");
    let (header, rows) = table(&out, "history-3.csv");
    let expected = "step,objective,gradient_norm,learning_rate,hardness,boundary 1 of score,\
                    boundary 2 of score,soft_significance,hard_significance,yield_penalty,\
                    uncertainty_penalty,bias_1,bias_2,bias_3";
    assert_eq!(header.join(","), expected);
    assert_eq!(rows.len(), 8);
    assert!(rows.iter().enumerate().all(|(step, row)| row[0] == step.to_string()));
    let descent = &only_result(&out)["descent"];
    let last = rows[7].iter().map(|text| parsed(text)).collect::<Vec<_>>();
    assert_eq!(last[5..7], numbers(&descent["soft"]["boundaries"]));
    assert_close(last[7], number(&descent["soft"]["significance"]), 1e-12);
    assert_close(last[8], number(&descent["hard"]["significance"]), 1e-12);
}

#[test]
fn bins_are_listed_in_the_order_that_is_asked_for() {
    let folder = folder("binning_order");
    write_events(&folder);
    let words = format!("{FILES} --column mass {FAST} --epochs 5 --bins 5 --minimum-background 0");
    let to = |order: &str| format!("{words} --order {order} --output {order}");
    ["position", "significance"].iter().for_each(|order| drop(quiet(&folder, &to(order))));
    let [by_position, by_significance] =
        ["position", "significance"].map(|order| only_result(&folder.join(order)));
    assert_eq!(by_position["yields"], by_significance["yields"]);
    assert_eq!(by_position["order"], Value::from_iter(1..=5));
    let places = numbers(&by_significance["order"]);
    assert_ne!(by_significance["order"], by_position["order"], "a test of nothing");
    let by_bin = numbers(&by_significance["significance_by_bin"]);
    let sorted: Vec<f64> = places.iter().map(|place| by_bin[*place as usize - 1]).collect();
    assert!(sorted.is_sorted(), "{sorted:?}");
    let (_, rows) = table(&folder.join("significance"), "bins-5.csv");
    for (row, (place, significance)) in rows.iter().zip(places.iter().zip(sorted)) {
        assert_eq!((parsed(&row[0]), parsed(&row[6 + 2])), (*place, significance));
        assert_eq!((row[1].as_str(), row[2].as_str()), ("", ""), "categories have no edges");
    }
}

/// Names are arbitrary: a table can be read back whatever they contain, and a process may be called
/// 'background'.
#[test]
fn names_with_commas_and_quotes_are_read_back() {
    let folder = folder("binning_names");
    write_events(&folder);
    let words = format!("--column score=0:1 {FAST} --bins 2 --epochs 2 --output out");
    let further = ["--signal", "a, b=s.csv", "--background", "background=ttbar.csv", "\"q\"=w.csv"];
    let arguments = super::BINNING.arguments(&words, &further);
    let run = super::super::run_in(&folder, &arguments, "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let (header, rows) = table(&folder.join("out"), "bins-2.csv");
    assert_eq!(header[3..7], ["a, b", "background", "\"q\"", "total_background"]);
    assert_eq!((rows.len(), header.len()), (2, 10));
    let result = only_result(&folder.join("out"));
    for (column, name) in header[3..6].iter().enumerate() {
        assert_eq!(parsed(&rows[1][3 + column]), number(&result["yields"][name][1]));
    }
}
