"""The address of this server, as the client that asks knows it."""

import re

from starlette.requests import Request

_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?", re.ASCII)


def server_url(request: Request) -> str:
    """Scheme and host of this server, without a path.

    They are the client's own words, which are told to nobody else; a Host header that is none
    gives the address at which the request arrived.
    """
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        address, port = request.scope["server"]
        host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return f"{request.scope['scheme']}://{host}"
