//! Multilayer perceptrons.

use std::ops::ControlFlow;

use super::super::status::{Error, Status, guard};
use super::super::views::{
    Arguments, ConstView, Counts, View, check_finite, check_length, check_matrix, choose,
};
use super::or_own;
use diffhep::kernels::activation::Activation;
use diffhep::kernels::network::Network;

/// The function that hidden units apply to the sum of their inputs; an argument of networks.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationChoice {
    /// The larger of the sum and 0.
    Relu = 0,
    /// Hyperbolic tangent.
    Tanh = 1,
    /// Logistic sigmoid.
    Sigmoid = 2,
}

fn activation_of(found: i32) -> Result<Activation, Error> {
    let table = [
        (ActivationChoice::Relu as i32, Activation::Relu),
        (ActivationChoice::Tanh as i32, Activation::Tanh),
        (ActivationChoice::Sigmoid as i32, Activation::Sigmoid),
    ];
    choose("activation", found, &table, "0 (relu), 1 (tanh), 2 (sigmoid)")
}

/// Number of weights and biases of all layers; none where they do not fit in memory.
fn n_parameters(inputs: usize, hidden: &[usize]) -> Option<usize> {
    let mut widths = hidden.iter().chain(&[1]);
    let sum = widths.try_fold((inputs, 0_usize), |(before, sum), &units| {
        let layer = before.checked_add(1).and_then(|rows| rows.checked_mul(units));
        match layer.and_then(|layer| sum.checked_add(layer)) {
            Some(sum) => ControlFlow::Continue((units, sum)),
            None => ControlFlow::Break(()),
        }
    });
    sum.continue_value().map(|(_, sum)| sum).filter(|sum| *sum <= isize::MAX as usize / 8)
}

/// Makes a network, whose layers must all have units.
fn checked_parameters(inputs: usize, hidden: &[usize]) -> Result<usize, Error> {
    let need = "a layer has at least one unit";
    if let Some(index) = hidden.iter().position(|units| *units == 0) {
        return Err(Error::Value { argument: "hidden", index, found: 0.0, need });
    }
    if inputs == 0 {
        let need = "an event has at least one number";
        return Err(Error::Value { argument: "inputs", index: 0, found: 0.0, need });
    }
    let huge = Error::Huge { argument: "parameters", length: usize::MAX };
    n_parameters(inputs, hidden).ok_or(huge)
}

fn network(
    inputs: usize,
    hidden: &[usize],
    activation: i32,
    parameters: &[f64],
    events: &[f64],
    count: usize,
) -> Result<Network, Error> {
    let activation = activation_of(activation)?;
    let expected = checked_parameters(inputs, hidden)?;
    check_length("parameters", parameters.len(), expected, "see diffhep_network_size")?;
    check_matrix("events", events.len(), count, inputs, "inputs numbers an event")?;
    check_finite("parameters", parameters)?;
    check_finite("events", events)?;
    Ok(Network::new(inputs, hidden.to_vec(), activation))
}

/// Number of weights and biases of a network with `inputs` numbers per event, hidden layers of
/// `hidden` units (none makes a logistic regression) and one output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_network_size(
    inputs: usize,
    hidden: Counts,
    parameters: *mut usize,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_network_size", || unsafe {
        let mut arguments = Arguments::default();
        let hidden = arguments.counts("hidden", hidden)?;
        let out = arguments.result("parameters", parameters)?;
        *out = checked_parameters(inputs, hidden)?;
        Ok(())
    })
}

/// Logits of a multilayer perceptron, one per event; their logistic sigmoid is the score.
///
/// `parameters`: layer by layer its weights, a row for each of its inputs, then its biases.
/// `events`: `inputs` numbers per event, event after event. `activation`: a `diffhep_activation`.
/// It uses the library's threads: as many as the machine has cores, or as RAYON_NUM_THREADS says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_network_logits(
    inputs: usize,
    hidden: Counts,
    activation: i32,
    parameters: ConstView,
    events: ConstView,
    logits: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_network_logits", || unsafe {
        let mut arguments = Arguments::default();
        let hidden = arguments.counts("hidden", hidden)?;
        let parameters = arguments.input("parameters", parameters)?;
        let events = arguments.input("events", events)?;
        let out = arguments.output("logits", logits, logits.length, "one an event")?;
        let network = network(inputs, hidden, activation, parameters, events, out.len())?;
        network.logits_alone(parameters, events, out);
        Ok(())
    })
}

/// Adds the derivatives of `sum_i seeds_i logit_i` of `diffhep_network_logits` to `by_parameters`,
/// and writes the `logits`, which may be left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_network_logits_vjp(
    inputs: usize,
    hidden: Counts,
    activation: i32,
    parameters: ConstView,
    events: ConstView,
    seeds: ConstView,
    logits: View,
    by_parameters: View,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_network_logits_vjp", || unsafe {
        let mut arguments = Arguments::default();
        let hidden = arguments.counts("hidden", hidden)?;
        let parameters = arguments.input("parameters", parameters)?;
        let events = arguments.input("events", events)?;
        let seeds = arguments.input("seeds", seeds)?;
        let logits = arguments.optional_output("logits", logits, seeds.len(), "one an event")?;
        let why = "as many as parameters";
        let out = arguments.output("by_parameters", by_parameters, parameters.len(), why)?;
        check_finite("seeds", seeds)?;
        let network = network(inputs, hidden, activation, parameters, events, seeds.len())?;
        let mut own = Vec::new();
        let logits = or_own(logits, &mut own, seeds.len());
        network.logits_with_vjp(parameters, events, seeds, logits, out);
        Ok(())
    })
}
