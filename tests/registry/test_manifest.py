import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.errors import InvalidRequestError
from hanabi.generation.defaults import ModelDefaults
from hanabi.protocol.common import GeneratingRequest
from hanabi.registry.manifest import MAX_BYTES, ConversationConfig, Manifest, parse_manifest
from hanabi.styles.args import StyleArgs
from hanabi.styles.chatml import ChatML


def refusal_of(raw: str | bytes) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as refusal:
        parse_manifest(raw if isinstance(raw, bytes) else raw.encode())
    return refusal.value


def test_everything_is_optional():
    assert parse_manifest(b"{}") == Manifest()
    assert parse_manifest(b"{}").style is None


def test_a_full_manifest():
    manifest = parse_manifest(
        b"""{
          "base_model": "HuggingFaceTB/SmolLM2-135M-Instruct",
          "conversation_config": {"style": "chatml", "args": {"system": "Be brief."}},
          "defaults": {"stop": ["\\n"], "max_tokens": 100, "temperature": 0.2, "top_k": 40}
        }"""
    )
    assert manifest == Manifest(
        base_model="HuggingFaceTB/SmolLM2-135M-Instruct",
        conversation_config=ConversationConfig(style="chatml", args=StyleArgs(system="Be brief.")),
        defaults=ModelDefaults(stop=("\n",), max_tokens=100, temperature=0.2, top_k=40),
    )
    assert manifest.style == ChatML(system="Be brief.")


@pytest.mark.parametrize(
    ("raw", "path", "rule"),
    [
        ('{"speed": 1}', "speed", "there is no such key"),
        (
            '{"conversation_config": {"style": "chatml", "sytem": ""}}',
            "conversation_config.sytem",
            "there is no such key",
        ),
        (
            '{"conversation_config": {"style": "chatml", "args": {"a.b": 1}}}',
            "conversation_config.args.a.b",
            "there is no such key",
        ),
        ('{"defaults": {"best_of": 2}}', "defaults.best_of", "there is no such key"),
        ('{"base_model": 7}', "base_model", "Expected `str | null`, got `int`"),
        (
            '{"conversation_config": {"style": 1}}',
            "conversation_config.style",
            "Expected `str`, got `int`",
        ),
        ('{"conversation_config": {}}', "conversation_config", "missing required field `style`"),
        ('{"conversation_config": []}', "conversation_config", "got `array`"),
        (
            '{"conversation_config": {"style": "chatty"}}',
            "conversation_config.style",
            "the styles are: alpaca, chatml,",
        ),
        (
            '{"conversation_config": {"style": "chatml", "args": {"template": "x"}}}',
            "conversation_config.args.template",
            "does not take it",
        ),
        (
            '{"conversation_config": {"style": "jinja"}}',
            "conversation_config.args.template",
            "needs a template",
        ),
        (
            '{"conversation_config": {"style": "jinja", "args": {"template": "a\\n{% if %}"}}}',
            "conversation_config.args.template",
            "line 2: Expected an expression",
        ),
        ('{"defaults": {"stop": ["a", 1]}}', "defaults.stop[1]", "Expected `str`, got `int`"),
        ('{"defaults": {"max_tokens": true}}', "defaults.max_tokens", "got `bool`"),
        ('{"defaults": {"temperature": "1"}}', "defaults.temperature", "got `str`"),
        ("[]", "fireworks.json", "Expected `object`, got `array`"),
        ("{", "fireworks.json", "not valid JSON"),
        ("", "fireworks.json", "not valid JSON"),
        ('{"defaults": {"temperature": NaN}}', "fireworks.json", "not valid JSON"),
        (b'{"base_model": "\xff"}', "fireworks.json", "not valid JSON"),
        ("[" * 100_000, "fireworks.json", ""),
        (b" " * (MAX_BYTES + 1), "fireworks.json", f"at most {MAX_BYTES} bytes: {MAX_BYTES + 1}"),
    ],
)
def test_a_breach_names_the_key_by_its_path(raw, path, rule):
    refusal = refusal_of(raw)
    assert refusal.param == path
    assert refusal.message.startswith(path)
    assert rule in refusal.message


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [
        ("max_tokens", -1, "`int` >= 0, got -1"),
        ("max_tokens", 2**31, "`int` <= 2147483647, got 2147483648"),
        ("temperature", 2.1, "`float` <= 2.0, got 2.1"),
        ("temperature", -0.1, "`float` >= 0.0, got -0.1"),
        ("top_p", 1.5, "`float` <= 1.0, got 1.5"),
        ("top_k", -1, "`int` >= 0, got -1"),
        ("min_p", -1, "`float` >= 0.0, got -1.0"),
        ("typical_p", 2, "`float` <= 1.0, got 2.0"),
        ("frequency_penalty", -3, "`float` >= -2.0, got -3.0"),
        ("presence_penalty", 3, "`float` <= 2.0, got 3.0"),
        ("repetition_penalty", 2.5, "`float` <= 2.0, got 2.5"),
        ("repetition_penalty", 0, "`float` > 0.0, got 0.0"),
        ("stop", [str(i) for i in range(17)], "`array` of length <= 16, got ('0', '1',"),
        ("stop", "", "`str` of length >= 1, got ''"),
        ("stop", ["a", ""], "`str` of length >= 1, got ('a', '')"),
    ],
)
def test_a_default_out_of_range_states_limit_and_value(name, value, limits):
    refusal = refusal_of(msgspec.json.encode({"defaults": {name: value}}))
    assert refusal.param == f"defaults.{name}"
    assert limits in refusal.message


def test_every_default_has_the_limits_of_a_request_field():
    fields = set(GeneratingRequest.__struct_fields__)
    assert set(ModelDefaults.__struct_fields__) <= fields


def test_a_long_key_is_cut_short():
    assert len(refusal_of('{"' + "x" * 100_000 + '": 1}').message) < 200


@given(
    st.builds(
        Manifest,
        base_model=st.none() | st.text(),
        conversation_config=st.none()
        | st.builds(
            ConversationConfig,
            style=st.just("chatml"),
            args=st.builds(StyleArgs, system=st.none() | st.text()),
        ),
        defaults=st.builds(
            ModelDefaults,
            stop=st.none() | st.text(min_size=1) | st.tuples(st.text(min_size=1)),
            temperature=st.none() | st.floats(0, 2),
            top_k=st.none() | st.integers(0, 2**31 - 1),
        ),
    )
)
def test_a_good_manifest_survives_its_json(manifest):
    assert parse_manifest(msgspec.json.encode(manifest)) == manifest


@given(
    st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["base_model", "conversation_config", "style", "args", "defaults", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
    ).map(msgspec.json.encode)
)
def test_any_bytes_are_read_or_refused_by_name(raw):
    try:
        parse_manifest(raw)
    except InvalidRequestError as error:
        assert error.param  # noqa: PT017 - both outcomes are fine, a third is not
