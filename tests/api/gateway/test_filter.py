import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.api.gateway.filter import parse_filter
from hanabi.errors import InvalidRequestError
from hanabi.registry.model import Details, StoredModel
from hanabi.registry.names import ModelName


def model(name="m", display_name="", state="READY", *, public=False, description=""):
    details = Details(display_name=display_name, description=description, public=public)
    return StoredModel(name=ModelName("a", name), state=state, created=1, details=details)


@pytest.mark.parametrize(
    ("text", "held", "others"),
    [
        ("", model(), []),
        ("  ", model(), []),
        ('displayName="x"', model(display_name="x"), [model(display_name="xx"), model()]),
        ("displayName = 'x y'", model(display_name="x y"), [model(display_name="x")]),
        ('displayName:"LLAMA"', model(display_name="my llama 2"), [model(display_name="lama")]),
        ('displayName!="x"', model(), [model(display_name="x")]),
        ('name:"llama"', model("my-llama"), [model("lama")]),
        ("name=accounts/a/models/m-1", model("m-1"), [model("m")]),
        ("state=READY", model(), [model(state="UPLOADING")]),
        ("state!=READY", model(state="UPLOADING"), [model()]),
        ("public=true", model(public=True), [model()]),
        ("public != true", model(), [model(public=True)]),
        (
            'state=READY AND public=true AND description:"AND"',
            model(public=True, description="this and that"),
            [model(public=True), model(description="and")],
        ),
        (r'displayName="say \"hi\" \\ "', model(display_name='say "hi" \\ '), [model()]),
    ],
)
def test_what_a_filter_holds_for(text, held, others):
    holds = parse_filter(text)
    assert holds(held)
    assert not any(map(holds, others))


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "=",
        "state",
        "state=",
        "=READY",
        "state=READY AND",
        "AND state=READY",
        "state=READY OR public=true",
        "state=READY public=true",
        "state=READY and public=true",
        "NOT state=READY",
        "-state=READY",
        "(state=READY)",
        "state=READY AND AND public=true",
        "state<READY",
        "state>=READY",
        'displayName="x',
        'displayName="x\\q"',
        "displayName=\"x'",
        '"displayName"=x',
        "f(x)",
        "state==READY",
        "state=READY;",
    ],
)
def test_the_rest_of_the_language_is_refused(text):
    with pytest.raises(InvalidRequestError, match="filter must be restrictions") as caught:
        parse_filter(text)
    assert caught.value.param == "filter"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kind=x", "filter: there is no field 'kind'; the fields are name, displayName"),
        ("public:true", "filter: public takes = and != only: :"),
        ("state=READ", "filter: state must be UPLOADING or READY: 'READ'"),
        ("public=1", "filter: public must be true or false: '1'"),
        ('displayName="x*"', "filter: wildcards are not supported, use displayName:... instead"),
    ],
)
def test_the_sentence_says_what_is_wrong(text, sentence):
    with pytest.raises(InvalidRequestError) as caught:
        parse_filter(text)
    assert caught.value.message.startswith(sentence)


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=20).filter(
    lambda text: text.isprintable() and "*" not in text
)


@given(wanted=PRINTABLE, found=PRINTABLE, operator=st.sampled_from(["=", "!=", ":"]))
def test_any_text_can_be_quoted(wanted, found, operator):
    escaped = wanted.replace("\\", r"\\").replace('"', r"\"")
    holds = parse_filter(f'displayName {operator} "{escaped}"')
    naive = {
        "=": wanted == found,
        "!=": wanted != found,
        ":": wanted.casefold() in found.casefold(),
    }
    assert holds(model(display_name=found)) is naive[operator]
    assert holds(model(display_name=wanted)) is (operator != "!=")


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_refused(text):
    try:
        parse_filter(text)(model())
    except InvalidRequestError as error:
        assert error.param == "filter"  # noqa: PT017 - both outcomes are fine
