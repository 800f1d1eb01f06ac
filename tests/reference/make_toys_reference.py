"""Make `toys/toys.json`: p-values from pseudo-experiments and goodness of fit by pyhf and scipy.

usage: python make_toys_reference.py [--toys N] [--seeds S ...] [--processes P]

Needs `pip install pyhf==0.7.6`; N toys of each hypothesis a seed, the seeds' toys taken together.
pyhf's own calculator draws the toys of examples/two_bins.json and fits them, and gives the
p-values. The expected band is that of its `expected_pvalues`, which current numpy no longer runs:
percentiles of the p-values of the background's toys. Goodness of fit is that of the saturated
model: -2 ln of pyhf's best likelihood over the densities by scipy at each count's and each
auxiliary datum's best, its p-value `scipy.stats.chi2.sf`.
"""
import argparse
import json
import multiprocessing
import pathlib
import time

import numpy as np
import pyhf
import scipy.stats

FOLDER = pathlib.Path(__file__).parent
EXAMPLE = FOLDER.parent.parent / "examples" / "two_bins.json"
# Tested signal strength and observed counts: q0 has an excess, because it vanishes without.
CASES = {"qtilde": (1.0, [51.0, 48.0]), "q0": (0.0, [68.0, 61.0])}
# Statistics that vanish are left by pyhf's minimiser at up to about 1e-6.
NOISE = 1e-5
# pyhf's, for -2 to 2 standard deviations.
PERCENTILES = [2.27501319, 15.86552539, 50.0, 84.13447461, 97.72498681]

# Everything whose constraint counts: Normal ones of width 1 and others, Poisson ones, free
# parameters.
MIXED = {
    "version": "1.0.0",
    "channels": [
        {
            "name": "region",
            "samples": [
                {
                    "name": "signal",
                    "data": [3.0, 9.0, 14.0, 2.0],
                    "modifiers": [
                        {"name": "mu", "type": "normfactor", "data": None},
                        {"name": "lumi", "type": "lumi", "data": None},
                    ],
                },
                {
                    "name": "background",
                    "data": [40.0, 33.0, 21.0, 12.0],
                    "modifiers": [
                        {"name": "rate", "type": "normsys", "data": {"lo": 0.93, "hi": 1.08}},
                        {"name": "statistics", "type": "staterror", "data": [2.0, 1.5, 1.2, 1.0]},
                    ],
                },
                {
                    "name": "fakes",
                    "data": [6.0, 5.0, 3.0, 2.0],
                    "modifiers": [
                        {"name": "control", "type": "shapesys", "data": [2.0, 1.5, 1.0, 0.0]}
                    ],
                },
            ],
        }
    ],
    "observations": [{"name": "region", "data": [58.0, 41.0, 30.0, 9.0]}],
    "measurements": [
        {
            "name": "mixed",
            "config": {
                "poi": "mu",
                "parameters": [
                    {
                        "name": "lumi",
                        "inits": [1.0],
                        "bounds": [[0.5, 1.5]],
                        "auxdata": [1.0],
                        "sigmas": [0.017],
                    }
                ],
            },
        }
    ],
}


def two_bins(observed):
    model = pyhf.Workspace(json.loads(EXAMPLE.read_text())).model()
    return model, observed + model.config.auxdata


def toys(task):
    """Statistics under both hypotheses and the seconds that they took."""
    statistic, seed, count = task
    np.random.seed(seed)
    poi, observed = CASES[statistic]
    model, data = two_bins(observed)
    calculator = pyhf.infer.calculators.ToyCalculator(
        data, model, test_stat=statistic, ntoys=count, track_progress=False
    )
    start = time.perf_counter()
    signal, background = calculator.distributions(poi)
    seconds = time.perf_counter() - start
    clean = [np.where(each.samples < NOISE, 0.0, each.samples) for each in (signal, background)]
    return statistic, clean[0], clean[1], seconds


def tail(samples, values):
    """Part of the samples that are at least as large as each value."""
    return 1.0 - np.searchsorted(np.sort(samples), values, side="left") / len(samples)


def p_values(statistic, found):
    poi, observed = CASES[statistic]
    model, data = two_bins(observed)
    calculator = pyhf.infer.calculators.ToyCalculator(
        data, model, test_stat=statistic, ntoys=1, track_progress=False
    )
    distribution = pyhf.infer.calculators.EmpiricalDistribution
    signal = distribution(np.concatenate([each[1] for each in found]))
    background = distribution(np.concatenate([each[2] for each in found]))
    value = float(calculator.teststatistic(poi))
    cl_sb, cl_b, cl_s = (float(each) for each in calculator.pvalues(value, signal, background))
    above = [tail(each.samples, background.samples) for each in (signal, background)]
    columns = {"CLsb": above[0], "CLb": above[1], "CLs": above[0] / above[1]}
    return {
        "poi": poi,
        "data": observed,
        "n_toys": len(signal.samples),
        "statistic": value,
        "CLsb": cl_sb,
        "CLb": cl_b,
        "CLs": cl_s,
        "expected": {
            name: np.percentile(column, PERCENTILES).tolist() for name, column in columns.items()
        },
        "toys_per_second": round(2 * len(signal.samples) / sum(each[3] for each in found), 1),
    }


def saturated(model, data):
    """-2 ln L with every rate at its count and every constraint at its auxiliary datum."""
    bins, auxiliary = data[: model.config.nmaindata], data[model.config.nmaindata :]
    terms = [scipy.stats.poisson.logpmf(count, count) for count in bins]
    place = 0
    for name in model.config.auxdata_order:
        constraint = model.config.param_set(name)
        for i in range(constraint.n_parameters):
            datum = auxiliary[place]
            if constraint.pdf_type == "normal":
                terms.append(scipy.stats.norm.logpdf(datum, datum, constraint.width()[i]))
            else:
                terms.append(
                    -datum + scipy.special.xlogy(datum, datum) - scipy.special.gammaln(datum + 1)
                )
            place += 1
    return -2.0 * sum(terms)


def goodness(workspace):
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-12, maxiter=100000))
    workspace = pyhf.Workspace(workspace)
    model = workspace.model(
        modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
    )
    data = workspace.data(model)
    _, best = pyhf.infer.mle.fit(data, model, return_fitted_val=True)
    free = sum(
        int(not fixed)
        for name in model.config.par_order
        for fixed in model.config.param_set(name).suggested_fixed
        if not model.config.param_set(name).constrained
    )
    statistic = float(best) - saturated(model, np.array(data))
    degrees = model.config.nmaindata - free
    return {
        "workspace": workspace,
        "statistic": statistic,
        "degrees_of_freedom": degrees,
        "p_value": float(scipy.stats.chi2.sf(statistic, degrees)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--toys", type=int, default=5000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    tasks = [(name, seed, arguments.toys) for name in CASES for seed in arguments.seeds]
    with multiprocessing.Pool(arguments.processes) as pool:
        found = pool.map(toys, tasks, chunksize=1)
    result = {name: p_values(name, [each for each in found if each[0] == name]) for name in CASES}
    example = json.loads(EXAMPLE.read_text())
    result["goodness_of_fit"] = [goodness(example), goodness(MIXED)]
    (FOLDER / "toys" / "toys.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: result[name] for name in CASES}, indent=1))
