"""Print CLs and its expected band for two points of the published signal grid of region-A.

usage: python make_grid_reference.py FOLDER
FOLDER holds ATLAS-SUSY-2018-31.region-A.json and .signal-grid.tar.gz. Needs "pyhf[jax]==0.7.6" and
jsonpatch in a virtual environment. The figures are pinned in tests/likelihoods/published.rs.
"""
import json
import pathlib
import sys
import tarfile

import jsonpatch
import pyhf

POINTS = ("1300_205_60", "1400_950_60")
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}

pyhf.set_backend("jax", pyhf.optimize.scipy_optimizer(tolerance=1e-11, maxiter=200000))
name = "ATLAS-SUSY-2018-31.region-A"
folder = pathlib.Path(sys.argv[1])
background = json.loads((folder / f"{name}.json").read_text())
with tarfile.open(folder / f"{name}.signal-grid.tar.gz") as grid:
    for point in POINTS:
        member = next(m for m in grid.getnames() if m.endswith(f"patch.sbottom_{point}.json"))
        patch = json.load(grid.extractfile(member))
        workspace = pyhf.Workspace(jsonpatch.apply_patch(background, patch))
        model = workspace.model(modifier_settings=CODES)
        data = workspace.data(model)
        observed, band = pyhf.infer.hypotest(
            1.0, data, model, test_stat="qtilde", return_expected_set=True
        )
        print(point, repr(float(observed)), [float(x) for x in band], flush=True)
