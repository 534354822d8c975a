import pytest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("best_of", 1),
        ("suffix", ""),
        ("response_format", {"type": "text"}),
        ("images", []),
        ("reasoning_effort", "none"),
        ("stream_options", {"include_obfuscation": False}),
    ],
)
def test_off_in_a_completion(api, field, value):
    assert api.completion(**{field: value}).status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("store", False),
        ("tools", []),
        ("tool_choice", "none"),
        ("tool_choice", "auto"),
        ("parallel_tool_calls", True),
        ("functions", []),
        ("function_call", "none"),
        ("modalities", ["text"]),
        ("thinking", {"type": "disabled"}),
    ],
)
def test_off_in_a_chat(api, field, value):
    assert api.chat(**{field: value}).status == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"best_of": 3}, "best_of is not supported, leave it out or send 1: 3"),
        ({"best_of": True}, "best_of is not supported, leave it out or send 1: true"),
        ({"suffix": "x"}, 'suffix is not supported, leave it out or send "": "x"'),
        ({"prediction": {}}, "prediction is not supported, leave it out: {}"),
        (
            {"response_format": {"type": "json_object"}},
            (
                'response_format is not supported, leave it out or send {"type":"text"}:'
                ' {"type":"json_object"}'
            ),
        ),
        (
            {"stream_options": {"include_obfuscation": True}},
            "stream_options.include_obfuscation is not supported, leave it out or send false: true",
        ),
        (
            {"images": ["x" * 100]},
            'images is not supported, leave it out or send []: ["' + "x" * 78 + "...",
        ),
    ],
)
def test_on_in_a_completion(api, fields, message):
    reply = api.completion(**fields)
    assert (reply.status, reply.error["message"]) == (400, message)
    assert message.startswith(reply.error["param"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tools": [{}]}, "tools is not supported, leave it out or send []: [{}]"),
        (
            {"tool_choice": "required"},
            'tool_choice is not supported, leave it out or send "none" or "auto": "required"',
        ),
        ({"store": True}, "store is not supported, leave it out or send false: true"),
        ({"store": 0}, "store is not supported, leave it out or send false: 0"),
        (
            {"messages": [{"role": "user", "content": "x", "tool_calls": [1]}]},
            "messages[0].tool_calls is not supported, leave it out or send []: [1]",
        ),
    ],
)
def test_on_in_a_chat(api, fields, message):
    reply = api.chat(**fields)
    assert (reply.status, reply.error["message"]) == (400, message)
