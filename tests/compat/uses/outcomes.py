"""Runs the uses of a client in that client's own environment, which has no pytest."""

import asyncio
import inspect
import json
import traceback
from collections.abc import Callable, Mapping
from typing import Any


def print_outcomes(program: Mapping[str, Any]) -> None:
    """Run each function whose name begins with `use_`, and print null or its traceback by name."""
    uses = {name: use for name, use in program.items() if name.startswith("use_")}
    print(json.dumps({name: outcome(use) for name, use in uses.items()}))  # noqa: T201


def outcome(use: Callable[[], Any]) -> str | None:
    """None, or the traceback of what went wrong."""
    try:
        if inspect.iscoroutinefunction(use):
            asyncio.run(use())
        else:
            use()
    except Exception:  # noqa: BLE001 - whatever it is, it is the outcome
        return traceback.format_exc()
    return None
