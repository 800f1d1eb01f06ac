"""Make the JSON files of this folder: what pyhf says about the small workspaces of `cases.py`.

usage: python make_reference.py [NAME ...]      (all cases when no name is given)

Needs `pip install "pyhf[minuit]==0.7.6"`; the files were made with pyhf 0.7.6 (numpy backend, 64
bit), Python 3.11, numpy 2.4, scipy 1.17 and iminuit 2.33. One file NAME.json a case, next to this
script: parameters, auxiliary data, ln L and expected data at fixed points (full precision), and
minima of -2 ln L, CLs and p0 (10 digits: they carry the noise of a numerical minimiser).
"""
import json
import logging
import pathlib
import sys
import warnings

import iminuit
import numpy as np
import pyhf
import scipy.optimize

from cases import CASES

CODES = {"normsys": "code4", "histosys": "code4p"}
ALPHAS = (0.4, -0.7, 1.0, -1.0, 1.8, -2.3)  # normsys and histosys: inside, at and beyond +-1
SCALES = (0.6, 1.3, 0.9, 2.2, 0.1, 1.6)  # normfactor and shapefactor
GAMMAS = (0.94, 1.07, 1.0, 1.12, 0.89, 1.03)  # shapesys, staterror and lumi
AGREE = 1e-6  # the two minimisers must agree this well in -2 ln L


class Better:
    """Optimizer for pyhf: SLSQP and MIGRAD, each from the start values, then from the best minimum."""

    name = "better"
    worst = 0.0  # largest difference between the two minimisers' last minima

    def minimize(
        self, objective, data, pdf, init_pars, par_bounds, fixed_vals=(), return_fitted_val=False
    ):
        pars = np.array(init_pars, dtype=float)
        fixed = [index for index, _ in fixed_vals]
        free = [index for index in range(len(pars)) if index not in fixed]
        bounds = [par_bounds[index] for index in free]

        def value(point):
            full = pars.copy()
            full[free] = point
            return float(objective(full, data, pdf)[0])

        def slsqp(start):
            return scipy.optimize.minimize(
                value,
                start,
                method="SLSQP",
                jac="3-point",
                bounds=bounds,
                tol=1e-11,
                options={"maxiter": 2000},
            ).x

        def migrad(start):
            minuit = iminuit.Minuit(value, start)
            minuit.limits, minuit.errordef, minuit.strategy, minuit.tol = bounds, 1, 2, 1e-5
            return np.array(minuit.migrad(ncall=100000).values)

        start = pars[free]
        best = min((slsqp(start), migrad(start)), key=value)
        ends = slsqp(best), migrad(best)
        self.worst = max(self.worst, abs(value(ends[0]) - value(ends[1])))
        pars[free] = min((best, *ends), key=value)
        return (pars, np.array(value(pars[free]))) if return_fitted_val else pars


def points(config):
    """The start values and six other points; fixed parameters move only in the last one."""
    inits, fixed = config.suggested_init(), config.suggested_fixed()
    values = []
    for name in config.par_order:
        parameter = config.param_set(name)
        if not parameter.constrained:
            values += [SCALES] * parameter.n_parameters
        elif parameter.is_scalar and name != "lumi":
            values += [ALPHAS]
        else:
            values += [GAMMAS] * parameter.n_parameters
    moved = [[value[(k + i) % 6] for i, value in enumerate(values)] for k in range(6)]
    return [inits] + [np.where(fixed, inits, point).tolist() for point in moved[:-1]] + [moved[-1]]


def likelihood(model, data, point):
    """ln L and expected data at one point; every rate must be positive there."""
    main, aux = np.split(model.expected_data(point), [model.config.nmaindata])
    assert (main > 0).all(), (point, main)
    logpdf = float(model.logpdf(point, data)[0])
    return {
        "parameters": point,
        "logpdf": logpdf,
        "expected_main": main.tolist(),
        "expected_aux": aux.tolist(),
    }


def digits(value):
    """A fitted number, cut to the digits it can hold."""
    return float(f"{float(value):.10g}")


def hypotest(poi, data, model, test_stat):
    """Observed and expected p-values, or None where pyhf gives none."""
    try:
        observed, band = pyhf.infer.hypotest(
            poi, data, model, test_stat=test_stat, return_expected_set=True
        )
    except (ValueError, ArithmeticError, pyhf.exceptions.FailedMinimization) as error:
        print("    no", test_stat, "for POI", poi, "-", error)
        return None
    numbers = [digits(value) for value in (observed, *band)]
    return (numbers[0], numbers[1:]) if np.isfinite(numbers).all() else None


def reference(case):
    """Everything the tests compare with, for one case."""
    workspace = pyhf.Workspace(case["workspace"])
    codes = CODES | case["interpolation"]
    settings = {kind: {"interpcode": code} for kind, code in codes.items()}
    model = workspace.model(measurement_name=case["measurement"], modifier_settings=settings)
    data, config = workspace.data(model), model.config
    poi, test_stat = case["test_poi"], case["test_stat"]
    mle = pyhf.infer.mle
    free = mle.fit(data, model, return_fitted_val=True)
    tested, zero = (
        mle.fixed_poi_fit(mu, data, model, return_fitted_val=True)[1] for mu in (poi, 0.0)
    )
    cls = hypotest(poi, data, model, test_stat)
    p0 = hypotest(0.0, data, model, "q0")
    print(
        f"{case['name']}: {config.npars} parameters, fitted POI {free[0][config.poi_index]:.4f}, CLs {cls[0]}"
    )
    return {
        "name": case["name"],
        "what": case["what"],
        "source": {"pyhf": pyhf.__version__, "interpolation": codes},
        "test_stat": test_stat,
        "test_poi": poi,
        "workspace": case["workspace"],
        "measurement": case["measurement"],
        "parameters": [
            {
                "name": name,
                "fixed": bool(fixed),
                "init": float(init),
                "bounds": [float(bound) for bound in bounds],
            }
            for name, fixed, init, bounds in zip(
                config.par_names,
                config.suggested_fixed(),
                config.suggested_init(),
                config.suggested_bounds(),
            )
        ],
        "auxdata": [float(value) for value in config.auxdata],
        "observations": [float(value) for value in data[: config.nmaindata]],
        "likelihood": [likelihood(model, data, point) for point in points(config)],
        "fits": {
            "free": {"twice_nll": digits(free[1])},
            "poi_fixed": {"poi": poi, "twice_nll": digits(tested)},
            "poi_0": {"poi": 0.0, "twice_nll": digits(zero)},
        },
        "cls": {"observed": cls[0], "expected": cls[1]},
        "discovery": p0 and {"observed_p0": p0[0], "expected_p0": p0[1]},
    }


def text(value, depth=1):
    """JSON with one entry of the outer levels per line, so that a change affects few lines."""
    if not depth or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, allow_nan=False)
    if isinstance(value, list):
        return "[\n    " + ",\n    ".join(text(entry, 0) for entry in value) + "\n  ]"
    deep = ("parameters", "likelihood")
    return (
        "{\n  "
        + ",\n  ".join(f'"{key}": {text(entry, int(key in deep))}' for key, entry in value.items())
        + "\n}\n"
    )


def main(names):
    """Write the files of the named cases, or of all."""
    assert pyhf.__version__ == "0.7.6", pyhf.__version__
    logging.getLogger("pyhf").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", iminuit.util.IMinuitWarning)  # start values at a bound
    better = Better()
    pyhf.set_backend("numpy", better, precision="64b")
    for case in CASES:
        if names and case["name"] not in names:
            continue
        better.worst = 0.0
        path = pathlib.Path(__file__).with_name(case["name"] + ".json")
        path.write_text(text(reference(case)))
        print(f"    minimisers differ by at most {better.worst:.1e}", flush=True)
        assert better.worst < AGREE, better.worst


if __name__ == "__main__":
    main(sys.argv[1:])
