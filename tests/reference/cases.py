"""The workspaces that `make_reference.py` gives to pyhf, each of which pins one feature.

All yields are made up.
"""
from functools import partial


def modifier(kind, name, data=None):
    return {"name": name, "type": kind, "data": data}


def normsys(name, lo, hi):
    return modifier("normsys", name, {"lo": lo, "hi": hi})


def histosys(name, lo, hi):
    return modifier("histosys", name, {"lo_data": lo, "hi_data": hi})


normfactor, shapefactor = partial(modifier, "normfactor"), partial(modifier, "shapefactor")
shapesys, staterror = partial(modifier, "shapesys"), partial(modifier, "staterror")
MU, LUMI = normfactor("mu"), modifier("lumi", "lumi")


def sample(name, data, *modifiers):
    return {"name": name, "data": data, "modifiers": list(modifiers)}


def measurement(name, *parameters, poi="mu"):
    return {"name": name, "config": {"poi": poi, "parameters": list(parameters)}}


def workspace(channels, observed, *measurements):
    """A workspace from {channel: samples} and {channel: counts}, both kept in the order given."""
    return {
        "channels": [{"name": name, "samples": samples} for name, samples in channels.items()],
        "observations": [{"name": name, "data": data} for name, data in observed.items()],
        "measurements": list(measurements) or [measurement("fit")],
        "version": "1.0.0",
    }


def lumi(sigma, init=1.0, aux=1.0, bounds=(0.5, 1.5)):
    return {
        "name": "lumi",
        "inits": [init],
        "auxdata": [aux],
        "sigmas": [sigma],
        "bounds": [list(bounds)],
    }


def one_channel(signal, background, observed, *measurements):
    return workspace({"region": [signal, background]}, {"region": observed}, *measurements)


CASES = []


def case(name, what, spec, *, test_stat="qtilde", test_poi=1.0, measurement=None, **interpolation):
    entry = {"name": name, "what": what, "workspace": spec, "interpolation": interpolation}
    CASES.append(entry | {"test_stat": test_stat, "test_poi": test_poi, "measurement": measurement})


case(
    "shapesys_two_bin",
    "pyhf's two-bin example: Poisson-constrained, bin by bin uncorrelated background (shapesys).",
    one_channel(
        sample("signal", [12.0, 11.0], MU),
        sample("background", [50.0, 52.0], shapesys("uncorrelated", [3.0, 7.0])),
        [51.0, 48.0],
    ),
)

NORMSYS = one_channel(
    sample("signal", [4.0, 7.0], MU, normsys("theory", 0.93, 1.05)),
    sample("background", [31.0, 24.0], normsys("rate", 0.88, 1.17)),
    [33.0, 27.0],
)
case("normsys_code4", "normsys with interpolation code 4, asymmetric.", NORMSYS)
case(
    "normsys_code1",
    "normsys with code 1, the workspace of normsys_code4.",
    NORMSYS,
    normsys="code1",
)

HISTOSYS = one_channel(
    sample("signal", [2.0, 5.0, 6.0], MU, histosys("tilt", [2.2, 5.1, 5.6], [1.9, 4.8, 6.3])),
    sample(
        "background", [40.0, 28.0, 17.0], histosys("shape", [36.0, 29.5, 14.0], [45.0, 27.0, 19.5])
    ),
    [43.0, 30.0, 21.0],
)
case("histosys_code4p", "histosys with interpolation code 4p, asymmetric.", HISTOSYS)
case(
    "histosys_code0",
    "histosys with code 0, the workspace of histosys_code4p.",
    HISTOSYS,
    histosys="code0",
)
case(
    "histosys_code2",
    "histosys with code 2, the workspace of histosys_code4p. pyhf 0.7.6 jumps at alpha = +-1: "
    "beyond +1 the shift is (b + 2a)(alpha - 1), below -1 it is (b - 2a) alpha.",
    HISTOSYS,
    histosys="code2",
)

case(
    "code1_code0_q_negative_poi",
    "normsys code 1 with histosys code 0, statistic q, a POI allowed (and fitted) below 0.",
    one_channel(
        sample("signal", [1.5, 4.0, 6.0, 3.0], MU, normsys("eff", 0.9, 1.08)),
        sample(
            "background",
            [64.0, 52.0, 38.0, 30.0],
            normsys("rate", 0.94, 1.05),
            histosys("shape", [60.0, 50.5, 39.0, 32.0], [69.0, 54.0, 36.5, 28.5]),
        ),
        [66.0, 49.0, 33.0, 28.0],
        measurement("fit", {"name": "mu", "bounds": [[-4.0, 10.0]]}),
    ),
    test_stat="q",
    test_poi=1.5,
    normsys="code1",
    histosys="code0",
)

case(
    "shared_normsys_coupled_histosys",
    "Two channels: a normsys shared by samples and channels, a histosys coupling both channels; codes 1 and 0, "
    "statistic q with the POI still bounded at 0.",
    workspace(
        {
            "signal_region": [
                sample("signal", [5.0, 9.0], MU, normsys("scale", 0.95, 1.04)),
                sample(
                    "background",
                    [42.0, 33.0],
                    normsys("scale", 0.9, 1.12),
                    histosys("shape", [39.0, 34.0], [46.0, 31.5]),
                ),
            ],
            "control_region": [
                sample(
                    "background",
                    [88.0, 71.0, 60.0],
                    normsys("scale", 0.92, 1.1),
                    histosys("shape", [84.0, 72.0, 62.0], [93.5, 70.0, 57.0]),
                )
            ],
        },
        {"signal_region": [45.0, 38.0], "control_region": [91.0, 69.0, 58.0]},
    ),
    test_stat="q",
    normsys="code1",
    histosys="code0",
)

case(
    "shapefactor_data_driven",
    "Data-driven background: one shapefactor fixes the shape in a control channel, a normsys moves the transfer; "
    "codes 1 and 0.",
    workspace(
        {
            "control": [sample("multijet", [100.0, 100.0, 100.0], shapefactor("shape"))],
            "search": [
                sample("signal", [2.0, 6.0, 9.0], MU, normsys("eff", 0.92, 1.07)),
                sample(
                    "multijet",
                    [25.0, 25.0, 25.0],
                    shapefactor("shape"),
                    normsys("transfer", 0.85, 1.2),
                ),
            ],
        },
        {"control": [131.0, 96.0, 58.0], "search": [36.0, 27.0, 20.0]},
    ),
    normsys="code1",
    histosys="code0",
)

DEAD = [
    sample("signal", [3.0, 6.0, 8.0, 2.0], MU),
    sample("background", [50.0, 0.0, 20.0, 14.0], shapesys("uncorrelated", [6.0, 2.0, 0.0, 4.0])),
    sample("other", [1.0, 3.0, 1.0, 1.5], normsys("rate", 0.8, 1.25)),
]
case(
    "shapesys_dead_bins",
    "shapesys bins with nominal 0 or uncertainty 0: fixed, tau = 1, and their constants stay in ln L.",
    workspace({"region": DEAD}, {"region": [52.0, 5.0, 25.0, 17.0]}),
)
case(
    "override_frees_dead_bins",
    "A measurement's \"fixed\": false replaces the flags of all bins, so dead shapesys and staterror bins float.",
    workspace(
        {
            "region": [
                *DEAD,
                sample("extra", [2.0, 2.5, 1.0, 3.0], staterror("stat", [0.4, 0.0, 0.3, 0.5])),
            ]
        },
        {"region": [52.0, 7.0, 27.0, 19.0]},
        measurement(
            "fit", {"name": "uncorrelated", "fixed": False}, {"name": "stat", "fixed": False}
        ),
    ),
)

case(
    "staterror_several_samples",
    "One staterror on two of three samples: widths from the sums over the samples that carry it; "
    "a bin without uncertainty and one without nominal are fixed with width 1.",
    workspace(
        {
            "region": [
                sample("signal", [3.0, 5.0, 7.0, 2.0], MU),
                sample("top", [22.0, 18.0, 9.0, 0.0], staterror("stat", [2.5, 0.0, 1.8, 0.6])),
                sample("wjets", [15.0, 11.0, 8.0, 0.0], staterror("stat", [1.5, 0.0, 2.0, 0.4])),
                sample("fixed", [2.0, 2.0, 2.0, 2.0]),
            ]
        },
        {"region": [44.0, 33.0, 25.0, 3.0]},
    ),
)

case(
    "staterror_order",
    "staterror parameters are sorted by name, whatever channel is walked first (unlike every other type).",
    workspace(
        {
            name: [
                sample("signal", signal, MU),
                sample("background", background, staterror(stat, uncertainty)),
            ]
            for name, stat, signal, background, uncertainty in [
                ("a_first", "stat_z", [2.0, 4.0], [20.0, 14.0], [2.0, 1.5]),
                ("b_second", "stat_m", [3.0, 3.0, 1.0], [30.0, 22.0, 9.0], [3.0, 2.0, 1.2]),
                ("c_third", "stat_a", [1.0, 6.0], [12.0, 16.0], [1.0, 2.5]),
            ]
        },
        {"a_first": [22.0, 17.0], "b_second": [31.0, 25.0, 8.0], "c_third": [14.0, 20.0]},
    ),
)

case(
    "staterror_two_channels",
    "One staterror name in two channels: not correlated, the parameter gets the bins of both, channel after channel.",
    workspace(
        {
            "left": [
                sample("signal", [2.0, 4.0], MU),
                sample("background", [20.0, 14.0], staterror("stat", [2.0, 1.5])),
            ],
            "right": [
                sample("signal", [3.0, 5.0, 1.0], MU),
                sample("background", [26.0, 12.0, 7.0], staterror("stat", [3.0, 2.2, 0.0])),
            ],
        },
        {"left": [19.0, 18.0], "right": [31.0, 16.0, 6.0]},
    ),
)

case(
    "lumi_overrides",
    "lumi with inits, bounds, auxdata and sigmas from the measurement; the auxiliary datum is not the start value.",
    one_channel(
        sample("signal", [6.0, 9.0], MU, LUMI),
        sample("background", [48.0, 35.0], LUMI, normsys("rate", 0.93, 1.06)),
        [55.0, 40.0],
        measurement("fit", lumi(0.03, init=1.0, aux=0.98, bounds=(0.8, 1.2))),
    ),
)

case(
    "measurement_overrides",
    "A measurement overriding inits, bounds, fixed and auxdata of scalar parameters, auxdata and factors of a "
    "shapesys, sigmas, auxdata and bounds of a staterror.",
    workspace(
        {
            "region": [
                sample("signal", [4.0, 8.0, 5.0], MU, normsys("frozen", 0.9, 1.1)),
                sample(
                    "background",
                    [36.0, 27.0, 18.0],
                    normsys("pulled", 0.92, 1.1),
                    histosys("shape", [34.0, 27.5, 19.0], [39.0, 26.0, 16.5]),
                    shapesys("uncorrelated", [3.0, 2.7, 2.0]),
                ),
                sample(
                    "rare",
                    [5.0, 6.0, 7.0],
                    normfactor("k_rare"),
                    staterror("stat", [0.7, 0.9, 1.2]),
                ),
            ]
        },
        {"region": [43.0, 39.0, 27.0]},
        measurement(
            "fit",
            {"name": "mu", "inits": [0.5], "bounds": [[0.0, 5.0]]},
            {"name": "k_rare", "inits": [1.2], "fixed": True},
            {"name": "frozen", "inits": [0.6], "fixed": True},
            {"name": "pulled", "auxdata": [0.4], "bounds": [[-3.0, 3.0]]},
            {"name": "shape", "inits": [-0.2]},
            {
                "name": "uncorrelated",
                "auxdata": [120.0, 90.0, 85.0],
                "factors": [125.0, 95.0, 80.0],
            },
            {
                "name": "stat",
                "sigmas": [0.2, 0.1, 0.15],
                "auxdata": [1.05, 1.0, 0.95],
                "bounds": [[0.4, 1.6], [0.5, 1.5], [0.6, 1.4]],
            },
        ),
    ),
)

case(
    "second_measurement",
    "Two measurements; the second is selected by name, with another POI and other overrides.",
    workspace(
        {
            "region": [
                sample("signal", [3.0, 7.0, 4.0], MU),
                sample("exotic", [6.0, 2.0, 3.0], normfactor("nu"), LUMI),
                sample("background", [28.0, 22.0, 19.0], LUMI, normsys("rate", 0.9, 1.12)),
            ]
        },
        {"region": [38.0, 30.0, 26.0]},
        measurement("standard", lumi(0.02)),
        measurement(
            "exotic",
            lumi(0.05, bounds=(0.6, 1.4)),
            {"name": "mu", "inits": [0.7], "fixed": True},
            poi="nu",
        ),
    ),
    measurement="exotic",
    test_poi=1.4,
)

case(
    "name_shared_by_types",
    "One parameter for a normsys and a histosys of the same name; it stands among the histosys.",
    one_channel(
        sample(
            "signal", [5.0, 8.0], MU, normsys("another", 0.96, 1.03), normsys("jes", 0.97, 1.04)
        ),
        sample(
            "background",
            [44.0, 30.0],
            normsys("jes", 0.94, 1.07),
            histosys("jes", [42.5, 31.0], [46.0, 28.0]),
            histosys("zoom", [43.0, 29.0], [45.5, 30.5]),
        ),
        [47.0, 34.0],
    ),
)

case(
    "unsorted_and_missing",
    "Channels, samples, modifiers and observations out of order in the file; samples missing in some channels.",
    workspace(
        {
            "zeta": [
                sample("wjets", [17.0, 12.0], normsys("rate_w", 0.9, 1.1)),
                sample("signal", [4.0, 3.0], normsys("eff", 0.95, 1.06), MU),
            ],
            "alpha": [
                sample(
                    "top",
                    [25.0, 19.0, 8.0],
                    normsys("rate_t", 0.92, 1.09),
                    normsys("eff", 0.97, 1.02),
                ),
                sample(
                    "diboson", [4.0, 3.0, 2.0], histosys("shape", [3.7, 3.1, 2.2], [4.4, 2.8, 1.9])
                ),
            ],
            "mid": [
                sample("wjets", [21.0], normsys("rate_w", 0.93, 1.08)),
                sample("top", [9.0], normsys("rate_t", 0.9, 1.1)),
                sample("signal", [7.0], MU),
            ],
        },
        {"mid": [40.0], "zeta": [20.0, 17.0], "alpha": [27.0, 24.0, 9.0]},
    ),
)

case(
    "control_region_normfactor",
    "Two normfactors: the POI, and a free background normalisation measured in a control region.",
    workspace(
        {
            "search": [
                sample("signal", [6.0, 10.0], MU, normsys("eff", 0.93, 1.06)),
                sample("top", [21.0, 12.0], normfactor("k_top"), shapesys("transfer", [2.0, 1.8])),
            ],
            "control": [
                sample("signal", [0.4], MU),
                sample("top", [180.0], normfactor("k_top")),
                sample("other", [15.0], normsys("rate", 0.8, 1.2)),
            ],
        },
        {"search": [29.0, 19.0], "control": [221.0]},
    ),
    test_poi=1.2,
)

SIMPLE = [
    sample("signal", [6.0, 9.0], MU),
    sample(
        "background",
        [40.0, 25.0],
        normsys("rate", 0.93, 1.08),
        shapesys("uncorrelated", [3.0, 2.5]),
    ),
]
case(
    "excess",
    "The fitted POI is above the tested one, so the observed statistic is 0.",
    workspace({"region": SIMPLE}, {"region": [55.0, 44.0]}),
)
case(
    "deficit",
    "The fitted POI stops at its lower bound 0, and the second branch of the q-tilde formula is taken.",
    workspace({"region": SIMPLE}, {"region": [33.0, 18.0]}),
)
case(
    "poi_at_upper_bound",
    "The fitted POI stops at its upper bound, lowered to 1.5 by the measurement.",
    workspace(
        {"region": SIMPLE},
        {"region": [58.0, 49.0]},
        measurement("fit", {"name": "mu", "bounds": [[0.0, 1.5]]}),
    ),
)
case(
    "low_counts",
    "Few events and a bin without any.",
    workspace(
        {
            "region": [
                sample("signal", [1.2, 2.5, 0.9], MU, normsys("eff", 0.9, 1.1)),
                sample(
                    "background",
                    [2.6, 0.8, 0.3],
                    normsys("rate", 0.75, 1.3),
                    shapesys("sideband", [0.7, 0.3, 0.1]),
                ),
            ]
        },
        {"region": [5.0, 4.0, 0.0]},
    ),
    test_poi=1.8,
)
case(
    "non_integer_observations",
    "Observations that are not integers: Poisson by the Gamma function.",
    one_channel(
        sample("signal", [4.0, 6.5], MU, histosys("shape", [3.8, 6.8], [4.3, 6.1])),
        sample("background", [20.25, 13.5], normsys("rate", 0.9, 1.1)),
        [22.75, 18.3],
    ),
    test_poi=0.8,
)

case(
    "shapefactor_two_channels",
    "One shapefactor on different samples of two channels with equal bins: correlated bin by bin.",
    workspace(
        {
            "east": [
                sample("signal", [1.0, 5.0], MU),
                sample("multijet", [30.0, 20.0], shapefactor("shape")),
                sample("other", [4.0, 3.0], normsys("rate", 0.85, 1.15)),
            ],
            "west": [
                sample("fakes", [12.0, 9.0], shapefactor("shape"), normsys("rate", 0.9, 1.1)),
                sample("multijet", [26.0, 15.0], shapefactor("shape")),
            ],
        },
        {"east": [40.0, 22.0], "west": [45.0, 19.0]},
    ),
)

case(
    "parameter_order",
    "Types in the order histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror; within a type as the "
    "sorted walk first meets them, except staterror (by name). Names chosen against that.",
    workspace(
        {
            "z_last": [
                sample(
                    "other",
                    [18.0, 11.0],
                    normfactor("a"),
                    histosys("b", [17.0, 11.5], [19.5, 10.4]),
                ),
                sample(
                    "base",
                    [90.0, 60.0],
                    shapefactor("d"),
                    normsys("c", 0.95, 1.04),
                    staterror("e", [3.0, 2.0]),
                ),
                sample("fakes", [9.0, 7.0], shapesys("aa", [1.5, 1.2]), normsys("x", 0.9, 1.1)),
            ],
            "a_first": [
                sample(
                    "zoo",
                    [22.0, 16.0],
                    histosys("z", [21.0, 16.5], [24.0, 15.0]),
                    staterror("y", [1.5, 1.3]),
                ),
                sample(
                    "signal",
                    [5.0, 8.0],
                    normsys("w", 0.95, 1.05),
                    normsys("f", 0.97, 1.02),
                    MU,
                    LUMI,
                ),
                sample("fakes", [6.0, 5.0], shapesys("zz", [1.0, 0.9]), normsys("x", 0.88, 1.13)),
                sample("other", [10.0, 7.0], normfactor("a"), normsys("v", 0.96, 1.05)),
            ],
        },
        {"a_first": [46.0, 37.0], "z_last": [120.0, 74.0]},
        measurement("fit", lumi(0.025)),
    ),
)


def all_types():
    """Six channels of four bins with every type of modifier: 25 parameters."""
    signal_bins, top_bins, wjets_bins = (
        (2.0, 3.5, 5.0, 4.0),
        (40.0, 28.0, 17.0, 9.0),
        (30.0, 24.0, 16.0, 10.0),
    )
    channels = {}
    for number in range(1, 7):
        signal = [round(x * (0.4 + 0.2 * number), 3) for x in signal_bins]
        top = [round(x * (1.5 - 0.15 * number), 3) for x in top_bins]
        wjets = [round(x * (0.6 + 0.1 * number), 3) for x in wjets_bins]
        jes = [
            [round(x * (1 + side * (0.06 - 0.03 * b + 0.005 * side)), 3) for b, x in enumerate(top)]
            for side in (-1, 1)
        ]
        jer = [
            [round(x * (1 + side * (0.02 * b - 0.02)), 3) for b, x in enumerate(wjets)]
            for side in (-1, 1)
        ]
        samples = [
            sample(
                "signal",
                signal,
                MU,
                LUMI,
                normsys("theory", 0.93, 1.09),
                normsys("eff", 0.96, 1.03),
            ),
            sample(
                "top", top, normfactor("k_top"), normsys("eff", 0.97, 1.02), histosys("jes", *jes)
            ),
            sample("wjets", wjets, LUMI, normsys("rate_wjets", 0.88, 1.15), histosys("jer", *jer)),
        ]
        if number == 1:
            samples[2]["modifiers"].append(
                shapesys("sideband", [round(0.15 * x, 3) for x in wjets])
            )
        if number in (2, 3):
            for entry, size in ((samples[1], 0.07), (samples[2], 0.1)):
                entry["modifiers"].append(
                    staterror(f"stat_ch{number}", [round(size * x, 3) for x in entry["data"]])
                )
        if number >= 5:
            fakes = [round(x, 3) for x in (45.0, 35.0, 25.0, 15.0)]
            samples.append(
                sample(
                    "fakes", fakes, shapefactor("fakes_shape"), normsys("fakes_rate", 0.94, 1.07)
                )
            )
        channels[f"ch{number}"] = samples
    observed = {
        "ch1": [79.0, 55.0, 37.0, 20.0],
        "ch2": [71.0, 56.0, 31.0, 21.0],
        "ch3": [72.0, 48.0, 36.0, 17.0],
        "ch4": [61.0, 49.0, 27.0, 15.0],
        "ch5": [117.0, 87.0, 50.0, 27.0],
        "ch6": [105.0, 83.0, 51.0, 29.0],
    }
    return workspace(
        channels,
        observed,
        measurement("bounded", lumi(0.02)),
        measurement("unbounded", lumi(0.02), {"name": "mu", "bounds": [[-2.0, 10.0]]}),
    )


case(
    "all_types_qtilde",
    "All seven types in 6 channels of 4 bins, statistic q-tilde, POI stopped at 0.",
    all_types(),
)
case(
    "all_types_q",
    "The workspace of all_types_qtilde with statistic q and the POI allowed (and fitted) below 0.",
    all_types(),
    test_stat="q",
    measurement="unbounded",
)
