"""Write covariances and profile intervals of small workspaces, from pyhf with JAX and scipy.

usage: python make_intervals_reference.py [FILE]
Needs "pyhf[jax]==0.7.6" and scipy in a virtual environment. Seconds. Covariances are inverses of
JAX's Hessian of -ln L at the best fit; intervals are roots of the profile's rise, each point a fit
of its own; uncertainties of yields are propagated by JAX's Jacobian of pyhf's rates.
"""
import json
import pathlib
import sys

import jax
import numpy as np
import pyhf
from scipy.optimize import brentq
from scipy.stats import chi2

jax.config.update("jax_enable_x64", True)
pyhf.set_backend("jax", pyhf.optimize.scipy_optimizer(tolerance=1e-13, maxiter=200000))
HERE = pathlib.Path(__file__).parent
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
LEVELS = (0.6826894921370859, 0.95)


def two_bins():
    spec = json.loads((HERE / "../../examples/two_bins.json").read_text())
    spec["measurements"][0]["config"]["parameters"] = [{"name": "mu", "bounds": [[-5, 10]]}]
    return spec


def all_types():
    spec = json.loads((HERE / "all_types_qtilde.json").read_text())["workspace"]
    settings = spec["measurements"][0]["config"]["parameters"]
    poi = spec["measurements"][0]["config"]["poi"]
    own = next((s for s in settings if s["name"] == poi), None)
    if own is None:
        own = {"name": poi}
        settings.append(own)
    own["bounds"] = [[-5, 10]]
    return spec


class Likelihood:
    """-ln L of one data set, its derivatives compiled once."""

    def __init__(self, model, data):
        self.value = jax.jit(lambda theta: -model.logpdf(theta, data)[0])
        self.gradient, self.hessian = jax.jit(jax.grad(self.value)), jax.jit(
            jax.hessian(self.value)
        )

    def minimum(self, start, held):
        """By Newton steps from near by, with the parameters in `held` as they are."""
        free = [i for i in range(len(start)) if i not in held]
        theta = np.array(start, dtype=float)
        for _ in range(50):
            g = np.asarray(self.gradient(theta))[free]
            h = np.asarray(self.hessian(theta))[np.ix_(free, free)]
            step = np.linalg.solve(h, -g)
            theta[free] += step
            if np.max(np.abs(step)) < 1e-12:
                break
        return theta, float(self.value(theta)), free


def case(spec):
    workspace = pyhf.Workspace(spec)
    model = workspace.model(modifier_settings=CODES)
    data = np.asarray(workspace.data(model))
    fixed = {i for i, f in enumerate(model.config.suggested_fixed()) if f}
    best = np.asarray(pyhf.infer.mle.fit(data, model))
    likelihood = Likelihood(model, data)
    best, least, free = likelihood.minimum(best, fixed)
    covariance = np.linalg.inv(np.asarray(likelihood.hessian(best))[np.ix_(free, free)])
    names = [model.config.par_names[i] for i in free]
    intervals = []
    for row, place in enumerate(free):
        sigma = float(np.sqrt(covariance[row, row]))
        for level in LEVELS:
            rise = chi2.ppf(level, 1)
            ends = []
            for sign in (-1, 1):
                # Walk outwards, each fit from the last, until the rise is reached; then search
                # between the last two points, each fit from the inner one's.
                inner, theta = best[place], best
                for _ in range(60):
                    outer = inner + sign * 0.05 * np.sqrt(rise) * sigma

                    def height(value):
                        start = theta.copy()
                        start[place] = value
                        _, here, _ = likelihood.minimum(start, fixed | {place})
                        return 2 * (here - least) - rise

                    if not height(outer) < 0:
                        break
                    start = theta.copy()
                    start[place] = outer
                    theta, _, _ = likelihood.minimum(start, fixed | {place})
                    inner = outer
                if height(inner) < 0 < height(outer):  # else out of the likelihood's domain first
                    ends.append(float(brentq(height, inner, outer, xtol=1e-10 * sigma)))
            if len(ends) == 2:
                intervals.append({"name": names[row], "level": level, "ends": ends})
        print(names[row], flush=True)
    rates = jax.jit(lambda theta: model.main_model.expected_data(theta, return_by_sample=True))
    jacobian = np.asarray(jax.jacfwd(rates)(best))[:, :, free]

    def sigmas(rows):
        return np.sqrt(np.einsum("...i,ij,...j", rows, covariance, rows)).tolist()

    return {
        "workspace": spec,
        "yields": {
            "channels": model.config.channels,
            "slices": [[s.start, s.stop] for s in model.config.channel_slices.values()],
            "samples": model.config.samples,
            "events": np.asarray(rates(best)).tolist(),
            "uncertainties": sigmas(jacobian),
            "sum_uncertainties": sigmas(jacobian.sum(axis=0)),
            "total_uncertainties": [
                float(sigmas(jacobian[:, s].sum(axis=(0, 1))))
                for s in model.config.channel_slices.values()
            ],
        },
        "names": names,
        "covariance": covariance.tolist(),
        "intervals": intervals,
    }


target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "intervals/intervals.json"
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps({"cases": [case(two_bins()), case(all_types())]}, indent=1) + "\n")
