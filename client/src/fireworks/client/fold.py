"""The chunks of a stream, folded into the reply that the same request gives without streaming."""

from collections.abc import Mapping
from typing import Any

_OPENED = {"chat.completion.chunk": "chat.completion"}


class Fold:
    """What came of a stream so far; works on JSON objects of either route."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._reply: dict[str, Any] = {}
        self._choices: dict[int, _ChoiceFold] = {}

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Take the next chunk. What is stated again (usage) counts as stated last."""
        for name, value in chunk.items():
            if name == "choices":
                for choice in value:
                    self._choices.setdefault(choice["index"], _ChoiceFold()).add(choice)
            elif value is not None:
                self._reply[name] = value

    def reply(self) -> dict[str, Any]:
        """The reply; of a stream that was cut off, as far as it came."""
        reply = dict(self._reply)
        if "object" in reply:
            reply["object"] = _OPENED.get(reply["object"], reply["object"])
        reply["choices"] = [self._choices[index].choice() for index in sorted(self._choices)]
        return reply


class _ChoiceFold:
    """One choice so far, in pieces that are joined once, at the end."""

    def __init__(self) -> None:
        self._choice: dict[str, Any] = {}
        self._message: dict[str, list[Any]] = {}
        self._texts: list[str] = []
        self._token_ids: list[int] = []
        self._rows: list[Mapping[str, Any]] = []

    def add(self, piece: Mapping[str, Any]) -> None:
        for name, value in piece.items():
            if name == "delta":
                for key, addition in value.items():
                    if addition is not None:
                        self._message.setdefault(key, []).append(addition)
            elif value is None:
                self._choice.setdefault(name, None)
            elif name == "text":
                self._texts.append(value)
            elif name == "logprobs":
                self._rows.append(value)
            elif name == "token_ids":
                self._choice[name] = self._token_ids
                self._token_ids += value
            else:
                self._choice[name] = value

    def choice(self) -> dict[str, Any]:
        choice = dict(self._choice)
        if self._texts:
            choice["text"] = "".join(self._texts)
        else:
            choice["message"] = {"content": ""} | {
                key: _joined_message(key, additions) for key, additions in self._message.items()
            }
        if self._rows:
            choice["logprobs"] = {
                name: [row for rows in self._rows for row in rows.get(name) or ()]
                for name in self._rows[0]
            }
        return choice


def _joined_message(key: str, additions: list[Any]) -> Any:
    """What a message has under a key, of what its deltas had: texts follow each other."""
    if key != "role" and all(isinstance(addition, str) for addition in additions):
        return "".join(additions)
    return additions[-1]
