"""The parameter panel: every field of the API, its range and its default, as a person sets it."""

import json
import os
import subprocess

import msgspec
import pytest
from playwright.sync_api import expect

from hanabi.api import chat, completions
from hanabi.console.assets import STATIC
from hanabi.protocol.chat import ChatRequest
from hanabi.protocol.completions import CompletionRequest
from hanabi.sampling.params import SamplingParams

from .completion import CHAT_MODEL, generate, open_completion, set_parameters, switch
from .deno import DENO, SETTINGS

pytestmark = pytest.mark.e2e

SAFE_INTEGER = 2**53 - 1
"""JavaScript's greatest exact integer."""

NOT_SET = {
    "model": "chosen elsewhere",
    "prompt": "the text",
    "messages": "the conversation",
    "max_completion_tokens": "another name of max_tokens",
    "stream": "always on",
    "stream_options": "usage comes with the last chunk",
    "perf_metrics_in_response": "always on",
    "user": "a label, which changes nothing",
    "metadata": "likewise",
    "service_tier": "likewise",
    "prompt_cache_key": "likewise",
}
ROUTES = {
    "chat": (ChatRequest, chat.DEFAULT_MAX_TOKENS),
    "completion": (CompletionRequest, completions.DEFAULT_MAX_TOKENS),
}
OF_THE_CONSOLE = {"logprobs": True, "top_logprobs": 5}
"""Its own defaults where the API's would show nothing."""


def read_parameters():
    """What lib/parameters.js exports."""
    module = json.dumps((STATIC / "lib" / "parameters.js").as_uri())
    program = f"console.log(JSON.stringify(await import({module})))"
    done = subprocess.run(
        [DENO, "eval", program],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | SETTINGS,
    )
    return json.loads(done.stdout)


EXPORTS = read_parameters()
PARAMETERS = EXPORTS["PARAMETERS"]


def fields_of(mode):
    """The JSON schemas of a route's fields, without those that this server lacks."""
    wire = ROUTES[mode][0]
    (_, schemas) = msgspec.json.schema_components([wire])
    fields = schemas[wire.__name__]["properties"]
    return {
        name: schema
        for name, schema in fields.items()
        if not schema.get("description", "").startswith("Not supported")
    }


def find(schema, *types):
    """The part of a schema that is of one of these types."""
    if schema.get("type") in types:
        return schema
    return next(filter(None, (find(part, *types) for part in schema.get("anyOf", ()))), None)


@pytest.mark.parametrize("mode", ROUTES)
def test_every_field_of_the_api_can_be_set(mode):
    names = [each["name"] for each in PARAMETERS if mode in each["modes"]]
    assert sorted([*names, *(NOT_SET.keys() & fields_of(mode).keys())]) == sorted(fields_of(mode))


@pytest.mark.parametrize(
    ("mode", "parameter"),
    [(mode, each) for each in PARAMETERS for mode in each["modes"]],
    ids=lambda each: each if isinstance(each, str) else each["name"],
)
def test_ranges_are_those_of_the_api(mode, parameter):
    schema = fields_of(mode)[parameter["name"]]
    match parameter["kind"]:
        case "number" | "integer" as kind:
            limits = find(schema, kind)
            above = parameter.get("above", False)
            assert parameter.get("min") == limits["exclusiveMinimum" if above else "minimum"]
            assert parameter.get("max") == (
                min(limits["maximum"], SAFE_INTEGER) if "maximum" in limits else None
            )
        case "boolean":
            assert find(schema, "boolean")
        case "choice":
            (values,) = [part["enum"] for part in schema["anyOf"] if "enum" in part]
            assert sorted(filter(None, values)) == sorted(parameter["choices"])
        case "strings":
            strings = find(schema, "array")
            assert strings["maxItems"] == EXPORTS["MAX_STOP_STRINGS"]
            assert strings["items"]["maxLength"] == EXPORTS["MAX_STOP_LENGTH"]
        case "map":
            values = find(schema, "object")["additionalProperties"]
            assert [values["minimum"], values["maximum"]] == EXPORTS["BIAS_RANGE"]


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda each: each["name"])
def test_defaults_are_those_of_the_api(parameter):
    name, default = parameter["name"], parameter["default"]
    if name in SamplingParams.__struct_fields__:
        assert default == msgspec.to_builtins(getattr(SamplingParams(), name))
    elif name == "max_tokens":
        assert [default] == [ROUTES[mode][1] for mode in parameter["modes"]]
    elif name in OF_THE_CONSOLE:
        assert default == OF_THE_CONSOLE[name]
    elif name == "n":
        assert default == 1
    else:
        assert default in (None, False, [], "truncate")


def test_every_parameter_is_explained(page):
    open_completion(page)
    for parameter in PARAMETERS:
        if "completion" not in parameter["modes"]:
            continue
        control = page.get_by_label(parameter["label"], exact=True)
        expect(control).to_be_visible()
        assert parameter["help"] in control.evaluate(
            "each => each.ariaDescribedByElements.map((by) => by.textContent).join()"
        )
        help_text = page.get_by_text(parameter["help"])
        expect(help_text).to_be_hidden()
        page.get_by_role("button", name=f"About {parameter['label']}", exact=True).press("Enter")
        expect(help_text).to_be_visible()


def test_only_what_is_changed_is_sent(page):
    editor = open_completion(page)
    editor.fill("One, two,")
    set_parameters(page, max_tokens="3", temperature="1", logit_bias="12: -100", stop="x\\n\n\\\\")
    page.get_by_label("When the context is too short", exact=True).select_option("error")
    switch(page, "ignore_eos").check()
    sent = generate(page)
    assert sent == {
        "model": sent["model"],
        "prompt": "One, two,",
        "max_tokens": 3,
        "stop": ["x\n", "\\"],
        "ignore_eos": True,
        "context_length_exceeded_behavior": "error",
        "logit_bias": {"12": -100},
        "logprobs": True,
        "top_logprobs": 5,
        "stream": True,
        "perf_metrics_in_response": True,
    }
    expect(page.locator(".parameter.changed")).to_have_count(5)
    page.get_by_role("button", name="Reset Ignore end tokens").click()
    expect(page.locator(".parameter.changed")).to_have_count(4)
    expect(switch(page, "ignore_eos")).not_to_be_checked()
    page.get_by_role("button", name="Reset all (4)").click()
    expect(page.locator(".parameter.changed")).to_have_count(0)
    expect(page.get_by_label("Max tokens", exact=True)).to_have_value("16")
    assert generate(page).keys() == {
        "model",
        "prompt",
        "logprobs",
        "top_logprobs",
        "stream",
        "perf_metrics_in_response",
    }


def test_a_slider_and_its_number_are_one(page):
    editor = open_completion(page)
    editor.fill("One, two,")
    slider = page.get_by_label("Temperature, slider")
    number = page.get_by_label("Temperature", exact=True)
    slider.press("Home")
    expect(number).to_have_value("0")
    number.press("ArrowUp")
    expect(number).to_have_value("0.05")
    expect(slider).to_have_value("0.05")
    number.press("ArrowDown")
    number.press("ArrowDown")
    expect(number).to_have_value("0")
    assert generate(page)["temperature"] == 0


def test_what_is_out_of_range_is_said_in_place_and_not_sent(page):
    editor = open_completion(page)
    editor.fill("One, two,")
    number = page.get_by_label("Temperature", exact=True)
    number.fill("3")
    expect(page.get_by_text("Temperature must be a number, from 0 to 2: 3.")).to_be_visible()
    expect(number).to_have_attribute("aria-invalid", "true")
    set_parameters(page, max_tokens="2")
    assert "temperature" not in generate(page)
    number.fill("0.5")
    expect(page.get_by_text("Temperature must be")).to_be_hidden()
    assert generate(page)["temperature"] == 0.5
    number.fill("x")
    page.get_by_role("button", name="Reset Temperature").click()
    expect(number).to_have_value("1")
    expect(page.get_by_text("Temperature must be")).to_be_hidden()


def test_the_models_own_defaults_are_shown(new_page, site):
    page = new_page()

    def with_defaults(route):
        reply = route.fetch()
        models = reply.json()
        for model in models["data"]:
            model["defaults"] = {"temperature": 0.25, "stop": ["\n", "END"]}
        route.fulfill(response=reply, json=models)

    page.route("**/v1/models?details=true", with_defaults)
    page.get_by_label("API key", exact=True).fill(site.key)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("sign-in-page")).to_have_count(0)
    editor = open_completion(page)
    number = page.get_by_label("Temperature", exact=True)
    expect(number).to_have_value("0.25")
    expect(page.get_by_label("Stop strings", exact=True)).to_have_value("\\n\nEND")
    page.get_by_role("button", name="About Temperature").click()
    expect(page.get_by_text("Default: 0.25.")).to_be_visible()
    editor.fill("One, two,")
    number.fill("1")
    page.get_by_label("Stop strings", exact=True).fill("")
    set_parameters(page, max_tokens="2")
    sent = generate(page)
    assert sent["temperature"] == 1
    assert sent["stop"] == []


def test_each_mode_has_its_own(page):
    page.goto(f"/#/playground?model={CHAT_MODEL}")
    expect(page.get_by_label("Prompt length limit", exact=True)).to_be_visible()
    expect(page.get_by_label("Max tokens", exact=True)).to_have_value("2048")
    page.get_by_label("Use chat template").uncheck()
    expect(page.get_by_label("Max tokens", exact=True)).to_have_value("16")
    expect(page.get_by_label("Prompt length limit")).to_have_count(0)
