"""A reply whose body is JSON, encoded by msgspec."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The response that carries `body`, a Struct or plain data."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")
