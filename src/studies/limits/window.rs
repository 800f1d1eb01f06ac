//! A window `low < x < high` around a bump, and its merit: yields, then limit, CLs and
//! significance, each with its derivatives with respect to both cuts.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Exp, Normal};
use serde_json::{Value, json};

use crate::histfactory::{Workspace, WorkspaceGradient, WorkspaceModel};
use crate::inference::expected::{ExpectedTest, expected_limit};
use crate::kernels::selection::{
    CHUNK, Keep, SelectionScratch, SigmoidCut, hard_yield, soft_yield_vjp,
};
use crate::kernels::significance::asimov_significance;
use crate::optimize::Objective;
use crate::studies::StudyError;

/// Expected events without a cut.
pub(super) const SIGNAL: f64 = 150.0;
pub(super) const BACKGROUND: f64 = 600.0;
/// Relative uncertainty of the background.
pub(super) const UNCERTAINTY: f64 = 0.1;
/// Simulated events.
const SIMULATED: [usize; 2] = [50_000, 200_000];

/// The quantity that a window is optimised for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The median expected upper limit on mu at 95 %; the lowest is best.
    Limit,
    /// The median expected CLs of mu = 1; the lowest is best.
    Cls,
    /// The Asimov significance with background uncertainty; the highest is best.
    Significance,
}

impl Goal {
    /// Every goal with its name in results.
    pub(super) const TABLE: [(&'static str, Self); 3] =
        [("limit", Self::Limit), ("cls", Self::Cls), ("significance", Self::Significance)];

    /// Its name in figures.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Limit => "upper limit on mu",
            Self::Cls => "CLs of mu = 1",
            Self::Significance => "Asimov significance",
        }
    }

    /// The goal's number, given the loss that is minimised.
    pub(super) fn of_loss(self, loss: f64) -> f64 {
        match self {
            Self::Limit | Self::Cls => loss.exp(),
            Self::Significance => -loss,
        }
    }

    /// The loss that is minimised: ln limit, ln CLs or minus the significance.
    pub(super) fn loss(self, signal: f64, background: f64) -> Result<f64, StudyError> {
        Ok(match self {
            Self::Limit => {
                let model = Workspace::from_json(counting(signal, background))?.model()?;
                expected_limit(&model, false)?.ln_limit
            }
            Self::Cls => ExpectedTest::Exclusion.ln_p(counting(signal, background), false)?.ln_p,
            Self::Significance => {
                let sigma = UNCERTAINTY * background;
                -asimov_significance(signal, background, sigma * sigma).value
            }
        })
    }

    /// The loss, and its derivatives with respect to signal and background.
    pub(super) fn gradient(
        self,
        signal: f64,
        background: f64,
    ) -> Result<(f64, [f64; 2]), StudyError> {
        match self {
            // The limit is the root of CLs(mu) = 0.05, so its derivative with respect to anything
            // is minus that of CLs at the root, divided by the slope of CLs in mu. The search for
            // the root is not differentiated.
            Self::Limit => {
                let workspace = Workspace::from_json(counting(signal, background))?;
                let model = workspace.model()?;
                let found = expected_limit(&model, true)?;
                let adjoint = found.adjoint.expect("it was asked for");
                let gradient = WorkspaceGradient::new(&workspace, &model, &adjoint);
                Ok((found.ln_limit, by_yields(&gradient)))
            }
            Self::Cls => {
                let found = ExpectedTest::Exclusion.ln_p(counting(signal, background), true)?;
                Ok((found.ln_p, found.gradient.as_ref().map_or([0.0; 2], by_yields)))
            }
            Self::Significance => {
                let sigma = UNCERTAINTY * background;
                let z = asimov_significance(signal, background, sigma * sigma);
                let through_sigma = 2.0 * sigma * UNCERTAINTY * z.by_variance;
                Ok((-z.value, [-z.by_signal, -z.by_background - through_sigma]))
            }
        }
    }
}

/// The counting model in pyhf's JSON: one bin, and a background that is known to 10 %.
fn counting(signal: f64, background: f64) -> Value {
    let normsys = json!({ "hi": 1.0 + UNCERTAINTY, "lo": 1.0 - UNCERTAINTY });
    json!({
        "version": "1.0.0",
        "channels": [{ "name": "window", "samples": [
            { "name": "signal", "data": [signal],
              "modifiers": [{ "name": "mu", "type": "normfactor", "data": null }] },
            { "name": "background", "data": [background],
              "modifiers": [{ "name": "background rate", "type": "normsys", "data": normsys }] },
        ] }],
        "observations": [{ "name": "window", "data": [background] }],
        "measurements": [{ "name": "window", "config": { "poi": "mu", "parameters": [] } }],
    })
}

fn by_yields(gradient: &WorkspaceGradient) -> [f64; 2] {
    [0, 1].map(|sample| gradient.channels[0][sample].data[0])
}

/// Simulated events of a process.
pub(super) struct Process {
    pub(super) x: Vec<f64>,
    pub(super) weights: Vec<f64>,
}

impl Process {
    fn new(x: Vec<f64>, expected: f64) -> Self {
        let weights = vec![expected / x.len() as f64; x.len()];
        Self { x, weights }
    }

    /// The yield with sigmoid cuts, and its derivatives with respect to both cuts.
    fn soft(&self, cuts: &[SigmoidCut; 2]) -> (f64, [f64; 2]) {
        let (mut sum, mut slopes) = (0.0, [Default::default(); 2]);
        let mut scratch = SelectionScratch::new(2);
        for (x, weights) in self.x.chunks(CHUNK).zip(self.weights.chunks(CHUNK)) {
            sum += soft_yield_vjp(&[x, x], weights, cuts, false, &mut scratch, &mut slopes).sum;
        }
        (sum, slopes.map(|slope| slope.sum))
    }

    fn hard(&self, [low, high]: [f64; 2]) -> f64 {
        let cuts = [(Keep::Above, low), (Keep::Below, high)];
        hard_yield(&[&self.x, &self.x], &self.weights, &cuts).sum
    }
}

/// A bump N(2, 0.5) on a background Exp(1).
pub(super) struct Bump {
    pub(super) signal: Process,
    pub(super) background: Process,
}

impl Bump {
    pub(super) fn draw(seed: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let peak = Normal::new(2.0, 0.5).expect("a width");
        let falling = Exp::new(1.0).expect("a scale");
        let [signal, background] = SIMULATED;
        let signal = peak.sample_iter(&mut rng).take(signal).collect();
        let background = falling.sample_iter(&mut rng).take(background).collect();
        Self {
            signal: Process::new(signal, SIGNAL),
            background: Process::new(background, BACKGROUND),
        }
    }

    /// Signal and background in a window.
    pub(super) fn hard(&self, window: [f64; 2]) -> [f64; 2] {
        [self.signal.hard(window), self.background.hard(window)]
    }

    /// A goal's loss with sigmoid cuts of the given slope, and its derivatives with respect to both
    /// cuts.
    pub(super) fn soft_loss(
        &self,
        goal: Goal,
        [low, high]: [f64; 2],
        slope: f64,
    ) -> Result<(f64, [f64; 2]), StudyError> {
        let cuts = [(low, Keep::Above), (high, Keep::Below)].map(|(value, keep)| SigmoidCut {
            value,
            slope,
            keep,
        });
        let (signal, signal_slopes) = self.signal.soft(&cuts);
        let (background, background_slopes) = self.background.soft(&cuts);
        let (loss, [by_signal, by_background]) = goal.gradient(signal, background)?;
        let by_cut = |j: usize| by_signal * signal_slopes[j] + by_background * background_slopes[j];
        Ok((loss, [by_cut(0), by_cut(1)]))
    }
}

/// A window as an objective to minimise; the hardness is the slope of the sigmoids.
pub(super) struct WindowObjective<'b> {
    pub(super) bump: &'b Bump,
    pub(super) goal: Goal,
}

impl Objective for WindowObjective<'_> {
    type Error = StudyError;

    fn evaluate(
        &mut self,
        parameters: &[f64],
        hardness: f64,
        gradient: &mut [f64],
    ) -> Result<f64, StudyError> {
        let window = [parameters[0], parameters[1]];
        let (loss, by_window) = self.bump.soft_loss(self.goal, window, hardness)?;
        gradient.copy_from_slice(&by_window);
        Ok(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diffhep_testing::{assert_close, difference};

    #[test]
    fn losses_match_differences_in_the_yields() {
        for (_, goal) in Goal::TABLE {
            for (s, b) in [(20.0, 60.0), (41.0, 230.0), (7.0, 11.0)] {
                let (value, [by_s, by_b]) = goal.gradient(s, b).expect("a loss");
                let loss = |s, b| goal.loss(s, b).expect("a loss");
                assert_close(value, loss(s, b), 1e-12);
                assert_close(by_s, difference(|s| loss(s, b), s, 0.02 * s), 1e-5);
                assert_close(by_b, difference(|b| loss(s, b), b, 0.02 * b), 1e-5);
            }
        }
    }

    #[test]
    fn limits_are_pyhf_s() {
        // tests/reference/make_study_reference.py
        for (s, b, limit) in [
            (40.0, 70.0, 0.553113026373902),
            (7.0, 11.0, 1.1566240349364145),
            (100.0, 60.0, 0.2003197757869491),
        ] {
            assert_close(Goal::Limit.loss(s, b).expect("a limit").exp(), limit, 1e-8);
        }
    }

    #[test]
    fn losses_match_differences_in_the_cuts() {
        let bump = Bump::draw(5);
        for (_, goal) in Goal::TABLE {
            for window in [[0.7, 3.9], [1.4, 2.6]] {
                let (_, gradient) = bump.soft_loss(goal, window, 6.0).expect("a loss");
                for j in 0..2 {
                    let loss = |x: f64| {
                        let mut moved = window;
                        moved[j] = x;
                        bump.soft_loss(goal, moved, 6.0).expect("a loss").0
                    };
                    assert_close(gradient[j], difference(loss, window[j], 1e-2), 1e-5);
                }
            }
        }
    }

    #[test]
    fn hard_and_steep_windows_agree() {
        let bump = Bump::draw(6);
        let window = [1.2, 2.9];
        let [signal, background] = bump.hard(window);
        let hard = Goal::Significance.loss(signal, background).expect("a loss");
        let (soft, _) = bump.soft_loss(Goal::Significance, window, 1e4).expect("a loss");
        assert_close(soft, hard, 1e-3);
    }
}
