//! Files of events that give no result; each error names file, line and column.

use std::fs;

use super::{
    FILES, background_rows, csv, folder, refused_untouched, signal_rows, write, write_events,
};

#[test]
fn files_that_are_no_samples_are_refused() {
    let folder = folder("cut_bad_files");
    write_events(&folder);
    fs::write(folder.join("latin.csv"), b"x,y,weight\n1,2,1\n50,\xe9,1\n").expect("a file");
    fs::write(folder.join("latin_header.csv"), b"x,y,\xe9\n1,2,1\n").expect("a file");
    fs::create_dir(folder.join("folder.csv")).expect("a folder");
    let rows = signal_rows();
    let all_zero: Vec<String> = rows.iter().map(|row| row.replace(",0.5", ",0")).collect();
    let written = [
        ("empty.csv", String::new()),
        ("no_events.csv", "x,y,weight\n".to_owned()),
        ("no_header.csv", rows.join("\n")),
        ("twice.csv", csv("x,x,weight", &rows)),
        ("zero.csv", csv("x,y,weight", &all_zero)),
        ("other.csv", csv("pt,eta,weight", &rows)),
        ("semicolons.csv", csv("x,y,weight", &rows).replace(',', ";")),
    ];
    for (name, text) in written {
        write(&folder, name, &text);
    }
    let cases: [(&str, &[&str]); 11] = [
        ("absent.csv", &["cannot read absent.csv"]),
        ("folder.csv", &["cannot read folder.csv"]),
        ("empty.csv", &["empty.csv, line 1: the file is empty", "name the columns"]),
        ("no_events.csv", &["no_events.csv holds no events"]),
        ("no_header.csv", &["no_header.csv, line 1", "header seems to be missing"]),
        ("twice.csv", &["twice.csv, line 1: the column 'x' stands there twice"]),
        ("zero.csv", &["every weight of zero.csv is 0", "weight column"]),
        ("other.csv", &["other.csv has no column 'x'; it has pt, eta, weight"]),
        ("semicolons.csv", &["semicolons.csv has no column 'x'; it has x;y;weight"]),
        ("latin.csv", &["latin.csv, line 3: the text is not UTF-8"]),
        ("latin_header.csv", &["latin_header.csv, line 1: the text is not UTF-8"]),
    ];
    for (name, expected) in cases {
        let signal = format!("--signal {name} --background b.csv --cut x>40 --output out");
        refused_untouched(&folder, &signal, expected);
        let background = format!("--signal s.csv --background {name} --cut x>40");
        refused_untouched(&folder, &background, expected);
    }
}

#[test]
fn fields_that_are_no_numbers_are_named_by_file_line_and_column() {
    let folder = folder("cut_bad_fields");
    write_events(&folder);
    let words = "--signal s.csv --background bad.csv --cut x>40";
    let with = |line: &str| {
        let mut rows = background_rows();
        line.clone_into(&mut rows[4]);
        write(&folder, "bad.csv", &csv("x,y,weight", &rows));
    };
    for found in ["NaN", "inf", "-inf", "1e999", "abc", "", "1.5.2", "0x10"] {
        for (line, column) in [(format!("{found},1,2"), "x"), (format!("30,1,{found}"), "weight")] {
            with(&line);
            let place = format!("bad.csv, line 6, column '{column}': expected a finite number");
            refused_untouched(&folder, words, &[&place, &format!("found '{found}'")]);
        }
        // A column that is not used may contain anything.
        with(&format!("30,{found},2"));
        super::quiet(&folder, &format!("{words} --steps 1"));
    }
    with("30,1");
    let ragged = "bad.csv, line 6: expected 3 fields, as in the header, found 2";
    refused_untouched(&folder, words, &[ragged]);
}

#[test]
fn lines_are_counted_as_editors_count_them() {
    let folder = folder("cut_lines");
    write_events(&folder);
    let words = "--signal s.csv --background bad.csv --cut x>40";
    for (text, line) in [
        ("x,y\r\n1,2\r\n3,4\r\nbad,6\r\n", 4),
        ("x,y\n1,2\n\n\nbad,6\n", 5),
        ("x,y\n1,\"2\n2\"\nbad,6\n", 4),
        ("\n\nx,y\n1,2\nbad,6\n", 5),
        ("x,y\r\n1,2\r\n3\r\n", 3),
    ] {
        write(&folder, "bad.csv", text);
        refused_untouched(&folder, words, &[&format!("bad.csv, line {line}")]);
    }
}

#[test]
fn samples_and_cuts_that_do_not_fit_are_refused() {
    let folder = folder("cut_bad_pairs");
    write_events(&folder);
    let negative: Vec<String> =
        background_rows().iter().map(|row| row.replace(",2", ",-2")).collect();
    write(&folder, "negative.csv", &csv("x,y,weight", &negative));
    write(&folder, "point.csv", "x\n50\n50\n50\n");
    let both = "give both --signal and --background";
    let cases: [(&str, &[&str]); 9] = [
        ("--signal s.csv --cut x>40", &[both]),
        ("--background b.csv --cut x>40", &[both]),
        (FILES, &["no cut to optimise", "'x>45'"]),
        (&format!("{FILES} --cut z>40"), &["s.csv has no column 'z'; it has x, y, weight"]),
        (
            &format!("{FILES} --cut x>40 --weight-column w"),
            &["s.csv has no column 'w'; it has x, y, weight"],
        ),
        (&format!("{FILES} --cut x>40 --cut x>45"), &["two cuts keep 'x' above"]),
        (&format!("{FILES} --cut x>40 --toy notebook"), &["--toy", "--signal"]),
        (
            "--signal point.csv --background point.csv --cut x>40",
            &["every event has x = 50", "nothing to cut on"],
        ),
        ("--cut z>3", &["signal has no column 'z'; it has x"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, words, expected);
    }
    let words = "--signal s.csv --background negative.csv --cut x>30";
    let run = super::cut(&folder, words);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    for word in ["warning: 200 of the 200 weights", "error: ", "negative weights outweigh"] {
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
}
