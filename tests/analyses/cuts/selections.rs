//! Hard selections: scans, refinement, selections without background, invalid problems.

use diffhep::analyses::cut::{
    Cut, CutProblem, DescentOptions, FigureOfMerit, ProblemOptions, Scaling, optimize_cuts,
};
use diffhep::events::EventSample;
use diffhep::events::toys::{ManyColumns, notebook};
use diffhep::kernels::selection::Keep;
use diffhep::optimize::{Persistence, Schedule, TrainingOptions, TrainingStatus};

use crate::common::assert_relative;

fn sample(name: &str, x: &[f64], weights: &[f64]) -> EventSample {
    EventSample::new(name, vec![("x".to_owned(), x.to_vec())], weights.to_vec()).expect("sound")
}

fn unit() -> ProblemOptions {
    ProblemOptions { scaling: Scaling::Unit, ..ProblemOptions::default() }
}

#[test]
fn a_scan_is_what_counting_gives() {
    let toy = notebook(2);
    for keep in [Keep::Above, Keep::Below] {
        let cuts = vec![Cut::loose("x", keep)];
        let problem = CutProblem::new(&toy.signal, &toy.background, cuts, unit()).expect("sound");
        let scan = problem.scan(&[30.0, 45.0, 52.5], 1.0).expect("a scan");
        for (k, cut) in scan.cuts.iter().enumerate() {
            let count = |sample: &EventSample| {
                let x = sample.column("x").expect("x").iter();
                x.filter(|x| if keep == Keep::Above { *x > cut } else { *x < cut }).count() as f64
            };
            let (s, b) = (count(&toy.signal), count(&toy.background));
            let z = (2.0 * ((s + b) * (s / b).ln_1p() - s)).sqrt();
            assert_relative("hard", scan.hard[k], z, 1e-12);
            assert_relative("hard", problem.hard_significance(&[*cut]).expect("a merit"), z, 1e-12);
        }
    }
}

#[test]
fn refined_cuts_are_the_best_of_their_window() {
    let toy = notebook(3);
    let cuts = vec![Cut::at("x", Keep::Above, 45.0)];
    let problem = CutProblem::new(&toy.signal, &toy.background, cuts, unit()).expect("sound");
    let refined = problem.refine(&[45.0], 2.0, &[(20.0, 70.0)]).expect("a refinement");
    let best = problem.hard_significance(&refined).expect("a merit");
    assert!((refined[0] - 45.0).abs() <= 2.5);
    let bounded = problem.refine(&[44.0], 2.0, &[(43.0, 44.0)]).expect("a refinement");
    assert!((43.0..=44.0).contains(&bounded[0]), "{bounded:?}");
    for k in 0..=500 {
        let value = 42.5 + 0.01 * f64::from(k);
        assert!(problem.hard_significance(&[value]).expect("a merit") <= best * (1.0 + 1e-12));
    }
}

#[test]
fn refining_many_cuts_never_loses() {
    let toy = ManyColumns { background_events: 8_000, ..ManyColumns::five() }.draw(7);
    let keep = [Keep::Above, Keep::Below, Keep::Above, Keep::Below, Keep::Above];
    let cuts = (1..).zip(keep).map(|(j, keep)| Cut::loose(&format!("x{j}"), keep)).collect();
    let options = ProblemOptions { background_offset: 1.0, ..ProblemOptions::default() };
    let problem = CutProblem::new(&toy.signal, &toy.background, cuts, options).expect("sound");
    let values = [0.3, 0.2, -0.1, 0.5, -0.2];
    let before = problem.hard_significance(&values).expect("a merit");
    let refined = problem.refine(&values, 10.0, &[(-9.0, 9.0); 5]).expect("a refinement");
    let best = problem.hard_significance(&refined).expect("a merit");
    assert!(best > before, "{best} after {before}");
}

#[test]
fn a_selection_without_background_is_infinite_and_never_the_best() {
    let signal = sample("signal", &[1.0, 2.0, 3.0], &[1.0; 3]);
    let background = sample("background", &[0.0, 0.5, 1.5], &[1.0; 3]);
    let cuts = vec![Cut::at("x", Keep::Above, 2.5)];
    let problem = CutProblem::new(&signal, &background, cuts, unit()).expect("sound");
    let scan = problem.scan(&[0.7, 1.2, 1.7, 2.5, 3.5], 1.0).expect("a scan");
    assert_eq!(scan.hard[2..], [f64::INFINITY, f64::INFINITY, 0.0]);
    assert_eq!(scan.best_hard().expect("finite ones").0, 0.7);
    let refined = problem.refine(&[2.5], 1.0, &[(0.0, 3.0)]).expect("a refinement");
    let best = problem.hard_significance(&refined).expect("a merit");
    assert!(best.is_finite() && refined[0] < 1.5, "{refined:?} {best}");
}

#[test]
fn negative_weights_are_summed_and_warned_of() {
    let signal = sample("signal", &[1.0, 2.0], &[1.0, 1.0]);
    let background = sample("background", &[0.0, 1.5, 2.0], &[5.0, 3.0, -2.0]);
    let cuts = vec![Cut::loose("x", Keep::Above)];
    let problem = CutProblem::new(&signal, &background, cuts, unit()).expect("sound");
    assert_eq!(problem.warnings(), ["1 of the 3 weights of background are negative"]);
    assert_eq!(problem.hard_yields(&[1.2]).background.sum, 1.0);
    let error = problem.hard_significance(&[1.7]).expect_err("a negative background");
    assert!(error.to_string().contains("holds 1 signal and -2 background events"), "{error}");
}

#[test]
fn a_descent_into_negative_yields_ends_with_its_report() {
    let signal = sample("signal", &[1.5, 2.0, 3.0], &[1.0; 3]);
    let background = sample("background", &[0.5, 3.0], &[5.0, -1.0]);
    let cuts = vec![Cut::at("x", Keep::Above, 0.6)];
    let problem = CutProblem::new(&signal, &background, cuts, unit()).expect("sound");
    let training = TrainingOptions {
        learning_rate: Schedule::Constant { value: 0.05 },
        hardness: Schedule::Constant { value: 5.0 },
        ..TrainingOptions::default()
    };
    let options = DescentOptions { training, ..DescentOptions::default() };
    let report = optimize_cuts(&problem, &options, Persistence::None, &mut |_| ());
    let report = report.expect("a report, not an error");
    assert_eq!(report.training.status, TrainingStatus::NotFinite);
    assert!(report.training.history.len() > 1 && report.soft.significance.is_finite());
}

#[test]
fn problems_that_make_no_sense_are_refused() {
    let signal = sample("signal", &[1.0, 2.0], &[1.0; 2]);
    let background = sample("background", &[1.0, 1.0], &[1.0; 2]);
    let refused = |cuts: Vec<Cut>, options: ProblemOptions| {
        CutProblem::new(&signal, &background, cuts, options).expect_err("no sense").to_string()
    };
    let above = Cut::at("x", Keep::Above, 1.5);
    assert!(refused(vec![], unit()).contains("no cut to optimise"));
    let twice = refused(vec![above.clone(), above.clone()], unit());
    assert_eq!(twice, "two cuts keep 'x' above a value; one of them is enough");
    let missing = refused(vec![Cut::at("y", Keep::Above, 1.0)], unit());
    assert_eq!(missing, "signal has no column 'y'; it has x");
    for offset in [-1.0, f64::NAN] {
        let options = ProblemOptions { background_offset: offset, ..unit() };
        let found = refused(vec![above.clone()], options);
        assert!(found.starts_with("the background offset is "), "{found}");
    }
    let constant = CutProblem::new(&background, &background, vec![above], unit());
    let error = constant.expect_err("a constant column").to_string();
    assert_eq!(error, "every event has x = 1: there is nothing to cut on");
    let outside =
        CutProblem::new(&signal, &background, vec![Cut::at("x", Keep::Above, 9.0)], unit());
    assert_eq!(
        outside.expect("a warning only").warnings(),
        ["the cut x > 9 starts outside the data's range, 1 to 2; it is started at 2"]
    );
    assert!("z0".parse::<FigureOfMerit>().expect_err("unknown").to_string().contains("asimov, "));
}
