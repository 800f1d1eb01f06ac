//! Files of events that give no result, or a result with a warning.

use std::fs;

use super::{
    BINNING, Events, FAST, FILES, csv, folder, number, quiet, refused_untouched, result, w_jets,
    write, write_events,
};

#[test]
fn files_that_are_no_samples_are_refused() {
    let folder = folder("binning_bad_files");
    write_events(&folder);
    let sound = fs::read_to_string(folder.join("s.csv")).expect("text");
    fs::create_dir(folder.join("folder.csv")).expect("a folder");
    let zero = Events { weight: 0.0, ..w_jets() };
    let written = [
        ("empty.csv", String::new()),
        ("no_events.csv", "score,weight\n".to_owned()),
        ("no_header.csv", sound.lines().skip(1).collect::<Vec<_>>().join("\n")),
        ("zero.csv", zero.csv(90.0)),
        ("other.csv", sound.replace("score", "output")),
    ];
    for (name, text) in written {
        write(&folder, name, &text);
    }
    let cases: [(&str, &[&str]); 7] = [
        ("absent.csv", &["cannot read", "absent.csv"]),
        ("folder.csv", &["cannot read", "folder.csv"]),
        ("empty.csv", &["empty.csv, line 1: the file is empty", "name the columns"]),
        ("no_events.csv", &["no_events.csv holds no events"]),
        ("no_header.csv", &["no_header.csv, line 1", "header seems to be missing"]),
        ("zero.csv", &["every weight of", "zero.csv is 0", "weight column"]),
        ("other.csv", &["other.csv has no column 'score'; it has output, mass, weight"]),
    ];
    for (name, expected) in cases {
        let signal = format!("--signal {name} --background w.csv --column score --output out");
        refused_untouched(&folder, &signal, expected);
        let background = format!("--signal s.csv --background w.csv {name} --column score");
        refused_untouched(&folder, &background, expected);
        let shape = format!(
            "columns = [\"score\"]\n[[signal]]\nfile = \"s.csv\"\n[[background]]\nfile = \"w.csv\"\n\
             [[background.shape]]\nname = \"x\"\nup = \"w.csv\"\ndown = \"{name}\"\n"
        );
        write(&folder, "shape.toml", &shape);
        refused_untouched(&folder, "--config shape.toml --objective cls", expected);
    }
}

#[test]
fn fields_that_are_no_numbers_are_named_by_file_line_and_column() {
    let folder = folder("binning_bad_fields");
    write_events(&folder);
    let words = format!("--signal s.csv --background bad.csv --column score {FAST} --bins 2");
    let with = |line: &str| {
        let rows: Vec<String> = (0..40).map(|i| format!("{},1,2", f64::from(i) / 40.0)).collect();
        let mut rows = rows;
        line.clone_into(&mut rows[4]);
        write(&folder, "bad.csv", &csv("score,mass,weight", &rows));
    };
    for found in ["NaN", "inf", "1e999", "abc", ""] {
        for (line, column) in
            [(format!("{found},1,2"), "score"), (format!("0.5,1,{found}"), "weight")]
        {
            with(&line);
            let place = format!("bad.csv, line 6, column '{column}': expected a finite number");
            refused_untouched(&folder, &words, &[&place, &format!("found '{found}'")]);
        }
        // A column that is not used may contain anything.
        with(&format!("0.5,{found},2"));
        quiet(&folder, &format!("{words} --epochs 1"));
    }
    with("0.5,1");
    refused_untouched(&folder, &words, &["bad.csv, line 6: expected 3 fields"]);
}

#[test]
fn processes_and_columns_that_do_not_fit_are_refused() {
    let folder = folder("binning_bad_pairs");
    write_events(&folder);
    let negative = Events { weight: -0.5, ..w_jets() };
    write(&folder, "negative.csv", &negative.csv(90.0));
    write(&folder, "point.csv", "score\n0.5\n0.5\n");
    let both = "give both --signal and --background";
    let cases: [(&str, &[&str]); 17] = [
        ("--signal s.csv --column score", &[both]),
        ("--background w.csv --column score", &[both]),
        ("--signal s.csv --background w.csv", &["name the column to bin", "'score=0:1'"]),
        (&format!("{FILES} --toy gaussians"), &["--toy", "--signal"]),
        (&format!("{FILES} --seed 3"), &["a seed is that of a toy or of a mixture's start"]),
        (&format!("{FILES} --weight-column z"), &["s.csv has no column 'z'; it has score, mass"]),
        (&format!("{FILES} --column z"), &["s.csv has no column 'z'"]),
        (
            &format!("{FILES} --column mass --categories boundaries"),
            &["those of one column", "product"],
        ),
        (
            &format!("{FILES} --column mass --method exact --bins 2"),
            &["contiguous bins", "one column"],
        ),
        (&format!("{FILES} --column score=0:2"), &["column 'score' is named twice"]),
        (
            "--signal s.csv --background w.csv s=ttbar.csv --column score",
            &["two processes are called 's'"],
        ),
        (
            "--signal s.csv --background w.csv w.csv --column score",
            &["are called 'w'", "its own name"],
        ),
        (
            "--signal s.csv --background w.csv --column score=2:3",
            &["range of score is 2 to 3", "0.00125"],
        ),
        (
            "--signal s.csv --background w.csv --column score=1:0",
            &["range of score is 1 to 0", "higher"],
        ),
        (
            "--signal point.csv --background b=point.csv --column score",
            &["every event has score = 0.5"],
        ),
        (
            "--signal s.csv --background w.csv --column score --bins 41",
            &["80", "41 bins of 2 or more"],
        ),
        ("--column mass", &["no column 'mass'"]),
    ];
    for (words, expected) in cases {
        refused_untouched(&folder, words, expected);
    }
    let words = "--signal s.csv --background negative.csv --column score";
    let sum = ["backgrounds' sum of weights is -200", "must be above 0"];
    refused_untouched(&folder, words, &sum);
}

#[test]
fn negative_weights_are_warned_of() {
    let folder = folder("binning_negative");
    write_events(&folder);
    let text = fs::read_to_string(folder.join("w.csv")).expect("text");
    let flip = |(i, line): (usize, &str)| {
        if i % 8 == 3 { line.replace(",0.2,", ",-0.2,") } else { line.to_owned() }
    };
    let lines: Vec<String> = text.lines().enumerate().map(flip).collect();
    write(&folder, "w.csv", &lines.join("\n"));
    let words = format!("{FILES} {FAST} --bins 3 --epochs 20");
    let found =
        BINNING.warned(&folder, &words, &["50 of the 400 weights of", "w.csv are negative"]);
    assert!(number(&found["results"][0]["significance"]) > 0.0);
    let total: f64 = super::numbers(&found["results"][0]["yields"]["w"]).iter().sum();
    super::assert_close(total, 80.0 - 20.0, 1e-9);
}

/// With three distinct values at most three bins have events; empty bins give a warning.
#[test]
fn a_column_of_three_values_has_three_bins() {
    let folder = folder("binning_three");
    let rows = |counts: [usize; 3]| {
        let of_value = |(x, n): (usize, usize)| vec![format!("{x}"); n];
        csv("x", &counts.into_iter().enumerate().flat_map(of_value).collect::<Vec<_>>())
    };
    write(&folder, "s.csv", &rows([2, 4, 10]));
    write(&folder, "b.csv", &rows([200, 100, 50]));
    let words = format!("--signal s.csv --background b.csv --column x {FAST} --epochs 30");
    let found = result(&folder, &format!("{words} --bins 3"));
    let found = &found["results"][0];
    assert_eq!(super::numbers(&found["yields"]["s"]), [2.0, 4.0, 10.0]);
    assert_eq!(super::numbers(&found["yields"]["b"]), [200.0, 100.0, 50.0]);
    let more =
        BINNING.warned(&folder, &format!("{words} --bins 5"), &["5 bins: less than", "in bin"]);
    super::assert_close(
        number(&more["results"][0]["significance"]),
        number(&found["significance"]),
        1e-9,
    );
    let exact = format!("{words} --bins 5 --method exact");
    refused_untouched(&folder, &exact, &["no 5 bins with edges among", "fewer bins"]);
}

/// The columns of the table stay separated however long the numbers are.
#[test]
fn columns_of_the_table_do_not_touch() {
    let folder = folder("binning_wide");
    write_events(&folder);
    write(&folder, "huge.csv", &Events::new(100, 1e10, |u| u.sqrt()).csv(90.0));
    let words = format!("--signal huge.csv --background w.csv --column score {FAST} --epochs 1");
    for objective in ["asimov", "p0"] {
        let table = quiet(&folder, &format!("{words} --bins 2 --objective {objective}"));
        let row = table.lines().nth(1).expect("a row");
        let numbers =
            row.split_whitespace().filter(|word| word.contains('.') && !word.contains('('));
        assert_eq!(numbers.count(), 5, "{table}");
        assert!(row.split_whitespace().all(|word| word.matches('.').count() <= 1), "{table}");
    }
}

/// A signal entirely outside the range lies in the outermost bin.
#[test]
fn events_beyond_the_range_belong_to_the_outermost_bin() {
    let folder = folder("binning_beyond");
    write_events(&folder);
    write(&folder, "far.csv", &Events::new(100, 0.1, |u| 5.0 + u).csv(90.0));
    let words = format!("--signal far.csv --background w.csv --column score=0:1 {FAST}");
    let found = result(&folder, &format!("{words} --bins 3 --epochs 20"));
    let yields = super::numbers(&found["results"][0]["yields"]["far"]);
    assert_eq!(yields[..2], [0.0, 0.0]);
    super::assert_close(yields[2], 10.0, 1e-9);
    let found = &found["results"][0];
    assert!(number(&found["significance"]) > 0.99 * number(&found["exact_significance"]));
}
