"""Write binning/binning.json: what numpy and scipy say about binnings, soft yields and penalties.

usage: python make_binning_reference.py
Needs numpy 2.1.3 and scipy 1.17.1 in a virtual environment; takes seconds. README.md describes the
file. The significances are computed from the rounded numbers that the file holds, in
double precision.
"""
import itertools
import json
import pathlib

import numpy as np
from scipy.special import expit, softmax
from scipy.stats import multivariate_normal

FILE = pathlib.Path(__file__).parent / "binning" / "binning.json"

# The toy: correlated Gaussians in three dimensions, smeared, in the likelihood ratio's
# discriminant.
SIGNAL = (1.5, -1.0, -1.0)
BACKGROUNDS = (
    (-0.5, -0.5, 1.0),
    (0.5, -0.5, 0.8),
    (0.5, 0.5, -0.6),
    (-0.5, 1.0, -0.4),
    (-0.5, 0.5, -0.2),
)
COVARIANCE = 0.8 * np.eye(3) + 0.2
SIGNAL_CROSS_SECTION = 0.5
CROSS_SECTIONS = np.array([100.0, 80.0, 50.0, 20.0, 10.0])
LUMINOSITY = 100.0
SMEARING = 0.3
SIGNAL_EVENTS, BACKGROUND_EVENTS = 20_000, 60_000

FINE_BINS = 300
BINS = (2, 3, 5, 10, 20)
# The toy leaves no fine bin empty, these few events do.
SPARSE_BINS = 24
SPARSE_OPTIMAL = (2, 3, 5)
SPARSE_EQUIDISTANT = (2, 3, 6, 12, 24)
MINIMA = (0.0, 5.0, 50.0)
RELATIVE_UNCERTAINTY = 0.1


def rounded(values):
    return [float(f"{x:.9g}") for x in np.ravel(values)]


def discriminant(points):
    signal = multivariate_normal(SIGNAL, COVARIANCE).pdf(points)
    shares = CROSS_SECTIONS / CROSS_SECTIONS.sum()
    densities = [multivariate_normal(mean, COVARIANCE).pdf(points) for mean in BACKGROUNDS]
    return signal / (signal + shares @ densities)


def sample(generator, mean, events):
    """Discriminants of one process."""
    points = generator.multivariate_normal(mean, COVARIANCE, events)
    return discriminant(points * generator.normal(1.0, SMEARING, points.shape))


def fine_histogram():
    generator = np.random.default_rng(20)
    edges = np.linspace(0.0, 1.0, FINE_BINS + 1)
    count = lambda mean, events: np.histogram(sample(generator, mean, events), edges)[0]
    signal = SIGNAL_CROSS_SECTION * LUMINOSITY / SIGNAL_EVENTS * count(SIGNAL, SIGNAL_EVENTS)
    background, variance = np.zeros((2, FINE_BINS))
    for mean, cross_section in zip(BACKGROUNDS, CROSS_SECTIONS):
        events = round(BACKGROUND_EVENTS * cross_section / CROSS_SECTIONS.sum())
        weight = cross_section * LUMINOSITY / events
        counts = count(mean, events)
        background += weight * counts
        variance += weight**2 * counts
    return {
        "range": [0.0, 1.0],
        "signal": rounded(signal),
        "background": rounded(background),
        "background_variance": rounded(variance),
    }


def sparse_histogram():
    """Few events: bins with signal and no background, bins with neither."""
    generator = np.random.default_rng(23)
    x = np.arange(SPARSE_BINS) / SPARSE_BINS
    signal = 0.25 * generator.poisson(2.0 * x)
    counts = generator.poisson(60.0 * np.exp(-7.0 * x))
    # Weights that binary numbers hold exactly, so that sums are exact too.
    background, variance = 0.4375 * counts, 0.4375**2 * counts
    empty = background == 0.0
    assert (signal[empty] > 0.0).any() and (signal[empty] == 0.0).any()
    return {
        "range": [0.0, 1.0],
        "signal": signal.tolist(),
        "background": background.tolist(),
        "background_variance": variance.tolist(),
    }


def asimov(s, b, sum_of_squares):
    """Z^2 with the background known."""
    return 2.0 * ((s + b) * np.log1p(s / b) - s)


def asimov_with_variance(s, b, sum_of_squares):
    """Z^2 with the background known to a variance: the samples' and a relative one."""
    v = sum_of_squares + (RELATIVE_UNCERTAINTY * b) ** 2
    # The usual quotient minus one, so that small s loses no digits.
    excess = s * b / (b**2 + (s + b) * v)
    return 2.0 * ((s + b) * np.log1p(excess) - b**2 / v * np.log1p(v * s / (b * (b + v))))


SIGNIFICANCES = {"asimov": asimov, "asimov_with_variance": asimov_with_variance}


def merged(fine):
    """Sums over the fine bins i..j-1, at [i, j], of signal, background and squared weights."""
    keys = ("signal", "background", "background_variance")
    sums = [np.concatenate(([0.0], np.cumsum(fine[key]))) for key in keys]
    return [cumulative - cumulative[:, None] for cumulative in sums]


def gains(significance, fine, minimum):
    """Z^2 of every bin [i, j); minus infinity where the background does not suffice."""
    s, b, v = merged(fine)
    # Cumulative sums do not give an exact nought for empty bins; one event weighs far more than
    # this.
    allowed = np.triu((b > 1e-6) & (b >= minimum), 1)
    out = np.full(b.shape, -np.inf)
    out[allowed] = significance(s[allowed], b[allowed], v[allowed])
    return out


def best_prefixes(gain, bins):
    """Best Z^2 of the first j fine bins in k bins, at [k, j], and where the last of them starts."""
    best = np.full((bins + 1, len(gain)), -np.inf)
    best[0, 0] = 0.0
    start = np.zeros(best.shape, int)
    for k in range(1, bins + 1):
        candidates = best[k - 1][:, None] + gain
        start[k] = candidates.argmax(axis=0)
        best[k] = candidates.max(axis=0)
    return best, start


def best_edges(start, bins):
    edges = [start.shape[1] - 1]
    for k in range(bins, 0, -1):
        edges.append(int(start[k, edges[-1]]))
    return edges[::-1]


def runner_up(gain, edges):
    """Best Z of binnings with other edges; None where there are none.

    A binning with other edges has at least one edge that is not among the best ones, at which the
    best binnings of both sides meet.
    """
    bins = len(edges) - 1
    before, _ = best_prefixes(gain, bins)
    after, _ = best_prefixes(gain[::-1, ::-1].T, bins)
    through = np.max([before[k] + after[bins - k][::-1] for k in range(1, bins)], axis=0)
    through[edges] = -np.inf
    return float(np.sqrt(through.max())) if through.max() >= 0.0 else None


def brute_force(gain, bins):
    """Every choice of edges, one by one: the two best Z^2."""
    last = len(gain) - 1
    choices = itertools.combinations(range(1, last), bins - 1)
    total = lambda inner: sum(gain[i, j] for i, j in itertools.pairwise((0, *inner, last)))
    return sorted(map(total, choices))[:-3:-1]


def check(gain, edges, z, second):
    """By brute force: all edges of two or three bins, or of few fine ones."""
    bins = len(edges) - 1
    if bins <= 3 or len(gain) <= SPARSE_BINS + 1:
        found = np.sqrt(np.maximum(brute_force(gain, bins), 0.0))
        assert np.allclose(found, [z, second or 0.0], rtol=1e-13, atol=0.0), (
            edges,
            z,
            second,
            found,
        )


def best_case(gain, bins):
    """Edges and Z, and the best Z with other edges; None where no binning has enough background."""
    best, start = best_prefixes(gain, bins)
    if best[bins, -1] < 0.0:
        assert brute_force(gain, bins)[0] < 0.0
        return {"edges": None, "z": None, "runner_up": None}
    edges = best_edges(start, bins)
    z, second = float(np.sqrt(best[bins, -1])), runner_up(gain, edges)
    check(gain, edges, z, second)
    return {"edges": edges, "z": z, "runner_up": second}


def optimal(fine, numbers):
    cases = []
    for (name, significance), minimum in itertools.product(SIGNIFICANCES.items(), MINIMA):
        gain = gains(significance, fine, minimum)
        for bins in numbers:
            case = {"significance": name, "min_background": minimum, "bins": bins}
            cases.append(case | best_case(gain, bins))
    return cases


def equidistant(fine, numbers):
    """Bins of equal width; those without background are left out."""
    cases = []
    for (name, significance), bins in itertools.product(SIGNIFICANCES.items(), numbers):
        gain = gains(significance, fine, 0.0)
        last = len(gain) - 1
        z_squared = [gain[i, j] for i, j in itertools.pairwise(range(0, last + 1, last // bins))]
        kept = [x for x in z_squared if x >= 0.0]
        cases.append(
            {
                "significance": name,
                "bins": bins,
                "left_out": bins - len(kept),
                "z": float(np.sqrt(sum(kept))),
            }
        )
    return cases


def boundaries():
    vectors = ([0.3], [-0.7, 1.1, 0.2, -1.6], [-8.0, 12.0, 0.5])
    cases = []
    for vector, (low, high) in itertools.product(vectors, ((0.0, 1.0), (100.0, 180.0))):
        ordered = low + (high - low) * np.cumsum(softmax([*vector, 0.0]))[:-1]
        cases.append(
            {"unconstrained": vector, "range": [low, high], "boundaries": ordered.tolist()}
        )
    return cases


def sigmoid_memberships(x, cuts, steepness):
    """Events by bins: differences of adjacent sigmoids, 1 before the first and 0 after the last."""
    right = expit(steepness * (x[:, None] - cuts))
    one, zero = np.ones((len(x), 1)), np.zeros((len(x), 1))
    right = np.hstack([one, right, zero])
    return right[:, :-1] - right[:, 1:]


def soft_yields():
    generator = np.random.default_rng(21)
    cuts = np.array([0.22, 0.48, 0.51, 0.83])
    # The last events: on a boundary, at the range's ends, and beyond them.
    x = np.array([*rounded(generator.uniform(0.0, 1.0, 35)), 0.48, 0.0, 1.0, -0.1, 1.2])
    weights = np.array(rounded(generator.normal(0.6, 1.0, len(x))))
    assert (weights < 0.0).any() and (weights > 0.0).any()
    results = []
    for steepness in (5.0, 50.0, 1000.0):
        weighted = weights[:, None] * sigmoid_memberships(x, cuts, steepness)
        results.append(
            {
                "steepness": steepness,
                "sums": weighted.sum(axis=0).tolist(),
                "sums_of_squares": (weighted**2).sum(axis=0).tolist(),
            }
        )
    return {
        "values": x.tolist(),
        "weights": weights.tolist(),
        "boundaries": cuts.tolist(),
        "results": results,
    }


def mixture():
    """Memberships softmax((ln w_k + ln N(x; mean_k, covariance_k)) / T)."""
    weights = np.array([0.5, 0.3, 0.2])
    means = np.array([[0.2, 0.3], [0.6, 0.5], [0.8, 0.1]])
    covariances = np.array(
        [[[0.04, 0.01], [0.01, 0.09]], [[0.05, -0.02], [-0.02, 0.03]], [[0.01, 0.0], [0.0, 0.02]]]
    )
    points = np.reshape(rounded(np.random.default_rng(22).uniform(-0.2, 1.2, (10, 2))), (10, 2))
    logs = np.log(weights) + np.stack(
        [multivariate_normal(m, c).logpdf(points) for m, c in zip(means, covariances)], axis=1
    )
    results = [
        {"temperature": t, "memberships": softmax(logs / t, axis=1).tolist()} for t in (1.0, 0.2)
    ]
    return {
        "weights": weights.tolist(),
        "means": means.tolist(),
        "covariances": covariances.tolist(),
        "points": points.tolist(),
        "results": results,
    }


def penalties():
    b = np.array([0.4, 3.0, 5.0, 9.5, 42.0, 310.0])
    v = np.array([0.3, 2.5, 1.0, 0.2, 130.0, 55.0])
    cases = []
    for threshold, relative_threshold in ((5.0, 0.2), (10.0, 0.05), (0.1, 2.0)):
        low = np.maximum(threshold - b, 0.0)
        uncertain = np.maximum(np.sqrt(v) / b - relative_threshold, 0.0)
        cases.append(
            {
                "threshold": threshold,
                "low_yield": float((low**2).sum()),
                "relative_threshold": relative_threshold,
                "relative_uncertainty": float((uncertain**2).sum()),
            }
        )
    return {"background": b.tolist(), "background_variance": v.tolist(), "results": cases}


def text(value, depth=0):
    """JSON with a line a key or a case, and its numbers beside each other."""
    if depth < 2 and isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {text(x, depth + 1)}" for key, x in value.items()]
        brackets = "{}"
    elif depth < 2 and isinstance(value, list) and isinstance(value[0], dict):
        lines = [text(x, depth + 1) for x in value]
        brackets = "[]"
    else:
        return json.dumps(value)
    indent = "  " * (depth + 1)
    body = ",\n".join(indent + line for line in lines)
    return f"{brackets[0]}\n{body}\n{'  ' * depth}{brackets[1]}"


def main():
    fine, sparse = fine_histogram(), sparse_histogram()
    reference = {
        "fine": fine,
        "relative_uncertainty": RELATIVE_UNCERTAINTY,
        "optimal": optimal(fine, BINS),
        "equidistant": equidistant(fine, BINS),
        "sparse": sparse,
        "sparse_optimal": optimal(sparse, SPARSE_OPTIMAL),
        "sparse_equidistant": equidistant(sparse, SPARSE_EQUIDISTANT),
        "boundaries": boundaries(),
        "soft_yields": soft_yields(),
        "mixture": mixture(),
        "penalties": penalties(),
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(reference) + "\n")


main()
