"""A file that was named on the command line, as a model."""

import pytest

from hanabi.registry.guest import guest_model


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "Tiny Model.Q8_0.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_weights_with_a_template_have_chat(weights):
    model = guest_model(weights, "{{ messages }}")
    assert model.manifest.conversation_config.style == "huggingface"


def test_weights_without_one_have_completions_only(weights):
    assert guest_model(weights, None).manifest.conversation_config is None


def test_it_is_served_where_it_lies(weights):
    model = guest_model(weights, None)
    assert (model.weights, model.state) == (weights, "READY")
    assert model.name.account == "fireworks"
    assert [file.size for file in model.files] == [4]
