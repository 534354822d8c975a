"""The page that shows the OpenAPI document: three small files, all of them our own."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

SAFE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


class StaticFile:
    """One file of `api/static`, read once."""

    def __init__(self, name: str, media_type: str) -> None:
        """Read the file."""
        self._content = files("hanabi.api").joinpath("static", name).read_bytes()
        self._media_type = media_type

    async def get(self, _request: Request) -> Response:
        """GET the file."""
        return Response(self._content, headers=SAFE, media_type=self._media_type)
