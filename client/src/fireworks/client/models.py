"""`client.models`: what the key may use."""

from collections.abc import Coroutine
from typing import Any
from urllib.parse import quote

from fireworks.client.api import ListModelsResponse, Model
from fireworks.client.call import Call
from fireworks.client.sender import AsyncSender, Sender

_LIST = Call("GET", "/models", ListModelsResponse)


class AsyncModels:
    """The models of an async client."""

    def __init__(self, sender: AsyncSender) -> None:
        """Take what sends."""
        self._sender = sender

    def list(self) -> Coroutine[Any, Any, ListModelsResponse]:
        """The models that the key may use."""
        return self._sender.afetch(_LIST)

    def get(self, model: str) -> Coroutine[Any, Any, Model]:
        """One model; raises NotFoundError."""
        return self._sender.afetch(_get(model))

    retrieve = get


class Models:
    """The models of a blocking client."""

    def __init__(self, sender: Sender) -> None:
        """Take what sends."""
        self._sender = sender

    def list(self) -> ListModelsResponse:
        """The models that the key may use."""
        return self._sender.fetch(_LIST)

    def get(self, model: str) -> Model:
        """One model; raises NotFoundError."""
        return self._sender.fetch(_get(model))

    retrieve = get


def _get(model: str) -> Call[Model]:
    return Call("GET", f"/models/{quote(model)}", Model)
