"""fireworks.json: what a model is and how it is spoken to; immutable with the model."""

import re
from reprlib import repr as quoted  # a value is its maker's own: a long one is cut short
from typing import get_type_hints

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.generation.defaults import ModelDefaults
from hanabi.protocol.common import GeneratingRequest
from hanabi.styles.args import StyleArgs
from hanabi.styles.catalog import make_style
from hanabi.styles.style import Style
from hanabi.styles.template.processes import check_template

MAX_BYTES = 1 << 20
"""A larger fireworks.json is refused unread; a Jinja template is some ten kilobytes."""

_LIMITS = get_type_hints(GeneratingRequest, include_extras=True)
"""A default has the limits of the request field of the same name; they stand only there."""


class ConversationConfig(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How messages become a prompt: a style's name and its args."""

    style: str
    args: StyleArgs = StyleArgs()


class Manifest(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A fireworks.json (api.md, section 1.1).

    Attributes:
        base_model: what the weights were made of, a Fireworks name or a Hugging Face id.
        conversation_config: None: the model has completions only.
        defaults: fills in what a request leaves out.
    """

    base_model: str | None = None
    conversation_config: ConversationConfig | None = None
    defaults: ModelDefaults = ModelDefaults()

    @property
    def style(self) -> Style | None:
        """The conversation style; None where there is no conversation config."""
        config = self.conversation_config
        return None if config is None else make_style(config.style, config.args)


def parse_manifest(raw: bytes) -> Manifest:
    """Read and check a fireworks.json.

    Raises InvalidRequestError that names the key by its path (`conversation_config.style`), the
    rule and the value given.
    """
    if len(raw) > MAX_BYTES:
        raise InvalidRequestError(
            f"fireworks.json must have at most {MAX_BYTES} bytes: {len(raw)}",
            param="fireworks.json",
        )
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.ValidationError as error:
        raise _at_its_path(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequestError(
            f"fireworks.json: not valid JSON: {error}", param="fireworks.json"
        ) from error
    check_manifest(manifest)
    return manifest


def check_manifest(manifest: Manifest) -> None:
    """Check what the types do not say: the style, its args, the ranges of the defaults.

    May take long (a template is compiled for up to its time limit): call it off the event loop.

    Raises InvalidRequestError as `parse_manifest` does.
    """
    _ = manifest.style
    config = manifest.conversation_config
    if config is not None and config.args.template is not None:
        check_template(config.args.template)
    for name in manifest.defaults.__struct_fields__:
        value = getattr(manifest.defaults, name)
        try:
            msgspec.convert(value, _LIMITS[name])
        except msgspec.ValidationError as error:
            rule = str(error).partition(" - at ")[0]
            raise InvalidRequestError(
                f"defaults.{name}: {rule}, got {quoted(value)}", param=f"defaults.{name}"
            ) from error


def _at_its_path(complaint: str) -> InvalidRequestError:
    """Turn msgspec's complaint, which ends in ` - at `$.a.b``, into one that starts at the key."""
    rule, _, place = complaint.partition(" - at `$")
    path = place.rstrip("`").lstrip(".")
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", rule, re.DOTALL):
        path = f"{path}.{unknown[1][:80]}".lstrip(".")
        rule = "there is no such key"
    path = path or "fireworks.json"
    return InvalidRequestError(f"{path}: {rule}", param=path)
