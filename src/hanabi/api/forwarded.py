"""What a proxy says of its client, believed of the proxies that the operator trusts and no other.

`X-Forwarded-For` is the list of addresses that a request came by, each proxy adding the one that it
was called from; so it is read from its end, and the first address that is no trusted proxy's is the
client's. What stands before it the client may have made up.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from hanabi.settings.values import UNIX

_SCHEMES = {b"http": "http", b"https": "https"}


class Forwarded:
    """Sets a scope's client and scheme to what a trusted proxy says they are."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        """Take the app, and the addresses and networks of the proxies, or `unix`."""
        self._app = app
        self._unix = UNIX in trusted
        self._networks = [ip_network(part) for part in trusted if part != UNIX]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app on the scope as its proxy saw it."""
        peer = scope.get("client")
        if self._trusts(peer[0]) if peer else self._unix:
            scope = {**scope, **self._told(scope)}
        await self._app(scope, receive, send)

    def _told(self, scope: Scope) -> Scope:
        """What the headers say."""
        told: Scope = {}
        hops: list[str] = []
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                hops += [hop.strip() for hop in value.decode("latin-1").split(",")]
            elif name == b"x-forwarded-proto" and value.strip() in _SCHEMES:
                told["scheme"] = _SCHEMES[value.strip()]
        client = next((hop for hop in reversed(hops) if not self._trusts(hop)), None)
        if client is not None and _address(client) is not None:
            told["client"] = (client, 0)  # its port is not told
        return told

    def _trusts(self, text: str) -> bool:
        """Whether a trusted proxy has this address."""
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a text is, or None; one of IPv4 inside IPv6 is taken out of it."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
