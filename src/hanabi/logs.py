"""How everything that is logged looks: ours, uvicorn's and Alembic's, a line each on stderr."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import TextIO

import msgspec
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

OTHERS = ("alembic", "asyncio")
"""Libraries whose steps are no news to anyone: their warnings are."""

_BEFORE: Sequence[Processor] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def set_up_logs(style: str, level: str, out: TextIO | None = None) -> None:
    """Send everything that is logged to one stream, a line for each, exceptions apart.

    The modules log with the standard library; what they give as `extra` becomes fields. No values
    of local variables are shown with an exception: there may be a prompt among them, or a key.

    Args:
        style: `console`, for people, or `json`, an object a line.
        level: the least severe level that is logged, in lower case.
        out: where to; None: stderr.
    """
    stream = out or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=_BEFORE,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                _without_colours,
                *(_JSON if style == "json" else (_console(colours=stream.isatty()),)),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in OTHERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a message of uvicorn says more than that a request was cut off.

    What still runs when a drain's time is over is cancelled, and uvicorn tells how many that are:
    the traceback of each says nothing more.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _without_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop uvicorn's second version of its messages."""
    event.pop("color_message", None)
    return event


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put first what every line has."""
    first = {name: event.pop(name) for name in ("timestamp", "level", "logger", "event")}
    return {**first, **event}


def _to_json(event: EventDict, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


_JSON: Sequence[Processor] = (
    structlog.processors.format_exc_info,
    _in_order,
    structlog.processors.JSONRenderer(serializer=_to_json),
)


def _console(*, colours: bool) -> Processor:
    """What writes a line for people. Texts are quoted: none can begin a line of its own."""
    return structlog.dev.ConsoleRenderer(
        colors=colours,
        pad_event_to=0,
        repr_native_str=True,
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )
