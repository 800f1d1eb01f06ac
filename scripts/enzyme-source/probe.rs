// The smallest program that fails unless the compiler differentiates: d(x^3)/dx at 2 is 12.
#![feature(autodiff)]
use std::autodiff::autodiff_reverse;

#[autodiff_reverse(d_cube, Active, Active)]
#[inline(never)]
fn cube(x: f64) -> f64 {
    x * x * x
}

fn main() {
    let (value, derivative) = d_cube(std::hint::black_box(2.0), 1.0);
    assert_eq!((value, derivative), (8.0, 12.0));
}
