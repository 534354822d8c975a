"""The headers with which an upload says which bytes it brings, and what they must hash to."""

import base64
import binascii
import re

from msgspec import Struct

from hanabi.errors import InvalidRequestError

_RANGE = re.compile(r"bytes (?:\*|(\d{1,18})-(\d{1,18}))/(\d{1,18})", re.ASCII)
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=([^,]*)", re.ASCII)
_SHA256_BYTES = 32


class ContentRange(Struct, frozen=True):
    """Which bytes of a file a body holds.

    Attributes:
        first: the offset of the first.
        last: the offset of the last.
        total: how many the file has.
    """

    first: int
    last: int
    total: int


class StatusQuestion(Struct, frozen=True):
    """`bytes */TOTAL`: no bytes, but the question which ones are here; `total` is of the file."""

    total: int


def read_content_range(value: str) -> ContentRange | StatusQuestion:
    """Read a Content-Range header (RFC 9110, section 14.4). Raises InvalidRequestError."""
    match = _RANGE.fullmatch(value.strip())
    if match is not None:
        total = int(match[3])
        if match[1] is None:
            return StatusQuestion(total)
        first, last = int(match[1]), int(match[2])
        if first <= last < total:
            return ContentRange(first, last, total)
    raise InvalidRequestError(
        "Content-Range must be bytes FIRST-LAST/TOTAL with FIRST <= LAST < TOTAL, or"
        f" bytes */TOTAL: {value[:80]!r}",
        param="Content-Range",
    )


def read_sha256(header: str, value: str) -> str:
    """The SHA-256, in hex, of a digest header: `sha-256=:BASE64:` (RFC 9530).

    Other algorithms beside it are left alone. Raises InvalidRequestError where there is none.
    """
    match = _SHA256.search(value)
    if match is not None:
        text = match[1].strip()
        try:
            digest = base64.b64decode(text[1:-1], validate=True)
        except binascii.Error:
            digest = b""
        if text[:1] == text[-1:] == ":" and len(digest) == _SHA256_BYTES:
            return digest.hex()
    raise InvalidRequestError(
        f"{header} must hold sha-256=:BASE64: of 32 bytes: {value[:100]!r}", param=header
    )
