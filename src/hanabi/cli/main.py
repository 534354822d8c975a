"""The command `hanabi` itself: its subcommands, and how its errors look."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from hanabi import __version__
from hanabi.cli.chat import chat
from hanabi.cli.doctor import doctor
from hanabi.cli.keys import keys
from hanabi.cli.models import models
from hanabi.cli.serve import serve
from hanabi.cli.usage import usage
from hanabi.errors import HanabiError
from hanabi.settings import SettingsError

USER_ERROR = 2
"""The exit code when the person at the keyboard can mend it."""

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it: 128 + SIGINT."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def hanabi() -> None:
    """Serve text models behind the Fireworks and OpenAI REST API, on this machine."""


hanabi.add_command(serve)
hanabi.add_command(models)
hanabi.add_command(keys)
hanabi.add_command(chat)
hanabi.add_command(usage)
hanabi.add_command(doctor)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: a user's error is one line and the exit code USER_ERROR."""
    try:
        sys.exit(hanabi.main(arguments, prog_name="hanabi", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        _fail(error.format_message())
    except (HanabiError, SettingsError, OSError) as error:
        _fail(str(error))


def _fail(sentence: str) -> None:
    """Say what is wrong on one line, and exit."""
    line = Text.assemble(("hanabi: ", "bold red"), " ".join(sentence.split()))
    Console(stderr=True, soft_wrap=True, highlight=False).print(line)
    sys.exit(USER_ERROR)
