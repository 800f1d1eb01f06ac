//! Gradients of the loss with penalties, against central differences, for every kind of category.

use diffhep::analyses::binning::{
    BinningObjective, BinningOptions, BinningProblem, CategoryModel, Combination, MixtureMeans,
    Penalties, ProcessData,
};
use diffhep::analyses::{BackgroundUncertainty, FigureOfMerit};
use diffhep::events::toys::BinningToy;
use diffhep::optimize::Objective;

use super::models::{SIGNIFICANCES, boundaries, data, mixture, problem, score, small_toy};

/// A kind of categories, their number, and a hardness at which differences are meaningful.
struct Kind {
    name: &'static str,
    model: CategoryModel,
    bins: usize,
    hardness: f64,
}

fn kind(name: &'static str, model: CategoryModel, bins: usize, hardness: f64) -> Kind {
    Kind { name, model, bins, hardness }
}

/// All kinds of categories in the scores of two signals.
fn kinds() -> Vec<Kind> {
    let product = CategoryModel::Product(["score_signal1", "score_signal2"].map(score).to_vec());
    let (ranges, simplex) = (MixtureMeans::Ranges, MixtureMeans::Simplex);
    vec![
        kind("boundaries", boundaries("score_signal1"), 4, 15.0),
        kind("product", product, 3, 10.0),
        kind("mixture of 2 columns in ranges", mixture(2, ranges), 3, 1.0),
        kind("mixture of 3 columns in ranges", mixture(3, ranges), 3, 0.7),
        kind("mixture of 2 columns in a simplex", mixture(2, simplex), 4, 1.3),
        kind("mixture of 3 columns in a simplex", mixture(3, simplex), 2, 0.8),
    ]
}

fn discriminant() -> Kind {
    kind("discriminant", boundaries("discriminant"), 4, 15.0)
}

/// Options without penalties, whose gradients could hide those of the figure of merit.
fn bare(objective: FigureOfMerit) -> BinningOptions {
    let uncertainty = BackgroundUncertainty { relative: 0.05, simulation: true };
    let penalties = Penalties { minimum_background: Some(0.0), ..Penalties::default() };
    BinningOptions { objective, uncertainty, penalties, ..BinningOptions::default() }
}

/// Options with two nonzero penalties: the toy's 26,000 background events are too few, and too few
/// of them are simulated.
fn penalised(objective: FigureOfMerit) -> BinningOptions {
    let penalties = Penalties {
        minimum_background: Some(25_000.0),
        yield_weight: 0.3,
        maximum_uncertainty: 0.005,
        uncertainty_weight: 2.0,
    };
    BinningOptions { penalties, ..bare(objective) }
}

/// Parameters without symmetry.
fn generic(count: usize) -> Vec<f64> {
    (0..count).map(|i| 0.8 * (1.7 * i as f64 + 0.4).sin()).collect()
}

fn loss(problem: &BinningProblem, kind: &Kind, parameters: &[f64]) -> (f64, Vec<f64>) {
    let mut gradient = vec![f64::NAN; parameters.len()];
    let mut objective = BinningObjective::new(problem, kind.bins, false);
    let loss = objective.evaluate(parameters, kind.hardness, &mut gradient).expect("a loss");
    (loss, gradient)
}

/// Central difference with Richardson extrapolation along one parameter.
fn difference(problem: &BinningProblem, kind: &Kind, parameters: &[f64], j: usize, h: f64) -> f64 {
    let at = |step: f64| {
        let mut parameters = parameters.to_vec();
        parameters[j] += step;
        loss(problem, kind, &parameters).0
    };
    let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
    (4.0 * central(h / 2.0) - central(h)) / 3.0
}

/// Asserts a gradient to within the fraction of its norm that the objective's own precision allows.
#[track_caller]
fn assert_gradient(problem: &BinningProblem, kind: &Kind) {
    let objective = problem.options().objective;
    let (h, tolerance) = if objective.fits() { (3e-3, 1e-6) } else { (1e-3, 1e-8) };
    let parameters = generic(problem.start(kind.bins, 0).len());
    let (_, gradient) = loss(problem, kind, &parameters);
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    assert!(norm > 1e-3, "{} {}: a flat place, {norm}", kind.name, objective.name());
    let mut worst = 0.0f64;
    for (j, found) in gradient.iter().enumerate() {
        let expected = difference(problem, kind, &parameters, j, h);
        worst = worst.max((found - expected).abs() / norm);
    }
    assert!(worst < tolerance, "{} {}: {worst:.1e}", kind.name, objective.name());
}

fn assert_gradients(data: &ProcessData, kinds: &[Kind], options: &BinningOptions) {
    for kind in kinds {
        assert_gradient(&problem(data, &kind.model, options.clone()), kind);
    }
}

fn two_signals() -> BinningToy {
    small_toy().two_signals(6)
}

#[test]
fn one_signal_in_every_objective() {
    let toy = small_toy().one_signal(5);
    for (_, objective) in FigureOfMerit::TABLE {
        assert_gradients(&data(&toy, true), &[discriminant()], &bare(objective));
    }
}

#[test]
fn two_signals_in_every_kind_of_category() {
    let toy = two_signals();
    for objective in SIGNIFICANCES {
        assert_gradients(&data(&toy, false), &kinds(), &bare(objective));
    }
}

#[test]
fn weighted_sums_of_two_signals() {
    let toy = two_signals();
    for objective in SIGNIFICANCES {
        let options = BinningOptions {
            combination: Combination::WeightedSum,
            signal_weights: vec![0.3, 1.7],
            ..bare(objective)
        };
        assert_gradients(&data(&toy, false), &kinds()[..3], &options);
    }
}

#[test]
fn p_values_of_two_signals() {
    let toy = two_signals();
    let kinds = kinds();
    assert_gradients(&data(&toy, true), &kinds[..3], &bare(FigureOfMerit::Cls));
    assert_gradients(&data(&toy, true), &kinds[3..], &bare(FigureOfMerit::DiscoveryPValue));
}

/// An imperfect knowledge of the background.
fn known(relative: f64, simulation: bool) -> BackgroundUncertainty {
    BackgroundUncertainty { relative, simulation }
}

#[test]
fn each_part_of_the_uncertainty_by_itself() {
    let toy = small_toy().one_signal(7);
    for uncertainty in [known(0.0, false), known(0.1, false), known(0.0, true)] {
        for objective in [FigureOfMerit::AsimovUncertainty, FigureOfMerit::Cls] {
            let options = BinningOptions { uncertainty, ..bare(objective) };
            assert_gradients(&data(&toy, false), &[discriminant()], &options);
        }
    }
}

/// The penalties at the generic parameters, among the objective's metrics.
fn penalty_metrics(problem: &BinningProblem, kind: &Kind) -> [f64; 2] {
    let parameters = generic(problem.start(kind.bins, 0).len());
    let mut objective = BinningObjective::new(problem, kind.bins, false);
    let mut gradient = vec![0.0; parameters.len()];
    objective.evaluate(&parameters, kind.hardness, &mut gradient).expect("a loss");
    let metrics = objective.metrics(&parameters).expect("metrics");
    ["yield_penalty", "uncertainty_penalty"].map(|wanted| {
        let names = objective.metric_names();
        metrics[names.iter().position(|name| name == wanted).expect("its name")]
    })
}

#[test]
fn penalties_in_every_kind_of_category() {
    let toy = two_signals();
    let data = data(&toy, true);
    let objectives = SIGNIFICANCES.iter().chain(&[FigureOfMerit::Cls]);
    for (kind, objective) in kinds().iter().zip(objectives.cycle()) {
        let problem = problem(&data, &kind.model, penalised(*objective));
        let penalties = penalty_metrics(&problem, kind);
        assert!(penalties.iter().all(|value| *value > 0.0), "{}: {penalties:?}", kind.name);
        assert_gradient(&problem, kind);
    }
}

/// Checks the gradient of a penalty alone: what it adds to that of the figure of merit.
#[test]
fn penalties_add_their_weight_times_their_value() {
    let toy = two_signals();
    let data = data(&toy, false);
    for kind in kinds() {
        let objective = FigureOfMerit::Asimov;
        let [without, with] = [bare(objective), penalised(objective)]
            .map(|options| problem(&data, &kind.model, options));
        let parameters = generic(with.start(kind.bins, 0).len());
        let added = loss(&with, &kind, &parameters).0 - loss(&without, &kind, &parameters).0;
        let [low, high] = penalty_metrics(&with, &kind);
        assert!((added - 0.3 * low - 2.0 * high).abs() < 1e-12, "{}: {added}", kind.name);
    }
}
