"""Time an epoch of gato-hep (TensorFlow) and print it next to diffhep's; for scripts/bench-gato.

usage: bench_gato.py [--train] [--threads N] [TABLE.json]

The problem is its own toy, 100,000 signal and 300,000 background events in one discriminant, and
its sigmoid model for one signal, trained as in its one-dimensional example. "gradient" is the
significance with its gradient with respect to the boundaries' parameters; "step" also takes the
gradient with respect to the steepness, as its example does, and makes RMSprop's update of both.
TABLE.json is what benches/binning.rs wrote: [{"bins", "steepness", "threads", "gradient_seconds"}].
Each line of either table is also printed as JSON.
"""

import argparse
import itertools
import json
import os
import pathlib
import statistics
import time

# Set before TensorFlow is imported, to silence messages about missing graphics cards.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf
from gatohep.data_generation import generate_toy_data_1D
from gatohep.models import gato_sigmoid_model
from gatohep.utils import LearningRateScheduler, SteepnessScheduler, df_dict_to_tensors

BINS = (5, 10, 20)
STEEPNESSES = (50.0, 10_000.0)
WARM_UPS, STEPS = 3, 15
EPOCHS = 250
# Its boundaries start at random values.
SEEDS = (1, 2, 3)


def seconds(run):
    """The result of `run`, and how long it took."""
    start = time.perf_counter()
    out = run()
    return out, time.perf_counter() - start


def new_model(bins, steepness, seed):
    tf.random.set_seed(seed)
    variables = [{"name": "NN_output", "bins": bins, "range": (0.0, 1.0)}]
    return gato_sigmoid_model(variables, global_steepness=steepness)


def gradient_of(model, events, variables):
    with tf.GradientTape() as tape:
        found = model.get_differentiable_significance(events, signal_labels=["signal"])
        loss = -found["signal"]
    return loss, tape.gradient(loss, variables)


def gradient_graph(model, events):
    """Value and gradient with respect to the boundaries' parameters, as a compiled function."""
    return tf.function(lambda: gradient_of(model, events, [model.var_cfg[0]["raw"]]))


def step_graph(model, events, optimizer):
    """A training step, as a compiled function."""

    @tf.function
    def step():
        # The steepness is one of these; its schedule undoes the update before the next step.
        variables = model.trainable_variables
        loss, gradient = gradient_of(model, events, variables)
        optimizer.apply_gradients(zip(gradient, variables))
        return loss

    return step


def median_seconds(run):
    # Converted to a number, so that nothing is still being computed.
    number = lambda: tf.nest.map_structure(lambda x: x.numpy(), run())
    for _ in range(WARM_UPS):
        assert all(np.isfinite(x).all() for x in tf.nest.flatten(number()))
    return statistics.median(seconds(number)[1] for _ in range(STEPS))


def time_epoch(events, bins, steepness):
    model = new_model(bins, steepness, SEEDS[0])
    # The rate is small, because the same point is timed repeatedly.
    step = step_graph(model, events, tf.keras.optimizers.RMSprop(learning_rate=1e-6))
    return {
        "bins": bins,
        "steepness": steepness,
        "gradient_seconds": median_seconds(gradient_graph(model, events)),
        "step_seconds": median_seconds(step),
    }


def hard_yields(data, boundaries):
    """Signal and background per bin, in double precision."""
    edges = [0.0, *boundaries, 1.0]
    fill = lambda frame: np.histogram(frame["NN_output"], edges, weights=frame["weight"])[0]
    return fill(data["signal"]), sum(fill(frame) for name, frame in data.items() if name != "signal")


def exact_significance(s, b):
    """Asimov's formula, leaving out bins without background."""
    s, b = s[b > 0.0], b[b > 0.0]
    return float(np.sqrt(2.0 * ((s + b) * np.log1p(s / b) - s).sum()))


def train(data, events, bins, seed):
    """A training at its example's defaults: annealed learning rate and steepness, no penalties."""
    model = new_model(bins, 50.0, seed)
    optimizer = tf.keras.optimizers.RMSprop(learning_rate=0.1)
    schedule = {"total_epochs": EPOCHS, "mode": "cosine"}
    rate = LearningRateScheduler(optimizer, lr_initial=0.1, lr_final=0.001, **schedule)
    steepness = SteepnessScheduler(model, t_initial=50.0, t_final=10_000.0, **schedule)
    step = step_graph(model, events, optimizer)

    def epochs():
        for epoch in range(EPOCHS):
            rate.update(epoch)
            steepness.update(epoch)
            loss = step()
        return -float(loss)

    soft, duration = seconds(epochs)
    boundaries = model.calculate_boundaries().numpy().astype(float)
    s, b = hard_yields(data, boundaries)
    return {
        "bins": bins,
        "seed": seed,
        "epochs": EPOCHS,
        "z": exact_significance(s, b),
        "its_soft_z": soft,
        "least_background": float(b.min()),
        "training_seconds": duration,
        "boundaries": [round(float(x), 6) for x in boundaries],
    }


def print_epochs(theirs, ours, threads):
    print(f"gato-hep: {threads}, median of {STEPS} epochs; diffhep: median of the benches' table")
    print("                 --- gato-hep, ms ---  ------ diffhep ------  gato-hep /")
    print("bins  steepness  gradient        step  threads  gradient, ms     diffhep")
    for row in theirs:
        gradient, step = 1e3 * row["gradient_seconds"], 1e3 * row["step_seconds"]
        line = f"{row['bins']:>4} {row['steepness']:>10.0f} {gradient:>9.2f} {step:>11.2f}"
        key = row["bins"], row["steepness"]
        same = [x for x in ours if (x["bins"], x["steepness"]) == key]
        for own in same:
            milliseconds = 1e3 * own["gradient_seconds"]
            print(f"{line} {own['threads']:>8} {milliseconds:>13.3f} {gradient / milliseconds:>11.1f}")
        if not same:
            print(f"{line} {'-':>8} {'-':>13} {'-':>11}")


def print_trainings(rows):
    print(f"gato-hep's trainings: {EPOCHS} steps, tracing included; z on hard histograms, exact formula")
    print("bins  seed         z  its soft z  least background  training s")
    for row in rows:
        print(
            f"{row['bins']:>4} {row['seed']:>5} {row['z']:>9.5f} {row['its_soft_z']:>11.5f}"
            f" {row['least_background']:>17.3f} {row['training_seconds']:>11.1f}"
        )


def measured(rows):
    """The rows as they arrive, each printed as JSON."""
    out = []
    for row in rows:
        print(json.dumps(row), flush=True)
        out.append(row)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("table", nargs="?")
    arguments = parser.parse_args()
    # 0 is TensorFlow's own choice, all cores.
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    threads = f"threads: {arguments.threads or f'its choice for {os.cpu_count()} cores'}"

    ours = json.loads(pathlib.Path(arguments.table).read_text()) if arguments.table else []
    steepnesses = sorted({float(row["steepness"]) for row in ours}) or STEEPNESSES
    data = generate_toy_data_1D(n_signal=100_000, n_bkg=300_000, seed=42)
    events = df_dict_to_tensors(data)
    cases = itertools.product(BINS, steepnesses)
    print_epochs(measured(time_epoch(events, *case) for case in cases), ours, threads)
    if arguments.train:
        cases = itertools.product(BINS, SEEDS)
        print_trainings(measured(train(data, events, *case) for case in cases))


main()
