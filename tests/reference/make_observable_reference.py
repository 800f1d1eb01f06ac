"""Write observable/: what numpy, scipy and pyhf say about trained networks and their observables.

usage: python make_observable_reference.py

Needs `pip install "pyhf[jax]==0.7.6" safetensors==0.8.0`; made with JAX 0.10.2, numpy 2.4.6 and
scipy 1.17.1 in some ten seconds. README.md describes the files. The p-values are pyhf's hypothesis
tests of Asimov data at the nominal values; a bounded search in the one nuisance parameter checks
their fit.
"""
import json
import pathlib

import numpy as np
import pyhf
from safetensors.numpy import save_file
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.stats import norm

FOLDER = pathlib.Path(__file__).parent / "observable"
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}

# Means and expected events, as in src/events/toys/blobs.rs.
BLOBS = {
    "signal": ((-1.0, 1.0), 20.0),
    "background": ((1.0, -1.0), 100.0),
    "up": ((2.5, 2.0), 100.0),
    "down": ((-2.5, -1.5), 100.0),
}
EVENTS = 10
COLUMNS = ["x", "y"]
HIDDEN = [6, 4]
BANDWIDTH = 0.09
# Events in every bin of the background and its variations, so that none is almost empty.
BACKGROUND_FLOOR = 2.0
# Activation, seed of the weights, mean and width of the inputs, edges.
NETWORKS = (
    ("tanh", 20, (0.1, -0.2), (2.1, 1.7), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ("relu", 392, (0.0, 0.0), (1.0, 1.0), [0.05, 0.3, 0.45, 0.6, 0.8, 0.95]),
)
ACTIVATIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0.0)}


def draw():
    """Events whose numbers decimals hold exactly; weights add up to the expected events."""
    generator = np.random.default_rng(41)
    events = {}
    for name, (mean, total) in BLOBS.items():
        weights = generator.uniform(0.5, 1.5, EVENTS)
        weights = np.round(weights * total / weights.sum(), 6)
        weights[-1] += total - weights.sum()
        points = np.round(generator.normal(mean, 1.0, (EVENTS, 2)), 6)
        events[name] = (points, np.round(weights, 6))
    return events


def new_layers(seed):
    """Weights (inputs x units) and biases."""
    generator = np.random.default_rng(seed)
    layers = []
    for inputs, units in zip((2, *HIDDEN), (*HIDDEN, 1)):
        weight = generator.normal(0.0, np.sqrt(2.0 / inputs), (inputs, units))
        layers.append((weight, generator.normal(0.0, 0.3, units)))
    return layers


def logits(layers, activation, inputs):
    for weight, bias in layers[:-1]:
        inputs = ACTIVATIONS[activation](inputs @ weight + bias)
    weight, bias = layers[-1]
    return (inputs @ weight + bias)[:, 0]


def save(name, layers, mean, width, edges):
    tensors = {"input.mean": mean, "input.width": width, "histogram.edges": edges}
    for number, (weight, bias) in enumerate(layers):
        tensors |= {f"layers.{number}.weight": weight, f"layers.{number}.bias": bias}
    tensors = {key: np.array(value, dtype=np.float64) for key, value in tensors.items()}
    header = {
        "format": "diffhep trained network",
        "version": 1,
        "columns": COLUMNS,
        "activation": name,
        "overflow": "kept",
    }
    save_file(tensors, FOLDER / f"{name}.safetensors", {"diffhep": json.dumps(header)})


def kernel_histogram(scores, weights, edges):
    """Every event's kernel between the edges; the end bins have all that lies beyond."""
    below = norm.cdf((edges - scores[:, None]) / BANDWIDTH)
    below[:, 0], below[:, -1] = 0.0, 1.0
    return weights @ np.diff(below, axis=1)


def plain_histogram(scores, weights, edges):
    return np.histogram(np.clip(scores, edges[0], edges[-1]), edges, weights=weights)[0]


def workspace(histograms):
    yields = {
        name: (bins + (0.0 if name == "signal" else BACKGROUND_FLOOR)).tolist()
        for name, bins in histograms.items()
    }
    shape = {"hi_data": yields["up"], "lo_data": yields["down"]}
    modifiers = {
        "signal": [{"name": "mu", "type": "normfactor", "data": None}],
        "background": [{"name": "shape", "type": "histosys", "data": shape}],
    }
    samples = [{"name": n, "data": yields[n], "modifiers": m} for n, m in modifiers.items()]
    return {
        "version": "1.0.0",
        "channels": [{"name": "observable", "samples": samples}],
        "observations": [{"name": "observable", "data": yields["background"]}],
        "measurements": [{"name": "expected", "config": {"poi": "mu", "parameters": []}}],
    }


def p_value(model, test_stat, tested, truth):
    """The median p-value, by pyhf; checked against a search of the conditional fit."""
    config = model.config

    def point(mu, alpha):
        values = np.zeros(config.npars)
        values[config.par_slice("mu")], values[config.par_slice("shape")] = mu, alpha
        return values

    asimov = model.expected_data(point(truth, 0.0))
    settings = {"test_stat": test_stat, "return_expected": True}
    found = float(pyhf.infer.hypotest(tested, asimov, model, **settings)[1])

    def twice_nll(alpha, mu=tested):
        return -2.0 * float(model.logpdf(point(mu, alpha), asimov)[0])

    # Where a rate is negative, ln L is not a number.
    scan = np.array([twice_nll(alpha) for alpha in np.linspace(-2.0, 2.0, 81)])
    signs = np.sign(np.diff(scan[np.isfinite(scan)]))
    assert (np.diff(signs) != 0.0).sum() == 1, "the conditional likelihood has one minimum"
    fit = minimize_scalar(twice_nll, bounds=(-1.0, 1.0), method="bounded", options={"xatol": 1e-9})
    p = norm.sf(np.sqrt(fit.fun - twice_nll(0.0, truth)))
    expected = p if test_stat == "q0" else 2.0 * p
    assert abs(found / expected - 1.0) < 1e-7, (test_stat, found, expected)
    return found


def reference(events, name, seed, mean, width, edges):
    layers = new_layers(seed)
    save(name, layers, mean, width, edges)
    samples, histograms = {}, {}
    for sample, (points, weights) in events.items():
        z = logits(layers, name, (points - mean) / width)
        scores, bins = expit(z), np.array(edges)
        histograms[sample] = kernel_histogram(scores, weights, bins)
        samples[sample] = {
            "scores": scores.tolist(),
            "kernel_histogram": histograms[sample].tolist(),
            "plain_histogram": plain_histogram(scores, weights, bins).tolist(),
            "plain_squares": plain_histogram(scores, weights**2, bins).tolist(),
            "cross_entropy": np.logaddexp(0.0, -z if sample == "signal" else z).tolist(),
        }
    model = pyhf.Workspace(workspace(histograms)).model(modifier_settings=CODES)
    cls, p0 = p_value(model, "qtilde", 1.0, 0.0), p_value(model, "q0", 0.0, 1.0)
    print(f"{name}: expected CLs {cls:.6f}, p0 {p0:.6f}")
    return {
        "file": f"{name}.safetensors",
        "activation": name,
        "edges": edges,
        "parameters": [float(x) for layer in layers for array in layer for x in array.ravel()],
        "samples": samples,
        "workspace": workspace(histograms),
        "cls": cls,
        "p0": p0,
    }


def text(value, depth=0):
    """JSON whose innermost levels have a line each."""
    is_flat = not isinstance(value, (dict, list)) or (
        isinstance(value, list) and not isinstance(value[0], dict)
    )
    if is_flat or depth == 4:
        return json.dumps(value)
    indent = "  " * (depth + 1)
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {text(x, depth + 1)}" for key, x in value.items()]
    else:
        lines = [text(x, depth + 1) for x in value]
    brackets = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(indent + line for line in lines)
    return f"{brackets[0]}\n{body}\n{'  ' * depth}{brackets[1]}"


def main():
    assert pyhf.__version__ == "0.7.6", pyhf.__version__
    pyhf.set_backend("jax", pyhf.optimize.scipy_optimizer(tolerance=1e-12), precision="64b")
    FOLDER.mkdir(exist_ok=True)
    events = draw()
    listed = {
        name: {"x": points[:, 0].tolist(), "y": points[:, 1].tolist(), "weights": weights.tolist()}
        for name, (points, weights) in events.items()
    }
    cases = [reference(events, *network) for network in NETWORKS]
    found = {"events": listed, "bandwidth": BANDWIDTH, "networks": cases}
    (FOLDER / "observable.json").write_text(text(found) + "\n")


if __name__ == "__main__":
    main()
