"""Print what pyhf's likelihoods say of the models of three studies: yields, landscape, limits.

usage: python make_study_reference.py
Needs pyhf 0.7.6 and scipy in a virtual environment. The figures are pinned in
tests/studies/studies.rs, in the studies' own tests (src/studies/landscape/plane.rs,
src/studies/limits/window.rs) and in src/inference/expected.rs. A model has one nuisance parameter,
whose profile may have two minima: it is searched on both sides, so that the lower one is found; or
two, which are searched from a grid of starts. Half a minute.
"""
import numpy as np
import pyhf
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import norm

CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}


def spec(signal, background, modifier):
    mu = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "signal", "data": signal, "modifiers": [mu]},
        {"name": "background", "data": background, "modifiers": [modifier]},
    ]
    return pyhf.Model(
        {"channels": [{"name": "bins", "samples": samples}]}, poi_name="mu", modifier_settings=CODES
    )


def asimov_q(model, asimov_mu, tested_mu):
    """q of nominal Asimov data: the free fit is the point that made them."""
    poi = model.config.poi_index
    nuisance = 1 - poi
    nominal = np.array(model.config.suggested_init(), dtype=float)

    def point(mu, value):
        parameters = nominal.copy()
        parameters[poi], parameters[nuisance] = mu, value
        return parameters

    data = model.expected_data(point(asimov_mu, nominal[nuisance]))

    def nll(mu, value):
        return -2.0 * float(model.logpdf(point(mu, value), data)[0])

    low, high = model.config.suggested_bounds()[nuisance]
    edges = np.linspace(low + 1e-3 * (high - low), high, 60)
    search = {"method": "bounded", "options": {"xatol": 1e-11, "maxiter": 2000}}
    minima = [
        minimize_scalar(lambda value: nll(tested_mu, value), bounds=(a, b), **search).fun
        for a, b in zip(
            edges[:-2], edges[2:]
        )  # overlapping: a bounded search never reaches its ends
    ]
    return max(min(minima) - nll(asimov_mu, nominal[nuisance]), 0.0)


def p0(model):
    return norm.sf(np.sqrt(asimov_q(model, 1.0, 0.0)))


def cls(model, mu=1.0):
    return norm.sf(np.sqrt(asimov_q(model, 0.0, mu))) / 0.5


def yields(phi):
    modifier = {"name": "uncertainty", "type": "shapesys", "data": [0.5 + 0.1 * phi**2]}
    return spec([15.0 + phi], [45.0 - 2.0 * phi], modifier)


def landscape(u, d):
    shapes = {"hi_data": [50.0 + u, 50.0 - u], "lo_data": [50.0 + d, 50.0 - d]}
    return spec([5.0, 11.0], [50.0, 50.0], {"name": "shape", "type": "histosys", "data": shapes})


def window(signal, background):
    rate = {"name": "rate", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}}
    return spec([signal], [background], rate)


def saddle_with_rate():
    """CLs of a shape with equal up and down, and a rate uncertainty: two nuisance parameters."""
    shapes = {
        "name": "shape",
        "type": "histosys",
        "data": {"hi_data": [56.0, 44.0], "lo_data": [56.0, 44.0]},
    }
    rate = {"name": "rate", "type": "normsys", "data": {"hi": 1.05, "lo": 0.95}}
    mu = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "signal", "data": [5.0, 11.0], "modifiers": [mu]},
        {"name": "background", "data": [50.0, 50.0], "modifiers": [shapes, rate]},
    ]
    channels = {"channels": [{"name": "bins", "samples": samples}]}
    model = pyhf.Model(channels, poi_name="mu", modifier_settings=CODES)
    poi = model.config.poi_index
    nominal = np.array(model.config.suggested_init(), dtype=float)
    nominal[poi] = 0.0
    data = model.expected_data(nominal)

    def nll(mu, nuisances):
        return -2.0 * float(
            model.logpdf(np.insert(np.array(nuisances, dtype=float), poi, mu), data)[0]
        )

    tight = {"xatol": 1e-12, "fatol": 1e-14, "maxiter": 20000, "maxfev": 20000}
    starts = [(a, b) for a in (-1.5, -0.5, 0.5, 1.5) for b in (-1.0, 0.0, 1.0)]
    fits = [
        minimize(lambda n: nll(1.0, n), start, method="Nelder-Mead", options=tight).fun
        for start in starts
    ]
    return norm.sf(np.sqrt(min(fits) - nll(0.0, [0.0, 0.0]))) / 0.5


pyhf.set_backend("numpy")
for phi in (0.0, 3.0, 10.0):
    print("yields: p0 at", phi, p0(yields(phi)))
best = minimize_scalar(
    lambda phi: p0(yields(phi)), bounds=(4.0, 5.2), method="bounded", options={"xatol": 1e-7}
)
print("yields: optimum", best.x, best.fun)
for point in ((0.0, 0.0), (2.5, 2.5), (6.0, 6.0), (-6.0, -6.0), (7.0, -4.0), (-3.0, 8.0)):
    model = landscape(*point)
    print("landscape: CLs and p0 at", point, cls(model), p0(model))
for signal, background in ((40.0, 70.0), (7.0, 11.0), (100.0, 60.0)):
    model = window(signal, background)
    print(
        "limits: at",
        (signal, background),
        brentq(lambda mu: cls(model, mu) - 0.05, 1e-3, 9.9, rtol=1e-12),
    )
print("a shape and a rate: CLs", saddle_with_rate())
