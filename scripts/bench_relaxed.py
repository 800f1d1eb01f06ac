"""Time training steps of relaxed (JAX) and print them next to diffhep's; for scripts/bench-relaxed.

usage: bench_relaxed.py [--threads N] [TABLE.json]

The problem is that of benches/observable.rs in double precision: 4 blobs x 2,000 events, a ReLU
network with a sigmoid at its end, 5 bins by `relaxed.hist`, a signal scaled by mu over a background
with one histosys (code 4p). relaxed leaves the likelihood to its user: `Model` below is an equinox
module with the `logpdf` that it requires. Losses are called as neos calls them, with the parameters
that made the Asimov data as the result of the free fit; fits use relaxed's defaults. A step is the
loss, its gradient with respect to every weight and optax's Adam update, as one compiled function.
TABLE.json is what benches/observable.rs wrote. Each line of the table is also printed as JSON.
"""

import argparse
import inspect
import json
import os
import pathlib
import statistics
import time

NETWORKS = {"128x4": ((128,) * 4, 15), "1024x2": ((1024,) * 2, 5)}
WARM_UPS = 3
# Seconds that the timed steps of a network may take in total; at least one of each loss is timed.
CAP = 120.0
POINTS, BINS, BANDWIDTH = 2_000, 5, 0.09
# Means and expected events; as in src/events/toys/blobs.rs.
BLOBS = {
    "signal": ((-1.0, 1.0), 20.0),
    "background": ((1.0, -1.0), 100.0),
    "up": ((2.5, 2.0), 100.0),
    "down": ((-2.5, -1.5), 100.0),
}
BACKGROUND_FLOOR = 0.01
LEARNING_RATE = 1e-3
# Side of the matrices whose product measures the peak.
SIDE = 2_048
# Seconds after such a product, in which numpy's threads stop waiting for more and leave the cores.
REST = 0.2


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int)
    parser.add_argument("table", nargs="?")
    return parser.parse_args()


ARGUMENTS = arguments()
# Set before JAX and numpy are imported, because both start as many threads as there are cores.
CORES = sorted(os.sched_getaffinity(0))
THREADS = ARGUMENTS.threads or len(CORES)
if not 1 <= THREADS <= len(CORES):
    raise SystemExit(f"bench_relaxed.py: --threads is {THREADS}, and there are {len(CORES)} cores")
os.sched_setaffinity(0, CORES[:THREADS])

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import optax
import relaxed
from jax.scipy.special import gammaln

jax.config.update("jax_enable_x64", True)
EDGES = jnp.linspace(0.0, 1.0, BINS + 1)


def let_fits_keep_their_parameters():
    """Gives relaxed's objectives a copy of the parameters.

    relaxed 0.4.0 writes the tested mu into the dictionary that it is given, and jaxopt since 0.8
    reuses that dictionary; older ones need a JAX of early 2024. The compiled program is the same.
    """
    minimize = relaxed.mle._minimize

    def minimize_copies(fit_objective, **rest):
        on_copy = lambda pars, model, data: fit_objective(dict(pars), model, data)
        return minimize(fit_objective=on_copy, **rest)

    relaxed.mle._minimize = minimize_copies


class Model(equinox.Module):
    """Poisson counts of `mu signal + background(alpha)` and a standard normal constraint."""

    signal: jax.Array
    background: jax.Array
    up: jax.Array
    down: jax.Array

    def rates(self, pars):
        alpha = pars["alpha"]
        above, below = self.up - self.background, self.background - self.down
        square = alpha * alpha
        curve = alpha * (15.0 + square * (3.0 * square - 10.0)) / 16.0
        inside = alpha * 0.5 * (above + below + curve * (above - below))
        outside = alpha * jnp.where(alpha > 0.0, above, below)
        shift = jnp.where(jnp.abs(alpha) <= 1.0, inside, outside)
        return pars["mu"] * self.signal + self.background + shift

    def logpdf(self, pars, data):
        counts, auxiliary = data
        rates = self.rates(pars)
        poisson = counts * jnp.log(rates) - rates - gammaln(counts + 1.0)
        return jnp.sum(poisson) - 0.5 * (pars["alpha"] - auxiliary) ** 2


def parameters(mu):
    return {"alpha": jnp.array(0.0), "mu": jnp.array(mu)}


def p_value(model, test_stat, test_poi, truth):
    """The median experiment's p-value on Asimov data of signal strength `truth`."""
    pars = parameters(truth)
    data = (model.rates(pars), pars["alpha"])
    return relaxed.infer.hypotest(
        test_poi, data, model, init_pars=pars, expected_pars=pars, test_stat=test_stat
    )


def sigma_mu(model):
    pars = parameters(1.0)
    return relaxed.cramer_rao_uncert(model, pars, (model.rates(pars), pars["alpha"]))["mu"]


FROM_MODEL = {
    "cls": lambda model: p_value(model, "q", 1.0, 0.0),
    "p0": lambda model: p_value(model, "q0", 0.0, 1.0),
    "sigma-mu": sigma_mu,
}
LOSSES = ("bce-augmented", *FROM_MODEL)


def logits(network, events):
    *hidden, (weight, bias) = network
    for w, b in hidden:
        events = jax.nn.relu(events @ w + b)
    return (events @ weight + bias).ravel()


def model_of(scores):
    """Histograms of scores, which are ordered blob after blob, as a model."""
    hists = {}
    for (name, (_, yields)), of_blob in zip(BLOBS.items(), jnp.split(scores, len(BLOBS))):
        floor = 0.0 if name == "signal" else BACKGROUND_FLOOR
        hist = relaxed.hist(of_blob, EDGES, BANDWIDTH, reflect_infinities=True)
        hists[name] = hist * yields / POINTS + floor
    return Model(**hists)


def loss_function(name, events):
    if name in FROM_MODEL:
        return lambda network: FROM_MODEL[name](model_of(jax.nn.sigmoid(logits(network, events))))
    # The first blob is the signal, all others are background.
    labels = jnp.repeat(jnp.array([1.0, 0.0, 0.0, 0.0]), POINTS)
    entropy = optax.sigmoid_binary_cross_entropy
    return lambda network: entropy(logits(network, events), labels).mean()


def draw():
    generator = np.random.default_rng(1)
    return jnp.concatenate([generator.normal(mean, 1.0, (POINTS, 2)) for mean, _ in BLOBS.values()])


def new_network(hidden):
    """He's uniform start, biases 0."""
    generator = np.random.default_rng(2)
    network = []
    for inputs, units in zip((2, *hidden), (*hidden, 1)):
        bound = np.sqrt(6.0 / inputs)
        weight = jnp.array(generator.uniform(-bound, bound, (inputs, units)))
        network.append((weight, jnp.zeros(units)))
    return network


def seconds(run):
    """The result of `run`, fully computed, and how long it took."""
    start = time.perf_counter()
    out = jax.block_until_ready(run())
    return out, time.perf_counter() - start


class Steps:
    """Consecutive training steps of one loss; the first ones, which compile, are not timed."""

    def __init__(self, loss, network):
        adam = optax.adam(LEARNING_RATE)

        @jax.jit
        def step(network, state):
            value, gradient = jax.value_and_grad(loss)(network)
            updates, state = adam.update(gradient, state, network)
            return value, optax.apply_updates(network, updates), state

        self.step, self.at, self.values, self.times = step, (network, adam.init(network)), [], []
        for _ in range(WARM_UPS):
            self.run()
        self.times.clear()

    def run(self):
        (value, *self.at), took = seconds(lambda: self.step(*self.at))
        self.values.append(float(value))
        self.times.append(took)

    def check(self):
        finite = all(jnp.isfinite(x).all() for x in jax.tree.leaves(self.at))
        assert finite and np.isfinite(self.values).all(), self.values


def operations(hidden):
    """Multiplications and additions of a step's matrix products, as in benches/observable.rs."""
    weights = [inputs * units for inputs, units in zip((2, *hidden), (*hidden, 1))]
    return 2.0 * len(BLOBS) * POINTS * (3 * sum(weights) - weights[0])


def peak(a, b):
    """Operations per second of numpy's product of two matrices."""
    return 2.0 * SIDE**3 / seconds(lambda: a @ b)[1]


def rows(events):
    matrices = np.random.default_rng(3).normal(size=(2, SIDE, SIDE))
    for name, (hidden, count) in NETWORKS.items():
        steps = {loss: Steps(loss_function(loss, events), new_network(hidden)) for loss in LOSSES}
        peaks = []
        start = time.perf_counter()
        # Timed in turns, so that noise affects all alike.
        while len(peaks) < count and (not peaks or time.perf_counter() - start < CAP):
            peaks.append(peak(*matrices))
            time.sleep(REST)
            for of_loss in steps.values():
                of_loss.run()
        medians = {loss: statistics.median(of_loss.times) for loss, of_loss in steps.items()}
        for loss, of_loss in steps.items():
            of_loss.check()
            yield {
                "network": name,
                "loss": loss,
                "threads": THREADS,
                "steps": len(of_loss.times),
                "loss_at_start": of_loss.values[0],
                "step_seconds": medians[loss],
                "over_cross_entropy": medians[loss] / medians[LOSSES[0]],
                "operations_per_second": operations(hidden) / medians[loss],
                "peak_operations_per_second": statistics.median(peaks),
            }


def numbers(row):
    share = row["operations_per_second"] / row["peak_operations_per_second"]
    return (
        f"{row['threads']:>7} {1e3 * row['step_seconds']:>9.2f} {row['over_cross_entropy']:>9.3f}"
        f" {1e-9 * row['operations_per_second']:>8.1f}"
        f" {1e-9 * row['peak_operations_per_second']:>6.1f} {100.0 * share:>5.0f} %"
    )


def print_table(theirs, ours):
    defaults = inspect.signature(relaxed.mle.fixed_poi_fit).parameters
    settings = ", ".join(f"{key} {defaults[key].default}" for key in ("method", "maxiter", "tol"))
    print(f"{len(BLOBS) * POINTS} events a step; medians, in ms; products in 1e9 operations a second")
    print(f"relaxed's fits: {settings}; its peak is numpy's, diffhep's that of its own products")
    head = "threads      step  over BCE products   peak   share"
    print(f"{'':22} {'relaxed':-^50}   {'diffhep':-^50}  relaxed /")
    print(f"network loss           {head}   {head}    diffhep")
    for row in theirs:
        line = f"{row['network']:>7} {row['loss']:<14} {numbers(row)}"
        key = row["network"], row["loss"]
        same = [x for x in ours if (x["network"], x["loss"]) == key]
        for own in same:
            ratio = row["step_seconds"] / own["step_seconds"]
            print(f"{line}  {numbers(own)} {ratio:>10.2f}")
        if not same:
            print(line)


def measured(rows):
    """The rows as they arrive, each printed as JSON."""
    out = []
    for row in rows:
        print(json.dumps(row), flush=True)
        out.append(row)
    return out


def main():
    let_fits_keep_their_parameters()
    ours = json.loads(pathlib.Path(ARGUMENTS.table).read_text()) if ARGUMENTS.table else []
    print_table(measured(rows(draw())), ours)


main()
