"""From a text request to a running generation of text events; the one path of every route."""

import asyncio

from hanabi.generation.limits import check_choices
from hanabi.generation.plan import make_plan, style_in_use
from hanabi.generation.served_model import Catalog
from hanabi.generation.text import Prompts, TextRequest
from hanabi.generation.text_generation import TextGeneration

__all__ = ["TextGeneration", "TextService"]


class TextService:
    """Starts text generations on the models of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """Take the catalog that resolves names."""
        self._catalog = catalog

    async def start(self, request: TextRequest) -> TextGeneration:
        """Resolve, render, tokenize, check the fit and submit.

        Every error of the request is raised here, before a header is sent. What can be refused
        without the model is refused before it is loaded.
        """
        model = self._catalog.find(request.model, request)
        style = style_in_use(request, model)
        prompts = len(request.source.prompts) if isinstance(request.source, Prompts) else 1
        check_choices(prompts, request.n)
        async with model.backend() as backend:
            plan = await make_plan(request, model, style, backend)
            generation = backend.submit(plan.request)
        return TextGeneration(plan, generation, asyncio.get_running_loop().time)
