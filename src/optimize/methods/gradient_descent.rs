//! Gradient descent: `x <- P(x - eta g)`, with learning rate `eta` and projection `P`.
//!
//! It has no memory. Source: J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., section 2.2.

/// The method's name.
pub(super) const NAME: &str = "gradient-descent";

/// Moves the parameters; the caller projects them.
pub(super) fn descend(gradient: &[f64], learning_rate: f64, parameters: &mut [f64]) {
    for (x, g) in parameters.iter_mut().zip(gradient) {
        *x -= learning_rate * g;
    }
}
