"""Each architecture answers the same in every way that it is asked, or is refused with a reason."""

import pytest

import hanabi_llama

from .architectures import ARCHITECTURES
from .table import PAGE, rows_of
from .tiny_model import TYPES

SMALL = [
    ("llama", "F32"),
    ("llama", "Q4_K_M"),
    ("qwen3", "Q8_0"),
    ("gemma3", "Q4_K_M"),
    ("gpt-oss", "F32"),
    ("olmoe", "Q4_K_M"),
    ("deepseek2", "F32"),
    ("codeshell", "Q8_0"),
    ("bloom", "F32"),
    ("mamba2", "F32"),
    ("qwen3next", "F32"),
    ("lfm2", "Q4_K_M"),
    ("rwkv7", "F32"),
    ("bert", "F32"),
    ("dream", "F32"),
]
"""What `make test` looks at: a few of each kind."""

ALL = [(one.name, weights) for weights in TYPES for one in ARCHITECTURES]


@pytest.mark.parametrize(("name", "weights"), SMALL)
def test_a_few_models(examinations, name, weights, record_property):
    check(examinations[name, weights].result(), record_property)


@pytest.mark.parametrize(("name", "weights"), SMALL)
def test_the_table_of_the_documentation_is_current(examinations, name, weights):
    """Where our own kernels compute all types of weights: they decide what is exact."""
    own = hanabi_llama.load().own
    if not own.able or own.leaves_packing:
        pytest.skip("on this processor llama.cpp computes some types of weights, or all")
    found = examinations[name, weights].result()
    cells = rows_of(PAGE.read_text("utf-8"))[name].strip("|").split("|")
    served, exact = cells[1].strip(), cells[2].strip()
    assert served == ("no" if found.refusal else "yes")
    if not found.refusal:
        assert found.is_exact == (exact == "yes" or weights in exact.split(", "))


@pytest.mark.models
@pytest.mark.parametrize(("name", "weights"), ALL)
def test_every_model(examinations, name, weights, record_property):
    check(examinations[name, weights].result(), record_property)


def check(found, record_property):
    """Fail with a line for each scenario that is not well."""
    lines = []
    for one in found.failures:
        figure = f"{one.nats:.2g} nats" if one.nats else ""
        said = "; ".join(text for text in (figure, one.note) if text)
        lines.append(f"{one.scenario}: {one.kind.value}: {said}")
        record_property("failure", (one.kind.value, f"{found.name} {found.weights}, {lines[-1]}"))
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)
