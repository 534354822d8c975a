"""What the API needs from the rest of the server."""

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine

from hanabi.accounts.keys import Keys
from hanabi.api.accounting import Accounting
from hanabi.api.drain import Drain
from hanabi.api.metrics import Metrics
from hanabi.api.models import Listing
from hanabi.console.assets import Assets
from hanabi.console.login import OneTimeLogin
from hanabi.generation.served_model import Catalog
from hanabi.generation.service import TextGeneration
from hanabi.generation.text import TextRequest
from hanabi.registry.names import ModelName
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads

DeleteModel = Callable[[ModelName], Awaitable[None]]
"""Deletes a model and returns when its last running request has ended.

Raises ModelNotFoundError, and ConflictError where the model has aliases.
"""


class Service(Protocol):
    """Starts generations; `hanabi.generation.service.TextService` is one."""

    async def start(self, request: TextRequest) -> TextGeneration:
        """Check and start a request. Raises every error of the request, before any output."""
        ...


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """Everything that `build_app` puts to work.

    Attributes:
        service: starts generations.
        catalog: finds models for the tokenizer routes and by name.
        listing: tells of the models that an account may use.
        registry: has the models as the gateway shows them.
        uploads: takes the models that come over the network.
        delete_model: takes a model out of service and out of the registry.
        keys: knows the API keys, makes and revokes them.
        database: has the usage.
        accounting: admits generating requests, and counts what they use.
        metrics: counts.
        drain: tells when the server shuts down.
        assets: the files of the console.
        login: signs in, in the console, who comes by the one-time link.
        allowed_hosts: names of the Host header that are answered beside loopback's; None: all.
        log_prompts: whether the text of prompts is logged.
        max_body_bytes: the most bytes that a request body may have.
        new_id: makes request ids; UUID4 as text.
        now: the time, in seconds since 1970.
    """

    service: Service
    catalog: Catalog
    listing: Listing
    registry: Registry
    uploads: Uploads
    delete_model: DeleteModel
    keys: Keys
    database: Engine
    accounting: Accounting
    metrics: Metrics
    drain: Drain
    assets: Assets
    login: OneTimeLogin
    allowed_hosts: tuple[str, ...] | None = None
    log_prompts: bool = False
    max_body_bytes: int = 16 * 1024 * 1024
    new_id: Callable[[], str] = _new_id
    now: Callable[[], float] = time.time
