//! Problems that are refused, each with its error, and data at the edge of what is meaningful.

use diffhep::analyses::binning::{
    Background, BinnedColumn, BinningDescent, BinningError, BinningOptimizer, BinningOptions,
    BinningProblem, BinningReport, CategoryModel, Combination, FineEdges, JudgedBinning,
    MixtureMeans, Penalties, ProcessData, ShapeVariation,
};
use diffhep::analyses::{BackgroundUncertainty, FigureOfMerit};
use diffhep::events::{EventError, EventSample};
use diffhep::optimize::{Persistence, TrainingOptions};

use super::models::{
    SIGNIFICANCES, boundaries, named, pair, problem, refused, sample, whole, with_minimum,
};

/// 40 signal and 400 background events in `x`, between 0 and 1, with the signal above the
/// background.
fn simple() -> (EventSample, EventSample) {
    let grid = |n: usize, power: f64| -> Vec<f64> {
        (0..n).map(|i| ((i as f64 + 0.5) / n as f64).powf(power)).collect()
    };
    let signal = sample("signal", &grid(40, 0.3), &[0.5; 40]);
    (signal, sample("background", &grid(400, 2.0), &[1.0; 400]))
}

/// Asserts that a message contains each of the given words.
#[track_caller]
fn assert_says(error: &BinningError, words: &[&str]) {
    let message = error.to_string();
    assert!(words.iter().all(|word| message.contains(word)), "'{message}' lacks one of {words:?}");
}

fn plain(data: &ProcessData, model: &CategoryModel) -> BinningError {
    refused(data, model, BinningOptions::default())
}

#[test]
fn processes_are_needed_and_have_names_of_their_own() {
    let (signal, background) = simple();
    let sound = pair(&signal, &background);
    let no_signal = ProcessData { signals: vec![], ..sound.clone() };
    let error = plain(&no_signal, &whole("x"));
    assert!(matches!(error, BinningError::NoProcess("signal")));
    assert_says(&error, &["no signal", "give at least one"]);
    let no_background = ProcessData { backgrounds: vec![], ..sound.clone() };
    let error = plain(&no_background, &whole("x"));
    assert!(matches!(error, BinningError::NoProcess("background")));
    assert_says(&error, &["no background", "give at least one"]);
    let error = plain(&pair(&signal, &signal), &whole("x"));
    assert!(matches!(error, BinningError::SameName { what: "processes", .. }));
    assert_says(&error, &["'signal'", "give each its own name"]);
}

#[test]
fn systematics_of_a_background_have_names_of_their_own() {
    let (signal, background) = simple();
    let shape = || ShapeVariation { name: "tilt".to_owned(), up: &background, down: &background };
    let nominal = named(&background);
    let background = Background { nominal, shapes: vec![shape(), shape()] };
    let data = ProcessData { signals: vec![named(&signal)], backgrounds: vec![background] };
    let error = plain(&data, &whole("x"));
    assert!(matches!(error, BinningError::SameName { .. }));
    assert_says(&error, &["two shape systematics of one background", "'tilt'"]);
}

fn column(name: &str, range: (f64, f64)) -> BinnedColumn {
    BinnedColumn { name: name.to_owned(), range: Some(range) }
}

/// Every kind of category in these columns.
fn models(columns: Vec<BinnedColumn>) -> Vec<CategoryModel> {
    let one = columns.first().cloned().map(CategoryModel::Boundaries);
    let several = [
        CategoryModel::Product(columns.clone()),
        CategoryModel::Mixture(columns, MixtureMeans::Ranges),
    ];
    one.into_iter().chain(several).collect()
}

#[test]
fn columns_are_needed_in_every_sample() {
    let (signal, background) = simple();
    let data = pair(&signal, &background);
    for model in models(vec![column("y", (0.0, 1.0))]) {
        let error = plain(&data, &model);
        assert!(matches!(error, BinningError::Event(EventError::MissingColumn { .. })));
        assert_says(&error, &["signal has no column 'y'", "it has x"]);
    }
    for model in models(vec![]) {
        let error = plain(&data, &model);
        assert!(matches!(error, BinningError::Columns(_)), "{error}");
        assert_says(&error, &["no column", "give at least one"]);
    }
    for model in models(vec![column("x", (0.0, 1.0)), column("x", (0.0, 1.0))]).split_off(1) {
        let error = plain(&data, &model);
        assert!(matches!(error, BinningError::Columns(_)), "{error}");
        assert_says(&error, &["'x'", "twice"]);
    }
    let moved = EventSample::unweighted("moved", "z", vec![1.0, 2.0]).expect("sound");
    let shape = ShapeVariation { name: "tilt".to_owned(), up: &background, down: &moved };
    let background = Background { nominal: named(&background), shapes: vec![shape] };
    let data = ProcessData { signals: vec![named(&signal)], backgrounds: vec![background] };
    let options = BinningOptions { objective: FigureOfMerit::Cls, ..BinningOptions::default() };
    assert_says(&refused(&data, &whole("x"), options), &["moved has no column 'x'"]);
    // A significance ignores shapes.
    BinningProblem::new(&data, &whole("x"), BinningOptions::default()).expect("a problem");
}

#[test]
fn columns_need_two_values_inside_their_range() {
    let (signal, background) = simple();
    let ones = sample("ones", &[1.0, 1.0], &[1.0, 2.0]);
    let more = sample("more ones", &[1.0], &[1.0]);
    for model in models(vec![column("x", (0.0, 2.0))]) {
        let error = plain(&pair(&ones, &more), &model);
        assert!(matches!(error, BinningError::ConstantColumn { value: 1.0, .. }));
        assert_says(&error, &["every event has x = 1", "nothing to bin"]);
    }
    let data = pair(&signal, &background);
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let wrong = [(2.0, 3.0), (-3.0, -2.0), (1.0, 0.0), (0.5, 0.5), (0.0, inf), (-inf, 1.0)];
    for range in wrong.into_iter().chain([(nan, 1.0), (0.0, nan), (-1e308, 1e308)]) {
        for model in models(vec![column("x", range)]) {
            let error = plain(&data, &model);
            assert!(matches!(error, BinningError::Range { .. }), "{range:?}: {error}");
            assert_says(&error, &["the range of x", "give a finite lower and a higher upper end"]);
        }
    }
}

/// The error of a setting out of range.
#[track_caller]
fn assert_setting(options: BinningOptions, words: &[&str]) {
    let (signal, background) = simple();
    let error = refused(&pair(&signal, &background), &whole("x"), options);
    assert!(matches!(error, BinningError::Setting { .. }), "{error}");
    assert_says(&error, words);
}

#[test]
fn settings_are_finite_and_not_negative() {
    let change = |found: f64, change: &dyn Fn(&mut BinningOptions, f64), name: &str| {
        let mut options = BinningOptions::default();
        change(&mut options, found);
        assert_setting(options, &[name, &format!("is {found}"), "a finite number, 0 or more"]);
    };
    for found in [-1.0, f64::NAN, f64::INFINITY] {
        let minimum = |options: &mut BinningOptions, found| {
            options.penalties.minimum_background = Some(found);
        };
        change(found, &minimum, "the minimum background");
        change(found, &|o, x| o.penalties.yield_weight = x, "the weight of the yield penalty");
        change(found, &|o, x| o.penalties.maximum_uncertainty = x, "the maximum relative");
        change(found, &|o, x| o.penalties.uncertainty_weight = x, "the uncertainty penalty");
        change(found, &|o, x| o.uncertainty.relative = x, "the relative background uncertainty");
        change(found, &|o, x| o.signal_weights = vec![x], "a signal's weight");
    }
    for objective in [FigureOfMerit::Cls, FigureOfMerit::DiscoveryPValue] {
        let uncertainty = BackgroundUncertainty { relative: 1.0, simulation: false };
        let options = BinningOptions { objective, uncertainty, ..BinningOptions::default() };
        assert_setting(options, &["is 1", "below 1 for p0 and cls"]);
    }
}

#[test]
fn weights_of_signals_fit_the_signals() {
    let (signal, background) = simple();
    for count in [2, 3] {
        let options = BinningOptions {
            combination: Combination::WeightedSum,
            signal_weights: vec![1.0; count],
            ..BinningOptions::default()
        };
        let error = refused(&pair(&signal, &background), &whole("x"), options);
        assert!(matches!(error, BinningError::SignalWeights { expected: 1, .. }));
        assert_says(&error, &[&format!("{count} weights"), "1 signals", "give one a signal"]);
    }
}

#[test]
fn backgrounds_have_a_positive_sum() {
    let (signal, _) = simple();
    let background = sample("background", &[0.1, 0.6], &[1.0, -1.5]);
    let error = plain(&pair(&signal, &background), &whole("x"));
    assert!(matches!(error, BinningError::Setting { .. }));
    assert_says(&error, &["the backgrounds' sum of weights is -0.5", "above 0"]);
}

fn quick() -> BinningDescent {
    let descent = BinningDescent {
        fine_bins: 60,
        fine_edges: FineEdges::EqualWidth,
        ..BinningDescent::default()
    };
    BinningDescent {
        training: TrainingOptions { steps: 40, ..descent.training.clone() },
        ..descent
    }
}

fn descend(problem: &BinningProblem, bins: usize) -> Result<BinningReport, BinningError> {
    let optimizer = BinningOptimizer::new(problem, quick()).expect("sound settings");
    optimizer.descend(bins, Persistence::None, &mut |_| ())
}

#[test]
fn numbers_of_bins_fit_the_data() {
    let (signal, background) = simple();
    let data = pair(&signal, &background);
    let problem = problem(&data, &whole("x"), BinningOptions::default());
    let optimizer = BinningOptimizer::new(&problem, quick()).expect("sound settings");
    for bins in [0, 1] {
        for error in [optimizer.exact(bins), descend(&problem, bins)].map(Result::unwrap_err) {
            assert!(matches!(error, BinningError::Setting { .. }));
            let found = format!("the number of bins is {bins}");
            assert_says(&error, &[&found, "2 or more"]);
        }
    }
    for error in [optimizer.exact(41), descend(&problem, 41)].map(Result::unwrap_err) {
        assert!(matches!(error, BinningError::TooFewEvents { bins: 41, .. }));
        assert_says(&error, &["400", "41 bins of 10", "ask for fewer bins"]);
    }
}

#[test]
fn numbers_of_fine_bins_are_bounded() {
    let (signal, background) = simple();
    let data = pair(&signal, &background);
    let problem = problem(&data, &whole("x"), BinningOptions::default());
    for fine_bins in [0, 1, 5_001, 1_000_000] {
        let descent = BinningDescent { fine_bins, ..BinningDescent::default() };
        let error = BinningOptimizer::new(&problem, descent).err().expect("refused");
        assert!(matches!(error, BinningError::Setting { .. }));
        assert_says(&error, &[&format!("fine bins is {fine_bins}"), "2 to 5000"]);
    }
}

#[test]
fn boundaries_that_are_judged_ascend() {
    let (signal, background) = simple();
    let data = pair(&signal, &background);
    let problem = problem(&data, &whole("x"), BinningOptions::default());
    for wrong in [vec![0.5, 0.4], vec![f64::NAN], vec![0.1, f64::NAN, 0.5]] {
        let error = problem.judge_boundaries(&wrong).expect_err("no bins");
        assert!(matches!(error, BinningError::Boundaries(_)));
        assert_says(&error, &["do not ascend"]);
    }
}

#[track_caller]
fn assert_finite(what: &str, judged: &JudgedBinning) {
    let numbers = judged.by_bin.iter().chain(&judged.by_signal).chain(&judged.boundaries);
    let numbers = numbers.chain([&judged.significance]);
    assert!(numbers.into_iter().all(|x| x.is_finite()), "{what}: {judged:?}");
    assert!(judged.boundaries.is_sorted(), "{what}: {:?}", judged.boundaries);
}

#[track_caller]
fn assert_finite_report(what: &str, report: &BinningReport) {
    assert_finite(what, &report.hard);
    let descent = report.descent.as_ref().expect("a descent");
    assert_finite(what, &descent.hard);
    assert_finite(what, &descent.soft);
    assert!(report.equidistant.is_some() && descent.training.objective.is_finite(), "{what}");
    assert!(!descent.bias.iter().any(|bias| bias.is_infinite()), "{what}: {:?}", descent.bias);
}

#[test]
fn negative_weights_are_warned_of_and_binned() {
    let (signal, background) = simple();
    let flip = |every: usize| move |(i, w): (usize, &f64)| if i % every == 0 { -w } else { *w };
    let weights: Vec<f64> = background.weights().iter().enumerate().map(flip(7)).collect();
    let background = sample("background", background.column("x").expect("x"), &weights);
    let data = pair(&signal, &background);
    for objective in SIGNIFICANCES {
        for minimum in [0.0, 8.0] {
            let problem = problem(&data, &whole("x"), with_minimum(objective, minimum));
            assert_eq!(problem.warnings(), ["58 of the 400 weights of background are negative"]);
            for bins in [2, 5, 12] {
                let report = descend(&problem, bins).expect("a descent");
                assert_finite_report(&format!("{} {bins}", objective.name()), &report);
                report.exact.iter().for_each(|one| assert_finite("exact", &one.binning));
            }
        }
    }
}

#[test]
fn events_outside_the_range_belong_to_the_outer_bins() {
    let (signal, background) = simple();
    let inside = |sample: &EventSample| {
        let x: Vec<f64> =
            sample.column("x").expect("x").iter().map(|x| x.clamp(0.3, 0.8)).collect();
        super::models::sample(sample.name(), &x, sample.weights())
    };
    let clamped = [inside(&signal), inside(&background)];
    let model = CategoryModel::Boundaries(column("x", (0.3, 0.8)));
    let options = || with_minimum(FigureOfMerit::Asimov, 5.0);
    let all = pair(&signal, &background);
    let data = pair(&clamped[0], &clamped[1]);
    let (beyond, within) = (problem(&all, &model, options()), problem(&data, &model, options()));
    let exact = |problem: &BinningProblem| {
        BinningOptimizer::new(problem, quick()).expect("sound").exact(5).expect("bins").hard
    };
    assert_eq!(exact(&beyond).boundaries, exact(&within).boundaries);
    let hard = descend(&beyond, 5).expect("a descent").hard;
    for judged in [exact(&beyond), hard] {
        assert!(judged.boundaries.iter().all(|b| (0.3..=0.8).contains(b)));
        let total: f64 = judged.yields[1].iter().map(|bin| bin.sum).sum();
        assert!((total - 400.0).abs() < 1e-9, "{total} of 400 events");
    }
}

/// Events with only the values 0 to 3; most of the signal is at 3, most of the background at 0.
fn discrete() -> (EventSample, EventSample) {
    let value = |i: usize| [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0][i * i % 17 % 10];
    let values = |n: usize| -> Vec<f64> { (0..n).map(value).collect() };
    let turned: Vec<f64> = values(51).iter().map(|x| 3.0 - x).collect();
    let signal = sample("signal", &turned, &[0.2; 51]);
    (signal, sample("background", &values(340), &[1.0; 340]))
}

#[test]
fn ties_and_empty_bins_give_numbers() {
    let (signal, background) = discrete();
    let data = pair(&signal, &background);
    for objective in SIGNIFICANCES {
        for bins in [2, 3, 4, 7, 15] {
            for minimum in [None, Some(0.0), Some(20.0)] {
                let mut options = with_minimum(objective, 0.0);
                options.penalties.minimum_background = minimum;
                let problem = problem(&data, &whole("x"), options);
                let report = descend(&problem, bins).expect("a descent");
                let what = format!("{}, {bins} bins of {minimum:?}", objective.name());
                assert_finite_report(&what, &report);
                let possible = bins <= 4;
                assert_eq!(report.exact.is_empty(), !possible, "{what}");
            }
        }
    }
}

#[test]
fn an_exact_binning_splits_ties_whole() {
    let (signal, background) = discrete();
    let data = pair(&signal, &background);
    let problem = problem(&data, &whole("x"), with_minimum(FigureOfMerit::Asimov, 0.0));
    let optimizer = BinningOptimizer::new(&problem, quick()).expect("sound settings");
    let report = optimizer.exact(4).expect("four values");
    let found: Vec<f64> = report.hard.yields[1].iter().map(|bin| bin.sum).collect();
    let x = background.column("x").expect("x");
    let count = |value: f64| x.iter().filter(|x| **x == value).count() as f64;
    assert_eq!(found, [0.0, 1.0, 2.0, 3.0].map(count));
    let error = optimizer.exact(5).expect_err("one value too few");
    assert!(matches!(error, BinningError::NoExactBinning { bins: 5, fine_bins: 60, .. }));
}

#[test]
fn empty_categories_of_mixtures_and_products_give_numbers() {
    let values = |n: usize, shift: f64| -> (Vec<f64>, Vec<f64>) {
        let grid = (0..n).map(|i| (i as f64 + 0.5) / n as f64);
        grid.map(|x| (x, (x + shift).fract())).unzip()
    };
    let of = |name: &str, n: usize, shift: f64| {
        let (x, y) = values(n, shift);
        let columns = vec![("x".to_owned(), x), ("y".to_owned(), y)];
        EventSample::new(name, columns, vec![1.0; n]).expect("sound")
    };
    let (signal, background) = (of("signal", 20, 0.1), of("background", 200, 0.0));
    let data = pair(&signal, &background);
    let columns = || vec![column("x", (0.0, 1.0)), column("y", (0.0, 1.0))];
    for model in models(columns()).split_off(1) {
        let problem = problem(&data, &model, with_minimum(FigureOfMerit::Asimov, 0.0));
        for bins in [2, 9] {
            let report = descend(&problem, bins).expect("a descent");
            assert_finite("categories", &report.hard);
            let total: f64 = report.hard.yields[1].iter().map(|bin| bin.sum).sum();
            assert!((total - 200.0).abs() < 1e-9, "{total} of 200 events");
        }
    }
}

#[test]
fn p_values_of_sparse_bins_end_in_reports() {
    let (signal, background) = discrete();
    let data = pair(&signal, &background);
    for objective in [FigureOfMerit::DiscoveryPValue, FigureOfMerit::Cls] {
        let uncertainty = BackgroundUncertainty { relative: 0.1, simulation: true };
        let penalties = Penalties { minimum_background: Some(0.0), ..Penalties::default() };
        let options =
            BinningOptions { objective, uncertainty, penalties, ..BinningOptions::default() };
        let problem = problem(&data, &boundaries("x"), options);
        for bins in [3, 6] {
            let report = descend(&problem, bins).expect("a report");
            let p = report.hard.p_value.expect("a p-value");
            assert!(p.is_nan() || (0.0..=1.0).contains(&p), "{bins} bins: {p}");
        }
    }
}
