//! A differentiated function with everything needed to measure it.

use std::ops::Range;

use super::BenchmarkError;
use diffhep_names::named;

/// A function of several inputs, and its derivatives.
pub trait DifferentiatedFunction: Send {
    /// The value at the case's inputs.
    ///
    /// # Errors
    /// [`BenchmarkError`] if there is none.
    fn value(&mut self) -> Result<f64, BenchmarkError>;

    /// The value at the case's inputs; writes the derivative with respect to each into `gradient`.
    ///
    /// # Errors
    /// [`BenchmarkError`] if there is none.
    fn gradient(&mut self, gradient: &mut [f64]) -> Result<f64, BenchmarkError>;

    /// The value at other inputs, including all the setup this needs, which a central difference
    /// pays twice.
    ///
    /// # Errors
    /// [`BenchmarkError`] if there is none.
    fn value_at(&mut self, inputs: &[f64]) -> Result<f64, BenchmarkError>;
}

/// The derivative with respect to one input, from a closed form in higher precision; `None` if
/// there is no closed form.
pub type Reference<'a> = Box<dyn Fn(usize) -> Option<f64> + Send + 'a>;

/// What is differentiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseKind {
    /// A single function.
    Kernel,
    /// A whole analysis, fits included.
    Pipeline,
}

impl CaseKind {
    /// All kinds, with their names.
    pub const TABLE: [(&'static str, Self); 2] =
        [("kernel", Self::Kernel), ("pipeline", Self::Pipeline)];
}

named!(CaseKind, "kind of case");

/// Scales of inputs that vary in proportion to their size: the size, but at least `least`.
pub fn sizes(inputs: &[f64], least: f64) -> Vec<f64> {
    inputs.iter().map(|x| x.abs().max(least)).collect()
}

/// A function at a point.
pub struct Case<'a> {
    name: String,
    kind: CaseKind,
    inputs: Vec<f64>,
    scales: Vec<f64>,
    parts: Vec<Range<usize>>,
    held: Vec<usize>,
    pub(super) function: Box<dyn DifferentiatedFunction + 'a>,
    pub(super) reference: Option<Reference<'a>>,
}

impl<'a> Case<'a> {
    /// A function at `inputs`, with one scale per input ([`sizes`] gives the scales of inputs that
    /// are not positions).
    ///
    /// # Panics
    /// If there is no input, or a scale is missing or not above 0.
    pub fn new(
        kind: CaseKind,
        name: impl Into<String>,
        inputs: Vec<f64>,
        scales: Vec<f64>,
        function: impl DifferentiatedFunction + 'a,
    ) -> Self {
        assert!(!inputs.is_empty() && inputs.len() == scales.len());
        assert!(scales.iter().all(|scale| *scale > 0.0));
        let (name, function) = (name.into(), Box::new(function));
        let all = 0..inputs.len();
        let parts = vec![all];
        Self { name, kind, inputs, scales, parts, function, reference: None, held: Vec::new() }
    }

    /// A kernel from two closures: one for its value at any inputs, one for value and gradient. The
    /// gradient is passed in zeroed.
    pub(super) fn kernel<V, G>(
        name: impl Into<String>,
        inputs: Vec<f64>,
        scales: Vec<f64>,
        value: V,
        gradient: G,
    ) -> Self
    where
        V: FnMut(&[f64]) -> Result<f64, BenchmarkError> + Send + 'a,
        G: FnMut(&[f64], &mut [f64]) -> Result<f64, BenchmarkError> + Send + 'a,
    {
        let function = Closures { inputs: inputs.clone(), value, gradient };
        Self::new(CaseKind::Kernel, name, inputs, scales, function)
    }

    /// The same case, marked as a whole analysis.
    pub(super) fn into_pipeline(self) -> Self {
        Self { kind: CaseKind::Pipeline, ..self }
    }

    /// Divides the inputs into parts of these lengths, whose derivatives may differ in size; each
    /// part is measured on inputs of its own.
    ///
    /// # Panics
    /// If a part is empty or the lengths do not add up.
    pub fn in_parts(mut self, lengths: &[usize]) -> Self {
        let mut from = 0;
        let part = |length: &usize| {
            assert!(*length > 0);
            from += length;
            from - length..from
        };
        self.parts = lengths.iter().map(part).collect();
        assert_eq!(from, self.inputs.len());
        self
    }

    /// The same case, with inputs that differences skip because the function is undefined on one
    /// side of them.
    pub fn holding(self, held: Vec<usize>) -> Self {
        Self { held, ..self }
    }

    /// The same case, with a closed form of the derivatives.
    pub fn with_reference(self, reference: impl Fn(usize) -> Option<f64> + Send + 'a) -> Self {
        Self { reference: Some(Box::new(reference)), ..self }
    }

    /// The name of the case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is differentiated.
    pub fn kind(&self) -> CaseKind {
        self.kind
    }

    /// The point at which the function is differentiated.
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// The typical change of each input, in its unit.
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// The parts of the inputs; derivatives are compared with one another within each part.
    pub fn parts(&self) -> &[Range<usize>] {
        &self.parts
    }

    /// Inputs that differences skip.
    pub fn held(&self) -> &[usize] {
        &self.held
    }
}

struct Closures<V, G> {
    inputs: Vec<f64>,
    value: V,
    gradient: G,
}

impl<V, G> DifferentiatedFunction for Closures<V, G>
where
    V: FnMut(&[f64]) -> Result<f64, BenchmarkError> + Send,
    G: FnMut(&[f64], &mut [f64]) -> Result<f64, BenchmarkError> + Send,
{
    fn value(&mut self) -> Result<f64, BenchmarkError> {
        (self.value)(&self.inputs)
    }

    fn gradient(&mut self, gradient: &mut [f64]) -> Result<f64, BenchmarkError> {
        gradient.fill(0.0);
        (self.gradient)(&self.inputs, gradient)
    }

    fn value_at(&mut self, inputs: &[f64]) -> Result<f64, BenchmarkError> {
        (self.value)(inputs)
    }
}
