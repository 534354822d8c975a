"""lm-eval through `local-completions` against lm-eval with transformers, on the same weights."""

import pytest

from .compared import CLOSE, FLOAT32
from .evaluation import evaluate

pytestmark = pytest.mark.reference

TOKENIZED = pytest.mark.parametrize("tokenized", [True, False], ids=["token ids", "strings"])
BATCH_SIZE = pytest.mark.parametrize("batch_size", [1, 8])


@TOKENIZED
@BATCH_SIZE
def test_loglikelihoods_are_those_of_transformers(
    by_server, by_transformers, tokenized, batch_size
):
    ours = by_server(tokenized, batch_size).replies["choices"]
    theirs = by_transformers.replies["choices"]
    assert len(ours) == len(theirs) == 13
    for our_question, their_question in zip(ours, theirs, strict=True):
        for our_choice, their_choice in zip(our_question, their_question, strict=True):
            (our_sum, our_greedy), (their_sum, their_greedy) = (
                numbers(our_choice),
                numbers(their_choice),
            )
            # The bound for one token, though each choice has several.
            assert our_sum == pytest.approx(their_sum, rel=0, abs=CLOSE)
            assert our_greedy == their_greedy


@TOKENIZED
@BATCH_SIZE
def test_generations_are_those_of_transformers(by_server, by_transformers, tokenized, batch_size):
    ours = by_server(tokenized, batch_size).replies["answers"]
    assert len(ours) == 8
    assert ours == by_transformers.replies["answers"]


@TOKENIZED
@BATCH_SIZE
def test_scores_are_those_of_transformers(by_server, by_transformers, tokenized, batch_size):
    assert by_server(tokenized, batch_size).scores == by_transformers.scores


@TOKENIZED
def test_batching_changes_nothing(by_server, tokenized):
    assert by_server(tokenized, 8) == by_server(tokenized, 1)


def test_generation_needs_no_tokenizer(server, by_transformers, tmp_path):
    evaluation = evaluate(
        tmp_path,
        "local-completions",
        ("answers",),
        8,
        server.key,
        model=FLOAT32,
        base_url=f"{server.url}/inference/v1/completions",
        tokenizer_backend="none",
        tokenized_requests=False,
    )
    assert evaluation.replies["answers"] == by_transformers.replies["answers"]


def numbers(reply):
    """The loglikelihood of a choice, and whether it is the greedy one, as lm-eval logs them."""
    ((loglikelihood, greedy),) = reply
    return float(loglikelihood), str(greedy)


def test_some_choices_are_greedy(by_transformers):
    """The flag is tested by both of its values; each token of a greedy choice is its row's best."""
    flags = [
        numbers(choice)[1] for question in by_transformers.replies["choices"] for choice in question
    ]
    assert set(flags) == {"True", "False"}
