//! Gradients of every objective with respect to cuts, compared with central differences;
//! independence of the number of threads.

use diffhep::analyses::cut::{
    BackgroundUncertainty, Cut, CutProblem, FigureOfMerit, Loss, ProblemOptions, Scaling,
};
use diffhep::events::toys::{ManyColumns, Toy, notebook};
use diffhep::kernels::selection::Keep;

use crate::common::assert_relative;

fn five_cuts() -> Vec<Cut> {
    let keep = [Keep::Above, Keep::Below, Keep::Above, Keep::Below, Keep::Above];
    (1..).zip(keep).map(|(j, keep)| Cut::loose(&format!("x{j}"), keep)).collect()
}

fn small_toy() -> Toy {
    ManyColumns { signal_events: 900, background_events: 5_000, ..ManyColumns::five() }.draw(4)
}

fn options(objective: FigureOfMerit) -> ProblemOptions {
    let uncertainty = BackgroundUncertainty { relative: 0.1, simulation: true };
    ProblemOptions { objective, uncertainty, background_offset: 0.3, ..ProblemOptions::default() }
}

/// Central difference with Richardson extrapolation.
fn difference(f: impl Fn(f64) -> f64, x: f64, h: f64) -> f64 {
    let central = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    (4.0 * central(h / 2.0) - central(h)) / 3.0
}

fn assert_gradient(problem: &CutProblem, values: &[f64], slope: f64, tolerance: f64) {
    let mut gradient = vec![0.0; values.len()];
    problem.soft_merit(values, slope, &mut gradient).expect("a merit");
    for j in 0..values.len() {
        let loss = |value: f64| {
            let mut values = values.to_vec();
            values[j] = value;
            problem.merit(problem.soft_yields(&values, slope)).expect("a merit").loss
        };
        let expected = difference(loss, values[j], 2e-2 / slope);
        let what = format!("{} cut {j}", problem.options().objective.name());
        assert_relative(&what, gradient[j], expected, tolerance);
    }
}

#[test]
fn gradients_of_every_objective_match_differences() {
    let toy = small_toy();
    for (_, objective) in FigureOfMerit::TABLE {
        for loss in [Loss::Negative, Loss::Reciprocal] {
            let options = ProblemOptions { loss, ..options(objective) };
            let problem =
                CutProblem::new(&toy.signal, &toy.background, five_cuts(), options).expect("sound");
            let tolerance = if objective.fits() { 1e-5 } else { 1e-6 };
            assert_gradient(&problem, &[0.1, 0.4, -0.2, 0.9, -0.3], 3.0, tolerance);
        }
    }
}

#[test]
fn one_cut_has_the_closed_form() {
    let toy = notebook(1);
    let cuts = vec![Cut::at("x", Keep::Above, 43.7)];
    let options = ProblemOptions { scaling: Scaling::Unit, ..ProblemOptions::default() };
    let problem = CutProblem::new(&toy.signal, &toy.background, cuts, options).expect("sound");
    for slope in [0.5, 1.0, 3.0] {
        let sums = [&toy.signal, &toy.background].map(|sample| {
            let sigmas = sample.column("x").expect("x").iter();
            let sigmas = sigmas.map(|x| 1.0 / (1.0 + (-slope * (x - 43.7)).exp()));
            let slopes = sigmas.clone().map(|sigma| -slope * sigma * (1.0 - sigma));
            (sigmas.sum::<f64>(), slopes.sum::<f64>())
        });
        let [(s, s_slope), (b, b_slope)] = sums;
        let z = (2.0 * ((s + b) * (s / b).ln_1p() - s)).sqrt();
        let z_slope = ((s / b).ln_1p() * s_slope + ((s / b).ln_1p() - s / b) * b_slope) / z;
        let mut gradient = [0.0];
        let (yields, merit) = problem.soft_merit(&[43.7], slope, &mut gradient).expect("a merit");
        assert_relative("signal", yields.signal.sum, s, 1e-12);
        assert_relative("significance", merit.significance, z, 1e-11);
        assert_relative("gradient", -gradient[0], z_slope, 1e-10);
        assert_gradient(&problem, &[43.7], slope, 1e-7);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let toy = ManyColumns::five().draw(2);
    let problem = CutProblem::new(
        &toy.signal,
        &toy.background,
        five_cuts(),
        options(FigureOfMerit::AsimovUncertainty),
    )
    .expect("sound");
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut gradient = [0.0; 5];
            let values = [0.1, 0.4, -0.2, 0.9, -0.3];
            let (yields, _) = problem.soft_merit(&values, 3.0, &mut gradient).expect("a merit");
            let hard = problem.hard_yields(&values);
            let numbers = [yields.signal.sum, yields.background.squares, hard.background.sum];
            (numbers.map(f64::to_bits), gradient.map(f64::to_bits))
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert_eq!(one, run(threads), "{threads} threads");
    }
}
