"""The options are those of the server's requests, no more and no less."""

import msgspec
import pytest

from fireworks.client.options import CallOptions, ChatOptions, GenerationOptions
from hanabi.protocol.chat import ChatRequest
from hanabi.protocol.completions import CompletionRequest


def supported(request):
    """The fields that can be more than off."""
    return {
        field.name
        for field in msgspec.inspect.type_info(request).fields
        if "off" not in (getattr(field.type, "extra", None) or {})
    }


def options(kind):
    return kind.__annotations__.keys() - CallOptions.__annotations__.keys()


@pytest.mark.parametrize(
    ("request_type", "kind", "own"),
    [(CompletionRequest, GenerationOptions, "prompt"), (ChatRequest, ChatOptions, "messages")],
)
def test_options_are_the_fields_of_the_wire(request_type, kind, own):
    assert options(kind) | {"model", own, "stream"} == supported(request_type)


def test_every_option_is_told():
    told = "".join(kind.__doc__ for kind in (CallOptions, GenerationOptions, ChatOptions))
    for name in ChatOptions.__annotations__:
        assert f"\n        {name}: " in told, name
