"""Print CLs of two workspaces with a bin that holds no background and in which nothing is observed.

usage: python make_empty_bins_reference.py, with "pyhf[minuit]==0.7.6" in a virtual environment.
The figures are pinned in tests/likelihoods/fits.rs. They stand apart from cases.py, because rates
of 0 have no place in make_reference.py's points.
"""
import pyhf

pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-11, maxiter=200000))
for signal in (0.0, 1.0):
    rate = {"name": "rate", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}}
    samples = [
        {
            "name": "signal",
            "data": [signal, 5.0],
            "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
        },
        {"name": "background", "data": [0.0, 50.0], "modifiers": [rate]},
    ]
    model = pyhf.Model({"channels": [{"name": "region", "samples": samples}]}, poi_name="mu")
    cls = pyhf.infer.hypotest(1.0, [0.0, 52.0] + model.config.auxdata, model, test_stat="qtilde")
    print(f"signal of the first bin {signal}: CLs {float(cls):.6f}")
