//! The blobs as a model: four samples of events, each with a histogram, and CLs with its
//! derivatives with respect to all parameters of the networks.

use serde_json::json;

use super::summary::{Scores, Summary};
use crate::events::EventSample;
use crate::events::toys::BlobsToy;
use crate::histfactory::{Workspace, WorkspaceGradient, WorkspaceModel, YieldSlot};
use crate::inference::expected::ExpectedTest;
use crate::optimize::Objective;
use crate::studies::StudyError;

/// Background added to each bin, in events, so that no bin becomes empty.
pub(super) const FLOOR: f64 = 0.01;

/// A blob's events: coordinate after coordinate, and weights.
pub(super) struct Blob {
    pub(super) events: Vec<f64>,
    pub(super) weights: Vec<f64>,
}

impl Blob {
    fn new(sample: &EventSample) -> Result<Self, StudyError> {
        let (x, y) = (sample.column("x")?, sample.column("y")?);
        let events = x.iter().zip(y).flat_map(|(x, y)| [*x, *y]).collect();
        Ok(Self { events, weights: sample.weights().to_vec() })
    }
}

/// Signal, background, and the background's variations up and down.
pub(super) struct Blobs(pub(super) [Blob; 4]);

impl Blobs {
    pub(super) fn draw(points: usize, seed: u64) -> Result<Self, StudyError> {
        let toy = BlobsToy { points, ..BlobsToy::default() }.draw(seed);
        let [up, down] = &toy.shifted[0];
        Ok(Self([
            Blob::new(&toy.signals[0])?,
            Blob::new(&toy.backgrounds[0])?,
            Blob::new(up)?,
            Blob::new(down)?,
        ]))
    }
}

/// The model that the histograms of the four blobs populate.
pub(super) struct Template {
    workspace: Workspace,
    slots: [YieldSlot; 4],
}

impl Template {
    pub(super) fn new(bins: usize) -> Result<Self, StudyError> {
        let ones = vec![1.0; bins];
        let histosys = json!({ "hi_data": ones, "lo_data": ones });
        let workspace = Workspace::from_json(json!({
            "version": "1.0.0",
            "channels": [{ "name": "summary", "samples": [
                { "name": "signal", "data": ones,
                  "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
                { "name": "background", "data": ones,
                  "modifiers": [{ "name": "shape", "type": "histosys", "data": histosys }] },
            ] }],
            "observations": [{ "name": "summary", "data": ones }],
            "measurements": [{ "name": "blobs", "config": { "poi": "mu", "parameters": [] } }],
        }))?;
        let [up, down] = workspace.histosys_slots("summary", "background", "shape")?;
        let nominal = |sample| workspace.nominal_slot("summary", sample);
        let slots = [nominal("signal")?, nominal("background")?, up, down];
        Ok(Self { workspace, slots })
    }

    /// ln of the median CLs of mu = 1, and its derivatives with respect to the histograms if
    /// wanted.
    pub(super) fn ln_cls(
        &mut self,
        histograms: &[Vec<f64>; 4],
        with_gradient: bool,
    ) -> Result<(f64, [Vec<f64>; 4]), StudyError> {
        for (k, (slot, bins)) in self.slots.iter().zip(histograms).enumerate() {
            let floor = if k == 0 { 0.0 } else { FLOOR };
            let bins: Vec<f64> = bins.iter().map(|bin| bin + floor).collect();
            self.workspace.set_yields(*slot, &bins)?;
        }
        let model = self.workspace.model()?;
        let found = ExpectedTest::Exclusion.of_model(&model, with_gradient)?;
        let zeros = || histograms.clone().map(|bins| vec![0.0; bins.len()]);
        let gradient = found.adjoint.map_or_else(zeros, |adjoint| {
            let gradient = WorkspaceGradient::new(&self.workspace, &model, &adjoint);
            self.slots.map(|slot| gradient.by_yields(slot).to_vec())
        });
        Ok((found.ln_p, gradient))
    }
}

/// The scores of all blobs.
pub(super) type BlobScores = [Scores; 4];

/// Soft and hard histograms of all blobs.
pub(super) struct Histograms {
    pub(super) soft: [Vec<f64>; 4],
    pub(super) hard: [Vec<f64>; 4],
    /// Share of signal and background events that are in different bins of the soft and the hard
    /// histograms.
    pub(super) displaced: f64,
}

impl Blobs {
    pub(super) fn scores(&self, summary: &Summary, parameters: &[f64]) -> BlobScores {
        self.0.each_ref().map(|blob| summary.scores(parameters, &blob.events))
    }

    pub(super) fn histograms(&self, summary: &Summary, scores: &BlobScores) -> Histograms {
        let each = |of: &dyn Fn(usize) -> Vec<f64>| [0, 1, 2, 3].map(of);
        let (mut kept, mut total) = (0.0, 0.0);
        for (blob, scores) in self.0.iter().zip(scores).take(2) {
            kept += summary.kept(scores, &blob.weights);
            total += blob.weights.iter().sum::<f64>();
        }
        Histograms {
            soft: each(&|k| summary.soft(&scores[k], &self.0[k].weights)),
            hard: each(&|k| summary.hard(&scores[k], &self.0[k].weights)),
            displaced: 1.0 - kept / total,
        }
    }
}

/// The loss of a training, ln CLs of the soft histograms of all training events, with CLs of the
/// hard histograms of other events as a metric.
pub(super) struct Training<'b> {
    pub(super) summary: &'b Summary,
    pub(super) events: &'b Blobs,
    pub(super) held_out: &'b Blobs,
    pub(super) template: Template,
}

impl Objective for Training<'_> {
    type Error = StudyError;

    fn evaluate(
        &mut self,
        parameters: &[f64],
        _hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, StudyError> {
        let Self { summary, events, template, .. } = self;
        let scores = events.scores(summary, parameters);
        let soft = [0, 1, 2, 3].map(|k| summary.soft(&scores[k], &events.0[k].weights));
        let (ln_cls, seeds) = template.ln_cls(&soft, true)?;
        gradient.fill(0.0);
        for ((scores, blob), seeds) in scores.into_iter().zip(&events.0).zip(&seeds) {
            summary.soft_vjp(parameters, scores, &blob.weights, seeds, gradient);
        }
        Ok(ln_cls)
    }

    fn metric_names(&self) -> Vec<String> {
        ["cls_soft", "cls_hard", "displaced"].map(str::to_owned).into()
    }

    /// The metrics, computed on the held-out events.
    fn metrics(&mut self, parameters: &[f64]) -> Result<Vec<f64>, StudyError> {
        let scores = self.held_out.scores(self.summary, parameters);
        let histograms = self.held_out.histograms(self.summary, &scores);
        let mut cls = |bins| Ok::<f64, StudyError>(self.template.ln_cls(bins, false)?.0.exp());
        Ok(vec![cls(&histograms.soft)?, cls(&histograms.hard)?, histograms.displaced])
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::Smoothing;
    use super::*;
    use diffhep_testing::difference;

    #[test]
    fn gradients_match_differences() {
        let events = Blobs::draw(60, 1).expect("blobs");
        for smoothing in
            [Smoothing::Kernel { bandwidth: 0.5 }, Smoothing::Softmax { temperature: 0.7 }]
        {
            let summary = Summary::new(smoothing, 4);
            let parameters = summary.initial(3, 0);
            let make = || Training {
                summary: &summary,
                events: &events,
                held_out: &events,
                template: Template::new(4).expect("a model"),
            };
            let mut gradient = vec![0.0; parameters.len()];
            make().evaluate(&parameters, 1.0, &mut gradient).expect("a loss");
            let largest = gradient.iter().fold(0.0f64, |most, by| most.max(by.abs()));
            for p in (0..parameters.len()).step_by(97) {
                let loss = |x: f64| {
                    let mut moved = parameters.clone();
                    moved[p] = x;
                    make().evaluate(&moved, 1.0, &mut vec![0.0; moved.len()]).expect("a loss")
                };
                let found = difference(loss, parameters[p], 1e-5);
                let error = (gradient[p] - found).abs();
                assert!(error < 1e-5 * largest, "{smoothing:?} {p}: {} {found}", gradient[p]);
            }
        }
    }

    #[test]
    fn soft_histograms_become_the_hard_ones() {
        let events = Blobs::draw(400, 2).expect("blobs");
        for [wide, narrow] in [
            [0.5, 1e-6].map(|bandwidth| Smoothing::Kernel { bandwidth }),
            [0.5, 1e-7].map(|temperature| Smoothing::Softmax { temperature }),
        ] {
            let summary = Summary::new(wide, 5);
            let parameters = summary.initial(4, 0);
            let scores = events.scores(&summary, &parameters);
            let wide = events.histograms(&summary, &scores);
            let narrow = events.histograms(&summary.with(narrow), &scores);
            let displaced = [wide.displaced, narrow.displaced];
            assert!(displaced[1] < 1e-4 && displaced[0] > 1e-2, "{displaced:?}");
            assert_eq!(wide.hard, narrow.hard);
            let total = |bins: &Vec<f64>| bins.iter().sum::<f64>();
            assert!((total(&wide.soft[1]) - 100.0).abs() < 1e-9);
        }
    }
}
