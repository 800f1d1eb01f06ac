//! Derivatives with respect to everything that a model was built from.

use crate::kernels::likelihood::Coefficients;

/// Derivatives of a number with respect to everything that a model was built from.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelAdjoint {
    pub(crate) coefficients: Coefficients,
    /// With respect to observed counts, then auxiliary data.
    pub(crate) data: Vec<f64>,
    /// Weight of infinite slopes in each bin's count.
    pub(crate) infinite: Vec<f64>,
    /// With respect to the parameters of the point at hand; what a fit does with it is the
    /// fit's business, which passes it on to `inits` and `bounds`.
    pub(crate) parameters: Vec<f64>,
    /// With respect to initial values, of parameters that stay at them.
    pub(crate) inits: Vec<f64>,
    /// With respect to bounds, of parameters that a fit left at one.
    pub(crate) bounds: Vec<(f64, f64)>,
}

impl ModelAdjoint {
    /// With respect to observed counts, per event, then auxiliary data.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// With respect to initial values: not 0 for parameters that stay at them.
    pub fn inits(&self) -> &[f64] {
        &self.inits
    }

    /// With respect to lower and upper bounds: not 0 where a fit stopped at one.
    pub fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    /// Forgets the derivatives with respect to data, for data that do not follow the workspace.
    pub fn hold_data(&mut self) {
        self.data.fill(0.0);
    }

    /// Adds `factor` times another adjoint of the same model.
    pub fn add(&mut self, factor: f64, other: &Self) {
        let lists = self.coefficients.lists_mut().into_iter().zip(other.coefficients.lists());
        let rest = [
            (&mut self.data, &other.data),
            (&mut self.infinite, &other.infinite),
            (&mut self.parameters, &other.parameters),
            (&mut self.inits, &other.inits),
        ];
        for (list, from) in lists.chain(rest) {
            list.iter_mut().zip(from).for_each(|(sum, value)| *sum += factor * value);
        }
        for ((lower, upper), (by_lower, by_upper)) in self.bounds.iter_mut().zip(&other.bounds) {
            *lower += factor * by_lower;
            *upper += factor * by_upper;
        }
    }

    /// A bin whose infinite slopes did not cancel; forgets the others.
    pub(crate) fn take_infinite_bin(&mut self) -> Option<usize> {
        let found = self.infinite.iter().position(|weight| *weight != 0.0);
        self.infinite.fill(0.0);
        found
    }

    /// Whether every derivative is a finite number.
    pub fn is_finite(&self) -> bool {
        let bounds = self.bounds.iter().all(|(lower, upper)| (lower + upper).is_finite());
        let lists = self.coefficients.lists().into_iter().chain([&self.data, &self.inits]);
        bounds && lists.flatten().all(|value| value.is_finite())
    }
}
