import asyncio

import pytest

from hanabi.api.client import ClientGone
from hanabi.api.outcome import status_of
from hanabi.errors import ModelNotFoundError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, 200),
        (ModelNotFoundError(), 404),
        (ClientGone(), 499),
        (asyncio.CancelledError(), 503),
        (ValueError(), 500),
    ],
)
def test_every_end_has_a_status(error, status):
    assert status_of(error) == status
