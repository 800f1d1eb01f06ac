//! Results are bit-identical for any number of threads, after a pause, and for a given seed.

use std::path::PathBuf;

use diffhep::analyses::FigureOfMerit;
use diffhep::analyses::binning::{
    BinningDescent, BinningOptimizer, BinningOptions, BinningProblem, BinningReport, CategoryModel,
    MixtureMeans,
};
use diffhep::events::toys::BinningToy;
use diffhep::kernels::selection::Yield;
use diffhep::optimize::{CheckpointOptions, Persistence, TrainingOptions, TrainingStatus};

use super::models::{boundaries, data, middle_toy, mixture, problem, score, small_toy};

const STEPS: usize = 30;

/// A shortened default descent for the categories.
fn short(model: &CategoryModel) -> BinningDescent {
    let descent = match model {
        CategoryModel::Mixture(..) => BinningDescent::mixture(),
        _ => BinningDescent::default(),
    };
    let training = TrainingOptions { steps: STEPS, ..descent.training.clone() };
    BinningDescent { training, fine_bins: 200, ..descent }
}

/// All numbers that a descent reports, as bits.
#[derive(Debug, PartialEq)]
struct Bits(Vec<u64>);

impl Bits {
    fn of(report: &BinningReport) -> Self {
        let training = &report.descent.as_ref().expect("a descent").training;
        let mut numbers = vec![training.objective];
        numbers.extend(&training.gradient);
        for step in &training.history {
            numbers.extend([step.objective, step.gradient_norm]);
            numbers.extend(step.parameters.iter().chain(&step.metrics));
        }
        let exact = report.exact.iter().flat_map(|one| [one.binning.significance, one.bound]);
        numbers.extend(exact);
        numbers.extend(&report.hard.boundaries);
        let yields = report.hard.yields.iter().flatten();
        numbers.extend(yields.flat_map(|Yield { sum, squares }| [*sum, *squares]));
        Self(numbers.into_iter().map(f64::to_bits).collect())
    }
}

fn descend(
    problem: &BinningProblem,
    descent: BinningDescent,
    persistence: Persistence,
) -> BinningReport {
    let optimizer = BinningOptimizer::new(problem, descent).expect("sound settings");
    optimizer.descend(4, persistence, &mut |_| ()).expect("a descent")
}

/// All kinds of categories.
fn models() -> [CategoryModel; 3] {
    let product = CategoryModel::Product(["score_signal1", "score_signal2"].map(score).to_vec());
    [boundaries("score_signal1"), product, mixture(2, MixtureMeans::Simplex)]
}

fn toy() -> BinningToy {
    middle_toy().two_signals(8)
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let toy = toy();
    for model in models() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool").install(|| {
                let data = data(&toy, false);
                let options = BinningOptions {
                    objective: FigureOfMerit::AsimovUncertainty,
                    ..BinningOptions::default()
                };
                let problem = problem(&data, &model, options);
                Bits::of(&descend(&problem, short(&model), Persistence::None))
            })
        };
        let one = run(1);
        for threads in [2, 3] {
            assert!(one == run(threads), "{threads} threads, {model:?}");
        }
    }
}

#[test]
fn threads_do_not_touch_fits() {
    let toy = small_toy().one_signal(8);
    let model = boundaries("discriminant");
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(|| {
            let data = data(&toy, true);
            let objective = FigureOfMerit::Cls;
            let options = BinningOptions { objective, ..BinningOptions::default() };
            let problem = problem(&data, &model, options);
            Bits::of(&descend(&problem, short(&model), Persistence::None))
        })
    };
    assert!(run(1) == run(3));
}

/// A checkpoint that is removed at the end.
struct Checkpoint(PathBuf);

impl Checkpoint {
    fn new(name: &str) -> Self {
        let name = format!("diffhep-binning-{name}-{}.json", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn options(&self, pause_after: Option<usize>) -> CheckpointOptions {
        CheckpointOptions { pause_after, ..CheckpointOptions::new(&self.0, "toy") }
    }
}

impl Drop for Checkpoint {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn training_status(report: &BinningReport) -> TrainingStatus {
    report.descent.as_ref().expect("a descent").training.status
}

fn evaluations(report: &BinningReport) -> usize {
    report.descent.as_ref().expect("a descent").training.evaluations
}

#[test]
fn a_paused_descent_goes_on_to_the_same_bits() {
    let toy = toy();
    let data = data(&toy, false);
    for (k, model) in models().iter().enumerate() {
        let problem = problem(&data, model, BinningOptions::default());
        let run = |persistence: Persistence| descend(&problem, short(model), persistence);
        let whole = run(Persistence::None);
        for pause in [0, 1, 17] {
            let file = Checkpoint::new(&format!("resume-{k}-{pause}"));
            let (to_pause, to_end) = (file.options(Some(pause)), file.options(None));
            let paused = run(Persistence::Fresh(&to_pause));
            assert_eq!(training_status(&paused), TrainingStatus::Paused);
            assert_eq!(evaluations(&paused), pause + 1);
            let reopened = run(Persistence::Reopen(&to_end));
            assert_eq!(training_status(&reopened), TrainingStatus::Paused);
            assert!(Bits::of(&paused) == Bits::of(&reopened), "{model:?} reopened at {pause}");
            let resumed = run(Persistence::Resume(&to_end));
            assert_eq!(training_status(&resumed), TrainingStatus::StepLimit);
            assert!(Bits::of(&whole) == Bits::of(&resumed), "{model:?} paused at {pause}");
        }
    }
}

#[test]
fn a_finished_descent_is_reopened_without_a_further_step() {
    let toy = toy();
    let data = data(&toy, false);
    let model = &models()[0];
    let problem = problem(&data, model, BinningOptions::default());
    let file = Checkpoint::new("reopen");
    let finished = descend(&problem, short(model), Persistence::Fresh(&file.options(None)));
    let optimizer = BinningOptimizer::new(&problem, short(model)).expect("sound settings");
    let (options, mut steps) = (file.options(None), 0);
    let reopened = optimizer.descend(4, Persistence::Reopen(&options), &mut |_| steps += 1);
    let reopened = reopened.expect("a report");
    assert_eq!((steps, evaluations(&reopened)), (0, STEPS + 1));
    assert_eq!(training_status(&reopened), TrainingStatus::StepLimit);
    assert!(Bits::of(&finished) == Bits::of(&reopened));
}

#[test]
fn seeds_move_the_start_of_mixtures_alone() {
    let toy = small_toy().two_signals(8);
    let data = data(&toy, false);
    for (model, moves) in models().iter().zip([false, false, true]) {
        let problem = problem(&data, model, BinningOptions::default());
        let start = |seed| problem.start(4, seed);
        assert_eq!(start(1), start(1));
        assert_eq!(start(1) != start(2), moves, "{model:?}");
    }
}
