import gc
import weakref

import pytest

from hanabi_llama import ClosedError, Context, Model, ModelLoadError


def test_facts_of_the_bundled_model(model):
    assert model.n_ctx_train == 8192
    assert (model.n_layer, model.n_embd, model.n_head, model.n_head_kv) == (30, 576, 9, 3)
    assert model.n_params == 134_515_008
    assert model.description == "llama 256M Q4_1"
    assert model.has_decoder
    assert model.n_swa == 0
    assert not any([model.has_encoder, model.is_recurrent, model.is_hybrid])
    assert "<|im_start|>" in model.chat_template


def test_metadata(model):
    found = model.metadata()
    assert found["general.architecture"] == "llama"
    assert found["tokenizer.chat_template"] == model.chat_template


def test_kv_bytes(model):
    # 30 layers, keys and values of 3 heads with 64 elements, 2 bytes each
    assert model.kv_bytes_per_token() == 30 * 2 * 3 * 64 * 2


def test_kv_bytes_heed_key_and_value_length(model, monkeypatch):
    found = {
        "general.architecture": "x",
        "x.attention.key_length": "128",
        "x.attention.value_length": "32",
    }
    monkeypatch.setattr(model, "metadata", lambda: found)
    assert model.kv_bytes_per_token() == 30 * 3 * (128 + 32) * 2


def test_progress_rises_to_one(model):
    seen = []
    with Model.open(model.path, progress=seen.append):
        pass
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_what_progress_raises_stops_the_loading(model):
    def stop(_):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        Model.open(model.path, progress=stop)


def test_no_file(tmp_path):
    with pytest.raises(ModelLoadError, match="is no file"):
        Model.open(tmp_path / "nothing.gguf")


def test_a_file_that_is_no_gguf_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "text.gguf"
    path.write_text("a text, not a model")
    with pytest.raises(ModelLoadError, match="invalid magic"):
        Model.open(path)


def test_a_truncated_file_is_refused_with_the_reason(model, tmp_path):
    path = tmp_path / "cut.gguf"
    with model.path.open("rb") as whole:
        path.write_bytes(whole.read(4_000_000))
    with pytest.raises(ModelLoadError, match="not within the file bounds"):
        Model.open(path)


def test_close_closes_contexts_and_may_be_called_twice(model):
    other = Model.open(model.path)
    context = Context(
        other,
        slots=1,
        context_length=256,
        batch_size=16,
        max_outputs=1,
        threads=1,
        threads_batch=1,
        poll=0,
    )
    other.close()
    other.close()
    context.close()
    with pytest.raises(ClosedError, match="the context is closed"):
        context.position_max(0)
    with pytest.raises(ClosedError, match="is closed"):
        other.metadata()
    with pytest.raises(ClosedError, match="is closed"):
        other.vocab.tokenize("text")


def test_a_model_that_nobody_holds_is_freed(model):
    other = Model.open(model.path)
    free, gone = other._free, weakref.ref(other)
    del other
    gc.collect()
    assert gone() is None
    assert not free.alive
