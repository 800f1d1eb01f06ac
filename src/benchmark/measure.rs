//! Measures what a case's gradient costs, and the errors of gradient and differences.

use std::time::Duration;

use super::differences::{
    DEFAULT_STEP, Places, STEPS, central_difference, larger, largest_relative, spread,
};
use super::timing::{calls, in_turns, median, seconds_of};
use super::{BenchmarkError, Case, CaseKind};

/// Largest relative difference allowed between a correct gradient and central differences at the
/// default step; it is due to the differences.
pub const TOLERANCE_OF_DIFFERENCES: f64 = 1e-3;

/// Largest relative error allowed for a correct gradient against its closed form in higher
/// precision.
pub const TOLERANCE_OF_REFERENCE: f64 = 1e-10;

/// How a case is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasureOptions {
    /// Number of samples of each time, of which the median is taken; default 21.
    pub repetitions: usize,
    /// Maximum number of inputs for which central differences are taken, but at least one per part;
    /// default 32.
    pub differences: usize,
    /// Minimum duration of a sample; default 5 ms.
    pub sample: Duration,
}

impl Default for MeasureOptions {
    fn default() -> Self {
        Self { repetitions: 21, differences: 32, sample: Duration::from_millis(5) }
    }
}

impl MeasureOptions {
    /// 3 repetitions of 1 ms and differences of 4 inputs, which exercise all of the code in little
    /// time.
    pub fn quick() -> Self {
        Self { repetitions: 3, differences: 4, sample: Duration::from_millis(1) }
    }
}

/// Errors against a closed form in higher precision, as relative differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Error of the gradient.
    pub gradient_error: f64,
    /// Error of central differences at the default step.
    pub finite_difference_error: f64,
    /// The relative step, of 1e-1, 1e-2 ... 1e-12, at which differences are best.
    pub best_step: f64,
    /// The error of differences at the best step.
    pub best_step_error: f64,
}

/// The measurement of a case, with times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The case.
    pub name: String,
    /// What is differentiated.
    pub kind: CaseKind,
    /// Number of inputs that the gradient is taken with respect to.
    pub inputs: usize,
    /// Time of the value.
    pub value_seconds: f64,
    /// Time of value and gradient together.
    pub gradient_seconds: f64,
    /// Time of central differences for all inputs: the median of the measured ones, scaled to all
    /// inputs.
    pub finite_difference_seconds: f64,
    /// Number of inputs for which differences were taken.
    pub finite_difference_inputs: usize,
    /// Largest relative difference between gradient and central differences at the default step.
    pub max_relative_difference: f64,
    /// Errors of both, where there is a closed form.
    pub accuracy: Option<Accuracy>,
}

impl Measurement {
    /// Time of value and gradient divided by the time of the value.
    pub fn ratio(&self) -> f64 {
        self.gradient_seconds / self.value_seconds
    }

    /// Time of central differences divided by the time of value and gradient.
    pub fn speed_up(&self) -> f64 {
        self.finite_difference_seconds / self.gradient_seconds
    }

    /// Whether the gradient agrees with differences, and with its closed form if there is one.
    pub fn agrees(&self) -> bool {
        let exact = self.accuracy.is_none_or(|a| a.gradient_error <= TOLERANCE_OF_REFERENCE);
        self.max_relative_difference <= TOLERANCE_OF_DIFFERENCES && exact
    }
}

/// Times a case and checks its gradient.
///
/// # Errors
/// [`BenchmarkError`] if the value or a derivative is not a finite number.
///
/// # Panics
/// If every selected input is one that differences skip.
pub fn measure(case: &mut Case, options: &MeasureOptions) -> Result<Measurement, BenchmarkError> {
    for (name, number) in [
        ("the number of repetitions", options.repetitions),
        ("the number of differences", options.differences),
    ] {
        if number == 0 {
            return Err(BenchmarkError::Zero { name });
        }
    }
    let gradient = finite_gradient(case)?;
    let mut places = spread(case.parts(), options.differences);
    places.iter_mut().for_each(|part| part.0.retain(|place| !case.held().contains(place)));
    let (differences, seconds) = timed_differences(case, &places, options)?;
    let exact = components(case, &places, |place| gradient[place]);
    // The sizes use all inputs, because the measured components of a part may all be 0.
    let sizes = sizes_of_parts(case, &gradient);
    let accuracy = accuracy(case, &places, &sizes, &exact, &differences)?;
    let mut scratch = gradient;
    let [value_seconds, gradient_seconds] =
        in_turns(options.repetitions, options.sample, |which| match which {
            0 => case.function.value(),
            _ => case.function.gradient(&mut scratch),
        })?;
    let inputs = case.inputs().len();
    Ok(Measurement {
        name: case.name().to_owned(),
        kind: case.kind(),
        inputs,
        value_seconds,
        gradient_seconds,
        finite_difference_seconds: seconds * inputs as f64,
        finite_difference_inputs: places.iter().map(|part| part.0.len()).sum(),
        max_relative_difference: largest(&differences, &exact, &sizes),
        accuracy,
    })
}

fn finite_gradient(case: &mut Case) -> Result<Vec<f64>, BenchmarkError> {
    let mut gradient = vec![0.0; case.inputs().len()];
    let value = case.function.gradient(&mut gradient)?;
    let wrong = gradient.iter().copied().find(|slope| !slope.is_finite());
    let checks = [("a derivative", wrong), ("the value", Some(value).filter(|v| !v.is_finite()))];
    match checks.into_iter().find_map(|(what, found)| Some((what, found?))) {
        None => Ok(gradient),
        Some((what, found)) => {
            Err(BenchmarkError::NotFinite { case: case.name().to_owned(), what, found })
        }
    }
}

/// Derivatives with respect to the measured inputs, times their scales: one list per part.
fn components(case: &Case, places: &[Places], derivative: impl Fn(usize) -> f64) -> Vec<Vec<f64>> {
    let component = |place: &usize| derivative(*place) * case.scales()[*place];
    places.iter().map(|part| part.0.iter().map(component).collect()).collect()
}

/// The largest component of each part.
fn sizes_of_parts(case: &Case, gradient: &[f64]) -> Vec<f64> {
    let size = |place: usize| (gradient[place] * case.scales()[place]).abs();
    case.parts().iter().map(|part| part.clone().map(size).fold(0.0, f64::max)).collect()
}

fn largest(found: &[Vec<f64>], exact: &[Vec<f64>], sizes: &[f64]) -> f64 {
    let parts = found.iter().zip(exact).zip(sizes);
    parts.map(|((found, exact), size)| largest_relative(found, exact, *size)).fold(0.0, larger)
}

/// Components from central differences with a relative step.
fn differences(
    case: &mut Case,
    places: &[Places],
    step: f64,
) -> Result<Vec<Vec<f64>>, BenchmarkError> {
    let mut inputs = case.inputs().to_vec();
    let mut component = |place: &usize| {
        let scale = case.scales()[*place];
        let value_at = |inputs: &[f64]| case.function.value_at(inputs);
        Ok(central_difference(&mut inputs, *place, step * scale, value_at)? * scale)
    };
    places.iter().map(|part| part.0.iter().map(&mut component).collect()).collect()
}

/// Components from central differences at the default step, and median seconds per input.
fn timed_differences(
    case: &mut Case,
    places: &[Places],
    options: &MeasureOptions,
) -> Result<(Vec<Vec<f64>>, f64), BenchmarkError> {
    let mut inputs = case.inputs().to_vec();
    let mut times = Vec::new();
    for place in places.iter().flat_map(|part| &part.0) {
        let h = DEFAULT_STEP * case.scales()[*place];
        let mut difference = || {
            let value_at = |inputs: &[f64]| case.function.value_at(inputs);
            central_difference(&mut inputs, *place, h, value_at)
        };
        let count = calls(seconds_of(1, &mut difference)?, options.sample);
        // A single call is enough if it takes long enough; the first of several fast calls fills
        // the caches.
        times.push(seconds_of(count, difference)?);
    }
    Ok((differences(case, places, DEFAULT_STEP)?, median(times)))
}

/// Errors of gradient and differences for the inputs that have a closed form.
fn accuracy(
    case: &mut Case,
    places: &[Places],
    sizes: &[f64],
    gradient: &[Vec<f64>],
    at_default: &[Vec<f64>],
) -> Result<Option<Accuracy>, BenchmarkError> {
    let Some(reference) = &case.reference else { return Ok(None) };
    let known = |part: &Places| part.0.iter().map(|place| reference(*place)).collect::<Vec<_>>();
    let known: Vec<Vec<Option<f64>>> = places.iter().map(known).collect();
    let only = |numbers: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let part = |(numbers, known): (&Vec<f64>, &Vec<Option<f64>>)| {
            let pairs = numbers.iter().zip(known);
            pairs.filter(|(_, known)| known.is_some()).map(|(number, _)| *number).collect()
        };
        numbers.iter().zip(&known).map(part).collect()
    };
    let scaled = |(part, known): (&Places, &Vec<Option<f64>>)| {
        let pairs = part.0.iter().zip(known);
        pairs.filter_map(|(place, known)| Some((*known)? * case.scales()[*place])).collect()
    };
    let exact: Vec<Vec<f64>> = places.iter().zip(&known).map(scaled).collect();
    let mut best = (DEFAULT_STEP, f64::INFINITY);
    for step in STEPS {
        let error = largest(&only(&differences(case, places, step)?), &exact, sizes);
        if error < best.1 {
            best = (step, error);
        }
    }
    Ok(Some(Accuracy {
        gradient_error: largest(&only(gradient), &exact, sizes),
        finite_difference_error: largest(&only(at_default), &exact, sizes),
        best_step: best.0,
        best_step_error: best.1,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// exp(x) + 3 y, with a derivative with respect to `x` that is off by `wrong`.
    fn case(wrong: f64) -> Case<'static> {
        let value = |x: &[f64]| Ok(x[0].exp() + 3.0 * x[1]);
        let gradient = move |x: &[f64], out: &mut [f64]| {
            out.copy_from_slice(&[x[0].exp() + wrong, 3.0]);
            value(x)
        };
        let reference = |place: usize| (place == 0).then(|| 0.7f64.exp());
        Case::kernel("sum", vec![0.7, 2.0], vec![1.0; 2], value, gradient).with_reference(reference)
    }

    fn quick() -> MeasureOptions {
        MeasureOptions { repetitions: 3, differences: 2, sample: Duration::from_micros(10) }
    }

    #[test]
    fn a_right_gradient_agrees() {
        let found = measure(&mut case(0.0), &quick()).expect("a measurement");
        assert!(found.agrees(), "{found:?}");
        assert_eq!((found.inputs, found.finite_difference_inputs), (2, 2));
        assert!(found.value_seconds > 0.0 && found.ratio() > 0.0 && found.speed_up() > 0.0);
        let accuracy = found.accuracy.expect("there is a closed form");
        assert_eq!(accuracy.gradient_error, 0.0);
        // Truncation h^2 / 6 above the best step, rounding of 1e-16 / h below.
        assert!((1e-6..=1e-4).contains(&accuracy.best_step), "{accuracy:?}");
        assert!(accuracy.best_step_error <= 1e-8, "{accuracy:?}");
        assert!((1e-14..1e-8).contains(&accuracy.finite_difference_error), "{accuracy:?}");
    }

    #[test]
    fn a_wrong_gradient_does_not() {
        let found = measure(&mut case(0.1), &quick()).expect("a measurement");
        assert!(!found.agrees(), "{found:?}");
        // Differences are too coarse to detect this error, but the closed form is not.
        let found = measure(&mut case(1e-5), &quick()).expect("a measurement");
        assert!(found.max_relative_difference < TOLERANCE_OF_DIFFERENCES);
        assert!(!found.agrees(), "{found:?}");
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        let error = measure(&mut case(f64::NAN), &quick()).expect_err("NaN");
        assert_eq!(error.to_string(), "case 'sum': a derivative is NaN, not a finite number");
        let options = MeasureOptions { repetitions: 0, ..quick() };
        assert!(matches!(measure(&mut case(0.0), &options), Err(BenchmarkError::Zero { .. })));
    }
}
