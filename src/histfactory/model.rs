//! A compiled HistFactory model: what pyhf calls `Model`.
//!
//! Parameters and data are flat vectors in pyhf's order: parameter sets as in
//! [`Model::parameter_sets`]; data are the bins of the sorted channels, then the auxiliary data of
//! the constrained parameters.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::adjoint::ModelAdjoint;
use super::error::DomainError;
use super::parameters::ParameterSet;
use super::provenance::Provenance;
use super::uneven::{Uneven, uneven};
use crate::kernels::interpolation::Interpolation;
use crate::kernels::likelihood::{Coefficients, ConstraintKind, Layout, Likelihood, Structure};

/// A channel's name, its samples, and its bins in the model's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelChannel {
    /// The channel's name.
    pub name: String,
    /// Names of its samples, sorted.
    pub samples: Vec<String>,
    /// Its bins.
    pub bins: Range<usize>,
}

/// A compiled model. Immutable, so that threads may share it.
#[derive(Clone, Debug)]
pub struct Model {
    channels: Vec<ModelChannel>,
    sets: Vec<ParameterSet>,
    poi: usize,
    interpolation: Interpolation,
    names: Vec<String>,
    inits: Vec<f64>,
    bounds: Vec<(f64, f64)>,
    fixed: Vec<bool>,
    auxiliary_data: Vec<f64>,
    pub(crate) structure: Structure,
    pub(crate) layout: Arc<Layout>,
    pub(crate) coefficients: Coefficients,
    pub(super) provenance: Provenance,
    /// Computed when first asked for.
    uneven: OnceLock<Arc<[Uneven]>>,
}

impl Model {
    pub(super) fn new(
        channels: Vec<ModelChannel>,
        sets: Vec<ParameterSet>,
        poi: usize,
        interpolation: Interpolation,
        structure: Structure,
        coefficients: Coefficients,
        provenance: Provenance,
    ) -> Self {
        let all = || sets.iter();
        Self {
            names: all().flat_map(ParameterSet::component_names).collect(),
            inits: all().flat_map(|set| set.inits.iter().copied()).collect(),
            bounds: all().flat_map(|set| set.bounds.iter().copied()).collect(),
            fixed: all().flat_map(|set| set.fixed.iter().copied()).collect(),
            auxiliary_data: all().flat_map(|set| set.auxdata().iter().copied()).collect(),
            channels,
            sets,
            poi,
            interpolation,
            layout: Arc::new(Layout::new(&structure)),
            structure,
            coefficients,
            provenance,
            uneven: OnceLock::new(),
        }
    }

    /// Channels in the order of the data.
    pub fn channels(&self) -> &[ModelChannel] {
        &self.channels
    }

    /// Parameter sets in the order of the parameters.
    pub fn parameter_sets(&self) -> &[ParameterSet] {
        &self.sets
    }

    /// Names of the parameters; bin-wise ones carry an index, as in pyhf.
    pub fn parameter_names(&self) -> &[String] {
        &self.names
    }

    /// Index of the parameter of interest.
    pub fn poi_index(&self) -> usize {
        self.poi
    }

    /// Name of the parameter of interest.
    pub fn poi_name(&self) -> &str {
        &self.names[self.poi]
    }

    /// Interpolation codes.
    pub fn interpolation(&self) -> Interpolation {
        self.interpolation
    }

    /// Initial values.
    pub fn suggested_init(&self) -> &[f64] {
        &self.inits
    }

    /// Lower and upper bounds.
    pub fn suggested_bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    /// Which parameters fits leave alone.
    pub fn suggested_fixed(&self) -> &[bool] {
        &self.fixed
    }

    /// Nominal auxiliary data.
    pub fn auxiliary_data(&self) -> &[f64] {
        &self.auxiliary_data
    }

    /// Number of parameters.
    pub fn n_parameters(&self) -> usize {
        self.structure.n_parameters
    }

    /// Number of bins of all channels.
    pub fn n_bins(&self) -> usize {
        self.structure.n_bins
    }

    /// Number of data: bins and auxiliary data.
    pub fn n_data(&self) -> usize {
        self.structure.n_bins + self.structure.constraints.len()
    }

    pub(super) fn likelihood(&self) -> Likelihood<'_> {
        Likelihood {
            structure: &self.structure,
            layout: &self.layout,
            coefficients: &self.coefficients,
            interpolation: self.interpolation,
        }
    }

    /// Parameters whose up and down variations are not each other's mirror image.
    pub(crate) fn uneven(&self) -> &[Uneven] {
        self.uneven.get_or_init(|| uneven(self).into())
    }

    /// The parameters of the set whose first is at an index.
    pub(super) fn set_at(&self, first: usize) -> Range<usize> {
        let set = self.sets.iter().find(|set| set.offset == first);
        first..first + set.expect("the first parameter of a set").len()
    }

    /// Parameter, kind, width and datum's index of each constraint.
    pub(crate) fn constraints(
        &self,
    ) -> impl Iterator<Item = (usize, ConstraintKind, f64, usize)> + use<'_> {
        let (s, n_bins) = (&self.structure, self.structure.n_bins);
        let entries = s.constraints.iter().zip(&self.coefficients.constraint).enumerate();
        entries.map(move |(i, (&(p, kind), &width))| (p as usize, kind, width, n_bins + i))
    }

    /// Checks length, finiteness and sign of data.
    ///
    /// # Errors
    /// [`DomainError::Length`] or [`DomainError::Value`].
    pub fn check_data(&self, data: &[f64]) -> Result<(), DomainError> {
        self.check_length(data)?;
        for (index, &value) in data.iter().enumerate() {
            if !value.is_finite() {
                return Err(DomainError::Value { what: "datum", index, value, and: "" });
            }
            if value < 0.0 && self.is_count(index) {
                let and = " and not negative";
                return Err(DomainError::Value { what: "datum", index, value, and });
            }
        }
        Ok(())
    }

    /// Whether a datum is a count: one of a bin, or of a Poisson constraint.
    fn is_count(&self, datum: usize) -> bool {
        let constraint = |i: usize| self.structure.constraints[i].1;
        let auxiliary = datum.checked_sub(self.n_bins());
        auxiliary.is_none_or(|i| matches!(constraint(i), ConstraintKind::Poisson))
    }

    pub(super) fn check_length(&self, data: &[f64]) -> Result<(), DomainError> {
        let (expected, found) = (self.n_data(), data.len());
        if found == expected {
            return Ok(());
        }
        Err(DomainError::Length { what: "data", expected, found })
    }

    /// Checks length and finiteness of parameters.
    ///
    /// # Errors
    /// [`DomainError::Length`] or [`DomainError::Value`].
    pub fn check_parameters(&self, parameters: &[f64]) -> Result<(), DomainError> {
        let (expected, found) = (self.n_parameters(), parameters.len());
        if found != expected {
            return Err(DomainError::Length { what: "parameters", expected, found });
        }
        match parameters.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            None => Ok(()),
            Some((index, &value)) => {
                Err(DomainError::Value { what: "parameter", index, value, and: "" })
            }
        }
    }

    /// An adjoint of this model, all 0.
    pub fn zero_adjoint(&self) -> ModelAdjoint {
        ModelAdjoint {
            coefficients: self.coefficients.zeros_like(),
            data: vec![0.0; self.n_data()],
            infinite: vec![0.0; self.n_bins()],
            parameters: vec![0.0; self.n_parameters()],
            inits: vec![0.0; self.n_parameters()],
            bounds: vec![(0.0, 0.0); self.n_parameters()],
        }
    }

    /// Name of the channel and number within it of a global bin.
    pub(crate) fn bin_name(&self, bin: usize) -> (String, usize) {
        let holds = |channel: &&ModelChannel| channel.bins.contains(&bin);
        let channel = self.channels.iter().find(holds).expect("every bin has a channel");
        (channel.name.clone(), bin - channel.bins.start)
    }
}
