"""The text of one choice, while its tokens come."""

from collections.abc import Set as AbstractSet

from hanabi.generation.detokenizer import Detokenizer
from hanabi.generation.echo import Echo
from hanabi.generation.events import TokenEvent
from hanabi.generation.rows import text_row
from hanabi.generation.stop import StopMatcher
from hanabi.generation.text import TextEvent, TextRow
from hanabi.generation.vocab import Vocab
from hanabi.sampling.row import Row


class ChoiceText:
    """Turns the token events of one choice into its text events.

    Text goes out as soon as its characters are whole and no stop string can begin in them. Token
    ids go out with the next event that there is. Where rows are asked for, a token's id and row
    go out at once, even inside an unfinished character; only a token that begins within text
    held back for a stop string waits for that text, since its offset depends on whether the text
    will be cut before it.

    Attributes:
        finished: whether the choice has ended; nothing may be added after that.
    """

    __slots__ = (
        "_control",
        "_detokenizer",
        "_drop_space",
        "_echoed",
        "_index",
        "_released",
        "_rows",
        "_stop",
        "_tokens",
        "_vocab",
        "finished",
    )

    def __init__(
        self,
        index: int,
        vocab: Vocab,
        control: AbstractSet[int],
        stop: tuple[str, ...],
        *,
        drop_space: bool,
    ) -> None:
        """Start a choice.

        Args:
            index: the choice index.
            vocab: the model's tokens.
            control: the ids that yield no text when they are generated.
            stop: stop strings.
            drop_space: whether a space that the text begins with is left out.
        """
        self.finished = False
        self._index = index
        self._vocab = vocab
        self._control = control
        self._drop_space = drop_space
        self._detokenizer = Detokenizer()
        self._stop = StopMatcher(stop) if stop else None
        self._echoed = 0
        self._released = 0
        self._tokens: list[int] = []
        self._rows: list[tuple[Row, int]] = []

    def begin(self, echo: Echo, rows: tuple[TextRow, ...]) -> TextEvent:
        """The event that carries the prompt; offsets count from its beginning from here on."""
        self._echoed = self._released = len(echo.text)
        return TextEvent(self._index, echo.text, echo.token_ids, rows)

    def add(self, event: TokenEvent) -> TextEvent | None:
        """Take a step; return what it adds for the reader, or None where that is nothing."""
        token, finish = event.token, event.finish
        text = ""
        if token is not None:
            piece = b"" if finish == "stop" else self._piece(token)
            self._tokens.append(token)
            if event.row is not None:
                offset = self._echoed + self._detokenizer.offset_of(piece)
                self._rows.append((event.row, offset))
            text = self._detokenizer.add(piece)
        if finish is not None:
            text += self._detokenizer.flush()
        if self._stop is not None:
            text = self._stop.add(text)
            if self._stop.matched:
                finish = "stop"
            elif finish is not None:
                text += self._stop.flush()
        self._released += len(text)
        self.finished = finish is not None

        if self._rows:
            tokens, rows = self._take_rows()
            if not tokens and not text and finish is None:
                return None
            return TextEvent(self._index, text, tokens, rows, finish)
        if not text and finish is None:
            return None
        tokens = tuple(self._tokens)
        self._tokens.clear()
        return TextEvent(self._index, text, tokens, (), finish)

    def _piece(self, token: int) -> bytes:
        """The bytes that a generated token adds to the text."""
        if token in self._control:
            return b""
        piece = self._vocab.pieces[token]
        if self._drop_space and piece:
            self._drop_space = False
            return piece.removeprefix(b" ")
        return piece

    def _take_rows(self) -> tuple[tuple[int, ...], tuple[TextRow, ...]]:
        """The tokens whose offsets are certain, with their rows.

        When the choice has ended that is all of them; those of a stop string, which begin where
        the text does not go any more, stand at its end.
        """
        ready = len(self._rows)
        if not self.finished:
            while ready and self._rows[ready - 1][1] > self._released:
                ready -= 1
        tokens = tuple(self._tokens[:ready])
        rows = tuple(
            [
                text_row(token, row, min(offset, self._released), self._vocab)
                for token, (row, offset) in zip(tokens, self._rows, strict=False)
            ]
        )
        del self._tokens[:ready], self._rows[:ready]
        return tokens, rows
