"""Where the server is and which key it gets: arguments, the module's attributes, the environment.

All of it is read when a client is made.
"""

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import fireworks.client as module
from fireworks.client.error import FireworksError
from fireworks.client.key_file import local_key

LOCAL = "http://127.0.0.1:8000/inference/v1"
"""Where `hanabi serve` listens unless told otherwise."""


def find_base_url(given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The address of the API, ending in a path such as `/inference/v1`, without a slash.

    The path may be left out, or be `/inference`; any other is taken as it is.
    """
    url = (
        given
        or module.base_url
        or environment.get("FIREWORKS_API_BASE")
        or environment.get("FIREWORKS_BASE_URL")
        or LOCAL
    ).strip()
    url = url.rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise FireworksError(
            f"base_url must be http:// or https:// with a host, such as {LOCAL}: {url!r}"
        )
    return url + {"": "/inference/v1", "/inference": "/v1"}.get(parts.path, "")


def find_api_key(
    given: str | None, base_url: str, environment: Mapping[str, str] = os.environ
) -> str:
    """The key for the server at an address; the local server's own is found on this machine."""
    key = given or module.api_key or environment.get("FIREWORKS_API_KEY")
    if not key and is_loopback(base_url):
        key = local_key(environment)
    key = (key or "").strip()
    if not key:
        raise FireworksError(
            f"There is no API key for {base_url}. Set FIREWORKS_API_KEY, or pass api_key=...;"
            " `hanabi serve` shows one when it starts."
        )
    if not (key.isascii() and key.isprintable()):
        raise FireworksError("The API key must be printable ASCII: it is sent in a header.")
    return key


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
