import pytest

from hanabi.cli.model_checks import findings_of
from hanabi.engine.facts import Facts
from hanabi.engine.messages import Loaded

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages


def found(**facts):
    loaded = Loaded((), 4096, 12, 12 * 172 * 2**20, "zen4", Facts(**facts))
    return dict(findings_of("m", loaded))


def test_a_model_whose_every_promise_holds():
    findings = found(architecture="llama", bytes_per_token=23_040)
    assert {finding.state for finding in findings.values()} == {"good"}
    assert findings["Window"].text.startswith("none")
    assert findings["KV cache"].text == (
        "12 slots x 4096 tokens, 2.0 GiB: 0 B for each slot and 22.5 KiB for each token"
    )


def test_what_does_not_hold_is_told():
    findings = found(exact=False, prefix_cache=False, window=512, bytes_per_slot=172 * 2**20)
    assert findings["Exactness"].text.startswith("not exact")
    assert findings["Prefix cache"].text.startswith("none")
    assert findings["Window"].text == "512 tokens"
    assert "172.0 MiB for each slot" in findings["KV cache"].text
    assert [findings[name].state for name in ("Exactness", "Prefix cache")] == ["note", "note"]


def test_whose_kernels_compute_what():
    findings = found(operations={"attention": "llama.cpp"})
    assert findings["Attention"].text == "kernels of llama.cpp"


@pytest.mark.parametrize("stored", [False, True])
def test_a_model_is_loaded_and_told_of(run, tmp_path, stored):
    path = write_tiny_llama(tmp_path / "tiny.gguf")
    if stored:
        assert run("models", "create", "local/tiny", str(path))[0] == 0
    code, output, _ = run("doctor", "local/tiny" if stored else str(path), "--kv-memory", "64M")
    assert code == 0
    assert "of the architecture llama" in output
    for name in ("Exactness", "Prefix cache", "Window", "KV cache", "Attention"):
        assert name in output


def test_a_model_that_cannot_answer_is_a_bad_finding(run, tmp_path):
    path = write_tiny_llama(tmp_path / "tiny.gguf")
    path.write_bytes(path.read_bytes().replace(b"llama", b"dream"))
    code, output, _ = run("doctor", str(path))
    assert code == 1
    assert "dream is a diffusion model" in output


def test_a_model_that_is_not_there(run):
    code, output, _ = run("doctor", "nothing")
    assert code == 1
    assert "no model is stored yet" in output
