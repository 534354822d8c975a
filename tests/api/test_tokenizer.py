import pytest

MODEL = "accounts/fireworks/models/fake"


def tokenize(api, **fields):
    return api.call("POST", "/inference/v1/tokenize", {"model": MODEL} | fields)


def detokenize(api, **fields):
    return api.call("POST", "/inference/v1/detokenize", {"model": MODEL} | fields)


def test_tokenize_does_what_a_completion_does(api):
    assert tokenize(api, prompt="hé").json == {
        "count": 4,
        "max_model_len": 100,
        "tokens": [256, 104, 195, 169],
    }


def test_without_special_tokens(api):
    assert tokenize(api, prompt="h", add_special_tokens=False).json["tokens"] == [104]
    assert tokenize(api, prompt="", add_special_tokens=False).json["tokens"] == []


def test_control_tokens_in_text_stay_text(api):
    assert 256 not in tokenize(api, prompt="x<s>", add_special_tokens=False).json["tokens"]


def test_the_text_of_each_token(api):
    reply = tokenize(api, prompt="hé", return_token_strs=True).json
    assert reply["token_strs"] == ["<s>", "h", "\ufffd", "\ufffd"]


def test_detokenize(api):
    assert detokenize(api, tokens=[256, 104, 195, 169]).json == {"prompt": "<s>hé"}
    assert detokenize(api, tokens=[257]).json == {"prompt": "\ufffd"}
    assert detokenize(api, tokens=[]).json == {"prompt": ""}


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([1, 258], "tokens[1] must be between 0 and 257: 258"),
        ([-1], "tokens[0] must be between 0 and 2147483647: -1"),
        ("x", 'tokens must be an array: "x"'),
    ],
)
def test_bad_tokens(api, tokens, message):
    reply = detokenize(api, tokens=tokens)
    assert (reply.status, reply.error["message"]) == (400, message)


def test_an_unknown_model(api):
    assert tokenize(api, model="x", prompt="x").status == 404


def test_an_unknown_field(api):
    assert tokenize(api, prompt="x", foo=1).status == 400
