"""The rows that examinations come to."""

from hanabi.engine.cuts import Cuts

from .examination import Examination, Facts
from .outcome import Kind, Outcome
from .table import BEGIN, END, row, rows_of, write_table


def examined(name="llama", weights="F32", *outcomes, cuts=Cuts.ANYWHERE, window=0):
    outcomes = (Outcome("loaded", Kind.EQUAL), *outcomes)
    facts = Facts(True, cuts.value, 4, window, 1.0)
    return Examination(name, weights, outcomes, facts)


def test_a_model_that_is_the_same_in_every_way():
    found = [
        examined("llama", "Q8_0", Outcome("cached", Kind.EQUAL)),
        examined(
            "llama",
            "F32",
            Outcome("cached", Kind.EQUAL),
            Outcome("library", Kind.CLOSE, nats=0.004),
        ),
    ]
    assert row("llama", found) == "| `llama` | yes | yes | within 0.01 |  |"


def test_a_model_whose_replies_differ_by_rounding():
    found = [
        examined("llama", "F32", Outcome("cached", Kind.CLOSE, nats=0.001)),
        examined("llama", "Q8_0", Outcome("cached", Kind.EQUAL)),
    ]
    assert row("llama", found) == "| `llama` | yes | Q8_0 |  |  |"


def test_what_a_model_has_and_what_fails():
    failed = Outcome("n: 7", Kind.CRASHED)
    found = [examined("jamba", "F32", failed, cuts=Cuts.NOWHERE, window=32)]
    notes = "sliding window; recurrent state; n: 7 fails (F32)"
    assert row("jamba", found) == f"| `jamba` | wrong | no |  | {notes} |"


def test_a_refused_model_has_its_reason():
    refused = Outcome("loaded", Kind.REFUSED, note="It has no\ndecoder | of its own.")
    found = [Examination("t5", "F32", (refused,))]
    assert row("t5", found) == "| `t5` | no | | | It has no decoder / of its own. |"


def test_a_quantised_model_may_round_otherwise_than_the_library():
    far = Outcome("library", Kind.DIFFERENT, nats=0.3)
    assert examined("llama", "Q8_0", far).failures == []
    assert examined("llama", "F32", far).failures == [far]


def test_rows_of_other_models_stay(tmp_path):
    page = tmp_path / "page.md"
    kept = "| `qwen2` | yes | yes | equal |  |"
    page.write_text(f"Before\n{BEGIN}\n{kept}\n{END}\nAfter\n")
    write_table([examined("llama", "F32", Outcome("cached", Kind.EQUAL))], page)
    text = page.read_text()
    assert list(rows_of(text)) == ["llama", "qwen2"]
    assert rows_of(text)["qwen2"] == kept
    assert text.startswith("Before\n")
    assert text.endswith("\nAfter\n")
