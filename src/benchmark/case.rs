//! A differentiated function with everything that measuring it needs.

use std::ops::Range;

use super::BenchmarkError;
use diffhep_names::named;

/// A number that depends on others, and its derivatives.
pub trait DifferentiatedFunction: Send {
    /// The value at the case's inputs.
    ///
    /// # Errors
    /// [`BenchmarkError`] where there is none.
    fn value(&mut self) -> Result<f64, BenchmarkError>;

    /// The value at the case's inputs, and the derivative with respect to each, into `gradient`.
    ///
    /// # Errors
    /// [`BenchmarkError`] where there is none.
    fn gradient(&mut self, gradient: &mut [f64]) -> Result<f64, BenchmarkError>;

    /// The value at other inputs, and all that it takes to get there: what a central difference
    /// pays twice.
    ///
    /// # Errors
    /// [`BenchmarkError`] where there is none.
    fn value_at(&mut self, inputs: &[f64]) -> Result<f64, BenchmarkError>;
}

/// The derivative by one input from a closed form in higher precision; none where there is no such
/// form.
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
    /// Every kind with its name.
    pub const TABLE: [(&'static str, Self); 2] =
        [("kernel", Self::Kernel), ("pipeline", Self::Pipeline)];
}

named!(CaseKind, "kind of case");

/// Scales of numbers that change relative to their size: that, or `least` where it is smaller.
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
    /// A function at `inputs`, with a scale each ([`sizes`] gives those of numbers that are not
    /// places).
    ///
    /// # Panics
    /// Where there is no input, or a scale is missing or not above 0.
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

    /// A kernel by two closures: its value at any inputs, and value and gradient there. The
    /// gradient comes zeroed.
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

    /// The same as a whole analysis.
    pub(super) fn into_pipeline(self) -> Self {
        Self { kind: CaseKind::Pipeline, ..self }
    }

    /// The inputs in parts of these lengths, whose derivatives may differ in size: each part is
    /// measured on inputs of its own.
    ///
    /// # Panics
    /// Where a part is empty or the lengths do not add up.
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

    /// The same, with inputs that differences leave alone because the function is not defined on
    /// one of their sides.
    pub fn holding(self, held: Vec<usize>) -> Self {
        Self { held, ..self }
    }

    /// The same with a closed form of the derivatives.
    pub fn with_reference(self, reference: impl Fn(usize) -> Option<f64> + Send + 'a) -> Self {
        Self { reference: Some(Box::new(reference)), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is differentiated.
    pub fn kind(&self) -> CaseKind {
        self.kind
    }

    /// Where it is differentiated.
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// What each input changes by typically, in its unit.
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// Inputs whose derivatives are compared with one another.
    pub fn parts(&self) -> &[Range<usize>] {
        &self.parts
    }

    /// Inputs that differences leave alone.
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
