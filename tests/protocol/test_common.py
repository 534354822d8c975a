import pytest
from msgspec import inspect

from hanabi.protocol.chat import ChatMessage, ChatRequest, TextPart
from hanabi.protocol.common import StreamOptions
from hanabi.protocol.completions import CompletionRequest
from hanabi.protocol.tokenizer import DetokenizeRequest, TokenizeRequest
from hanabi.sampling.params import SamplingParams

REQUIRED = {"model", "prompt", "messages", "tokens", "role", "content", "type", "text"}


@pytest.mark.parametrize(
    "wire_type",
    [
        ChatMessage,
        ChatRequest,
        CompletionRequest,
        DetokenizeRequest,
        StreamOptions,
        TextPart,
        TokenizeRequest,
    ],
)
def test_a_request_is_closed_and_takes_null_for_what_is_optional(wire_type):
    node = inspect.type_info(wire_type)
    assert node.forbid_unknown_fields
    for field in node.fields:
        assert field.required is (field.name in REQUIRED)
        if not field.required:
            assert field.default is None
            assert "NoneType" in repr(field.type) or "AnyType" in repr(field.type)


def test_every_sampling_option_can_be_sent():
    for wire_type in (ChatRequest, CompletionRequest):
        assert set(SamplingParams.__struct_fields__) <= set(wire_type.__struct_fields__)
