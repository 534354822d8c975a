"""The files of the web console, as a browser gets them."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hanabi.console.assets import INDEX, Asset, Assets

HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
    "vary": "accept-encoding",
}
"""What every file is sent with."""

POLICY = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
"""What a file is sent with that can be opened as a page: it runs and loads nothing but the server's
own files, so that what a model writes can do no harm in it. On others it would be dead weight."""

PAGES = ("text/html", "image/svg+xml")


class ConsoleFiles:
    """The routes of the files."""

    def __init__(self, assets: Assets) -> None:
        """Take the files."""
        self._assets = assets

    async def document(self, request: Request) -> Response:
        """GET /: the one document, as it is now, and from now on its files likewise."""
        await asyncio.to_thread(self._assets.refresh)
        return _file(request, self._assets.find(INDEX))

    async def file(self, request: Request) -> Response:
        """GET /console/{path}."""
        return _file(request, self._assets.find(request.path_params["path"]))


def _file(request: Request, asset: Asset | None) -> Response:
    """The reply with a file, or that it has not changed. Raises HTTPException: 404."""
    if asset is None:
        raise HTTPException(404)
    zipped = accepts_gzip(request.headers.getlist("accept-encoding"))
    etag = f'"{asset.digest}{"-gzip" if zipped else ""}"'
    headers = HEADERS | {"etag": etag} | (POLICY if asset.media_type in PAGES else {})
    if etag in _etags(request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=headers)
    if not zipped:
        return Response(asset.content, headers=headers, media_type=asset.media_type)
    headers["content-encoding"] = "gzip"
    return Response(asset.compressed, headers=headers, media_type=asset.media_type)


def accepts_gzip(fields: list[str]) -> bool:
    """Whether a client that sends these Accept-Encoding headers takes gzip (RFC 9110, 12.5.3)."""
    weights = dict(_weight(coding) for field in fields for coding in field.split(","))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(coding: str) -> tuple[str, float]:
    """A coding and the weight that it is given; one that cannot be read is no wish."""
    name, _, parameter = coding.partition(";")
    weight = parameter.strip().lower().removeprefix("q=") or "1"
    try:
        return name.strip().lower(), float(weight)
    except ValueError:
        return name.strip().lower(), 0.0


def _etags(fields: list[str]) -> set[str]:
    """The entity tags of If-None-Match headers, which are compared weakly."""
    return {tag.strip().removeprefix("W/") for field in fields for tag in field.split(",")}
