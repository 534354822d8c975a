"""The table of architectures is complete, and the reasons are sentences."""

from ctypes import c_bool, c_char_p, c_int, pointer

import pytest

import hanabi_llama
from hanabi.registry.architectures import (
    ARCHITECTURES,
    GENERATING,
    WITHOUT_CODE,
    refusal_as_embedding,
    refusal_of,
    refusal_of_type,
)

UNKNOWN = b"(unknown)"


def library_names():
    """The library's names, by their numbers."""
    functions = hanabi_llama.load().functions
    name_of = functions._Z13llm_arch_name8llm_arch
    name_of.restype, name_of.argtypes = c_char_p, [c_int]
    names = {}
    while (name := name_of(len(names))) != UNKNOWN:
        names[len(names)] = name.decode()
    return names


def test_the_table_has_the_architectures_of_the_library_and_no_other():
    assert set(ARCHITECTURES) == set(library_names().values()) - WITHOUT_CODE


@pytest.mark.parametrize(
    ("kind", "function"),
    [
        ("recurrent", "_Z21llm_arch_is_recurrentRK8llm_arch"),
        ("diffusion", "_Z21llm_arch_is_diffusionRK8llm_arch"),
    ],
)
def test_what_the_library_says_of_them(kind, function):
    ask = getattr(hanabi_llama.load().functions, function)
    ask.restype = c_bool
    said = {name for number, name in library_names().items() if ask(pointer(c_int(number)))}
    assert said == {name for name, ours in ARCHITECTURES.items() if ours == kind}


@pytest.mark.parametrize("name", [*ARCHITECTURES, *WITHOUT_CODE, "mammoth"])
def test_each_has_a_reason_or_is_served(name):
    reason = refusal_of(name)
    assert (reason is None) == (ARCHITECTURES.get(name) in GENERATING)
    if reason is not None:
        assert name in reason
        assert reason.endswith(".")


def test_files_that_are_no_models():
    assert refusal_of_type("model") is None
    assert "Merge it into its base model" in refusal_of_type("adapter")
    assert "clip is the part of a model" in refusal_of_type("mmproj")


def test_models_that_were_made_to_embed():
    assert refusal_as_embedding("qwen3", causal=True, pooling=0) is None
    for causal, pooling in ((False, 0), (True, 3)):
        reason = refusal_as_embedding("qwen3", causal=causal, pooling=pooling)
        assert reason.startswith("this qwen3 is an embedding model")
