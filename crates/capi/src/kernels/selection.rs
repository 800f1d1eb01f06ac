//! Sigmoid cuts.

use std::cell::RefCell;

use super::super::status::{Error, Status, guard};
use super::super::views::{
    Arguments, ConstView, View, check_finite, check_length, check_values, refuse_nan,
};
use super::check_columns;
use diffhep::kernels::selection::{
    CHUNK, Keep, SelectionScratch, SigmoidCut, Yield, soft_yield, soft_yield_vjp,
};

/// Memory that a call needs besides the caller's arrays, retained for the thread's next call.
struct Buffers {
    cuts: Vec<SigmoidCut>,
    by_value: Vec<Yield>,
    scratch: SelectionScratch,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers {
        cuts: Vec::new(),
        by_value: Vec::new(),
        scratch: SelectionScratch::new(0),
    });
}

/// The events and cuts of a call.
struct Selection<'a> {
    /// Column after column.
    events: &'a [f64],
    weights: &'a [f64],
    values: &'a [f64],
    slopes: &'a [f64],
}

impl<'a> Selection<'a> {
    fn new(
        events: &'a [f64],
        weights: &'a [f64],
        values: &'a [f64],
        slopes: &'a [f64],
    ) -> Result<Self, Error> {
        check_length("slopes", slopes.len(), values.len(), "one a cut, as many as values")?;
        check_finite("values", values)?;
        let need = "it must be finite and not 0; negative keeps what lies below the cut";
        check_values("slopes", slopes, need, |slope| slope != 0.0 && slope.is_finite())?;
        check_columns("columns", events.len(), values.len(), weights.len())?;
        Ok(Self { events, weights, values, slopes })
    }

    /// The yield; where `squares` is given, the chunks also write to `buffers.by_value`.
    fn yields(&self, buffers: &mut Buffers, squares: Option<bool>) -> Yield {
        let count = self.values.len();
        if buffers.cuts.len() != count {
            buffers.scratch = SelectionScratch::new(count);
        }
        buffers.cuts.clear();
        buffers.cuts.extend(self.values.iter().zip(self.slopes).map(|(value, slope)| {
            let keep = if *slope > 0.0 { Keep::Above } else { Keep::Below };
            SigmoidCut { value: *value, slope: slope.abs(), keep }
        }));
        buffers.by_value.clear();
        buffers.by_value.resize(count, Yield::default());
        let (mut total, mut parts) = (Yield::default(), Vec::with_capacity(count));
        for (chunk, weights) in self.weights.chunks(CHUNK).enumerate() {
            let from = |column: usize| column * self.weights.len() + chunk * CHUNK;
            parts.clear();
            parts.extend((0..count).map(|column| &self.events[from(column)..][..weights.len()]));
            let Buffers { cuts, by_value, scratch } = &mut *buffers;
            total += match squares {
                None => soft_yield(&parts, weights, cuts, scratch),
                Some(squares) => soft_yield_vjp(&parts, weights, cuts, squares, scratch, by_value),
            };
        }
        total
    }

    /// Refuses NaN among the events; they are searched only if the yield is NaN.
    fn check(&self, total: Yield) -> Result<(), Error> {
        if total.sum.is_finite() && total.squares.is_finite() {
            return Ok(());
        }
        refuse_nan("columns", self.events)?;
        // An infinite weight that a cut removes gives NaN.
        if total.sum.is_nan() { check_finite("weights", self.weights) } else { Ok(()) }
    }
}

/// Yield of events under sigmoid cuts, one per column:
/// `sum = sum_i w_i prod_j sigma(k_j (x_ij - c_j))`, and `squares`, the same sum of squared
/// products, weights included (the square of the simulation's statistical uncertainty).
///
/// `columns`: one column of events per cut, column after column, in the columns' units. `weights`:
/// one per event. `values`: the cuts `c`. `slopes`: `k`, in inverse units of the column; negative
/// keeps what lies below. `squares` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_soft_yield(
    columns: ConstView,
    weights: ConstView,
    values: ConstView,
    slopes: ConstView,
    sum: *mut f64,
    squares: *mut f64,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_soft_yield", || unsafe {
        let mut arguments = Arguments::default();
        let events = arguments.input("columns", columns)?;
        let weights = arguments.input("weights", weights)?;
        let values = arguments.input("values", values)?;
        let slopes = arguments.input("slopes", slopes)?;
        let sum = arguments.result("sum", sum)?;
        let squares = arguments.optional_result("squares", squares)?;
        let selection = Selection::new(events, weights, values, slopes)?;
        let total = BUFFERS.with_borrow_mut(|buffers| selection.yields(buffers, None));
        selection.check(total)?;
        *sum = total.sum;
        if let Some(squares) = squares {
            *squares = total.squares;
        }
        Ok(())
    })
}

/// Adds the derivatives of `seed_sum * sum + seed_squares * squares` of `diffhep_soft_yield` with
/// respect to the cuts to `by_values`, one per cut; and writes `sum` and `squares`, either of which
/// may be NULL.
///
/// A `seed_squares` of 0 saves a third of the time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_soft_yield_vjp(
    columns: ConstView,
    weights: ConstView,
    values: ConstView,
    slopes: ConstView,
    seed_sum: f64,
    seed_squares: f64,
    sum: *mut f64,
    squares: *mut f64,
    by_values: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_soft_yield_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let events = arguments.input("columns", columns)?;
        let weights = arguments.input("weights", weights)?;
        let values = arguments.input("values", values)?;
        let slopes = arguments.input("slopes", slopes)?;
        let sum = arguments.optional_result("sum", sum)?;
        let squares = arguments.optional_result("squares", squares)?;
        let out = arguments.output("by_values", by_values, values.len(), "one a cut")?;
        check_finite("seed_sum", &[seed_sum])?;
        check_finite("seed_squares", &[seed_squares])?;
        let selection = Selection::new(events, weights, values, slopes)?;
        BUFFERS.with_borrow_mut(|buffers| {
            let total = selection.yields(buffers, Some(seed_squares != 0.0));
            selection.check(total)?;
            for (out, by_value) in out.iter_mut().zip(&buffers.by_value) {
                *out += seed_sum * by_value.sum + seed_squares * by_value.squares;
            }
            if let Some(sum) = sum {
                *sum = total.sum;
            }
            if let Some(squares) = squares {
                *squares = total.squares;
            }
            Ok(())
        })
    })
}
