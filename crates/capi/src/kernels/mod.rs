//! Kernels over the caller's arrays: one file per family, each with values and their `_vjp`.

pub mod density;
pub mod kernel_histogram;
pub mod membership;
pub mod network;
pub mod selection;
pub mod significance;

use super::status::Error;
use super::views::check_matrix;
use diffhep::kernels::selection::Yield;

/// Refuses a length that does not match that of consecutive columns of events.
fn check_columns(
    argument: &'static str,
    found: usize,
    columns: usize,
    events: usize,
) -> Result<(), Error> {
    let why = "a number for each event, one column after the other";
    check_matrix(argument, found, columns, events, why)
}

/// Consecutive columns of events.
fn columns<'a>(
    argument: &'static str,
    numbers: &'a [f64],
    columns: usize,
    events: usize,
) -> Result<Vec<&'a [f64]>, Error> {
    check_columns(argument, numbers.len(), columns, events)?;
    // An empty column has no chunks.
    if events == 0 {
        return Ok(vec![&[]; columns]);
    }
    Ok(numbers.chunks_exact(events).collect())
}

/// Splits yields into the caller's arrays, if none is NaN.
fn write_yields(
    yields: &[Yield],
    sums: &mut [f64],
    squares: Option<&mut [f64]>,
) -> Result<(), Error> {
    if yields.iter().any(|found| found.sum.is_nan() || found.squares.is_nan()) {
        return Err(Error::NotFinite("sums"));
    }
    for (out, found) in sums.iter_mut().zip(yields) {
        *out = found.sum;
    }
    if let Some(squares) = squares {
        for (out, found) in squares.iter_mut().zip(yields) {
            *out = found.squares;
        }
    }
    Ok(())
}

/// Seeds of yields; those of squared weights are 0 where none are given.
fn seeds(sums: &[f64], squares: Option<&[f64]>) -> Vec<Yield> {
    let square = |k: usize| squares.map_or(0.0, |squares| squares[k]);
    sums.iter().enumerate().map(|(k, &sum)| Yield { sum, squares: square(k) }).collect()
}

/// Adds to the caller's numbers, if none of the terms is NaN.
fn add(argument: &'static str, out: &mut [f64], numbers: &[f64]) -> Result<(), Error> {
    if numbers.iter().any(|number| number.is_nan()) {
        return Err(Error::NotFinite(argument));
    }
    out.iter_mut().zip(numbers).for_each(|(out, number)| *out += number);
    Ok(())
}

/// The caller's output, or an internal one where the caller leaves it out.
fn or_own<'a>(given: Option<&'a mut [f64]>, own: &'a mut Vec<f64>, length: usize) -> &'a mut [f64] {
    given.unwrap_or_else(|| {
        own.resize(length, 0.0);
        own
    })
}
