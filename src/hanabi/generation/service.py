"""From a text request to a running generation of text events; the one path of every route."""

from collections.abc import AsyncIterator

from hanabi.generation.served_model import Catalog
from hanabi.generation.text import PreparedPrompt, TextEvent, TextRequest, Timing, Usage
from hanabi.sampling.params import SamplingParams


class TextGeneration:
    """A request under way, as text events."""

    model: str
    prompts: tuple[PreparedPrompt, ...]
    sampling: SamplingParams
    max_tokens: int
    stop: tuple[str, ...]

    @property
    def usage(self) -> Usage:
        """Tokens so far."""
        raise NotImplementedError

    @property
    def timing(self) -> Timing:
        """Times so far."""
        raise NotImplementedError

    def __aiter__(self) -> AsyncIterator[list[TextEvent]]:
        """Yield the text events of each step; end when every choice has ended."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Stop every choice. Idempotent; iteration ends at once."""
        raise NotImplementedError


class TextService:
    """Starts text generations on the models of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """Take the catalog that resolves names."""
        self._catalog = catalog

    async def start(self, request: TextRequest) -> TextGeneration:
        """Resolve, render, tokenize, check the fit and submit.

        Every error of the request is raised here, before a header is sent.
        """
        raise NotImplementedError
