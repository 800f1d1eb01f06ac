"""Time pyhf's CLs (JAX backend, warm) and print it next to diffhep's; for scripts/bench-pyhf.

usage: bench_pyhf.py [--process] --program DIFFHEP TABLE.json
       bench_pyhf.py --model WORKSPACE PATCH          (in a process of its own: prints JSON)

TABLE.json is what benches/hypotest.rs wrote; DIFFHEP_LIKELIHOODS is the models' folder.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

MODELS = {"region-A": "ATLAS-SUSY-2018-31.region-A", "onshell": "ATLAS-SUSY-2019-09.onshell"}
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
WARM = 5
PROCESSES = 11


def seconds(run):
    """The result of `run`, and how long it took."""
    start = time.perf_counter()
    out = run()
    return out, time.perf_counter() - start


def time_pyhf(workspace, patch):
    """pyhf's CLs, the time of its first call and the median of warm ones, in seconds."""
    import jsonpatch
    import pyhf

    pyhf.set_backend("jax", precision="64b")
    spec = json.loads(pathlib.Path(workspace).read_text())
    spec = jsonpatch.apply_patch(spec, json.loads(pathlib.Path(patch).read_text()))
    workspace = pyhf.Workspace(spec)
    model = workspace.model(modifier_settings=CODES)
    data = workspace.data(model)

    def test():
        observed, band = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
        # Converted to numbers, so that nothing is still being computed.
        return float(observed), [float(value) for value in band]

    (observed, _), first = seconds(test)
    test()
    warm = statistics.median(seconds(test)[1] for _ in range(WARM))
    return {"cls_obs": observed, "first": first, "warm": warm}


def time_process(program, workspace, patch):
    """Median wall time of the whole program, in seconds."""
    command = [program, "cls", str(workspace), "-p", str(patch)]
    run = lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return statistics.median(seconds(run)[1] for _ in range(PROCESSES))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", nargs=2)
    parser.add_argument("--process", action="store_true")
    parser.add_argument("--program")
    parser.add_argument("table", nargs="?")
    arguments = parser.parse_args()
    if arguments.model:
        print(json.dumps(time_pyhf(*arguments.model)))
        return
    folder = pathlib.Path(os.environ["DIFFHEP_LIKELIHOODS"])
    ours = {row["model"]: row for row in json.loads(pathlib.Path(arguments.table).read_text())}
    print(f"pyhf: JAX, median of {WARM} warm calls; diffhep: median of the benches' table")
    print("model     pyhf first s  pyhf warm s  diffhep ms  warm/diffhep  pyhf CLs  diffhep CLs  difference")
    for name, file in MODELS.items():
        paths = [folder / f"{file}.json", folder / f"{file}.signal.patch.json"]
        if name not in ours or not all(path.exists() for path in paths):
            print(f"{name}: LEFT OUT: not in {folder}; set DIFFHEP_LIKELIHOODS")
            continue
        command = [sys.executable, __file__, "--model", *map(str, paths)]
        theirs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        own, milliseconds = ours[name]["cls_obs"], ours[name]["cls_ms"]
        print(
            f"{name:<9} {theirs['first']:>12.2f} {theirs['warm']:>12.3f} {milliseconds:>11.3f}"
            f" {1e3 * theirs['warm'] / milliseconds:>13.0f} {theirs['cls_obs']:>9.6f}"
            f" {own:>12.6f} {own - theirs['cls_obs']:>11.1e}",
            flush=True,
        )
        if arguments.process and name == "region-A":
            process = 1e3 * time_process(arguments.program, *paths)
            print(f"{name}: `diffhep cls` as a process, files included: {process:.1f} ms, median of {PROCESSES}")


main()
