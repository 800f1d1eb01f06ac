"""Write kernel_histogram/kernel_histogram.json: what numpy and scipy say about kernel histograms.

usage: python make_kernel_histogram_reference.py
Needs numpy and scipy (2.4.6 and 1.17.1 were used) in a virtual environment; takes a second.
README.md describes the file. Every bin is a sum over all events, in double precision.
"""
import json
import pathlib

import numpy as np
from scipy.stats import norm

FILE = pathlib.Path(__file__).parent / "kernel_histogram" / "kernel_histogram.json"

EDGES = {
    "equal": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
    "uneven": [-0.1, 0.05, 0.3, 0.35, 0.7, 1.1],
    "one": [0.1, 0.9],
}
BANDWIDTHS = (("absolute", 0.01), ("absolute", 0.15), ("relative", 0.25), ("relative", 1.3))
OVERFLOWS = ("dropped", "kept", "reflected")


def events():
    generator = np.random.default_rng(31)
    inside = generator.uniform(0.0, 1.0, 14)
    # The last events: on edges, just outside, and far from every bin.
    x = np.array([*np.round(inside, 9), 0.3, 0.1, -0.03, 1.12, -4.0, 6.5])
    return x, np.round(generator.normal(0.8, 0.9, len(x)), 9)


def widths(x, edges):
    """Widths of bins, linear between their centres and constant beyond."""
    return np.interp(x, 0.5 * (edges[1:] + edges[:-1]), np.diff(edges))


def integrals(x, edges, h, overflow):
    """Events by bins: the integral of each event's kernel."""
    below = norm.cdf((edges - x[:, None]) / h[:, None])
    if overflow == "kept":
        below[:, 0], below[:, -1] = 0.0, 1.0
    return np.diff(below, axis=1)


def bins(x, weights, edges, kind, number, overflow):
    h = number * (widths(x, edges) if kind == "relative" else np.ones_like(x))
    masses = integrals(x, edges, h, overflow)
    if overflow == "reflected":
        for edge in (edges[0], edges[-1]):
            masses = masses + integrals(2.0 * edge - x, edges, h, overflow)
    return (weights @ masses).tolist()


def main():
    x, weights = events()
    assert (weights < 0.0).any() and (weights > 0.0).any()
    cases = [
        {"edges": edges, kind: number, "overflow": overflow, "bins": result}
        for edges in EDGES.values()
        for kind, number in BANDWIDTHS
        for overflow in OVERFLOWS
        for result in [bins(x, weights, np.array(edges), kind, number, overflow)]
    ]
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    head = f'  "x": {json.dumps(x.tolist())},\n  "weights": {json.dumps(weights.tolist())},\n'
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(f'{{\n{head}  "cases": [\n{lines}\n  ]\n}}\n')


main()
