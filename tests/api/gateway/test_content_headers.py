import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.api.gateway.content_headers import (
    ContentRange,
    StatusQuestion,
    read_content_range,
    read_sha256,
)
from hanabi.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("bytes 0-0/1", ContentRange(0, 0, 1)),
        (" bytes 3-9/10 ", ContentRange(3, 9, 10)),
        ("bytes */10", StatusQuestion(10)),
    ],
)
def test_a_content_range(value, read):
    assert read_content_range(value) == read


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes 0-1",
        "bytes 0-1/*",
        "bytes */*",
        "bytes 1-0/5",
        "bytes 0-5/5",
        "bytes -1-2/5",
        "bytes 0-1/5,",
        "items 0-1/5",
        "bytes=0-1/5",
        "bytes 0-1/" + "9" * 19,
        "bytes ٣-٤/9",
    ],
)
def test_what_is_no_content_range(value):
    with pytest.raises(InvalidRequestError, match="Content-Range must be bytes FIRST-LAST/TOTAL"):
        read_content_range(value)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_every_content_range_has_its_bytes_in_the_file(first, last, total):
    text = f"bytes {first}-{last}/{total}"
    if first <= last < total:
        assert read_content_range(text) == ContentRange(first, last, total)
    else:
        with pytest.raises(InvalidRequestError):
            read_content_range(text)


@pytest.mark.parametrize("around", ["{}", "sha-512=:AAAA:, {}", "{},crc32c=:AA==:", " {} "])
def test_a_digest(around):
    digest = hashlib.sha256(b"x").digest()
    field = f"sha-256=:{base64.b64encode(digest).decode()}:"
    assert read_sha256("Repr-Digest", around.format(field)) == digest.hex()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha-256",
        "sha-256=",
        "sha-256=::",
        "sha-256=:AAAA:",
        "sha-256=" + "A" * 43 + "=",
        "sha-256=:" + "!" * 43 + "=:",
        "sha-256=:" + "A" * 43 + "=",
        "sha-512=:" + "A" * 43 + "=:",
        "xsha-256=:" + "A" * 43 + "=:",
    ],
)
def test_what_is_no_digest(value):
    with pytest.raises(InvalidRequestError, match="Repr-Digest must hold sha-256=:BASE64:"):
        read_sha256("Repr-Digest", value)
