import json

import pytest
from rich.console import Console

from hanabi.cli.models import models
from hanabi.cli.progress import byte_progress

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages

PIRATE = "accounts/fireworks/models/pirate"
ALIAS = "accounts/fireworks/models/llama-v2-7b-chat"


@pytest.fixture
def pirate(run, weights):
    """A model with a style, and an alias."""
    style = ("--style", "chatml", "--system", "You are a pirate.")
    labels = ("--display-name", "A pirate", "--description", "Says arr.", "--public")
    code, output, errors = run("models", "create", "pirate", str(weights), *style, *labels)
    assert (code, errors) == (0, "")
    assert run("models", "alias", ALIAS, "pirate")[0] == 0
    return output


def shown(run, *arguments):
    code, output, errors = run("models", *arguments)
    assert (code, errors) == (0, "")
    return output


def test_create_says_how_to_use_the_model(pirate):
    assert pirate.splitlines() == [
        f"Created {PIRATE}",
        f'Use it: POST /inference/v1/chat/completions with "model": "{PIRATE}"',
    ]


def test_a_model_without_a_style_has_completions(run, weights):
    output = shown(run, "create", "plain", str(weights))
    assert 'POST /inference/v1/completions with "model"' in output


@pytest.mark.parametrize("name", ["pirate", "fireworks/pirate", PIRATE, "alice/pirate"])
def test_names_in_short_and_in_full(run, weights, name):
    account = "alice" if "alice" in name else "fireworks"
    output = shown(run, "create", name, str(weights))
    assert output.startswith(f"Created accounts/{account}/models/pirate\n")


def test_a_model_of_several_files(run, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    write_tiny_llama(folder / "tiny.gguf", parts=3)
    first, second, third = sorted(folder.iterdir())
    shown(run, "create", "m", str(first))
    model = json.loads(shown(run, "get", "m", "--json"))
    assert [file["path"] for file in model["files"]] == [first.name, second.name, third.name]
    shown(run, "verify")
    second.unlink()
    code, _, errors = run("models", "create", "n", str(first))
    assert code == 2
    assert "part 2 of 3 is missing" in errors


def test_a_folder_brings_its_fireworks_json(run, weights, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "w.gguf").write_bytes(weights.read_bytes())
    (folder / "fireworks.json").write_text('{"conversation_config": {"style": "alpaca"}}')
    shown(run, "create", "m", str(folder))
    model = json.loads(shown(run, "get", "m", "--json"))
    assert model["fireworks.json"] == {"conversation_config": {"style": "alpaca"}}
    code, _, errors = run("models", "create", "n", str(folder), "--style", "chatml")
    assert code == 2
    assert "conversation_config is in the model's fireworks.json and was given" in errors


def test_a_template_comes_from_a_file(run, weights, tmp_path):
    template = tmp_path / "t.jinja"
    template.write_text("{{ messages[0].content }}")
    shown(run, "create", "m", str(weights), "--style", "jinja", "--template-file", str(template))
    config = json.loads(shown(run, "get", "m", "--json"))["fireworks.json"]["conversation_config"]
    assert config == {"style": "jinja", "args": {"template": "{{ messages[0].content }}"}}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["No", "{w}"], "model id must be 1 to 63 of a-z, 0-9 and '-'"),
        (["a/b/c", "{w}"], "a model name must be accounts/<account>/models/<model>: 'a/b/c'"),
        (["m", "/nowhere"], "Path '/nowhere' does not exist."),
        (["m", "{w}", "--style", "nope"], "conversation_config.style: there is no style 'nope'"),
        (["m", "{w}", "--system", "x"], "--system and --template-file need a --style"),
        (["m", "{w}", "--display-name", "x" * 101], "display_name must have at most 100"),
        (["m", __file__], "is code, and models are data"),
    ],
)
def test_what_cannot_be_created_is_one_line(run, weights, arguments, sentence):
    code, output, errors = run("models", "create", *[a.format(w=weights) for a in arguments])
    assert (code, output) == (2, "")
    assert sentence in errors
    assert errors.count("\n") == 1
    assert "There is no model yet" in shown(run, "list")


def test_a_name_is_taken_once(run, pirate, weights):
    code, _, errors = run("models", "create", "pirate", str(weights))
    assert code == 2
    assert f"{PIRATE} exists already" in errors


def test_list(run, pirate, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    head, model, alias = shown(run, "list").splitlines()
    assert head.split() == ["Name", "State", "Chat", "Size", "Context", "Created"]
    assert model.split()[:3] == ["fireworks/pirate", "READY", "chatml"]
    assert model.split()[5] == "512"
    assert alias.split() == ["=", "fireworks/llama-v2-7b-chat"]


def test_a_long_name_is_whole_on_80_columns(run, weights, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    name = "smollm2-135m-instruct"
    shown(run, "create", name, str(weights), "--style", "mistral-chat")
    shown(run, "create", "x" * 63, str(weights))
    lines = shown(run, "list").splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any(line.startswith(f"fireworks/{name} ") for line in lines)
    assert "x" * 63 in "".join(line.split(" ")[0] for line in lines)


def test_list_and_get_as_json(run, pirate):
    (listed,) = json.loads(shown(run, "list", "--json"))
    assert listed == json.loads(shown(run, "get", "pirate", "--json"))
    assert listed["name"] == PIRATE
    assert listed["aliases"] == [ALIAS]
    assert (listed["state"], listed["public"], listed["context_length"]) == ("READY", True, 512)
    (file,) = listed["files"]
    assert file["path"] == "tiny.gguf"


def test_get(run, pirate):
    output = shown(run, "get", "pirate")
    for text in (PIRATE, ALIAS, "A pirate", "Says arr.", "tiny.gguf", '"You are a pirate."'):
        assert text in output
    assert run("models", "get", "other")[0] == 2


def test_delete_asks(run, pirate, monkeypatch):
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _prompt: "n")
    shown(run, "alias", "--remove", ALIAS)
    assert run("models", "delete", "pirate")[0] == 130
    shown(run, "get", "pirate")
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _prompt: "y")
    assert f"Deleted {PIRATE}" in shown(run, "delete", "pirate")
    assert run("models", "get", "pirate")[0] == 2


def test_delete_with_yes_does_not_ask(run, pirate):
    code, _, errors = run("models", "delete", "pirate", "--yes")
    assert code == 2
    assert f"has aliases, remove them first: {ALIAS}" in errors
    shown(run, "alias", "--remove", ALIAS)
    assert shown(run, "delete", "pirate", "--yes") == f"Deleted {PIRATE}\n"


@pytest.mark.parametrize("arguments", [["a"], ["a", "b", "--remove"]])
def test_alias_takes_a_name_or_remove(run, arguments):
    code, _, errors = run("models", "alias", *arguments)
    assert code == 2
    assert "give ALIAS and NAME, or --remove and ALIAS" in errors


def test_verify(run, pirate, home):
    assert shown(run, "verify") == "1 checked, and all as they were created\n"
    (blob,) = (home / "blobs" / "sha256").iterdir()
    blob.chmod(0o644)
    blob.unlink()
    blob.write_bytes(b"x")
    code, output, _ = run("models", "verify")
    assert code == 1
    assert output.startswith(f"{PIRATE}/tiny.gguf has 1 bytes instead of")


def test_the_registry_is_where_the_flags_say(run, weights, tmp_path):
    home = ("--home", str(tmp_path / "other"))
    shown(run, "create", "m", str(weights), *home)
    assert "fireworks/m" in shown(run, "list", *home)
    assert "There is no model yet" in shown(run, "list")


def test_the_bar_tells_bytes_rate_and_time_left(monkeypatch):
    consoles = []

    def console(**_):
        consoles.append(Console(force_terminal=True, width=100, record=True))
        return consoles[-1]

    monkeypatch.setattr("hanabi.cli.progress.Console", console)
    with byte_progress("Creating m") as told:
        told(50 << 20, 100 << 20)
    text = consoles[0].export_text()
    assert "Creating m" in text
    assert "50.0/100.0 MiB" in text


def test_every_command_has_help(run):
    for name in models.commands:
        code, output, _ = run("models", name, "--help")
        assert code == 0
        assert "--database" in output
