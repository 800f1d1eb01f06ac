//! Terms of a loss that are computed from histograms: p-values and information, with their
//! derivatives with respect to yields.

use super::error::ObservableError;
use super::events::{Purpose, generator};
use super::loss::LossTerm;
use crate::histfactory::{
    DomainError, Model, ModelAdjoint, Workspace, WorkspaceGradient, WorkspaceModel,
};
use crate::inference::expected::{ExpectedTest, expected_limit};
use crate::inference::{AsimovInformation, InferenceError};
use rand_distr::{Distribution, StandardNormal};

/// Number of samples of the Gaussian approximation at which Gaussianity compares.
const SAMPLES: usize = 200;
/// Signal strength of the Asimov data for the information: the signal is assumed to exist.
const INFORMATION_AT: f64 = 1.0;

/// What terms need in addition to a model.
#[derive(Clone, Debug)]
pub(super) struct Statistics {
    /// Standard normal vectors, longer than any model's list of parameters.
    normals: Vec<Vec<f64>>,
    /// Channels whose yields come from histograms.
    channels: Vec<String>,
}

/// The terms of a model, with shared intermediate results.
struct Terms<'s, 'm> {
    statistics: &'s Statistics,
    model: &'m Model,
    information: Option<AsimovInformation<'m>>,
    /// Logarithms computed so far, because each serves two terms.
    logarithms: Vec<(Logarithmic, f64)>,
}

impl<'s, 'm> Terms<'s, 'm> {
    fn new(statistics: &'s Statistics, model: &'m Model) -> Self {
        Self { statistics, model, information: None, logarithms: Vec::new() }
    }
}

impl Statistics {
    /// Statistics for models with up to `parameters` parameters, in which histograms populate
    /// `channels`.
    pub(super) fn new(seed: u64, parameters: usize, channels: Vec<String>) -> Self {
        let mut rng = generator(seed, Purpose::Normals, 0);
        let mut normals =
            || (0..parameters).map(|_| StandardNormal.sample(&mut rng)).collect::<Vec<f64>>();
        Self { normals: (0..SAMPLES).map(|_| normals()).collect(), channels }
    }

    /// The values of terms; NaN for those without a value.
    pub(super) fn values(&self, workspace: &Workspace, terms: &[LossTerm]) -> Vec<f64> {
        let Ok(model) = workspace.model() else { return vec![f64::NAN; terms.len()] };
        let mut of_model = Terms::new(self, &model);
        terms.iter().map(|term| of_model.value(*term).unwrap_or(f64::NAN)).collect()
    }

    /// A weighted sum of terms and its derivatives with respect to the workspace's numbers.
    pub(super) fn sum(
        &self,
        workspace: &Workspace,
        terms: &[(f64, LossTerm)],
    ) -> Result<(f64, WorkspaceGradient), ObservableError> {
        let model = workspace.model()?;
        refuse_empty_bins(&model, &self.channels)?;
        let mut of_model = Terms::new(self, &model);
        let mut adjoint = model.zero_adjoint();
        let mut sum = 0.0;
        for (weight, term) in terms {
            sum += weight * of_model.add(*term, *weight, &mut adjoint)?;
        }
        Ok((sum, WorkspaceGradient::new(workspace, &model, &adjoint)))
    }
}

/// Refuses bins of `channels` without background, whose likelihood is undefined as soon as there is
/// signal.
fn refuse_empty_bins(model: &Model, channels: &[String]) -> Result<(), ObservableError> {
    let mut parameters = model.suggested_init().to_vec();
    parameters[model.poi_index()] = 0.0;
    let refuse = |channel: &str, bin, background| {
        let channel = channel.to_owned();
        Err(ObservableError::EmptyBin { channel, bin, background })
    };
    let expected = match model.expected_data(&parameters) {
        Ok(expected) => expected,
        Err(DomainError::Rate { channel, bin, rate }) => return refuse(&channel, bin, rate),
        Err(error) => return Err(InferenceError::from(error).into()),
    };
    for channel in model.channels().iter().filter(|channel| channels.contains(&channel.name)) {
        let rates = &expected[channel.bins.clone()];
        if let Some(bin) = rates.iter().position(|rate| *rate <= 0.0) {
            return refuse(&channel.name, bin, rates[bin]);
        }
    }
    Ok(())
}

/// A quantity of which the logarithm is computed.
#[derive(Clone, Copy, PartialEq)]
enum Logarithmic {
    PValue(ExpectedTest),
    Limit,
}

impl Logarithmic {
    /// The quantity behind a term, and whether the term is its logarithm.
    fn of(term: LossTerm) -> Option<(Self, bool)> {
        match term {
            LossTerm::Cls => Some((Self::PValue(ExpectedTest::Exclusion), false)),
            LossTerm::LnCls => Some((Self::PValue(ExpectedTest::Exclusion), true)),
            LossTerm::P0 => Some((Self::PValue(ExpectedTest::Discovery), false)),
            LossTerm::LnP0 => Some((Self::PValue(ExpectedTest::Discovery), true)),
            LossTerm::Limit => Some((Self::Limit, false)),
            LossTerm::LnLimit => Some((Self::Limit, true)),
            _ => None,
        }
    }

    /// The logarithm and, if requested, its derivatives; an uninformative test has none because
    /// nothing changes it.
    fn find(
        self,
        model: &Model,
        with_gradient: bool,
    ) -> Result<(f64, Option<ModelAdjoint>), ObservableError> {
        Ok(match self {
            Self::PValue(test) => {
                let found = test.of_model(model, with_gradient)?;
                (found.ln_p, found.adjoint)
            }
            Self::Limit => {
                let found = expected_limit(model, with_gradient)?;
                (found.ln_limit, found.adjoint)
            }
        })
    }
}

impl<'m> Terms<'_, 'm> {
    fn information(&mut self) -> Result<&AsimovInformation<'m>, ObservableError> {
        if self.information.is_none() {
            let found = AsimovInformation::nominal(self.model, INFORMATION_AT)?;
            self.information = Some(found);
        }
        Ok(self.information.as_ref().expect("it was made above"))
    }

    /// The normal vectors, truncated to the number of free parameters.
    fn normals(&mut self) -> Result<Vec<Vec<f64>>, ObservableError> {
        let n = self.information()?.free().len();
        Ok(self.statistics.normals.iter().map(|normals| normals[..n].to_vec()).collect())
    }

    fn logarithm(&mut self, quantity: Logarithmic) -> Result<f64, ObservableError> {
        if let Some((_, ln)) = self.logarithms.iter().find(|(known, _)| *known == quantity) {
            return Ok(*ln);
        }
        let (ln, _) = quantity.find(self.model, false)?;
        self.logarithms.push((quantity, ln));
        Ok(ln)
    }

    fn value(&mut self, term: LossTerm) -> Result<f64, ObservableError> {
        if let Some((quantity, is_logarithm)) = Logarithmic::of(term) {
            let ln = self.logarithm(quantity)?;
            return Ok(if is_logarithm { ln } else { ln.exp() });
        }
        Ok(match term {
            LossTerm::SigmaMu => self.information()?.poi_sigma(),
            LossTerm::GeneralisedVariance => self.information()?.ln_generalised_variance().exp(),
            LossTerm::LnGeneralisedVariance => self.information()?.ln_generalised_variance(),
            LossTerm::Constraints => self.information()?.constraint_deviation(),
            LossTerm::Gaussianity => {
                let normals = self.normals()?;
                self.information()?.gaussianity(&normals)?.value
            }
            _ => unreachable!("cross-entropies are made of scores"),
        })
    }

    /// The value of a term; adds `weight` times its derivatives to the adjoint.
    fn add(
        &mut self,
        term: LossTerm,
        weight: f64,
        adjoint: &mut ModelAdjoint,
    ) -> Result<f64, ObservableError> {
        if let Some((quantity, is_logarithm)) = Logarithmic::of(term) {
            let (ln, of_ln) = quantity.find(self.model, true)?;
            let value = if is_logarithm { ln } else { ln.exp() };
            if let Some(of_ln) = &of_ln {
                adjoint.add(weight * if is_logarithm { 1.0 } else { value }, of_ln);
            }
            return Ok(value);
        }
        if term == LossTerm::Gaussianity {
            let normals = self.normals()?;
            let information = self.information()?;
            return Ok(information.add_gaussianity_gradient(&normals, weight, adjoint)?.value);
        }
        let value = self.value(term)?;
        let information = self.information()?;
        match term {
            LossTerm::SigmaMu => information.add_poi_sigma_gradient(weight, adjoint),
            LossTerm::GeneralisedVariance => {
                information.add_ln_generalised_variance_gradient(weight * value, adjoint);
            }
            LossTerm::LnGeneralisedVariance => {
                information.add_ln_generalised_variance_gradient(weight, adjoint);
            }
            _ => information.add_constraint_deviation_gradient(weight, adjoint),
        }
        Ok(value)
    }
}
