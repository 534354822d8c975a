"""Every style's prompts, held against tests/golden/styles, as text and as token ids.

They are made the way the server makes them, over the bundled model's vocabulary for `chatml` and
Mistral's 32,000 pieces for the others. test_mistral_chat.py, test_llama_chat.py and
test_llama_infill.py hold the ids against constructions that are not ours. After a change that is
meant, HANABI_RENEW_GOLDEN=1 writes the files anew, for a look at the diff.
"""

import json
import os
from pathlib import Path

import pytest

from hanabi.styles.args import StyleArgs
from hanabi.styles.catalog import make_style

GOLDEN = Path(__file__).parents[1] / "golden" / "styles"

S = ("system", "You are a pirate.")
EMPTY = ("system", "")
U1 = ("user", "Hello, what is your name?")
A1 = ("assistant", "Arr, I be Jack.")
U2 = ("user", "Say it again.")

CHAT = {
    "default system, single turn": [U1],
    "default system, multi-turn": [U1, A1, U2],
    "system, single turn": [S, U1],
    "system, multi-turn": [S, U1, A1, U2],
    "empty system, single turn": [EMPTY, U1],
    "empty system, multi-turn": [EMPTY, U1, A1, U2],
}
SINGLE = {"single turn": [U1], "white space around": [("user", "\n  Hello,\n  you! \n")]}
INFILL = {
    "single turn": [("prefix", "def add(a, b):\n    "), ("suffix", "\n    return c")],
    "nothing before": [("prefix", ""), ("suffix", " = 1")],
    "nothing behind": [("prefix", " x = "), ("suffix", "")],
}
STYLES = {
    "alpaca": SINGLE,
    "chatml": CHAT,
    "llama-chat": CHAT,
    "llama-infill": INFILL,
    "mistral-chat": CHAT,
    "passthrough": SINGLE,
    "vicuna": CHAT,
}
VOCABULARIES = {"chatml": "smollm2", "llama-infill": "code_llama"}


def read(name):
    """The cases of a golden file."""
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


@pytest.fixture
def vocabulary(name, request):
    return request.getfixturevalue(VOCABULARIES.get(name, "mistral"))


def written(prompts):
    """Prompts by the names of their cases, as a golden file has them."""
    cases = [
        f"  {json.dumps(case)}: {{\n"
        f'    "text": {json.dumps(prompt.text, ensure_ascii=False)},\n'
        f'    "ids": {json.dumps(prompt.ids)}\n  }}'
        for case, prompt in prompts.items()
    ]
    return "{\n" + ",\n".join(cases) + "\n}\n"


@pytest.mark.parametrize("name", STYLES)
def test_golden(name, vocabulary):
    style = make_style(name, StyleArgs())
    prompts = {case: vocabulary.prompt(style, *STYLES[name][case]) for case in STYLES[name]}
    path = GOLDEN / f"{name}.json"
    if os.environ.get("HANABI_RENEW_GOLDEN"):
        path.write_text(written(prompts), "utf-8")
        pytest.skip(f"{path.name} is written anew")
    golden = path.read_text("utf-8")
    assert json.loads(golden).keys() == prompts.keys()
    assert written(prompts) == golden


@pytest.mark.parametrize("name", [name for name in STYLES if name != "chatml"])
def test_bos_stands_in_front_and_nowhere_else_but_before_a_pair(name, vocabulary):
    for case, prompt in read(name).items():
        pairs = 2 if name == "llama-chat" and "multi-turn" in case else 1
        assert prompt["ids"][0] == vocabulary.vocab.bos
        assert prompt["ids"].count(vocabulary.vocab.bos) == pairs


def test_weights_that_want_no_bos_get_none(smollm2):
    assert not smollm2.vocab.add_bos
    assert all(prompt["ids"][:2] != [smollm2.vocab.bos] * 2 for prompt in read("chatml").values())


@pytest.mark.parametrize("name", ["alpaca", "passthrough", "vicuna"])
def test_ids_equal_those_of_sentencepiece(name, pieces):
    for prompt in read(name).values():
        texts = prompt["text"].removeprefix("<s>").split("</s>")
        ids = [pieces.bos_id()]
        for position, text in enumerate(texts):
            ids += [pieces.eos_id()] * (position > 0) + pieces.encode(text)
        assert prompt["ids"] == ids


WORKED = {
    "chatml": (
        "<|im_start|>system\nYou are a pirate.<|im_end|>\n"
        "<|im_start|>user\nHello, what is your name?<|im_end|>\n"
        "<|im_start|>assistant\nArr, I be Jack.<|im_end|>\n"
        "<|im_start|>user\nSay it again.<|im_end|>\n"
        "<|im_start|>assistant\n"
    ),
    "llama-chat": (
        "<s>[INST] <<SYS>>\nYou are a pirate.\n<</SYS>>\n\nHello, what is your name? [/INST] "
        "Arr, I be Jack. </s><s>[INST] Say it again. [/INST]"
    ),
    "mistral-chat": (
        "<s>[INST] You are a pirate.\n\nHello, what is your name? [/INST] "
        "Arr, I be Jack.</s>[INST] Say it again. [/INST]"
    ),
    "vicuna": (
        "<s>You are a pirate. USER: Hello, what is your name? ASSISTANT: "
        "Arr, I be Jack.</s>USER: Say it again. ASSISTANT:"
    ),
}


@pytest.mark.parametrize("name", WORKED)
def test_the_worked_example_of_the_contract(name):
    assert read(name)["system, multi-turn"]["text"] == WORKED[name]
