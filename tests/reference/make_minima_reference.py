"""Write the lowest minima of small workspaces whose likelihood has several, from pyhf.

usage: python make_minima_reference.py [FILE]
Needs pyhf==0.7.6 and iminuit in a virtual environment. Minutes. pyhf's density is minimised by
minuit from many starts around the initial values, free, at each tested signal strength, and at
mu = 0; CLs are made of the lowest minima by pyhf's asymptotic formulae. The workspaces are in
minima/, the results in minima/reference.json.
"""
import json
import pathlib
import sys

import numpy as np
import pyhf
from pyhf.infer.calculators import AsymptoticTestStatDistribution

pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-5, strategy=2))
HERE = pathlib.Path(__file__).parent
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
TESTED = {"even_histosys": [1.0], "two_valleys": [4.174485], "warm_start_a": [1.0],
          "warm_start_b": [1.0]}
STARTS = 40


def lowest(model, data, poi=None):
    """The lowest -2 ln L and its parameters; the starts are normal around the initial values."""
    rng = np.random.default_rng(1)
    inits = np.array(model.config.suggested_init(), dtype=float)
    bounds = model.config.suggested_bounds()
    lower, upper = np.array(bounds).T
    width = np.where(lower < 0, 1.5, 0.3)
    best = None
    for i in range(STARTS):
        start = np.clip(inits + (i > 0) * width * rng.normal(size=len(inits)), lower, upper)
        try:
            if poi is None:
                found, value = pyhf.infer.mle.fit(
                    data, model, init_pars=start.tolist(), return_fitted_val=True)
            else:
                found, value = pyhf.infer.mle.fixed_poi_fit(
                    poi, data, model, init_pars=start.tolist(), return_fitted_val=True)
        except pyhf.exceptions.FailedMinimization:
            continue
        if best is None or value < best[0]:
            best = (float(value), [float(x) for x in found])
    return best


def p_values(q, q_asimov):
    """Observed and expected CLs of q-tilde."""
    u, a = np.sqrt(q), np.sqrt(q_asimov)
    teststat = u - a if u <= a else (q - q_asimov) / (2 * a)
    signal = AsymptoticTestStatDistribution(-a)
    background = AsymptoticTestStatDistribution(0.0)
    cls = lambda x: float(signal.pvalue(x) / background.pvalue(x))
    return cls(teststat), [cls(n) for n in (2, 1, 0, -1, -2)]


def case(name):
    spec = json.loads((HERE / "minima" / f"{name}.json").read_text())
    workspace = pyhf.Workspace(spec)
    model = workspace.model(modifier_settings=CODES)
    data, place = workspace.data(model), model.config.poi_index
    free = lowest(model, data)
    source = lowest(model, data, 0.0)
    asimov = model.expected_data(source[1])
    out = {"free": free[0], "poi": free[1][place], "background": source[0], "tested": []}
    at_zero = lowest(model, asimov, 0.0)[0]
    for poi in TESTED[name]:
        tested = lowest(model, data, poi)[0]
        q = max(tested - free[0], 0.0) if free[1][place] <= poi else 0.0
        q_asimov = max(lowest(model, asimov, poi)[0] - at_zero, 0.0)
        observed, expected = p_values(q, q_asimov)
        out["tested"].append({"poi": poi, "twice_nll": tested, "q_asimov": q_asimov,
                              "cls_obs": observed, "cls_exp": expected})
    return out


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else HERE / "minima/reference.json"
    cases = {name: case(name) for name in TESTED}
    source = {"pyhf": pyhf.__version__, "starts": STARTS}
    pathlib.Path(target).write_text(json.dumps({"source": source, "cases": cases}, indent=1) + "\n")


main()
