"""Web pages of other origins that may call the API; a browser asks before it lets them."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS = ("DELETE", "GET", "POST", "PUT")
READABLE = (
    "retry-after",
    "x-request-id",
    "fireworks-sampling-options",
    *(
        f"x-ratelimit-{kind}-{counted}"
        for kind in ("limit", "remaining", "reset")
        for counted in ("requests", "tokens")
    ),
)
"""Headers of a reply that the page may read; a browser hides the others from it."""


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The app, with leave for pages of these origins, or of all (`*`).

    What a browser asks beforehand (an OPTIONS request) is answered without a key. A key is not sent
    by the browser itself, as a cookie is: a page has to know one.
    """
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=("*",),
        expose_headers=READABLE,
    )
