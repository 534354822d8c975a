"""`hanabi chat`: a conversation with a model, in the terminal."""

import contextlib
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from hanabi.cli.line_history import line_history
from hanabi.registry.bundled import CHAT_NAME

if TYPE_CHECKING:
    from fireworks.client import Fireworks

PROMPT = "> "
GREETING = "Ctrl-C stops a reply and keeps its text; /new starts over; Ctrl-D or /quit ends."


@click.command()
@click.option("--model", default=str(CHAT_NAME), show_default=True, help="Who answers.")
@click.option("--system", help="The system prompt; '' omits the model's own.")
@click.option("--temperature", type=click.FloatRange(0, 2), help="0 takes the likeliest token.")
@click.option("--max-tokens", type=click.IntRange(1), help="The most tokens of a reply.")
@click.option("--base-url", help="The server; else FIREWORKS_API_BASE, else the local one.")
def chat(model: str, system: str | None, base_url: str | None, **options: float | None) -> None:
    """Talk with a model of a running server.

    The key is FIREWORKS_API_KEY, or the one that `hanabi serve` made on this machine.
    """
    # Here, since --help goes without it.
    from fireworks.client import Fireworks  # noqa: PLC0415
    from fireworks.client.error import FireworksError  # noqa: PLC0415

    given = {name: value for name, value in options.items() if value is not None}
    try:
        with Fireworks(base_url=base_url) as client, line_history():
            conversation = Conversation(client, model, system, given)
            if sys.stdin.isatty():
                Console(stderr=True).print(f"[dim]{model}. {GREETING}[/dim]")
            _converse(conversation)
    except FireworksError as error:
        raise click.ClickException(str(error)) from error


def _converse(conversation: "Conversation") -> None:
    """Read lines and answer them until the input ends."""
    from fireworks.client.error import APIStatusError  # noqa: PLC0415 - as in `chat`

    while (line := _line()) is not None:
        if line == "/quit":
            return
        if line == "/new":
            conversation.start_over()
        elif line:
            try:
                with contextlib.closing(conversation.reply(line)) as reply:
                    for text in reply:
                        click.echo(text, nl=False)
            except KeyboardInterrupt:
                pass
            except APIStatusError as error:  # the server lives: the next question may do better
                click.echo(str(error), err=True, nl=False)
            click.echo()


class Conversation:
    """What was said so far, with whom.

    Attributes:
        messages: the conversation as it is sent.
    """

    def __init__(
        self, client: "Fireworks", model: str, system: str | None, options: dict[str, Any]
    ) -> None:
        """Take the client, the model's name, the system prompt and the request's options."""
        self._client = client
        self._model = model
        self._options = options
        self._opening = [] if system is None else [{"role": "system", "content": system}]
        self.messages = list(self._opening)

    def start_over(self) -> None:
        """Forget what was said, but for the system prompt."""
        self.messages = list(self._opening)

    def reply(self, question: str) -> Generator[str]:
        """Ask; yield the pieces of the reply as they come.

        However it ends, what came of the reply stays in the conversation. A question without any
        reply is taken back, since roles must take turns.
        """
        asked = [*self.messages, {"role": "user", "content": question}]
        said = ""
        try:
            stream = self._client.chat.completions.create(
                self._model, asked, stream=True, **self._options
            )
            with stream:
                for text in stream.text_deltas():
                    said += text
                    yield text
        finally:
            if said:
                self.messages = [*asked, {"role": "assistant", "content": said}]


def _line() -> str | None:
    """A line of the person; None at the end of the input. Ctrl-C drops what was typed."""
    try:
        return input(PROMPT if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None
    except KeyboardInterrupt:
        click.echo()
        return ""
