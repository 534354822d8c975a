"""`hanabi models`: make, show, check and delete the models of this machine."""

import sys
from pathlib import Path
from typing import TextIO

import click
import msgspec
from rich.console import Console
from rich.text import Text

from hanabi.cli.model_view import model_fields, model_list, model_page
from hanabi.cli.progress import byte_progress
from hanabi.cli.registry import ModelNameType, open_registry, registry_flags
from hanabi.errors import ModelNotFoundError
from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.model import Details, StoredModel
from hanabi.registry.names import ModelName
from hanabi.styles.args import StyleArgs

NAME = ModelNameType()

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def models() -> None:
    """Make, show, check and delete models.

    A NAME is accounts/ACCOUNT/models/MODEL, or ACCOUNT/MODEL for short; a MODEL alone is one of
    the local account, `fireworks`. A running server sees at once what these commands do.
    """


@models.command()
@click.argument("name", type=NAME)
@click.argument("path", type=click.Path(exists=True, readable=True, path_type=Path))
@click.option("--style", help="The conversation style, which gives the model chat.")
@click.option("--system", help="The style's default system prompt; an empty one omits it.")
@click.option(
    "--template-file",
    type=click.File(encoding="utf-8"),
    help="The Jinja template of the style `jinja`.",
)
@click.option("--base-model", help="What the weights were made of, such as a Hugging Face id.")
@click.option("--display-name", default="", help="What people call it.")
@click.option("--description", default="", help="What it is good for.")
@click.option("--public/--private", help="Whether every account may use it.  [private]")
@registry_flags
def create(  # noqa: PLR0913 - one for each option
    name: ModelName,
    path: Path,
    *,
    style: str | None,
    system: str | None,
    template_file: TextIO | None,
    base_model: str | None,
    display_name: str,
    description: str,
    public: bool,
    **flags: str | None,
) -> None:
    """Create the model NAME of the GGUF file PATH, or of a folder with one.

    Of a model that is split into several files, PATH is one of the files, and the others lie beside
    it; or a folder with all of them.

    A folder may have a fireworks.json beside the weights, which says what the options --style,
    --system, --template-file and --base-model say. Nothing is copied where the file system can
    link; the files stay where they are. What a model is made of never changes.
    """
    template = None if template_file is None else template_file.read()
    if style is None and (system is not None or template is not None):
        raise click.UsageError("--system and --template-file need a --style")
    args = StyleArgs(system=system, template=template)
    config = None if style is None else ConversationConfig(style=style, args=args)
    manifest = Manifest(base_model=base_model, conversation_config=config)
    details = Details(display_name=display_name, description=description, public=public)
    with open_registry(flags) as registry, byte_progress(f"Creating {name.model}") as progress:
        model = registry.create(name, path, manifest, details, progress=progress)
    _print(Text.assemble("Created ", (str(name), "bold")), _usage(model))


@models.command("list")
@_as_json
@registry_flags
def list_(*, as_json: bool, **flags: str | None) -> None:
    """List all models and their aliases."""
    with open_registry(flags) as registry:
        found, aliases = registry.list(), registry.aliases()
    if as_json:
        _print_json([model_fields(model, aliases) for model in found])
    elif found:
        _print(model_list(found, aliases))
    else:
        _print("There is no model yet: `hanabi serve` brings one, `hanabi models create` makes one")


@models.command()
@click.argument("name", type=NAME)
@_as_json
@registry_flags
def get(name: ModelName, *, as_json: bool, **flags: str | None) -> None:
    """Show the model NAME, and its fireworks.json."""
    with open_registry(flags) as registry:
        model, aliases = registry.get(name), registry.aliases()
    if as_json:
        _print_json(model_fields(model, aliases))
    else:
        manifest = msgspec.json.format(msgspec.json.encode(model.manifest), indent=2).decode()
        _print(model_page(model, aliases), "", Text("fireworks.json", style="cyan"), Text(manifest))


@models.command()
@click.argument("name", type=NAME)
@click.option("--yes", is_flag=True, help="Do not ask.")
@registry_flags
def delete(name: ModelName, *, yes: bool, **flags: str | None) -> None:
    """Delete the model NAME, and the files that no other model has."""
    with open_registry(flags) as registry:
        if not registry.has(name):
            raise ModelNotFoundError
        if not yes:
            click.confirm(f"Delete {name}?", abort=True)
        registry.delete(name)
    _print(Text.assemble("Deleted ", (str(name), "bold")))


@models.command()
@registry_flags
def verify(**flags: str | None) -> None:
    """Read every file of every model again. Exits with 1 when one is not as it was created."""
    with open_registry(flags) as registry:
        with byte_progress("Verifying") as progress:
            faults = list(registry.verify(progress))
        count = sum(model.state == "READY" for model in registry.list())
    for fault in faults:
        where = f"{fault.name}/{fault.path}" if fault.path else fault.name
        _print(Text.assemble((where, "bold red"), f" {fault.reason}"))
    if faults:
        sys.exit(1)
    _print(f"{count} checked, and all as they were created")


@models.command()
@click.argument("alias", type=NAME)
@click.argument("name", type=NAME, required=False)
@click.option("--remove", is_flag=True, help="Take the alias away; the model stays.")
@registry_flags
def alias(alias: ModelName, name: ModelName | None, *, remove: bool, **flags: str | None) -> None:
    """Let ALIAS be a further name of the model NAME.

    Code that asks for accounts/fireworks/models/llama-v2-7b-chat, say, then gets NAME, unchanged.
    """
    if remove is (name is not None):
        raise click.UsageError("give ALIAS and NAME, or --remove and ALIAS")
    with open_registry(flags) as registry:
        if name is None:
            registry.remove_alias(alias)
            _print(Text.assemble("Removed the alias ", (str(alias), "bold")))
        else:
            registry.add_alias(alias, name)
            _print(Text.assemble((str(alias), "bold"), " means ", (str(name), "bold")))


def _usage(model: StoredModel) -> Text:
    """A line on how to use a model."""
    route = "chat/completions" if model.supports_chat else "completions"
    return Text(f'Use it: POST /inference/v1/{route} with "model": "{model.name}"')


def _print(*parts: object) -> None:
    console = Console(highlight=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text))


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
