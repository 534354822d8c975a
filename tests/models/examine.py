"""Examine one model: `python -m tests.models.examine NAME WEIGHTS FOLDER SCENARIO...`.

A process of its own, since what is wrong with a model may end it. Each outcome is a line of JSON on
standard output, told as soon as it is known: the scenario without one is that which ended it.
"""

import sys
from pathlib import Path
from time import perf_counter

import msgspec

import hanabi_llama
from hanabi.engine.config import EngineConfig
from hanabi.engine.llama import LlamaRunner, open_model
from hanabi.errors import HanabiError
from hanabi.registry.gguf import read_header

from .architectures import BY_NAME
from .examination import Facts
from .outcome import BOUND, Kind, Outcome, distance
from .scenarios import Scenarios
from .tiny_model import write_bare_model, write_model

SLOTS = 4
MAKING, LOADING, LIBRARY = "made", "loaded", "library"
CONFIG = EngineConfig(
    threads=1, poll=0, cache_bytes=2**32, context_length=512, slots=SLOTS, token_budget=256
)


def examine(name: str, weights: str, folder: Path, scenarios: list[str]) -> None:
    """Make the model, load it as the server does, and run scenarios."""
    began = perf_counter()
    path = folder / f"{name}-{weights}.gguf"
    try:
        if not path.exists():
            write_model(folder, BY_NAME[name], weights)
    except ValueError:  # llama.cpp refuses it: so the server should, too
        write_bare_model(path, BY_NAME[name])
    tell(Outcome(MAKING, Kind.EQUAL, seconds=round(perf_counter() - began, 3)))
    began = perf_counter()
    try:
        read_header(path)
        runner, loaded = open_model(path, CONFIG)
    except (HanabiError, ValueError) as error:
        message = error.message if isinstance(error, HanabiError) else str(error)
        tell(Outcome(LOADING, Kind.REFUSED, note=message))
        return
    tell(Outcome(LOADING, Kind.EQUAL, seconds=round(perf_counter() - began, 3)))
    model = runner._model
    facts = Facts(
        runner.exact_cuts, runner.cuts.value, loaded.slots, model.n_swa, path.stat().st_size / 1e6
    )
    print("facts", msgspec.json.encode(facts).decode(), flush=True)  # noqa: T201 - read by the tests
    asked = Scenarios(runner)
    for outcome in asked.run([one for one in scenarios if one != LIBRARY]):
        has_choices = BY_NAME[name].shape.experts and not runner.exact_cuts
        if outcome.kind is Kind.DIFFERENT and has_choices:
            tell(without_choices(outcome, every_expert(name, weights, folder)))
        else:
            tell(outcome)
    if LIBRARY in scenarios:
        tell(against_library(every_expert(name, weights, folder) or path))


def without_choices(outcome: Outcome, path: Path) -> Outcome:
    """A scenario that differs, once more where no choice among experts can fall otherwise.

    Where all is well then, it was such a choice: two experts were as likely but for the last digit.
    """
    (again,) = Scenarios(LlamaRunner(path, CONFIG)).run([outcome.scenario])
    if not again.passes:
        return outcome
    note = f"{outcome.nats:.2g} nats by another choice of an expert"
    return Outcome(outcome.scenario, again.kind, again.nats, note, outcome.seconds)


def every_expert(name: str, weights: str, folder: Path) -> Path | None:
    """The model where each token uses every expert; None where it has none."""
    architecture = BY_NAME[name]
    if not architecture.shape.experts:
        return None
    inner = folder / "every-expert"
    inner.mkdir(exist_ok=True)
    path = inner / f"{name}-{weights}.gguf"
    return path if path.exists() else write_model(inner, architecture.with_all_experts, weights)


def against_library(path: Path) -> Outcome:
    """A text scored by our kernels and by llama.cpp's own, which load the weights anew."""
    began = perf_counter()
    ours = Scenarios(LlamaRunner(path, CONFIG))
    tokens = (*ours.prompt, *ours.alone(ours.prompt).tokens)
    rows = ours.scores(tokens).prompt_rows
    own = hanabi_llama.load().own
    own.use(())
    try:
        theirs = Scenarios(LlamaRunner(path, CONFIG)).scores(tokens).prompt_rows
    finally:
        own.use(own.able)
    nats = distance(theirs, rows)
    wrong = sum(distance([one], [other]) > BOUND for one, other in zip(theirs, rows, strict=True))
    note = f"{wrong} of {len(rows)} places" if wrong else ""
    seconds = round(perf_counter() - began, 3)
    if not nats:
        return Outcome(LIBRARY, Kind.EQUAL, seconds=seconds)
    return Outcome(LIBRARY, Kind.CLOSE if nats <= BOUND else Kind.DIFFERENT, nats, note, seconds)


def tell(outcome: Outcome) -> None:
    """Write an outcome where the tests read it."""
    print(msgspec.json.encode(outcome).decode(), flush=True)  # noqa: T201


if __name__ == "__main__":
    examine(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
