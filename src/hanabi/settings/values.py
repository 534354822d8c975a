"""From the text of a flag or variable to a value; ValueError for one that is out of bounds."""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path

UNIX = "unix"
"""Among the trusted proxies: whoever may open the Unix socket."""

ANY = "*"
"""As the one origin: every origin."""

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt]?)i?b?", re.ASCII | re.IGNORECASE)
_HOST_NAME = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", re.ASCII)
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII)


def parse_size(text: str) -> int:
    """Read bytes: `1073741824`, `512M`, `1.5 GiB`; a unit is a power of 1024."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError
    return int(float(match[1]) * _UNITS[match[2].lower()])


def parse_number(text: str) -> int:
    """Read a whole number."""
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        raise ValueError
    return int(text)


def parse_seconds(text: str) -> float:
    """Read seconds, with a fraction or without."""
    if not re.fullmatch(r"\d{1,5}(\.\d+)?", text, re.ASCII):
        raise ValueError
    return float(text)


def parse_text(text: str) -> str:
    """Take a text of printable characters as it is."""
    if not text or not text.isprintable():
        raise ValueError
    return text


def parse_path(text: str) -> Path:
    """Read a path; `~` is the home of whoever runs this."""
    return Path(parse_text(text)).expanduser().absolute()


def parse_yes_no(text: str) -> bool:
    """Read `yes` or `no`."""
    return one_of(("no", "yes"))(text) == "yes"


def parse_proxies(text: str) -> tuple[str, ...]:
    """Read addresses and networks with commas between them; `unix` is the peer of a Unix socket."""
    return tuple(
        part if part == UNIX else str(ip_network(part, strict=False)) for part in _parts(text)
    )


def parse_host_names(text: str) -> tuple[str, ...]:
    """Read names and addresses of hosts, IPv6 in brackets, without ports."""
    names = _parts(text.lower())
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError
    return names


def parse_origins(text: str) -> tuple[str, ...]:
    """Read origins as browsers send them (`https://example.com`), or `*` for all of them."""
    origins = _parts(text.lower())
    if origins != (ANY,) and not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """What reads one of these words, in capitals or not."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError
        return text.lower()

    return parse


def within(value: int, least: int, most: int) -> int:
    """The value, which must lie between the two."""
    if not least <= value <= most:
        raise ValueError
    return value


def _parts(text: str) -> tuple[str, ...]:
    """What stands between commas, at least one part."""
    return tuple(part.strip() for part in parse_text(text).split(","))
