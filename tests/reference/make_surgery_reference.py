"""Writes surgery/surgery.json: what pyhf 0.7.6 makes of workspaces and patch sets, and its digests.

usage: make_surgery_reference.py FOLDER_OF_PUBLISHED_WORKSPACES
"""

import copy
import json
import math
import pathlib
import random
import struct
import sys

import pyhf

assert pyhf.__version__ == "0.7.6", pyhf.__version__
FOLDER = pathlib.Path(__file__).parent
ALGORITHMS = ["md5", "sha224", "sha256", "sha384", "sha512"]
PUBLISHED = [
    "ATLAS-SUSY-2018-14.combined",
    "ATLAS-SUSY-2018-31.simplified-A",
    "ATLAS-SUSY-2018-31.region-A",
    "ATLAS-SUSY-2018-04.combined",
    "ATLAS-SUSY-2019-09.onshell",
]


def modifier(name, kind, data=None):
    return {"name": name, "type": kind, "data": data}


def lumi(sigma):
    return {"name": "lumi", "inits": [1.0], "bounds": [[0, 2]], "auxdata": [1], "sigmas": [sigma]}


# All modifier types, names out of order and beyond ASCII, whole numbers among others.
LEFT = {
    "channels": [
        {
            "name": "signal région",
            "samples": [
                {
                    "name": "signal",
                    "data": [6, 1e-05, 9.0],
                    "modifiers": [modifier("µ", "normfactor"), modifier("lumi", "lumi")],
                },
                {
                    "name": "bkg Z→νν",
                    "data": [50.0, 123456789.12345679, 0.30000000000000004],
                    "modifiers": [
                        modifier("jes", "normsys", {"hi": 1.1, "lo": 0.9}),
                        modifier(
                            "jes",
                            "histosys",
                            {"lo_data": [47, 39.5, 0.1], "hi_data": [54.0, 42.25, 1e-300]},
                        ),
                        modifier("stat \"SR\"", "staterror", [2.0, 3, 0.001]),
                        modifier("A free", "shapefactor"),
                    ],
                },
                {
                    "name": "fakes",
                    "data": [10.0, 6.0, 1e16],
                    "modifiers": [modifier("fake shape", "shapesys", [2, 1.5, 1e15])],
                },
            ],
        },
        {
            "name": "control",
            "samples": [
                {
                    "name": "bkg Z→νν",
                    "data": [100.0, 90.0],
                    "modifiers": [
                        modifier("norm", "normsys", {"lo": 0.93, "hi": 1.08}),
                        modifier("lumi", "lumi"),
                    ],
                },
                {"name": "fakes", "data": [3, 2.5], "modifiers": []},
            ],
        },
        {
            "name": "Validation",
            "samples": [
                {
                    "name": "other",
                    "data": [20.0],
                    "modifiers": [modifier("norm", "normsys", {"lo": 1, "hi": 1.0})],
                }
            ],
        },
    ],
    "observations": [
        {"name": "signal région", "data": [68, 123456800.0, 1e16]},
        {"name": "control", "data": [105.0, 92]},
        {"name": "Validation", "data": [19]},
    ],
    "measurements": [
        {
            "name": "main \\ fit",
            "config": {
                "poi": "µ",
                "parameters": [lumi(0.02), {"name": "µ", "inits": [0.5], "bounds": [[0.0, 8]]}],
            },
        },
        {
            "name": "a second",
            "config": {"poi": "µ", "parameters": [lumi(0.03), {"name": "jes", "fixed": True}]},
        },
    ],
    "version": "1.0.0",
}


def right(edit):
    workspace = copy.deepcopy(LEFT)
    edit(workspace)
    return workspace


def disjoint(workspace):
    for channel, observation in zip(workspace["channels"], workspace["observations"]):
        channel["name"] = observation["name"] = f"{channel['name']} 2016"
    for measurement in workspace["measurements"]:
        measurement["name"] += " 2016"


def shared(workspace):
    """A left channel and observation, as equal numbers, and a measurement with more settings."""
    disjoint(workspace)
    control = copy.deepcopy(LEFT["channels"][1])
    control["samples"][0]["data"] = [100, 90]
    workspace["channels"][1] = control
    workspace["observations"][1] = {"data": [105, 92.0], "name": "control"}
    workspace["measurements"][0] = {
        "name": "main \\ fit",
        "config": {"parameters": [{"name": "norm", "fixed": False}, lumi(0.02)], "poi": "µ"},
    }


def other_channel(workspace):
    shared(workspace)
    control = workspace["channels"][1]
    control["samples"][0]["data"] = [101.0, 90.0]
    control["samples"].append({"name": "new", "data": [1.0, 2.0], "modifiers": []})


def other_observation(workspace):
    shared(workspace)
    workspace["observations"][1]["data"][0] = 106


def other_poi(workspace):
    shared(workspace)
    workspace["measurements"][0]["config"]["poi"] = "norm"


def other_settings(workspace):
    shared(workspace)
    workspace["measurements"][0]["config"]["parameters"][1]["sigmas"] = [0.025]


def only_measurements(workspace):
    """Channels of other names, measurements of the same ones."""
    for channel, observation in zip(workspace["channels"], workspace["observations"]):
        channel["name"] = observation["name"] = f"{channel['name']} 2016"


RIGHTS = {
    edit.__name__: right(edit)
    for edit in [
        disjoint,
        shared,
        other_channel,
        other_observation,
        other_poi,
        other_settings,
        only_measurements,
    ]
}
PATCHES = [
    (
        "light_1",
        [100, "bino"],
        [{"op": "replace", "path": "/channels/0/samples/0/data", "value": [3, 4.0, 5e-05]}],
    ),
    (
        "heavy",
        [300.5, "bino"],
        [
            {
                "op": "add",
                "path": "/channels/1/samples/-",
                "value": {
                    "name": "señal",
                    "data": [1, 2.0],
                    "modifiers": [modifier("µ", "normfactor")],
                },
            }
        ],
    ),
    ("heavier", [300.5, "400"], [{"op": "remove", "path": "/channels/2/samples/0/modifiers/0"}]),
]
PATCHSET = {
    "version": "1.0.0",
    "metadata": {
        "references": {"hepdata": "ins1234567"},
        "description": "a grid of two directions",
        "digests": {
            name: pyhf.utils.digest(pyhf.Workspace(LEFT), algorithm=name)
            for name in ["md5", "sha256"]
        },
        "labels": ["mass", "kind"],
        "analysis": "ours",
    },
    "patches": [
        {
            "metadata": {
                "name": name,
                "values": values,
                "analysis": "the patch's own",
                "events": 10,
            },
            "patch": patch,
        }
        for name, values, patch in PATCHES
    ],
}


# Many cases have one result.
results = {}


def outcome(make):
    try:
        made = make()
    except (
        pyhf.exceptions.InvalidWorkspaceOperation,
        pyhf.exceptions.InvalidSpecification,
        ValueError,
    ) as error:
        return {"error": type(error).__name__}
    digest = pyhf.utils.digest(made)
    results[digest] = made
    return {"sha256": digest}


def prunings():
    for arguments in [
        {},
        {"channels": ["control"]},
        {"channels": ["control", "Validation"], "samples": ["fakes"]},
        {"samples": ["signal"]},
        {"samples": ["other"]},
        {"modifiers": ["jes"]},
        {"modifiers": ["µ", "stat \"SR\""]},
        {"modifiers": ["lumi"], "modifier_types": ["normfactor"]},
        {"modifier_types": ["normsys", "shapesys"]},
        {"modifier_types": ["staterror", "shapefactor", "lumi"]},
        {"measurements": ["main \\ fit"]},
        {"measurements": ["main \\ fit", "a second"]},
        {"channels": ["signal région", "control", "Validation"]},
        {"channels": ["nowhere"]},
        {"samples": ["none"]},
        {"modifiers": ["missing"]},
        {"modifier_types": ["nosuch"]},
        {"measurements": ["third"]},
    ]:
        yield {"arguments": arguments, **outcome(lambda: pyhf.Workspace(LEFT).prune(**arguments))}


def renamings():
    for arguments in [
        {},
        {"channels": {"control": "CR", "signal région": "SR ∑"}},
        {"channels": {"control": "Validation", "Validation": "control"}},
        {"samples": {"bkg Z→νν": "Znunu"}},
        {"modifiers": {"µ": "mu", "norm": "jes"}},
        {"modifiers": {"lumi": "luminosity"}},
        {"measurements": {"a second": "second", "main \\ fit": "a second"}},
        {"channels": {"nowhere": "x"}},
        {"samples": {"none": "x"}},
        {"modifiers": {"missing": "x"}},
        {"measurements": {"third": "x"}},
    ]:
        yield {"arguments": arguments, **outcome(lambda: pyhf.Workspace(LEFT).rename(**arguments))}


def combinations():
    left = pyhf.Workspace(LEFT)
    for name, workspace in RIGHTS.items():
        for join in pyhf.Workspace.valid_joins:
            for merge in [False, True]:
                arguments = {"right": name, "join": join, "merge_channels": merge}
                made = outcome(
                    lambda: pyhf.Workspace.combine(
                        left, pyhf.Workspace(workspace), join=join, merge_channels=merge
                    )
                )
                yield {"arguments": arguments, **made}


def documents():
    """JSON texts: numbers of every size, texts with every kind of character."""
    rng = random.Random(20261122)
    numbers = []
    while len(numbers) < 1000:
        (number,) = struct.unpack("<d", rng.getrandbits(64).to_bytes(8, "little"))
        if math.isfinite(number):
            numbers.append(number)
    yield json.dumps(numbers)
    yield json.dumps([2.0**exponent for exponent in range(-1074, 1024)])
    yield json.dumps(
        [
            sign * digit * 10.0**exponent
            for exponent in range(-20, 25)
            for digit in [1, 1.5, 9.999]
            for sign in [1, -1]
        ]
    )
    yield json.dumps(
        [rng.uniform(0, 1000) for _ in range(300)]
        + [rng.randrange(-(10**15), 10**15) / 1000 for _ in range(300)]
    )
    yield "[0, -1, 1, 1.0, 1e0, 10E-1, 1.50, -0.0, 0.0, 1e-5, 0.00001, 0.0001, 1e15, 1e16, 1E+16, 100000000000000000.0]"
    yield "[18446744073709551615, -9223372036854775808, 9007199254740993, 9007199254740993.0, 2.2250738585072011e-308]"
    yield '{"b": {"z": [], "a": {}}, "B": null, "é": true, "z": [[], [{}], false], "": [1], "a b": "c"}'
    yield json.dumps(
        {
            chr(c): chr(c)
            for c in [*range(0x20, 0x180), 0x3B1, 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0x1F600]
        }
    )
    yield json.dumps("".join(map(chr, range(0, 0x120))) + "\\u0041/\U0001F600")
    yield '{"escapes": "\\u00e9\\u0001\\u001F\\u007f\\/\\"\\\\\\b\\f\\n\\r\\t\\ud83d\\ude00"}'


def digests(value):
    return {name: pyhf.utils.digest(value, algorithm=name) for name in ALGORITHMS}


def extractions(patchset):
    for patch in patchset:
        with_metadata = {"metadata": {**patch.metadata, **patchset.metadata}, "patch": patch.patch}
        applied = patchset.apply(pyhf.Workspace(LEFT), patch.name)
        yield {
            "name": patch.name,
            "values": patch.values,
            "patch": patch.patch,
            "with_metadata": with_metadata,
            "applied": applied,
        }


published = {}
for name in PUBLISHED:
    workspace = pyhf.Workspace(json.loads((pathlib.Path(sys.argv[1]) / f"{name}.json").read_text()))
    published[name] = {
        "digests": {
            algorithm: pyhf.utils.digest(workspace, algorithm=algorithm)
            for algorithm in ["md5", "sha256"]
        },
        "sorted": pyhf.utils.digest(pyhf.Workspace.sorted(workspace)),
    }

reference = {
    "left": LEFT,
    "rights": RIGHTS,
    "patchset": PATCHSET,
    "prune": list(prunings()),
    "rename": list(renamings()),
    "combine": list(combinations()),
    "sort": outcome(lambda: pyhf.Workspace.sorted(pyhf.Workspace(LEFT))),
    "digests": [{"text": text, "digests": digests(json.loads(text))} for text in documents()],
    "workspace_digests": digests(pyhf.Workspace(LEFT)),
    "extract": list(extractions(pyhf.PatchSet(PATCHSET))),
    "published": published,
}
reference["results"] = results
for operation in ["prune", "rename", "combine"]:
    print(
        operation,
        len(reference[operation]),
        sum("error" in case for case in reference[operation]),
        "errors",
    )
lines = []
for key, value in reference.items():
    if isinstance(value, list):
        entries = ",\n".join(json.dumps(item, ensure_ascii=False) for item in value)
        lines.append(f"{json.dumps(key)}: [\n{entries}\n]")
    elif key == "results":
        entries = ",\n".join(
            f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items()
        )
        lines.append(f"{json.dumps(key)}: {{\n{entries}\n}}")
    else:
        lines.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
(FOLDER / "surgery" / "surgery.json").write_text(
    "{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8"
)
