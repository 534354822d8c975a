"""What sampling costs between two decodes, against one pass over the same logits.

    python benchmarks/sampling.py --rounds 15

The engine waits while it samples. Each round times every way to choose in turn, and the pass right
before it: the greatest logit of every row, which is the least that anything could cost.
"""

import argparse
import math
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.params import SamplingParams
from hanabi.sampling.sampler import Sampler, sample
from report import Report, spread

VOCABULARIES = (49_152, 262_144)
"""That of the bundled model, and the largest that is common."""

ROWS = (1, 8, 32)
"""Streams that get a token at once."""

SEEN = 200
"""Tokens that a choice has sampled when it is measured: penalties act on each of them."""

SHARE_OF_NUCLEUS = 0.95

SURPRISE = 5.0
"""Bits of each of these tokens: mirostat's target, so that it stays as it starts."""

MODES: dict[str, tuple[dict[str, Any], int | None]] = {
    "greedy": ({"temperature": 0}, None),
    "greedy, 5 logprobs": ({"temperature": 0}, 5),
    "greedy, penalties": (
        {"temperature": 0, "repetition_penalty": 1.1, "frequency_penalty": 0.2},
        None,
    ),
    "temperature 0.8": ({"temperature": 0.8}, None),
    "temperature 0.8, top_p 0.95": ({"temperature": 0.8, "top_p": SHARE_OF_NUCLEUS}, None),
    "temperature 0.8, top_k 40": ({"temperature": 0.8, "top_k": 40}, None),
    "temperature 0.8, top_k 40, top_p 0.95": (
        {"temperature": 0.8, "top_k": 40, "top_p": SHARE_OF_NUCLEUS},
        None,
    ),
    "temperature 0.8, min_p 0.05": ({"temperature": 0.8, "min_p": 0.05}, None),
    "temperature 0.8, typical_p 0.95": ({"temperature": 0.8, "typical_p": 0.95}, None),
    "temperature 0.8, mirostat 5": ({"temperature": 0.8, "mirostat_target": SURPRISE}, None),
    "temperature 0.8, top_p 0.95, penalties": (
        {
            "temperature": 0.8,
            "top_p": SHARE_OF_NUCLEUS,
            "repetition_penalty": 1.1,
            "frequency_penalty": 0.2,
        },
        None,
    ),
    "temperature 0.8, top_p 0.95, 5 logprobs": ({"temperature": 0.8, "top_p": SHARE_OF_NUCLEUS}, 5),
    "temperature 0.8, top_k 40, 5 logprobs": ({"temperature": 0.8, "top_k": 40}, 5),
    "temperature 1, 5 logprobs": ({}, 5),
    "temperature 1, top_p 0.95, 5 logprobs": ({"top_p": SHARE_OF_NUCLEUS}, 5),
}
"""What is measured: options, and the alternatives listed of each token."""

NOTE = """\
Median (least - greatest) of the rounds, in us for each row; passes are how often the \
logits could have been read in the same time. One thread, and no decode meanwhile."""


def simulated(rows: int, vocab: int) -> NDArray[np.float32]:
    """Logits [rows, vocab] like those of the bundled model in the midst of a story.

    Noise, and above it a few tokens that are likelier the lower their rank. The nuclei of 0.95 are
    about as large as its own: 6 to 700 tokens. Noise reaches higher in a larger vocabulary, so
    there they are larger.
    """
    random = np.random.default_rng(rows)
    logits = random.normal(-8.6, 4.0, (rows, vocab))
    for row in logits:
        count = int(random.integers(20, 700))
        row[random.permutation(vocab)[:count]] = 10 - 1.3 * np.log2(1 + np.arange(count))
    return logits.astype(np.float32)


def nucleus(logits: NDArray[np.float32]) -> int:
    """Tokens of the nucleus of one row [vocab], at temperature 1."""
    weights = np.exp(np.sort(logits)[::-1].astype(np.float64) - logits.max())
    return int((weights.cumsum() < SHARE_OF_NUCLEUS * weights.sum()).sum()) + 1


def choices_of(params: SamplingParams, rows: int, vocab: int) -> list[Sampler]:
    """Choices in the midst of their texts, anew for each round: penalties change what they see."""
    random = np.random.default_rng(0)
    choices = [Sampler(params, [], choice) for choice in range(rows)]
    for choice in choices:
        for token in random.integers(0, vocab, SEEN).tolist():
            choice.observe(token, -SURPRISE * math.log(2))
    return choices


def seconds(work: Callable[[], object], times: int) -> float:
    """What one of several runs in a row takes."""
    began = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - began) / times


def measure(rows: int, vocab: int, rounds: int, report: Report) -> None:
    """Time every mode on logits of one shape, and add a line for each."""
    logits = simulated(rows, vocab)
    report.notes.append(
        f"{rows} rows of {vocab:,}: nuclei of {sorted(map(nucleus, logits))[:: max(rows // 4, 1)]}."
    )
    times = max(1, 32 * VOCABULARIES[0] // (rows * vocab))
    costs: dict[str, list[float]] = {name: [] for name in MODES}
    passes: dict[str, list[float]] = {name: [] for name in MODES}
    for number in range(rounds + 1):
        for name, (options, count) in MODES.items():
            choices = choices_of(SamplingParams(seed=1, **options), rows, vocab)
            one_pass = seconds(partial(logits.max, axis=1), times)
            step = partial(sample, logits, choices, [count] * rows)
            cost = seconds(step, times)
            if number:  # the first round warms up
                costs[name].append(cost)
                passes[name].append(one_pass)
    for name in MODES:
        row_us = [1e6 * cost / rows for cost in costs[name]]
        ratios = [cost / one for cost, one in zip(costs[name], passes[name], strict=True)]
        report.rows.append((name, f"{vocab:,}", str(rows), spread(row_us, 1), spread(ratios, 1)))
        report.measured.append(
            {
                "mode": name,
                "vocab": vocab,
                "rows": rows,
                "us_per_row": row_us,
                "passes": ratios,
                "median_us_per_row": median(row_us),
            }
        )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    report = Report(
        "sampling",
        "Sampling between two decodes, in passes over the logits",
        ("", "vocabulary", "rows", "us a row", "passes"),
        {"rounds": rounds, "logits": "simulated"},
        notes=[NOTE],
    )
    for vocab in VOCABULARIES:
        for rows in ROWS:
            measure(rows, vocab, rounds, report)
    report.publish()


if __name__ == "__main__":
    main()
