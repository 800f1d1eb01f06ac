//! Soft categories: sigmoid bins, Gaussian mixtures, softmax histograms.

use super::super::status::{Error, Status, guard};
use super::super::views::{
    Arguments, ConstView, Counts, View, check_finite, check_length, check_values, refuse_nan,
};
use super::{add, columns, or_own, seeds, write_yields};
use diffhep::kernels::membership::{
    MeanConstraint, MembershipScratch, MixtureCategories, MixtureShape, ProductCategories,
    SoftCategories, soft_yields, soft_yields_vjp, softmax_histogram, softmax_histogram_vjp,
};
use diffhep::kernels::selection::Yield;

const POSITIVE: &str = "it must be finite, above 0 and not subnormal";

fn is_positive(number: f64) -> bool {
    number > 0.0 && number.is_normal()
}

/// The arguments common to all functions of categories: events and outputs.
struct Events<'a> {
    columns: Vec<&'a [f64]>,
    weights: &'a [f64],
}

impl<'a> Events<'a> {
    fn new(numbers: &'a [f64], weights: &'a [f64], count: usize) -> Result<Self, Error> {
        check_finite("columns", numbers)?;
        refuse_nan("weights", weights)?;
        Ok(Self { columns: columns("columns", numbers, count, weights.len())?, weights })
    }

    fn yields(&self, categories: &impl SoftCategories) -> Vec<Yield> {
        let mut scratch = MembershipScratch::new(categories);
        let mut out = vec![Yield::default(); categories.categories()];
        soft_yields(categories, &self.columns, self.weights, &mut scratch, &mut out);
        out
    }

    /// The derivatives with respect to the categories' slots.
    fn adjoint(&self, categories: &impl SoftCategories, seeds: &[Yield]) -> Vec<f64> {
        let mut scratch = MembershipScratch::new(categories);
        let mut out = vec![0.0; categories.slots()];
        soft_yields_vjp(
            categories,
            &self.columns,
            self.weights,
            &mut scratch,
            seeds,
            &mut out,
            None,
        );
        out
    }
}

fn check_seeds(
    sums: &[f64],
    squares: Option<&[f64]>,
    categories: usize,
) -> Result<Vec<Yield>, Error> {
    check_length("seed_sums", sums.len(), categories, "one a category")?;
    check_finite("seed_sums", sums)?;
    if let Some(squares) = squares {
        check_length("seed_squares", squares.len(), categories, "one a category")?;
        check_finite("seed_squares", squares)?;
    }
    Ok(seeds(sums, squares))
}

/// Bins of several columns: the boundaries of each, column after column.
fn bins(
    boundaries: &[f64],
    counts: &[usize],
    steepness: &[f64],
) -> Result<ProductCategories, Error> {
    check_length("steepness", steepness.len(), counts.len(), "one a column")?;
    check_values("steepness", steepness, POSITIVE, is_positive)?;
    check_finite("boundaries", boundaries)?;
    let huge = || Error::Huge { argument: "boundary_counts", length: usize::MAX };
    let total = counts.iter().try_fold(0_usize, |sum, count| sum.checked_add(*count));
    let why = "the sum of boundary_counts";
    check_length("boundaries", boundaries.len(), total.ok_or_else(huge)?, why)?;
    let categories = counts.iter().try_fold(1_usize, |product, count| {
        product.checked_mul(count + 1).filter(|product| *product <= MOST_CATEGORIES)
    });
    categories.ok_or_else(huge)?;
    let (mut rest, mut from) = (boundaries, 0);
    let mut each = Vec::with_capacity(counts.len());
    for &count in counts {
        let (own, after) = rest.split_at(count);
        if let Some(i) = own.windows(2).position(|pair| pair[0] > pair[1]) {
            let (index, need) = (from + i + 1, "the boundaries of a column must ascend");
            return Err(Error::Value { argument: "boundaries", index, found: own[i + 1], need });
        }
        each.push(own.to_vec());
        rest = after;
        from += count;
    }
    Ok(ProductCategories::new(each, steepness.to_vec()))
}

/// Largest number of categories in a product of binnings, which limits memory.
const MOST_CATEGORIES: usize = 1 << 20;

/// Yields and sums of squared weights of events shared among bins with sigmoid boundaries:
/// `m = prod_d (sigma(k_d (x_d - b_lower)) - sigma(k_d (x_d - b_upper)))`, outer bins open-ended.
///
/// `columns`: column after column of events; `weights`: one per event. `boundaries`: ascending
/// within each column, column after column; `boundary_counts` has their number for each column.
/// `steepness`: `k`, one per column, in its inverse units. `sums` and `squares` have one entry per
/// bin, with the last column's bin varying fastest: as many as the product of `count + 1` over all
/// columns. `squares` may be left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_soft_bins(
    columns: ConstView,
    weights: ConstView,
    boundaries: ConstView,
    boundary_counts: Counts,
    steepness: ConstView,
    sums: View,
    squares: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_soft_bins", || unsafe {
        let mut arguments = Arguments::default();
        let numbers = arguments.input("columns", columns)?;
        let weights = arguments.input("weights", weights)?;
        let boundaries = arguments.input("boundaries", boundaries)?;
        let counts = arguments.counts("boundary_counts", boundary_counts)?;
        let steepness = arguments.input("steepness", steepness)?;
        let categories = bins(boundaries, counts, steepness)?;
        let (n, why) = (categories.categories(), "one a bin");
        let sums = arguments.output("sums", sums, n, why)?;
        let squares = arguments.optional_output("squares", squares, n, why)?;
        let events = Events::new(numbers, weights, counts.len())?;
        write_yields(&events.yields(&categories), sums, squares)
    })
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` of
/// `diffhep_soft_bins` with respect to the boundaries to `by_boundaries`; `seed_squares` may be
/// left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_soft_bins_vjp(
    columns: ConstView,
    weights: ConstView,
    boundaries: ConstView,
    boundary_counts: Counts,
    steepness: ConstView,
    seed_sums: ConstView,
    seed_squares: ConstView,
    by_boundaries: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_soft_bins_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let numbers = arguments.input("columns", columns)?;
        let weights = arguments.input("weights", weights)?;
        let boundaries = arguments.input("boundaries", boundaries)?;
        let counts = arguments.counts("boundary_counts", boundary_counts)?;
        let steepness = arguments.input("steepness", steepness)?;
        let sums = arguments.input("seed_sums", seed_sums)?;
        let squares = arguments.optional_input("seed_squares", seed_squares)?;
        let (n, why) = (boundaries.len(), "one a boundary");
        let out = arguments.output("by_boundaries", by_boundaries, n, why)?;
        let categories = bins(boundaries, counts, steepness)?;
        let seeds = check_seeds(sums, squares, categories.categories())?;
        let events = Events::new(numbers, weights, counts.len())?;
        add("by_boundaries", out, &events.adjoint(&categories, &seeds))
    })
}

/// A Gaussian mixture's settings; see `diffhep_mixture`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MixtureSettings {
    /// Components.
    pub categories: usize,
    /// A scale of the components' widths, one per column, in its units.
    pub widths: ConstView,
    /// Lower bounds of the means, one per column; left out (with `upper`) for means on the simplex,
    /// as for the scores of a classifier without its last class.
    pub lower: ConstView,
    /// Upper bounds of the means.
    pub upper: ConstView,
    /// Factor for parameters off the factors' diagonals; use 0.1 unless there is a reason for
    /// another.
    pub damping: f64,
    /// Difference of scores over which memberships change; above 0.
    pub temperature: f64,
}

/// # Safety
/// The settings' views belong to the caller, as the module's contract requires.
unsafe fn mixture(
    arguments: &mut Arguments,
    settings: *const MixtureSettings,
    parameters: &[f64],
) -> Result<MixtureCategories, Error> {
    if settings.is_null() {
        return Err(Error::Null("settings"));
    }
    if !settings.is_aligned() {
        return Err(Error::Misaligned("settings"));
    }
    // SAFETY: the function's contract.
    let (settings, widths, lower, upper) = unsafe {
        let settings = *settings;
        (
            settings,
            arguments.input("widths", settings.widths)?,
            arguments.optional_input("lower", settings.lower)?,
            arguments.optional_input("upper", settings.upper)?,
        )
    };
    check_values("widths", widths, POSITIVE, is_positive)?;
    check_finite("damping", &[settings.damping])?;
    check_values("temperature", &[settings.temperature], POSITIVE, is_positive)?;
    let means = match (lower, upper) {
        (None, None) => MeanConstraint::Simplex,
        (None, Some(_)) => return Err(Error::Null("lower")),
        (Some(_), None) => return Err(Error::Null("upper")),
        (Some(lower), Some(upper)) => {
            check_length("lower", lower.len(), widths.len(), "one a column, as many as widths")?;
            check_length("upper", upper.len(), widths.len(), "one a column, as many as widths")?;
            check_finite("lower", lower)?;
            check_finite("upper", upper)?;
            MeanConstraint::Box(lower.iter().copied().zip(upper.iter().copied()).collect())
        }
    };
    if settings.categories == 0 || widths.is_empty() {
        let need = "a mixture has at least one component and one column";
        return Err(Error::Value { argument: "categories", index: 0, found: 0.0, need });
    }
    // Checked before the shape's sizes are multiplied: no longer list of parameters can be right.
    let most = parameters.len();
    if settings.categories > most || widths.len() > most {
        let (expected, why) = (settings.categories.max(widths.len()), "at least one a component");
        return Err(Error::Length { argument: "parameters", expected, found: most, why });
    }
    let (categories, damping) = (settings.categories, settings.damping);
    let shape = MixtureShape { categories, means, widths: widths.to_vec(), damping };
    let expected = parameter_count(categories, widths.len());
    let expected = expected.ok_or(Error::Huge { argument: "parameters", length: usize::MAX })?;
    check_length("parameters", most, expected, "categories (1 + D + D (D + 1) / 2), D columns")?;
    check_finite("parameters", parameters)?;
    Ok(MixtureCategories::new(&shape, parameters, settings.temperature))
}

fn parameter_count(categories: usize, columns: usize) -> Option<usize> {
    let triangle = columns.checked_add(1)?.checked_mul(columns)? / 2;
    categories.checked_mul(triangle.checked_add(columns)?.checked_add(1)?)
}

/// Yields and sums of squared weights of events shared among the components of a Gaussian mixture
/// by the softmax of their scores (ln of weight times density, over the temperature).
///
/// `columns`: column after column of events, as many as `settings->widths` has entries; `weights`:
/// one per event. `parameters`, `K (1 + D + D (D + 1) / 2)`: `K` logits of the components' weights;
/// `K x D` for the means, through a sigmoid between their bounds or a softmax onto the simplex; for
/// each component the lower triangle, row by row, of its covariance's factor in units of the
/// widths, logarithms on the diagonal, between -700 and 700. `sums` and `squares`: one per
/// component; `squares` may be left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_mixture(
    columns: ConstView,
    weights: ConstView,
    parameters: ConstView,
    settings: *const MixtureSettings,
    sums: View,
    squares: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_mixture", || unsafe {
        let mut arguments = Arguments::default();
        let numbers = arguments.input("columns", columns)?;
        let weights = arguments.input("weights", weights)?;
        let parameters = arguments.input("parameters", parameters)?;
        let categories = mixture(&mut arguments, settings, parameters)?;
        let (n, why) = (categories.categories(), "one a component");
        let sums = arguments.output("sums", sums, n, why)?;
        let squares = arguments.optional_output("squares", squares, n, why)?;
        let events = Events::new(numbers, weights, categories.columns())?;
        write_yields(&events.yields(&categories), sums, squares)
    })
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` of
/// `diffhep_mixture` with respect to its parameters to `by_parameters`; `seed_squares` may be left
/// out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_mixture_vjp(
    columns: ConstView,
    weights: ConstView,
    parameters: ConstView,
    settings: *const MixtureSettings,
    seed_sums: ConstView,
    seed_squares: ConstView,
    by_parameters: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_mixture_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let numbers = arguments.input("columns", columns)?;
        let weights = arguments.input("weights", weights)?;
        let parameters = arguments.input("parameters", parameters)?;
        let sums = arguments.input("seed_sums", seed_sums)?;
        let squares = arguments.optional_input("seed_squares", seed_squares)?;
        let why = "as many as parameters";
        let out = arguments.output("by_parameters", by_parameters, parameters.len(), why)?;
        let categories = mixture(&mut arguments, settings, parameters)?;
        let seeds = check_seeds(sums, squares, categories.categories())?;
        let events = Events::new(numbers, weights, categories.columns())?;
        let mut by_parameters = vec![0.0; out.len()];
        categories.pull_back(&events.adjoint(&categories, &seeds), &mut by_parameters);
        add("by_parameters", out, &by_parameters)
    })
}

fn check_temperature(temperature: f64) -> Result<(), Error> {
    check_values("temperature", &[temperature], POSITIVE, is_positive)
}

/// Yields and sums of squared weights of events shared among bins by the softmax of their scores.
///
/// `scores`: one per bin and event, bin after bin; `weights`: one per event; `temperature`: above
/// 0, in units of the scores. `sums` and `squares`: one per bin; `squares` may be left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_softmax_histogram(
    scores: ConstView,
    weights: ConstView,
    temperature: f64,
    sums: View,
    squares: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_softmax_histogram", || unsafe {
        let mut arguments = Arguments::default();
        let numbers = arguments.input("scores", scores)?;
        let weights = arguments.input("weights", weights)?;
        let sums = arguments.output("sums", sums, sums.length.max(1), "one a bin")?;
        let squares = arguments.optional_output("squares", squares, sums.len(), "one a bin")?;
        check_temperature(temperature)?;
        check_finite("scores", numbers)?;
        refuse_nan("weights", weights)?;
        let scores = columns("scores", numbers, sums.len(), weights.len())?;
        let mut yields = vec![Yield::default(); sums.len()];
        softmax_histogram(&scores, weights, temperature, &mut yields);
        write_yields(&yields, sums, squares)
    })
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` of
/// `diffhep_softmax_histogram` to `by_scores` (shaped as `scores`) and `by_weights` (one per event;
/// may be left out); `seed_squares` may be left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_softmax_histogram_vjp(
    scores: ConstView,
    weights: ConstView,
    temperature: f64,
    seed_sums: ConstView,
    seed_squares: ConstView,
    by_scores: View,
    by_weights: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_softmax_histogram_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let numbers = arguments.input("scores", scores)?;
        let weights = arguments.input("weights", weights)?;
        let sums = arguments.input("seed_sums", seed_sums)?;
        let squares = arguments.optional_input("seed_squares", seed_squares)?;
        let (n, why) = (numbers.len(), "as many as scores");
        let by_scores = arguments.output("by_scores", by_scores, n, why)?;
        let events = weights.len();
        let by_weights =
            arguments.optional_output("by_weights", by_weights, events, "one an event")?;
        check_temperature(temperature)?;
        check_finite("scores", numbers)?;
        refuse_nan("weights", weights)?;
        check_length("seed_sums", sums.len(), sums.len().max(1), "one a bin")?;
        let seeds = check_seeds(sums, squares, sums.len())?;
        let scores = columns("scores", numbers, sums.len(), events)?;
        if events == 0 {
            return Ok(());
        }
        let mut own = Vec::new();
        let by_weights = or_own(by_weights, &mut own, events);
        let mut by_bin: Vec<&mut [f64]> = by_scores.chunks_exact_mut(events).collect();
        softmax_histogram_vjp(&scores, weights, temperature, &seeds, &mut by_bin, by_weights);
        Ok(())
    })
}
