//! How far a likelihood is from the parabola given by its information.
//!
//! Enters: the information `I = R R^T` at a point `theta`, fixed standard normal vectors `z_i`.
//! Leaves: the mean of `Delta_i^2`, with
//!
//! `Delta_i = f(theta + u_i) - f(theta) - |z_i|^2 / 2`,  `u_i = R^-T z_i`,
//!
//! `f = -ln L` on the Asimov data of `theta`, and its gradient. The points `theta + u_i` are spread
//! as the parabola's parameters would be, and `|z_i|^2 / 2 = u_i^T I u_i / 2` is the parabola: 0
//! means that the likelihood is Gaussian and the Cramer-Rao bound is its covariance.
//!
//! With `c_i = 2 Delta_i / N` the adjoint of `u_i` is `c_i df/dtheta` at the sample; from
//! `R^T u_i = z_i`, `R` gains `-lower(u_i (R^-1 u_i_bar)^T)`; and Cholesky's factor passes it to
//! `I` as `R^-T (P + P^T) R^-1 / 2`, `P` being the lower triangle of `R^T R_bar` with halved
//! diagonal.
//!
//! Source: I. Murray, arXiv:1602.07527, section 3, for the derivative of Cholesky's factor.

use nalgebra::{DMatrix, DVector};

use super::error::InferenceError;
use super::gradient::{refuse_infinite, take};
use super::information::AsimovInformation;
use crate::histfactory::{DomainError, Evaluator, ModelAdjoint};

/// The mean squared distance of -ln L from its parabola.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussianity {
    /// The mean over the samples that are included.
    pub value: f64,
    /// How many samples were left out because the likelihood is not defined there.
    pub left_out: usize,
}

/// A point at which the likelihood was compared with its parabola.
struct Sample {
    /// Distance from the centre, over the free parameters.
    step: DVector<f64>,
    /// All parameters.
    parameters: Vec<f64>,
    /// -ln L less its value at the centre, less the parabola.
    deviation: f64,
}

fn summary(samples: &[Sample], n_normals: usize) -> Result<Gaussianity, InferenceError> {
    let left_out = n_normals - samples.len();
    if samples.is_empty() {
        return Err(InferenceError::NoSample { left_out });
    }
    let sum: f64 = samples.iter().map(|sample| sample.deviation * sample.deviation).sum();
    Ok(Gaussianity { value: sum / samples.len() as f64, left_out })
}

impl AsimovInformation<'_> {
    /// Mean over `normals` of the squared difference between -ln L and its parabola.
    ///
    /// Each of `normals` contains one standard normal variate per free parameter, in the order of
    /// [`AsimovInformation::free`]; parameter bounds are ignored. Samples at which the likelihood
    /// is not defined (a rate below 0, a Poisson-constrained parameter not above 0) are left out
    /// and counted in the result.
    ///
    /// # Errors
    /// [`InferenceError::Variates`] for a vector of another length,
    /// [`InferenceError::NoSample`] where none is left,
    /// [`InferenceError::Domain`] where one is not finite.
    pub fn gaussianity(&self, normals: &[Vec<f64>]) -> Result<Gaussianity, InferenceError> {
        let data = self.at().expected_data();
        let samples = self.samples(normals, &data, &mut Evaluator::new(self.model()))?;
        summary(&samples, normals.len())
    }

    /// Adds `factor` times the gradient of [`AsimovInformation::gaussianity`] into `out`; returns
    /// the value too. The normal variates and the choice of samples left out count as constants.
    ///
    /// # Errors
    /// As [`AsimovInformation::gaussianity`], and [`InferenceError::Adjoint`] where a bin without
    /// expected events has some at a sample.
    pub fn add_gaussianity_gradient(
        &self,
        normals: &[Vec<f64>],
        factor: f64,
        out: &mut ModelAdjoint,
    ) -> Result<Gaussianity, InferenceError> {
        let data = self.at().expected_data();
        let mut at_sample = Evaluator::new(self.model());
        let samples = self.samples(normals, &data, &mut at_sample)?;
        let found = summary(&samples, normals.len())?;
        let outer = (take(&mut out.parameters), take(&mut out.data));
        let scale = 2.0 * factor / samples.len() as f64;
        let by_factor = self.add_samples(&samples, scale, &data, &mut at_sample, out)?;
        self.at().add_expected_data_vjp(&std::mem::replace(&mut out.data, outer.1), out);
        self.add_information_adjoint(&self.through_cholesky(by_factor), out);
        self.finish(outer.0, out);
        Ok(found)
    }

    /// Cholesky's factor, lower triangle.
    fn root(&self) -> DMatrix<f64> {
        self.factor.l()
    }

    fn samples(
        &self,
        normals: &[Vec<f64>],
        data: &[f64],
        evaluator: &mut Evaluator,
    ) -> Result<Vec<Sample>, InferenceError> {
        let (expected, root) = (self.free.len(), self.root());
        let centre = self.at().negative_log_likelihood(data)?;
        let mut samples = Vec::with_capacity(normals.len());
        for (sample, z) in normals.iter().enumerate() {
            if z.len() != expected {
                return Err(InferenceError::Variates { sample, expected, found: z.len() });
            }
            let mut step = DVector::from_column_slice(z);
            root.tr_solve_lower_triangular_mut(&mut step);
            let mut parameters = self.parameters().to_vec();
            self.free.iter().zip(&step).for_each(|(&p, step)| parameters[p] += step);
            let at = evaluator.set_point(&parameters);
            match at.and_then(|at| at.negative_log_likelihood(data)) {
                Ok(value) => {
                    let parabola = 0.5 * z.iter().map(|z| z * z).sum::<f64>();
                    let deviation = value - centre - parabola;
                    samples.push(Sample { step, parameters, deviation });
                }
                Err(DomainError::Rate { .. })
                | Err(DomainError::EmptyBin { .. })
                | Err(DomainError::Constraint { .. }) => (),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(samples)
    }

    /// Adds the derivatives through -ln L itself, including those with respect to the data and to
    /// the centre; returns those with respect to Cholesky's factor.
    fn add_samples(
        &self,
        samples: &[Sample],
        scale: f64,
        data: &[f64],
        at_sample: &mut Evaluator,
        out: &mut ModelAdjoint,
    ) -> Result<DMatrix<f64>, InferenceError> {
        let (n, root) = (self.free.len(), self.root());
        let mut by_factor = DMatrix::zeros(n, n);
        let (mut sum, mut by_centre) = (0.0, take(&mut out.parameters));
        for sample in samples {
            let weight = scale * sample.deviation;
            at_sample.set_point(&sample.parameters)?.linearise().add_partials(data, weight, out);
            let by_point = take(&mut out.parameters);
            by_centre.iter_mut().zip(&by_point).for_each(|(centre, point)| *centre += point);
            let mut by_step = DVector::from_iterator(n, self.free.iter().map(|&p| by_point[p]));
            root.solve_lower_triangular_mut(&mut by_step);
            by_factor -= &sample.step * by_step.transpose();
            sum += weight;
        }
        // The weights and their order are the same, so the infinite slopes of a bin that never has
        // events cancel to the last bit.
        self.at().add_partials(data, -sum, out);
        refuse_infinite(self.model(), out)?;
        out.parameters.iter_mut().zip(&by_centre).for_each(|(out, centre)| *out += centre);
        Ok(by_factor.lower_triangle())
    }

    /// The symmetric adjoint of the information, given that of Cholesky's factor.
    fn through_cholesky(&self, by_factor: DMatrix<f64>) -> DMatrix<f64> {
        let root = self.root();
        let mut p = root.tr_mul(&by_factor).lower_triangle();
        (0..p.nrows()).for_each(|i| p[(i, i)] *= 0.5);
        let mut s = &p + p.transpose();
        // R^-T (P + P^T) R^-1 / 2: solve from the left and, by symmetry, from the left again.
        root.tr_solve_lower_triangular_mut(&mut s);
        let mut s = s.transpose();
        root.tr_solve_lower_triangular_mut(&mut s);
        0.5 * s
    }
}
