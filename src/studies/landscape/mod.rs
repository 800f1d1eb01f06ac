//! Loss landscapes: how each metric depends on the variations of a background.
//!
//! The model has two bins, `s = (5, 11)`, `b = (50, 50)`, and one nuisance parameter with
//! `b_up = b + u (1, -1)` and `b_down = b + d (1, -1)`. The study maps CLs, p0, sigma of mu, the
//! generalised variance, Gaussianity and CLs + p0 over the plane of `(u, d)`, with gradients, the
//! line `u = d`, and descents of each from several starts. The thesis writes the down variation
//! with the opposite sign, but its figures and their description (`u = d` is where up and down are
//! the same) follow from the sign used here. Source: N. Simpson, Data Analysis in High-Energy
//! Physics as a Differentiable Program (thesis, Lund University, 2023), section 7.5, figures 7.20
//! and 7.21.

mod figures;
mod plane;

use std::path::Path;

use serde_json::{Value, json};

use super::error::StudyError;
use super::findings::{Findings, StudyProgress};
use super::options::StudyOptions;
use crate::analyses::cut::ScanRange;
use crate::optimize::{
    Method, Objective, Schedule, StoppingRules, TrainingOptions, TrainingReport, train,
};
use plane::{Metric, Plane, leaves_the_saddle};

pub(super) const QUESTION: &str =
    "CLs, p0, sigma of mu, generalised variance and Gaussianity over the plane of two variations";

/// How far the plane extends in each direction, in events.
const REACH: f64 = 10.0;
/// Cells of the maps in each direction.
const CELLS: usize = 60;
/// Centres of the maps' cells.
const CENTRES: ScanRange = ScanRange {
    low: -REACH + REACH / CELLS as f64,
    high: REACH - REACH / CELLS as f64,
    points: CELLS,
};
/// Where gradients are displayed: never on the line `u = d`, which has a kink where a fit leaves a
/// saddle.
const ARROWS_U: ScanRange = ScanRange { low: -8.75, high: 8.75, points: 8 };
const ARROWS_D: ScanRange = ScanRange { low: -8.4, high: 8.4, points: 7 };
/// The line `u = d`.
const LINE: ScanRange = ScanRange { low: -REACH, high: REACH, points: 161 };
/// Where descents start: on both sides of the line and of the origin.
const STARTS: [[f64; 2]; 6] =
    [[8.0, -3.0], [-3.0, 8.0], [9.0, 4.0], [3.0, 9.5], [-9.0, -2.0], [-4.0, -9.0]];

/// A metric as an objective to minimise.
struct Landscape<'p> {
    plane: &'p mut Plane,
    metric: Metric,
}

impl Objective for Landscape<'_> {
    type Error = StudyError;

    fn evaluate(
        &mut self,
        parameters: &[f64],
        _hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, StudyError> {
        let point = [parameters[0], parameters[1]];
        let (value, by_point) = self.plane.evaluate(self.metric, point)?;
        gradient.copy_from_slice(&by_point);
        Ok(value)
    }
}

/// Everything the study finds about a metric.
struct Scanned {
    name: &'static str,
    metric: Metric,
    /// Values of the cells, with u running fastest.
    map: Vec<f64>,
    /// Points of [`ARROWS_U`] and [`ARROWS_D`], with the gradient at each.
    gradients: Vec<([f64; 2], [f64; 2])>,
    /// Values along [`LINE`].
    line: Vec<f64>,
    /// One per start.
    descents: Vec<TrainingReport>,
}

/// Every pair of numbers from two lists, with the first list running fastest.
fn pairs<'a>(fast: &'a [f64], slow: &'a [f64]) -> impl Iterator<Item = [f64; 2]> + 'a {
    slow.iter().flat_map(|&d| fast.iter().map(move |&u| [u, d]))
}

impl Scanned {
    fn new(plane: &mut Plane, (name, metric): (&'static str, Metric)) -> Result<Self, StudyError> {
        let centres = CENTRES.values();
        let mut map = Vec::new();
        for point in pairs(&centres, &centres) {
            map.push(plane.evaluate(metric, point)?.0);
        }
        let mut gradients = Vec::new();
        for point in pairs(&ARROWS_U.values(), &ARROWS_D.values()) {
            gradients.push((point, plane.evaluate(metric, point)?.1));
        }
        let mut line = Vec::new();
        for u in LINE.values() {
            line.push(plane.evaluate(metric, [u, u])?.0);
        }
        let descents = STARTS.iter().map(|start| descend(plane, metric, start));
        let descents = descents.collect::<Result<_, _>>()?;
        Ok(Self { name, metric, map, gradients, line, descents })
    }

    /// Largest distance of the metric from its value at 0, relative to that value, over part of the
    /// line.
    fn spread(&self, low: f64, high: f64) -> f64 {
        let middle = self.line[self.line.len() / 2];
        let part = LINE.values().into_iter().zip(&self.line);
        let part = part.filter(|(u, _)| (low..=high).contains(u));
        part.map(|(_, value)| (value / middle - 1.0).abs()).fold(0.0, f64::max)
    }

    fn to_json(&self) -> Value {
        let descent = |report: &TrainingReport| {
            json!({
                "start": report.history[0].parameters,
                "end": report.parameters,
                "value": report.objective,
                "status": report.status.name(),
            })
        };
        json!({
            "name": self.name,
            "map": self.map,
            "gradients": self.gradients.iter().map(|(point, gradient)| json!({
                "point": point, "gradient": gradient,
            })).collect::<Vec<_>>(),
            "line": self.line,
            "descents": self.descents.iter().map(descent).collect::<Vec<_>>(),
        })
    }
}

/// Runs Adam from a start, with steps on the scale of the plane, because the scales of the metrics
/// differ by orders of magnitude.
fn descend(plane: &mut Plane, metric: Metric, start: &[f64]) -> Result<TrainingReport, StudyError> {
    let options = TrainingOptions {
        method: Method::Adam,
        steps: 600,
        learning_rate: Schedule::Cosine { from: 0.25, to: 0.002 },
        bounds: vec![(-REACH, REACH); 2],
        stopping: StoppingRules { gradient_tolerance: 0.0, ..StoppingRules::default() },
        ..TrainingOptions::default()
    };
    Ok(train(&mut Landscape { plane, metric }, start, &options, None, &mut |_| ())?)
}

/// CLs and p0 along the line with the nuisance parameter left at 0.
fn unfitted(plane: &mut Plane) -> Result<[Vec<f64>; 2], StudyError> {
    let (mut cls, mut p0) = (Vec::new(), Vec::new());
    for u in LINE.values() {
        let [of_cls, of_p0] = plane.unfitted([u, u])?;
        cls.push(of_cls);
        p0.push(of_p0);
    }
    Ok([cls, p0])
}

/// The spread of the numbers of a list, relative to the first.
fn relative_spread(values: &[f64]) -> f64 {
    values.iter().map(|value| (value / values[0] - 1.0).abs()).fold(0.0, f64::max)
}

/// One line of text per metric: what is equal along `u = d`, and where descents end, with the
/// lowest and highest values there.
fn table(all: &[Scanned], saddles: [f64; 2]) -> String {
    let [p0, cls] = saddles;
    let line = |scanned: &Scanned| {
        let ends = scanned.descents.iter().map(|report| {
            let [u, d] = report.parameters[..] else { unreachable!("two parameters") };
            format!("({u:.1}, {d:.1})")
        });
        let values = scanned.descents.iter().map(|report| report.objective);
        format!(
            "  {:<21} {:>9.1e} {:>9.1e} {:>9.5} {:>9.5}   {}\n",
            scanned.metric.label(),
            scanned.spread(p0, cls),
            scanned.spread(-REACH, REACH),
            values.clone().fold(f64::INFINITY, f64::min),
            values.fold(f64::NEG_INFINITY, f64::max),
            ends.collect::<Vec<_>>().join(" "),
        )
    };
    all.iter().map(line).collect()
}

const EXPECTED: &str = "\
Expected (N. Simpson's thesis, 7.5): metrics are generally lower the nearer u is to d, which is where up and down are the \
same; along u = d all but Gaussianity have one value; CLs prefers u and d below 0, p0 above; CLs + p0 looks like a bowl around \
0. (The thesis prints down = (50 - d, 50 + d), whose line u = d has an ordinary symmetric systematic that costs \
sensitivity: its figures and words are those of the sign above.)";

/// Explains the behaviour along the line; all of it is arithmetic.
fn explanation([p0, cls]: [f64; 2]) -> String {
    format!(
        "Along the whole line the information does not change, for the nuisance parameter has no slope at \
         0. But a fit may do better than leave it there: a shape that moves both bins the same way up and \
         down can be worth its price, and then 0 is a saddle. For CLs that is so above u = {cls:.3}, for p0 \
         below u = {p0:.3} (where 1/2 + 15/8 u (n_2 / r_2 - n_1 / r_1) = 0), and there the profiled \
         p-values rise. A minimiser that starts at 0 and sees no slope reports one value for the whole line. \
         That is why CLs prefers one side of the plane and p0 the other, and why their sum has a bowl \
         between. Of the generalised variance the line is the highest place, not the lowest: with a \
         slope J of the rates, 1 / det C = sum s^2/r (1 + sum J^2/r) - (sum s J/r)^2, which by \
         Cauchy and Schwarz is least for J = 0."
    )
}

fn text(seed: u64, all: &[Scanned], saddles: [f64; 2], unfitted: &[Vec<f64>; 2]) -> String {
    format!(
        "Study landscape, seed {seed}: s = (5, 11), b = (50, 50), up = (50 + u, 50 - u), down = (50 + d, 50 - d)\n\n\
         {EXPECTED}\n\n\
         Found: relative change of each metric along u = d, for u from {:.3} to {:.3} and from \
         -10 to 10; where descents from {} starts end, with the lowest and the highest value there:\n\
         \x20 {:<21} {:>9} {:>9} {:>9} {:>9}   ends (u, d)\n{}\n\
         With the nuisance parameter left at 0, CLs and p0 change by {:.0e} and {:.0e} along the line.\n\n{}\n",
        saddles[0],
        saddles[1],
        STARTS.len(),
        "metric",
        "between",
        "line",
        "lowest",
        "highest",
        table(all, saddles),
        relative_spread(&unfitted[0]),
        relative_spread(&unfitted[1]),
        explanation(saddles),
    )
}

pub(super) fn run(
    folder: &Path,
    options: &StudyOptions,
    progress: &mut dyn FnMut(StudyProgress),
) -> Result<Findings, StudyError> {
    let mut plane = Plane::new(options.seed)?;
    let mut all = Vec::new();
    for (done, entry) in Metric::TABLE.into_iter().enumerate() {
        let message = entry.1.label().to_owned();
        progress(StudyProgress { done, total: Metric::TABLE.len(), message });
        all.push(Scanned::new(&mut plane, entry)?);
    }
    let unfitted = unfitted(&mut plane)?;
    let saddles = [leaves_the_saddle(1.0, 0.0), leaves_the_saddle(0.0, 1.0)];
    figures::maps(&all).write(folder, "maps")?;
    figures::line(&all, &unfitted, saddles).write(folder, "line")?;
    let result = json!({
        "study": "landscape",
        "seed": options.seed,
        "u": CENTRES.values(),
        "d": CENTRES.values(),
        "line": {
            "u": LINE.values(),
            "cls_unfitted": unfitted[0],
            "p0_unfitted": unfitted[1],
            "p0_equal_above": saddles[0],
            "cls_equal_below": saddles[1],
        },
        "metrics": all.iter().map(Scanned::to_json).collect::<Vec<_>>(),
    });
    let text = text(options.seed, &all, saddles, &unfitted);
    Ok(Findings { text, result, tables: Vec::new() })
}
