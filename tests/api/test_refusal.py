import json
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from hanabi.api.refusal import refuse
from hanabi.protocol.chat import ChatRequest
from hanabi.protocol.completions import CompletionRequest

HUGE = "9" * 5000
NUMBERS = {
    "n": ("between 1 and 128", int),
    "max_tokens": ("between 0 and 2147483647", int),
    "max_completion_tokens": ("between 0 and 2147483647", int),
    "echo_last": ("between 0 and 2147483647", int),
    "top_k": ("at least 0", int),
    "seed": ("between 0 and 9223372036854775807", int),
    "top_logprobs": ("between 0 and 20", int),
    "logprobs": ("between 0 and 20", int),
    "temperature": ("between 0 and 2", float),
    "top_p": ("between 0 and 1", float),
    "min_p": ("between 0 and 1", float),
    "typical_p": ("between 0 and 1", float),
    "frequency_penalty": ("between -2 and 2", float),
    "presence_penalty": ("between -2 and 2", float),
    "repetition_penalty": ("greater than 0 and at most 2", float),
    "mirostat_target": ("between 0 and 100", float),
    "mirostat_lr": ("between 0 and 1", float),
    "prompt_truncate_len": ("between 1 and 2147483647", int),
}
LEGAL = {
    "-1": {"frequency_penalty", "presence_penalty"},
    "0": set(NUMBERS) - {"n", "repetition_penalty", "prompt_truncate_len"},
    "2147483648": {"top_k", "seed"},
    "true": {"logprobs"},
}


def body(field, literal):
    """A chat request whose `field` holds a JSON literal."""
    message = '{"role":"user","content":"x"}'
    needed = ',"logprobs":1' if field == "top_logprobs" else ""
    return f'{{"model":"m","messages":[{message}],"{field}":{literal}{needed}}}'.encode()


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize(
    "literal", ["-1", "0", "2147483648", "1e309", "-1e309", "NaN", "Infinity", '"1"', "true", HUGE]
)
def test_every_number_is_legal_or_a_400_with_limit_and_value(api, field, literal):
    reply = api.call("POST", "/v1/chat/completions", body(field, literal))
    if field in LEGAL.get(literal, ()):
        assert reply.status == 200
        return
    limit, kind = NUMBERS[field]
    shown = literal if len(literal) <= 80 else literal[:80] + "..."
    if literal in ('"1"', "true"):
        noun = "an integer" if kind is int else "a number"
        noun = f"a boolean or {noun}" if field == "logprobs" else noun
        expected = f"{field} must be {noun} {limit}: {shown}"
    else:
        expected = f"{field} must be {limit}: {shown}"
    assert reply.status == 400
    assert (reply.error["message"], reply.error["param"]) == (expected, field)


def test_every_numeric_field_is_in_the_table():
    numeric = set()
    for wire_type in (ChatRequest, CompletionRequest):
        for known in inspect.type_info(wire_type).fields:
            text = repr(known.type)
            if "Type(gt=" in text and known.name not in ("prompt", "logit_bias"):
                numeric.add(known.name)
    assert numeric == set(NUMBERS)


COMPLETION = b'{"model":"m","prompt":"x",%s}'


@pytest.mark.parametrize(
    ("extra", "message", "param"),
    [
        (b'"foo":1', "Extra inputs are not permitted, field: 'foo'", "foo"),
        (b'"foo":1,"bar":2', "Extra inputs are not permitted, field: 'foo'", "foo"),
        (
            b'"stream_options":{"x":1}',
            "Extra inputs are not permitted, field: 'stream_options.x'",
            "stream_options.x",
        ),
        (b'"n":300', "n must be between 1 and 128: 300", "n"),
        (b'"n":1.5', "n must be an integer between 1 and 128: 1.5", "n"),
        (b'"stream":1', "stream must be a boolean: 1", "stream"),
        (b'"stop":""', "stop must not be empty", "stop"),
        (b'"stop":["a",""]', "stop[1] must not be empty", "stop[1]"),
        (b'"stop":["a",1]', "stop[1] must be a string: 1", "stop[1]"),
        (b'"stop":1', "stop must be a string or an array: 1", "stop"),
        (
            b'"stop":[%s]' % b",".join([b'"a"'] * 17),
            "stop must have at most 16 items: 17",
            "stop",
        ),
        (b'"stop":"%s"' % (b"a" * 1025), "stop must have at most 1024 characters: 1025", "stop"),
        (
            b'"logit_bias":{"5":1,"7":101}',
            "logit_bias[7] must be between -100 and 100: 101",
            "logit_bias[7]",
        ),
        (
            b'"logit_bias":{"5":1,"x":1}',
            "a key of logit_bias must be an integer between 0 and 2147483647: x",
            "logit_bias",
        ),
        (
            b'"logit_bias":{"-5":1}',
            "a key of logit_bias must be between 0 and 2147483647: -5",
            "logit_bias",
        ),
        (
            b'"logit_bias":{"5":"1"}',
            'logit_bias[5] must be a number between -100 and 100: "1"',
            "logit_bias[5]",
        ),
        (
            b'"context_length_exceeded_behavior":"explode"',
            "context_length_exceeded_behavior must be 'error' or 'truncate': \"explode\"",
            "context_length_exceeded_behavior",
        ),
        (b'"user":5', "user must be a string: 5", "user"),
    ],
)
def test_field(api, extra, message, param):
    reply = api.call("POST", "/v1/completions", COMPLETION.replace(b"%s", extra))
    assert reply.status == 400
    assert (reply.error["message"], reply.error["param"]) == (message, param)


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (b'""', "prompt must not be empty"),
        (b"[]", "prompt must not be empty"),
        (b"[[]]", "prompt[0] must not be empty"),
        (b'["a",""]', "prompt[1] must not be empty"),
        (b"[-1]", "prompt[0] must be between 0 and 2147483647: -1"),
        (b"[[1],[2,-1]]", "prompt[1][1] must be between 0 and 2147483647: -1"),
        (b"[1.5]", None),
        (b"null", "prompt must be a string or an array: null"),
        (b"{}", "prompt must be a string or an array: {}"),
        (b'["a",1]', None),
        (b"[1,[1]]", None),
    ],
)
def test_prompt(api, prompt, message):
    reply = api.call("POST", "/v1/completions", b'{"model":"m","prompt":%s}' % prompt)
    assert reply.status == 400
    if message is None:
        assert reply.error["message"].startswith("prompt")
    else:
        assert reply.error["message"] == message


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        (b"[]", "messages must not be empty"),
        (b'[{"role":"user"}]', "messages[0].content is required"),
        (b'[{"role":"","content":"x"}]', "messages[0].role must not be empty"),
        (
            b'[{"role":"user","content":null}]',
            "messages[0].content must be a string or an array: null",
        ),
        (
            b'[{"role":"user","content":[{"type":"image_url","text":""}]}]',
            "messages[0].content[0].type must be 'text': \"image_url\"",
        ),
        (
            b'[{"role":"user","content":"x","foo":1}]',
            "Extra inputs are not permitted, field: 'messages[0].foo'",
        ),
    ],
)
def test_messages(api, messages, message):
    reply = api.call("POST", "/v1/chat/completions", b'{"model":"m","messages":%s}' % messages)
    assert reply.status == 400
    assert reply.error["message"] == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The request body is not valid JSON in UTF-8"),
        (b"{", "The request body is not valid JSON in UTF-8"),
        (b"\xff", "The request body is not valid JSON in UTF-8"),
        (b'{"model":"\xed\xa0\x80"}', "The request body is not valid JSON in UTF-8"),
        (b'{"model":"\\ud800"}', "The request body is not valid JSON in UTF-8"),
        (b'{"model":NaN', "model must be a string: NaN"),
        (b"[]", "The request body must be a JSON object"),
        (b"null", "The request body must be a JSON object"),
        (b'{"prompt":"x"}', "model is required"),
        (b'{"model":"m"}', "prompt is required"),
        (b'{"prompt":' + b"[" * 20000 + b"]" * 20000 + b"}", None),
        (b'{"tools":' + b"[" * 20000 + b"]" * 20000 + b"}", None),
        (b'{"images":' + b'{"a":' * 15000 + b"1" + b"}" * 15000 + b"}", None),
        (b'{"foo":' + b"[" * 40000, None),
        (b'{"model":"m","n":300,"x":', "The request body is not valid JSON in UTF-8"),
        (b'{"model":"m","n":300,"\xed\xa0\x80":1}', "n must be between 1 and 128: 300"),
        (b'{"model":"m","prompt":"x","metadata":{"a":[1e999]}}', None),
        (b'{"prompt":[' + b"9" * 50000 + b"]}", None),
        (b'{"images":' + b"9" * 50000 + b"}", None),
    ],
)
def test_body(api, content, message):
    reply = api.call("POST", "/v1/completions", content)
    assert reply.status == 400
    if message is not None:
        assert reply.error["message"] == message
    assert len(reply.error["message"]) < 300


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b'{"model":"m","prompt":[%b-1]}' % (b"1," * 600_000),
            "prompt[600000] must be between 0 and 2147483647",
        ),
        (
            b'{"model":"m","prompt":[%b[]]}' % (b"[1]," * 300_000),
            "prompt[300000] must not be empty",
        ),
        (
            b'{"model":"m","logit_bias":{%b"1":101}}' % (b'"1":1,' * 200_000),
            "logit_bias[...] must be between -100 and 100",
        ),
        (
            b'{"model":"m","logit_bias":{%b"x":1}}' % (b'"1":1,' * 200_000),
            "a key of logit_bias must be an integer between 0 and 2147483647",
        ),
        (
            b'{"model":"m","n":300%b}' % (b',"x":1' * 200_000),
            "n must be between 1 and 128: 300",
        ),
        (
            b'{"model":"m","prompt":{"x":[%b1]}}' % (b"1," * 600_000),
            'prompt must be a string or an array: {"x":[' + "1," * 37 + "...",
        ),
        (
            b'{"model":"m","prompt":"x","stop":[%b"a"]}' % (b'"a",' * 300_000),
            "stop must have at most 16 items: 300001",
        ),
    ],
)
def test_a_large_body_is_refused_at_little_cost(content, message):
    decoder = msgspec.json.Decoder(CompletionRequest)
    with pytest.raises(msgspec.ValidationError) as failed:
        decoder.decode(content)
    tracemalloc.start()
    try:
        assert refuse(failed.value, content, CompletionRequest).message == message
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * len(content)


def test_text_that_looks_like_a_number_json_lacks_is_not_blamed(api):
    body = b'{"model":"m","prompt":"\\"temperature\\": NaN","seed":nan}'
    reply = api.call("POST", "/v1/completions", body)
    assert reply.error["message"] == "The request body is not valid JSON in UTF-8"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["type", "text", "5"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from([*ChatRequest.__struct_fields__, *CompletionRequest.__struct_fields__]),
        JSON,
        max_size=4,
    ),
    st.sampled_from([ChatRequest, CompletionRequest]),
)
def test_whatever_is_refused_is_refused_in_words(fields, wire_type):
    start = {"model": "m", "prompt": "x"}
    if wire_type is ChatRequest:
        start = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    content = json.dumps(start | fields).encode()
    try:
        msgspec.json.decode(content, type=wire_type)
    except msgspec.DecodeError as error:
        refused = refuse(error, content, wire_type)
        assert refused.status == 400
        assert refused.message
        assert refused.param or "body" in refused.message
