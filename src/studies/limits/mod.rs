//! A selection that is optimised for its expected upper limit.
//!
//! The selection is a window `low < x < high` around a bump N(2, 0.5) on a background Exp(1) that
//! is known to 10 %. The limit is the root of CLs(mu) = 0.05; the implicit function theorem gives
//! its derivative with respect to both cuts, and Adam follows it. For comparison, the study finds
//! the windows that are best for CLs of mu = 1 and for the Asimov significance, evaluates each by
//! all three quantities with hard cuts, and checks everything with maps of hard cuts. Source: N.
//! Simpson, Data Analysis in High-Energy Physics as a Differentiable Program (thesis, Lund
//! University, 2023), section 7.7, which suggests differentiable upper limits.

mod figures;
mod window;

use std::path::Path;

use serde_json::{Value, json};

use super::error::StudyError;
use super::findings::{Findings, StudyProgress};
use super::options::StudyOptions;
use crate::analyses::cut::ScanRange;
use crate::optimize::{
    Method, Schedule, StoppingRules, TrainingOptions, TrainingReport, history_csv, train,
};
use window::{BACKGROUND, Bump, Goal, SIGNAL, UNCERTAINTY, WindowObjective};

pub(super) const QUESTION: &str =
    "a window optimised for its expected upper limit, beside CLs and Asimov significance";

/// Where the descents start, and the ranges of both cuts.
const START: [f64; 2] = [0.6, 4.0];
const LOW: ScanRange = ScanRange { low: 0.025, high: 1.975, points: 40 };
const HIGH: ScanRange = ScanRange { low: 2.05, high: 4.45, points: 49 };
/// Slopes of the sigmoids, from the first step to the last.
const SLOPES: [f64; 2] = [3.0, 60.0];
/// Where the gradients by the implicit rule and by differences are reported, and the step of the
/// differences.
const CHECKED: [f64; 2] = [0.9, 3.4];
const STEP: f64 = 1e-4;

/// A window, evaluated with hard cuts.
#[derive(Clone, Copy, Debug)]
struct Judged {
    window: [f64; 2],
    /// Signal and background.
    yields: [f64; 2],
    /// The goals in the order of [`Goal::TABLE`].
    values: [f64; 3],
}

impl Judged {
    fn new(bump: &Bump, window: [f64; 2]) -> Result<Self, StudyError> {
        let yields = bump.hard(window);
        let mut values = [0.0; 3];
        for (value, (_, goal)) in values.iter_mut().zip(Goal::TABLE) {
            *value = goal.of_loss(goal.loss(yields[0], yields[1])?);
        }
        Ok(Self { window, yields, values })
    }

    fn to_json(self) -> Value {
        let [limit, cls, significance] = self.values;
        json!({
            "low": self.window[0],
            "high": self.window[1],
            "signal": self.yields[0],
            "background": self.yields[1],
            "limit": limit,
            "cls": cls,
            "significance": significance,
        })
    }
}

/// The result of a goal's descent.
struct Found {
    name: &'static str,
    goal: Goal,
    report: TrainingReport,
    judged: Judged,
    /// The best window of the map.
    scanned: Judged,
}

fn descend(bump: &Bump, goal: Goal) -> Result<TrainingReport, StudyError> {
    let options = TrainingOptions {
        method: Method::Adam,
        steps: 400,
        learning_rate: Schedule::Cosine { from: 0.04, to: 0.0005 },
        hardness: Schedule::Exponential { from: SLOPES[0], to: SLOPES[1] },
        bounds: vec![(0.0, 2.0), (2.0, 4.5)],
        stopping: StoppingRules { gradient_tolerance: 0.0, ..StoppingRules::default() },
    };
    Ok(train(&mut WindowObjective { bump, goal }, &START, &options, None, &mut |_| ())?)
}

/// Every window of the grid with hard cuts, the lower cut running fastest.
fn scan(bump: &Bump) -> Result<Vec<Judged>, StudyError> {
    let lows = LOW.values();
    let windows = HIGH.values();
    let windows = windows.iter().flat_map(|&high| lows.iter().map(move |&low| [low, high]));
    windows.map(|window| Judged::new(bump, window)).collect()
}

/// The best of the evaluated windows by a goal.
fn best(judged: &[Judged], (place, goal): (usize, Goal)) -> Judged {
    let loss = |judged: &&Judged| match goal {
        Goal::Significance => -judged.values[place],
        Goal::Limit | Goal::Cls => judged.values[place],
    };
    *judged.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).expect("there are windows")
}

/// The gradient of ln limit at [`CHECKED`] by the implicit rule, and by central differences.
fn check(bump: &Bump) -> Result<[[f64; 2]; 2], StudyError> {
    let slope = SLOPES[0];
    let (_, implicit) = bump.soft_loss(Goal::Limit, CHECKED, slope)?;
    let mut differences = [0.0; 2];
    for (j, difference) in differences.iter_mut().enumerate() {
        let at = |step: f64| {
            let mut moved = CHECKED;
            moved[j] += step;
            Ok::<f64, StudyError>(bump.soft_loss(Goal::Limit, moved, slope)?.0)
        };
        *difference = (at(STEP)? - at(-STEP)?) / (2.0 * STEP);
    }
    Ok([implicit, differences])
}

fn line(name: &str, judged: &Judged) -> String {
    let Judged { window: [low, high], yields: [signal, background], values } = judged;
    let [limit, cls, significance] = values;
    format!(
        "  {name:<22} {low:>6.3} {high:>6.3} {signal:>7.2} {background:>8.2} {limit:>8.5} \
         {cls:>10.3e} {significance:>8.4}\n"
    )
}

const EXPECTED: &str = "\
Expected: the limit is a root, so that its gradient comes of the implicit rule and not of the search (N. Simpson's thesis, \
7.7, imagines it); followed by Adam it leads to the window of the lowest limit, and each goal's window is, but for the noise of \
simulated events, the best in its own column. A limit below 1 tests less signal on the same background than CLs of mu = 1 \
does, which can afford more of both: its window is the narrower one.";

/// The relative amount by which a goal's number is worse for Adam's window than for the best of the
/// map.
fn behind_the_map(found: &Found, place: usize) -> f64 {
    let [own, map] = [found.judged, found.scanned].map(|judged| judged.values[place]);
    let worse = if found.goal == Goal::Significance { map / own } else { own / map };
    worse - 1.0
}

fn text(seed: u64, all: &[Found], uncut: &Judged, check: [[f64; 2]; 2]) -> String {
    let mut table = line("no window", uncut);
    let mut behind = Vec::new();
    for (place, found) in all.iter().enumerate() {
        table += &line(found.goal.label(), &found.judged);
        table += &line("  best of the map", &found.scanned);
        let percent = 100.0 * behind_the_map(found, place);
        behind.push(format!("{} {percent:+.2} %", found.goal.label()));
    }
    let [implicit, differences] = check;
    format!(
        "Study limits, seed {seed}: a window on {SIGNAL} signal events N(2, 0.5) and {BACKGROUND} \
         background events Exp(1), known to {:.0} %\n\n{EXPECTED}\n\n\
         Found: windows by Adam from ({}, {}) with sigmoids of slope {} to {}, judged with hard cuts, \
         beside the best of {} hard windows:\n\
         \x20 {:<22} {:>6} {:>6} {:>7} {:>8} {:>8} {:>10} {:>8}\n{table}\n\
         Worse than the best of the map by: {}.\n\n\
         Gradient of ln limit by the two cuts at ({}, {}): {:.6}, {:.6} by the implicit rule, {:.6}, \
         {:.6} by central differences.\n\n\
         Limits and CLs are median expected ones on nominal Asimov data, at 95 % confidence level.\n",
        100.0 * UNCERTAINTY,
        START[0],
        START[1],
        SLOPES[0],
        SLOPES[1],
        LOW.points * HIGH.points,
        "optimised for",
        "low",
        "high",
        "s",
        "b",
        "limit",
        "CLs",
        "Z",
        behind.join(", "),
        CHECKED[0],
        CHECKED[1],
        implicit[0],
        implicit[1],
        differences[0],
        differences[1],
    )
}

/// The content of `result.json`.
fn json_of(seed: u64, all: &[Found], map: &[Judged], uncut: Judged, check: [[f64; 2]; 2]) -> Value {
    let entry = |found: &Found| {
        json!({
            "goal": found.name,
            "status": found.report.status.name(),
            "found": found.judged.to_json(),
            "best_of_map": found.scanned.to_json(),
        })
    };
    let values = |place: usize| map.iter().map(|judged| judged.values[place]).collect::<Vec<_>>();
    let [limit, cls, significance] = uncut.values;
    json!({
        "study": "limits",
        "seed": seed,
        "optimised": all.iter().map(entry).collect::<Vec<_>>(),
        "no_window": { "limit": limit, "cls": cls, "significance": significance },
        "gradient_check": { "implicit": check[0], "differences": check[1] },
        "map": {
            "low": LOW.values(),
            "high": HIGH.values(),
            "limit": values(0),
            "cls": values(1),
            "significance": values(2),
        },
    })
}

pub(super) fn run(
    folder: &Path,
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Result<Findings, StudyError> {
    let bump = Bump::draw(options.seed);
    let map = scan(&bump)?;
    let uncut = Judged::new(&bump, [f64::NEG_INFINITY, f64::INFINITY])?;
    let (mut all, mut tables) = (Vec::new(), Vec::new());
    for (done, (name, goal)) in Goal::TABLE.into_iter().enumerate() {
        let message = goal.label().to_owned();
        progress(StudyProgress { done, total: Goal::TABLE.len(), message });
        let report = descend(&bump, goal)?;
        let judged = Judged::new(&bump, [report.parameters[0], report.parameters[1]])?;
        let names = ["low".to_owned(), "high".to_owned()];
        let history = history_csv(&report.history, &names, &[]).expect("two parameters");
        tables.push((format!("history-{name}.csv"), history));
        all.push(Found { name, goal, report, judged, scanned: best(&map, (done, goal)) });
    }
    let check = check(&bump)?;
    figures::map(&map, &all).write(folder, "map")?;
    figures::slices(&bump, &all)?.write(folder, "slices")?;
    figures::spectrum(&bump, &all).write(folder, "spectrum")?;
    let result = json_of(options.seed, &all, &map, uncut, check);
    Ok(Findings { text: text(options.seed, &all, &uncut, check), result, tables })
}
