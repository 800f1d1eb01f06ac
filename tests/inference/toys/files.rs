//! Tests that bits do not depend on threads, interruptions and how a run is split; files of toys.

use std::fs;
use std::path::Path;

use diffhep::inference::{
    TestStatistic, ToyCalculator, ToyError, ToyFileError, ToyHeader, ToyOptions, ToySet,
};
use diffhep::persistence::FileError;

use super::{calculator, counting, folder, model_of, options, run, two_bins};

fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(work)
}

fn to_file(calculator: &ToyCalculator, path: &Path) -> Result<ToySet, ToyError> {
    calculator.run(Some(path), &mut |_| ())
}

#[track_caller]
fn refusal(result: Result<ToySet, ToyError>) -> ToyFileError {
    match result {
        Err(ToyError::File(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (case, folder) = (two_bins(), folder("threads"));
    let calculator = calculator(&case, options(7, 0, 700));
    let of = |threads: usize| {
        let path = folder.join(format!("{threads}.jsonl"));
        let set = on_threads(threads, || to_file(&calculator, &path)).expect("toys");
        (set, fs::read(path).expect("a file"))
    };
    let (set, bytes) = of(1);
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1 + 2 * 700);
    for threads in [2, 5] {
        let other = of(threads);
        assert!(other == (set.clone(), bytes.clone()), "{threads} threads");
    }
    assert_eq!(run(&calculator), set);
}

#[test]
fn a_toy_is_the_same_alone() {
    let case = two_bins();
    let all = run(&calculator(&case, options(3, 0, 40)));
    for toy in [0, 17, 39] {
        let alone = run(&calculator(&case, options(3, toy, 1)));
        for ((_, all), (_, alone)) in all.samples.iter().zip(&alone.samples) {
            assert_eq!(alone.statistics, [all.statistics[toy as usize]]);
            assert_eq!(alone.pois, [all.pois[toy as usize]]);
        }
    }
    let other = run(&calculator(&case, options(4, 0, 40)));
    assert!(other.samples[0].1.statistics != all.samples[0].1.statistics, "another seed");
}

#[test]
fn a_run_goes_on_from_wherever_it_was_cut() {
    let (case, folder) = (two_bins(), folder("resume"));
    let calculator = calculator(&case, options(1, 20, 60));
    let whole = folder.join("whole.jsonl");
    let set = to_file(&calculator, &whole).expect("toys");
    let bytes = fs::read(&whole).expect("a file");
    let header = bytes.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let cuts =
        [0, 1, header - 1, header, header + 1, bytes.len() / 2, bytes.len() - 1, bytes.len()];
    for cut in cuts {
        let path = folder.join("cut.jsonl");
        fs::write(&path, &bytes[..cut]).expect("a file");
        let mut first = None;
        let resumed = calculator.run(Some(&path), &mut |done| {
            first.get_or_insert(done);
        });
        assert!(resumed.expect("toys") == set, "cut at {cut}");
        assert!(fs::read(&path).expect("a file") == bytes, "cut at {cut}");
        let lines = bytes[..cut].iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!(first, Some(lines.saturating_sub(1)), "cut at {cut}");
    }
    // More toys are appended to the existing ones.
    let more = super::calculator(&case, options(1, 20, 90));
    let set = to_file(&more, &whole).expect("toys");
    assert_eq!(set, run(&more));
    assert!(fs::read(&whole).expect("a file").starts_with(&bytes));
}

fn gaps(set: &ToySet) -> Vec<(u64, u64)> {
    set.gaps.iter().map(|gap| (gap.start, gap.end)).collect()
}

#[test]
fn merged_ranges_are_one_run() {
    let (case, folder) = (two_bins(), folder("merge"));
    let path = |name: &str| folder.join(name);
    let make = |name: &str, first: u64, toys: u64| {
        let calculator = calculator(&case, options(9, first, toys));
        to_file(&calculator, &path(name)).expect("toys")
    };
    let whole = make("whole", 0, 100);
    make("first", 0, 60);
    make("overlap", 50, 20);
    make("last", 70, 30);
    let calculator = calculator(&case, options(9, 0, 1));
    let merge = |names: &[&str]| {
        let paths: Vec<_> = names.iter().map(|name| path(name)).collect();
        calculator.merge(&paths)
    };
    // Files are merged in any order, overlapping, and the same one twice.
    for names in [
        &["first", "overlap", "last"] as &[&str],
        &["last", "overlap", "first", "last"],
        &["whole"],
        &["whole", "overlap"],
    ] {
        assert!(merge(names).expect("toys") == whole, "{names:?}");
    }
    let with_gap = merge(&["first", "last"]).expect("toys");
    assert_eq!((with_gap.range.clone(), gaps(&with_gap)), (0..100, vec![(60, 70)]));
    assert_eq!(with_gap.samples[1].1.statistics.len(), 90);
    // The file ends with half a toy.
    let text = fs::read_to_string(path("first")).expect("text");
    let cut = text.trim_end().rfind('\n').expect("lines") + 1;
    fs::write(path("half"), &text[..cut]).expect("a file");
    assert_eq!(gaps(&merge(&["half", "last"]).expect("toys")), [(59, 70)]);
    // The file contains a different toy.
    let line = text.lines().nth(5).expect("a line");
    let number = &line[line.find("\"poi\":").expect("a key")..];
    let other = text.replace(line, &line.replace(number, "\"poi\":0.25}"));
    fs::write(path("other"), other).expect("a file");
    let error = refusal(merge(&["whole", "other"]));
    assert!(matches!(error, ToyFileError::Contradiction { .. }), "{error}");
    assert!(error.to_string().contains("toy 2 of the signal hypothesis"), "{error}");
    assert!(error.to_string().contains("other"), "{error}");
}

#[test]
fn files_of_other_toys_are_refused_by_the_setting_that_differs() {
    let (case, folder) = (two_bins(), folder("other"));
    let path = folder.join("toys.jsonl");
    let base = options(0, 0, 10);
    to_file(&calculator(&case, base), &path).expect("toys");
    let bytes = fs::read(&path).expect("a file");
    let (model, mut data) = two_bins();
    data[0] += 1.0;
    let fewer = (model, data);
    let mut other = counting(&[1.0, 2.0], &[9.0, 8.0], serde_json::json!([]), &[9.0, 7.0]);
    other["channels"][0]["name"] = "elsewhere".into();
    other["observations"][0]["name"] = "elsewhere".into();
    let other = model_of(&other);
    let mut steps = base;
    steps.fit.max_steps = 199;
    let cases = [
        (&case, ToyOptions { tested_poi: 2.0, ..base }, "test_poi"),
        (&case, ToyOptions { test_statistic: TestStatistic::Q, ..base }, "test_stat"),
        (&case, options(1, 0, 10), "seed"),
        (&case, steps, "max_steps"),
        (&fewer, base, "data"),
        (&other, base, "model"),
    ];
    for (case, options, expected) in cases {
        let calculator = calculator(case, options);
        for result in [to_file(&calculator, &path), calculator.merge(std::slice::from_ref(&path))] {
            let error = refusal(result);
            let ToyFileError::File(FileError::Settings { setting, .. }) = &error else {
                panic!("{error}")
            };
            assert_eq!(setting, expected, "{error}");
        }
        assert!(fs::read(&path).expect("a file") == bytes, "{expected}: the file was changed");
    }
    let header = ToyHeader::read(&path).expect("a header");
    assert_eq!(header, calculator(&case, base).header());
    assert_eq!((header.seed(), header.fit()), (0, base.fit));
    let test = header.test().expect("a test");
    assert_eq!((test.test_statistic, test.tested_poi), (TestStatistic::QTilde, 1.0));
}

#[test]
fn files_that_do_not_hold_the_runs_toys_are_refused_and_stay() {
    let (case, folder) = (two_bins(), folder("damaged"));
    let calculator = calculator(&case, options(0, 0, 10));
    let good = folder.join("good.jsonl");
    to_file(&calculator, &good).expect("toys");
    let text = fs::read_to_string(&good).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let swapped = joined(&[&lines[..3], &[lines[4], lines[3]], &lines[5..]].concat());
    let cases = [
        ("notes", "notes of a shift\n".to_owned(), "is not a file of toys"),
        ("half", "notes of a shift".to_owned(), "is not a file of toys"),
        ("json", "{\"format\":\"other\"}\n".to_owned(), "is not a file of toys"),
        (
            "version",
            text.replacen("\"version\":1", "\"version\":2", 1),
            "of version 2, this program knows 1",
        ),
        ("key", text.replacen("\"seed\"", "\"sead\"", 1), "line 1 of the toys"),
        ("statistic", text.replacen("qtilde", "q tilde", 1), "'q tilde' is no test statistic"),
        ("line", text.replacen("\"toy\":1,", "\"toy\":one,", 1), "line 4 of the toys"),
        ("order", swapped, "line 4 of the toys"),
        ("long", joined(&[&lines[..], &[lines[1]]].concat()), "go beyond the 10"),
        ("late", joined(&[&lines[..1], &lines[3..]].concat()), "toy 1 of the signal hypothesis"),
    ];
    for (name, content, words) in cases {
        let path = folder.join(name);
        fs::write(&path, &content).expect("a file");
        let error = refusal(to_file(&calculator, &path)).to_string();
        assert!(error.contains(words) && error.contains(name), "{name}: {error}");
        assert_eq!(fs::read_to_string(&path).expect("text"), content, "{name}");
    }
    let error = refusal(to_file(&calculator, &folder));
    assert!(matches!(error, ToyFileError::File(FileError::NotAFile { .. })), "{error}");
    let error = refusal(to_file(&calculator, &folder.join("absent/toys.jsonl")));
    assert!(matches!(error, ToyFileError::File(FileError::Write { .. })), "{error}");
    let error = refusal(calculator.merge(&[folder.join("absent.jsonl")]));
    assert!(matches!(error, ToyFileError::File(FileError::Read { .. })), "{error}");
    fs::write(folder.join("empty"), joined(&lines[..1])).expect("a file");
    let error = refusal(calculator.merge(&[folder.join("empty")]));
    assert!(matches!(error, ToyFileError::Empty { .. }), "{error}");
    let foreign = text.replacen("\"signal\"", "\"best fit\"", 1);
    fs::write(folder.join("foreign"), foreign).expect("a file");
    let error = refusal(calculator.merge(&[folder.join("foreign")])).to_string();
    assert!(error.contains("line 2") && error.contains("'best fit' is no hypothesis"), "{error}");
}

#[test]
fn a_file_takes_one_run_at_a_time() {
    let (case, folder) = (two_bins(), folder("busy"));
    let calculator = calculator(&case, options(0, 0, 10));
    let path = folder.join("toys.jsonl");
    let mut refused = 0;
    let outer = calculator.run(Some(&path), &mut |_| {
        let error = refusal(to_file(&calculator, &path));
        assert!(matches!(error, ToyFileError::File(FileError::Busy { .. })), "{error}");
        refused += 1;
    });
    assert!(refused > 0);
    assert_eq!(outer.expect("toys"), run(&calculator));
}
