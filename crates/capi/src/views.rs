//! Memory that the caller owns: arrays, texts, and outputs for results.

use std::ffi::c_char;
use std::simd::f64x8;
use std::simd::num::SimdFloat;
use std::slice;

use super::status::Error;

/// Doubles that are read: `length` of them, starting at `data`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ConstView {
    /// The first; NULL, with length 0, leaves an optional argument out.
    pub data: *const f64,
    /// How many.
    pub length: usize,
}

/// Doubles that are written or added to: `length` of them, starting at `data`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The first; NULL, with length 0, leaves an optional output out.
    pub data: *mut f64,
    /// How many.
    pub length: usize,
}

/// Counts that are read: `length` of them, starting at `data`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// The first.
    pub data: *const usize,
    /// How many.
    pub length: usize,
}

/// UTF-8 text of `length` bytes, without a terminating NUL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The first byte; NULL, with length 0, leaves an optional text out.
    pub data: *const c_char,
    /// How many bytes.
    pub length: usize,
}

impl Text {
    /// The text.
    ///
    /// # Safety
    /// `data` points to `length` bytes that outlive the text.
    pub(super) unsafe fn read<'a>(self, argument: &'static str) -> Result<&'a str, Error> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { read_only(argument, self.data.cast::<u8>(), self.length) }?;
        std::str::from_utf8(bytes)
            .map_err(|error| Error::Utf8 { argument, valid: error.valid_up_to() })
    }

    /// The text, or none.
    ///
    /// # Safety
    /// As [`Text::read`].
    pub(super) unsafe fn optional<'a>(
        self,
        argument: &'static str,
    ) -> Result<Option<&'a str>, Error> {
        if self.data.is_null() && self.length == 0 {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        unsafe { self.read(argument) }.map(Some)
    }
}

fn check<T>(argument: &'static str, data: *const T, length: usize) -> Result<(), Error> {
    if data.is_null() {
        return Err(Error::Null(argument));
    }
    if !data.is_aligned() {
        return Err(Error::Misaligned(argument));
    }
    let most = isize::MAX as usize / size_of::<T>();
    let ends = length <= most && (data as usize).checked_add(length * size_of::<T>()).is_some();
    if ends { Ok(()) } else { Err(Error::Huge { argument, length }) }
}

/// # Safety
/// `data` points to `length` entries that outlive the slice.
unsafe fn read_only<'a, T>(
    argument: &'static str,
    data: *const T,
    length: usize,
) -> Result<&'a [T], Error> {
    check(argument, data, length)?;
    // SAFETY: not NULL, aligned, of a possible length; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(data, length) })
}

/// Largest number of arrays in a call.
const MOST: usize = 16;

/// A range of memory.
#[derive(Clone, Copy, Default)]
struct Claim {
    from: usize,
    to: usize,
    argument: &'static str,
    is_output: bool,
}

/// The arrays of one call, recorded to detect overlaps.
#[derive(Default)]
pub(super) struct Arguments {
    claims: [Claim; MOST],
    count: usize,
}

impl Arguments {
    fn claim<T>(
        &mut self,
        argument: &'static str,
        data: *const T,
        length: usize,
        is_output: bool,
    ) -> Result<(), Error> {
        check(argument, data, length)?;
        let from = data as usize;
        let new = Claim { from, to: from + length * size_of::<T>(), argument, is_output };
        for old in &self.claims[..self.count] {
            let meet = new.from < old.to && old.from < new.to;
            if meet && (new.is_output || old.is_output) {
                return Err(Error::Overlap { first: old.argument, second: argument });
            }
        }
        self.claims[self.count] = new;
        self.count += 1;
        Ok(())
    }

    /// Numbers that are read.
    ///
    /// # Safety
    /// As [`ConstView`] says, for `'a`.
    pub(super) unsafe fn input<'a>(
        &mut self,
        argument: &'static str,
        view: ConstView,
    ) -> Result<&'a [f64], Error> {
        // An empty container's pointer may be NULL.
        if view.length == 0 {
            return Ok(&[]);
        }
        self.claim(argument, view.data, view.length, false)?;
        // SAFETY: checked by the claim; the rest is the caller's promise.
        Ok(unsafe { slice::from_raw_parts(view.data, view.length) })
    }

    /// Numbers that are read, or none.
    ///
    /// # Safety
    /// As [`Arguments::input`].
    pub(super) unsafe fn optional_input<'a>(
        &mut self,
        argument: &'static str,
        view: ConstView,
    ) -> Result<Option<&'a [f64]>, Error> {
        if view.data.is_null() && view.length == 0 {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        unsafe { self.input(argument, view) }.map(Some)
    }

    /// Counts that are read.
    ///
    /// # Safety
    /// As [`Counts`] says, for `'a`.
    pub(super) unsafe fn counts<'a>(
        &mut self,
        argument: &'static str,
        view: Counts,
    ) -> Result<&'a [usize], Error> {
        if view.length == 0 {
            return Ok(&[]);
        }
        self.claim(argument, view.data, view.length, false)?;
        // SAFETY: checked by the claim; the rest is the caller's promise.
        Ok(unsafe { slice::from_raw_parts(view.data, view.length) })
    }

    /// Numbers that are written: `expected` of them, for the reason `why`.
    ///
    /// # Safety
    /// As [`View`] says, for `'a`.
    pub(super) unsafe fn output<'a>(
        &mut self,
        argument: &'static str,
        view: View,
        expected: usize,
        why: &'static str,
    ) -> Result<&'a mut [f64], Error> {
        if view.length == 0 && expected == 0 {
            return Ok(&mut []);
        }
        self.claim(argument, view.data, view.length, true)?;
        check_length(argument, view.length, expected, why)?;
        // SAFETY: checked by the claim, which no other of this call overlaps; the rest is the
        // caller's promise.
        Ok(unsafe { slice::from_raw_parts_mut(view.data, view.length) })
    }

    /// Numbers that are written, or none.
    ///
    /// # Safety
    /// As [`Arguments::output`].
    pub(super) unsafe fn optional_output<'a>(
        &mut self,
        argument: &'static str,
        view: View,
        expected: usize,
        why: &'static str,
    ) -> Result<Option<&'a mut [f64]>, Error> {
        if view.data.is_null() && view.length == 0 {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        unsafe { self.output(argument, view, expected, why) }.map(Some)
    }

    /// Memory for a result.
    ///
    /// # Safety
    /// `place` points to one `T` that the caller owns, for `'a`.
    pub(super) unsafe fn result<'a, T>(
        &mut self,
        argument: &'static str,
        place: *mut T,
    ) -> Result<&'a mut T, Error> {
        self.claim(argument, place, 1, true)?;
        // SAFETY: not NULL, aligned, not overlapped; the rest is the caller's promise.
        Ok(unsafe { &mut *place })
    }

    /// Memory for a result, or none.
    ///
    /// # Safety
    /// As [`Arguments::result`].
    pub(super) unsafe fn optional_result<'a, T>(
        &mut self,
        argument: &'static str,
        place: *mut T,
    ) -> Result<Option<&'a mut T>, Error> {
        if place.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        unsafe { self.result(argument, place) }.map(Some)
    }

    /// A number that is read, or none.
    ///
    /// # Safety
    /// As [`Arguments::result`].
    pub(super) unsafe fn optional_number(
        &mut self,
        argument: &'static str,
        place: *const f64,
    ) -> Result<Option<f64>, Error> {
        if place.is_null() {
            return Ok(None);
        }
        self.claim(argument, place, 1, false)?;
        // SAFETY: not NULL, aligned; the rest is the caller's promise.
        Ok(Some(unsafe { *place }))
    }

    /// Settings that are read, or their default where `place` is NULL.
    ///
    /// # Safety
    /// As [`Arguments::result`].
    pub(super) unsafe fn settings<T: Copy + Default>(
        &mut self,
        argument: &'static str,
        place: *const T,
    ) -> Result<T, Error> {
        if place.is_null() {
            return Ok(T::default());
        }
        self.claim(argument, place, 1, false)?;
        // SAFETY: not NULL, aligned; the rest is the caller's promise.
        Ok(unsafe { *place })
    }
}

/// The value behind a number that has a name in C.
pub(super) fn choose<T: Copy>(
    argument: &'static str,
    found: i32,
    table: &[(i32, T)],
    known: &'static str,
) -> Result<T, Error> {
    let entry = table.iter().find(|(number, _)| *number == found);
    entry.map(|(_, chosen)| *chosen).ok_or(Error::Choice { argument, found, known })
}

/// Refuses a length other than the expected one.
pub(super) fn check_length(
    argument: &'static str,
    found: usize,
    expected: usize,
    why: &'static str,
) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { argument, expected, found, why }) }
}

/// Whether every number is finite, tested several at a time because there may be millions of
/// events.
fn all_finite(numbers: &[f64]) -> bool {
    let (blocks, rest) = numbers.as_chunks::<{ f64x8::LEN }>();
    // The sum is 0, or NaN where a number is not finite.
    let zero = f64x8::splat(0.0);
    let sum = blocks.iter().fold(zero, |sum, block| sum + f64x8::from_array(*block) * zero);
    !sum.reduce_sum().is_nan() && rest.iter().all(|number| number.is_finite())
}

/// Refuses a NaN, naming its index.
pub(super) fn refuse_nan(argument: &'static str, numbers: &[f64]) -> Result<(), Error> {
    if all_finite(numbers) {
        return Ok(());
    }
    match numbers.iter().position(|number| number.is_nan()) {
        None => Ok(()),
        Some(index) => Err(Error::NotANumber { argument, index }),
    }
}

/// Refuses numbers that are not finite.
pub(super) fn check_finite(argument: &'static str, numbers: &[f64]) -> Result<(), Error> {
    if all_finite(numbers) {
        return Ok(());
    }
    check_values(argument, numbers, "it must be finite", f64::is_finite)
}

/// Refuses NaN and numbers that fail a condition, which `need` describes.
pub(super) fn check_values(
    argument: &'static str,
    numbers: &[f64],
    need: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    refuse_nan(argument, numbers)?;
    match numbers.iter().position(|number| !holds(*number)) {
        None => Ok(()),
        Some(index) => Err(Error::Value { argument, index, found: numbers[index], need }),
    }
}

/// Refuses a length other than that of a matrix with `columns` numbers per event.
pub(super) fn check_matrix(
    argument: &'static str,
    found: usize,
    columns: usize,
    events: usize,
    why: &'static str,
) -> Result<(), Error> {
    let expected = columns.checked_mul(events);
    let expected = expected.ok_or(Error::Huge { argument, length: usize::MAX })?;
    check_length(argument, found, expected, why)
}
