"""Make `information/information.json`: the information of Asimov data by pyhf's own likelihood.

usage: python make_information_reference.py

Needs `pip install "pyhf[jax]==0.7.6"`. For a few workspaces and points: the Hessian of -ln L on the
point's Asimov data by `jax.hessian`, and from its inverse uncertainties, ln det, their ratios to
the constraints' own widths, and the mean squared distance of -ln L from its parabola at fixed
normal variates. Full precision (64 bit).
"""
import json
import pathlib

import jax
import numpy as np
import pyhf

FOLDER = pathlib.Path(__file__).parent
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
SAMPLES = 12

# A background whose shape varies to either side, as two points of a detector parameter make it.
SHAPES = {
    "version": "1.0.0",
    "channels": [
        {
            "name": "region",
            "samples": [
                {
                    "name": "signal",
                    "data": [5.0, 18.0],
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                },
                {
                    "name": "background",
                    "data": [62.0, 41.0],
                    "modifiers": [
                        {
                            "name": "shape",
                            "type": "histosys",
                            "data": {"hi_data": [55.0, 47.5], "lo_data": [66.0, 37.0]},
                        },
                        {"name": "norm", "type": "normsys", "data": {"hi": 1.07, "lo": 0.95}},
                    ],
                },
            ],
        }
    ],
    "observations": [{"name": "region", "data": [62.0, 41.0]}],
    "measurements": [{"name": "shapes", "config": {"poi": "mu", "parameters": []}}],
}

# Few events: some samples lie outside the likelihood's domain.
FEW = {
    "version": "1.0.0",
    "channels": [
        {
            "name": "region",
            "samples": [
                {
                    "name": "signal",
                    "data": [4.0, 1.5],
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                },
                {
                    "name": "background",
                    "data": [1.2, 2.5],
                    "modifiers": [{"name": "control", "type": "shapesys", "data": [0.9, 1.1]}],
                },
            ],
        }
    ],
    "observations": [{"name": "region", "data": [1.0, 2.0]}],
    "measurements": [{"name": "few", "config": {"poi": "mu", "parameters": []}}],
}


def read(path):
    return json.loads(path.read_text())


def widths(model):
    """Root of the inverse of each constraint's expected information, as a function of the point."""
    found = {}
    for name in model.config.par_order:
        paramset = model.config.param_set(name)
        if not paramset.constrained:
            continue
        for i, p in enumerate(range(*model.config.par_slice(name).indices(10**6))):
            if paramset.pdf_type == "normal":
                found[p] = lambda theta, width=paramset.width()[i]: width
            else:
                found[p] = lambda theta, p=p, tau=paramset.factors[i]: np.sqrt(theta[p] / tau)
    return found


def reference(name, workspace, move, rng):
    model = pyhf.Workspace(workspace).model(modifier_settings=CODES)
    theta = np.array(model.config.suggested_init())
    theta[model.config.poi_index] = 1.0
    fixed = np.array(model.config.suggested_fixed())
    free = np.flatnonzero(~fixed)
    for k, p in enumerate(free):
        theta[p] += move * np.sin(1.7 * k + 0.3)
    asimov = model.expected_data(jax.numpy.array(theta))

    def nll(point):
        return -model.logpdf(point, asimov)[0]

    hessian = np.array(jax.hessian(nll)(jax.numpy.array(theta)))[np.ix_(free, free)]
    assert np.isfinite(hessian).all(), name
    covariance = np.linalg.inv(hessian)
    sigma = np.sqrt(np.diag(covariance))
    place = {p: i for i, p in enumerate(free.tolist())}
    ratios = [
        [p, sigma[place[p]] / width(theta)]
        for p, width in sorted(widths(model).items())
        if p in place
    ]
    normals = rng.standard_normal((SAMPLES, len(free)))
    root = np.linalg.cholesky(hessian)
    squares, left_out = [], 0
    for z in normals:
        point = theta.copy()
        point[free] += np.linalg.solve(root.T, z)
        counts = list(model.expected_actualdata(jax.numpy.array(point)))
        poisson = [
            point[p]
            for name in model.config.par_order
            if model.config.param_set(name).constrained
            and model.config.param_set(name).pdf_type == "poisson"
            for p in range(*model.config.par_slice(name).indices(len(point)))
        ]
        if min(counts) < 0 or min(poisson, default=1) <= 0:
            left_out += 1
            continue
        squares.append(
            float(nll(jax.numpy.array(point)) - nll(jax.numpy.array(theta)) - z @ z / 2) ** 2
        )
    return {
        "name": name,
        "workspace": workspace,
        "parameters": theta.tolist(),
        "free": free.tolist(),
        "information": hessian.tolist(),
        "sigma": sigma.tolist(),
        "ln_generalised_variance": float(-np.linalg.slogdet(hessian)[1]),
        "constraint_ratios": ratios,
        "constraint_deviation": float(sum((1 - ratio) ** 2 for _, ratio in ratios)),
        "normals": normals.tolist(),
        "gaussianity": float(np.mean(squares)),
        "left_out": left_out,
    }


pyhf.set_backend("jax")
rng = np.random.default_rng(20260520)
all_types = read(FOLDER / "all_types_qtilde.json")["workspace"]
two_bins = read(FOLDER.parent.parent / "examples" / "two_bins.json")
cases = [
    reference("all_types", all_types, 0.0, rng),
    reference("all_types_moved", all_types, 0.08, rng),
    reference("shapes", SHAPES, 0.0, rng),
    reference("shapes_moved", SHAPES, 0.2, rng),
    reference("two_bins", two_bins, 0.0, rng),
    reference("few", FEW, 0.0, rng),
]
for case in cases:
    print(case["name"], len(case["free"]), case["sigma"][0], case["gaussianity"], case["left_out"])
lines = ",\n".join(json.dumps(case) for case in cases)
(FOLDER / "information" / "information.json").write_text(f"[\n{lines}\n]\n")
