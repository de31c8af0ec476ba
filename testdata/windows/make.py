#!/usr/bin/env python3
"""Writes reference.json: what SciPy, statsmodels, NumPy and fairlearn say of numbers that rules over windows reckon with.

    python3 -m venv venv && venv/bin/pip install --requirement testdata/windows/requirements.txt
    venv/bin/python testdata/windows/make.py

`rust/engine/src/tests/windows.rs` holds the engine against it.
"""

import json
import math
import pathlib
import random

import numpy
from fairlearn.metrics import MetricFrame, demographic_parity_difference, demographic_parity_ratio, selection_rate
from scipy.optimize import brentq
from scipy.stats import binom, norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

TAILS = [0.5, 0.3, 0.1, 0.075, 0.025, 0.005, 1e-3, 1e-5, 1e-8, 1e-11, 1e-13, 1e-30]

# Successes and trials.
COUNTS = [(0, 1), (1, 1), (0, 20), (1, 20), (10, 20), (19, 20), (20, 20), (2, 200), (5, 200), (198, 200), (120, 200),
          (0, 5_000), (3, 5_000), (4_999, 5_000), (1_234, 5_000), (40, 1_000_000), (800_000, 1_000_000),
          (999_999, 1_000_000), (5, 100_000_000), (30_000_000, 100_000_000)]

CONFIDENCES = [0.95, 0.99, 0.999, 0.999999]

# Successes and trials of both.
PAIRS = [(48, 80, 40, 80), (56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20), (0, 10, 0, 20), (10, 10, 20, 20),
         (5, 56, 0, 29), (160, 200, 190, 200), (1, 200, 10, 4_000), (799, 1_000, 9_000, 10_000),
         (700_000, 1_000_000, 900_000, 1_000_000)]

FACTORS = [0.8, 1.0, 3.0]

# Groups by those that were selected and all, as tables of audits have them: far apart, alike, near the four fifths, with a small group.
TABLES = [{"a": (180, 200), "b": (90, 200)}, {"a": (150, 200), "b": (148, 200), "c": (152, 200)},
          {"a": (480, 600), "b": (384, 600), "c": (383, 600), "d": (385, 600)}, {"a": (60, 100), "b": (3, 5), "c": (1, 6)},
          {"a": (0, 120), "b": (2, 130)}, {"a": (190, 190), "b": (190, 190)},
          {"a": (37, 410), "b": (85, 460), "c": (12, 300), "d": (160, 820), "e": (71, 390)}]


def difference(one, factor, other):
    """Zou and Donner (2008), of (share, (low, high))."""
    (own, (low, high)), (their, (lowest, highest)) = one, other
    middle = own - factor * their
    return [middle - math.hypot(own - low, factor * (highest - their)),
            middle + math.hypot(high - own, factor * (their - lowest))]


def exact(successes, trials, confidence):
    low, high = proportion_confint(successes, trials, alpha=1 - confidence, method="beta")
    # At the edges the distribution has no parameter, and the limit is the edge.
    low = 0.0 if successes == 0 else float(low)
    high = 1.0 if successes == trials else float(high)
    return successes / trials, (low, high)


def ratio(one, other):
    """The factors at which one end of the difference is nothing, found by search; null: none."""
    def root(end, bracket):
        # From the largest factor down.
        try:
            return brentq(lambda factor: difference(one, factor, other)[end], *bracket, xtol=1e-14, rtol=1e-14)
        except ValueError:
            return None
    return [root(0, (0.0, 1e9)) if one[1][0] > 0 else 0.0, root(1, (0.0, 1e9)) if other[1][0] > 0 else None]


def fairness(table):
    """Of a table, the rate of each group, and how the least stands to the greatest."""
    groups = [group for group, (_, of) in table.items() for _ in range(of)]
    selected = [int(at < hits) for hits, of in table.values() for at in range(of)]
    about = {"y_true": selected, "y_pred": selected, "sensitive_features": groups}
    rates = MetricFrame(metrics=selection_rate, **about).by_group
    return {"groups": [[group, hits, of, float(rates[group])] for group, (hits, of) in table.items()],
            "ratio": float(demographic_parity_ratio(**about)), "difference": float(demographic_parity_difference(**about))}


def text(number):
    """The shortest text of a double: readers of JSON may be off by its last bit."""
    return repr(float(number))


def data():
    """Lists of numbers that are hard for sums and for quantiles."""
    dice = random.Random(20_261_128)
    lists = {
        "durations": [round(dice.lognormvariate(17, 2)) for _ in range(400)],
        "two humps far apart": [dice.gauss(1, 0.01) for _ in range(200)] + [dice.gauss(1e12, 1e9) for _ in range(200)],
        "both signs": [dice.gauss(0, 1) * 10 ** dice.randint(-9, 9) for _ in range(400)],
        "all alike": [0.3] * 300,
        "with zeros": [0.0] * 150 + [dice.random() for _ in range(150)],
        "on the edges of buckets": [float(2 ** dice.randint(-40, 40)) * (64 + dice.randint(0, 63)) / 64
                                    for _ in range(300)],
        "from the smallest to the largest": [dice.random() * 2.0 ** dice.randint(-1073, 1022) for _ in range(400)],
        "subnormal": [5e-324 * dice.randint(0, 10_000) for _ in range(300)],
        "huge": [dice.choice([-1, 1]) * dice.uniform(1e307, 1.79e308) for _ in range(301)],
        "that cancel": [value for number in range(150) for value in (1e16 + number * 2.0, -1e16, 0.1 * number)],
    }
    for name, numbers in lists.items():
        dice.shuffle(numbers)
        try:
            total = math.fsum(numbers)
        except OverflowError:
            total = None
        quantiles = {parts: text(numpy.quantile(numbers, parts / 10_000, method="inverted_cdf"))
                     for parts in (1, 500, 2_500, 5_000, 9_000, 9_500, 9_900, 9_990)}
        yield {"name": name, "numbers": [text(number) for number in numbers], "sum": total and text(total),
               "least": text(min(numbers)), "greatest": text(max(numbers)), "quantiles": quantiles}


def main():
    shares = []
    for successes, trials in COUNTS:
        for confidence in CONFIDENCES:
            wilson = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
            shares.append({"successes": successes, "trials": trials, "confidence": confidence,
                           "exact": exact(successes, trials, confidence)[1], "wilson": [float(end) for end in wilson]})
    pairs = []
    for a, n, b, m in PAIRS:
        for confidence in (0.95, 0.999):
            newcombe = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff", alpha=1 - confidence)
            one, other = exact(a, n, confidence), exact(b, m, confidence)
            pairs.append({"counts": [a, n, b, m], "confidence": confidence,
                          "newcombe": [float(end) for end in newcombe],
                          "differences": [[factor, difference(one, factor, other)] for factor in FACTORS],
                          "ratio": ratio(one, other)})
    chances = [{"least": least, "trials": trials, "chance": chance,
                "tail": float(binom.sf(least - 1, trials, chance))}
               for least, trials, chance in [(1, 1, 0.25), (1, 20, 0.01), (20, 20, 0.9), (7, 20, 0.3), (5, 200, 0.01),
                                             (190, 200, 0.9), (120, 200, 0.5), (2, 5_000, 1e-5), (501, 1_000, 0.5),
                                             (510_000, 1_000_000, 0.5), (100, 1_000_000, 5e-5),
                                             (999_990, 1_000_000, 0.999)]]
    reference = {
        "deviates": [[tail, float(norm.isf(tail))] for tail in TAILS],
        "tails": chances, "shares": shares, "pairs": pairs, "fairness": [fairness(table) for table in TABLES],
        "data": list(data()),
    }
    path = pathlib.Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(reference, indent=None, separators=(",", ":")).replace('},{', '},\n{') + "\n")


main()
