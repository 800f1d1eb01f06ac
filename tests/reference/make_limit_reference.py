"""Print pyhf's own upper limits of its two-bin example and of the five published models.

usage: python make_limit_reference.py FOLDER [NAME...]
Without names, of all of them. FOLDER holds NAME.json and NAME.signal.patch.json. Needs
"pyhf[jax]==0.7.6" and jsonpatch in a virtual environment. The figures are pinned in
tests/inference/limits.rs. Minutes, most of them for the last model.
"""
import json
import pathlib
import sys

import jsonpatch
import pyhf
from scipy.optimize import brentq

NAMES = (
    "ATLAS-SUSY-2018-14.combined",
    "ATLAS-SUSY-2018-31.simplified-A",
    "ATLAS-SUSY-2018-31.region-A",
    "ATLAS-SUSY-2018-04.combined",
    "ATLAS-SUSY-2019-09.onshell",
)
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
BRACKET = (0.1, 9.9)  # or the upper bound, where that is smaller


def show(name, data, model):
    # pyhf's upper_limit does not take JAX's arrays as keys of its cache; this is what it does.
    cache = {}

    def cls(poi):
        if poi not in cache:
            observed, band = pyhf.infer.hypotest(
                poi, data, model, test_stat="qtilde", return_expected_set=True
            )
            cache[poi] = [float(x) for x in (observed, *band)]
        return cache[poi]

    low, high = BRACKET
    high = min(high, model.config.suggested_bounds()[model.config.poi_index][1])
    limits = [brentq(lambda poi: cls(poi)[i] - 0.05, low, high, rtol=1e-7) for i in range(6)]
    print(name, limits, flush=True)


pyhf.set_backend("jax", pyhf.optimize.scipy_optimizer(tolerance=1e-11, maxiter=200000))
names = sys.argv[2:] or NAMES
two_bins = pyhf.simplemodels.uncorrelated_background([12, 11], [50, 52], [3, 7])
show("two bins", [51, 48] + two_bins.config.auxdata, two_bins)
folder = pathlib.Path(sys.argv[1])
for name in names:
    background = json.loads((folder / f"{name}.json").read_text())
    patch = json.loads((folder / f"{name}.signal.patch.json").read_text())
    workspace = pyhf.Workspace(jsonpatch.apply_patch(background, patch))
    model = workspace.model(modifier_settings=CODES)
    show(name, workspace.data(model), model)
