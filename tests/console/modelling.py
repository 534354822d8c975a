"""The models page as an admin uses it; what the tests of its parts share."""

from typing import TYPE_CHECKING

import httpx2
from playwright.sync_api import FilePayload, Locator, Page

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Site

MODELS = "/v1/accounts/fireworks/models"


def ask(site: "Site", method: str, path: str, **options: object) -> httpx2.Response:
    """Send a request with the local key."""
    headers = {"authorization": f"Bearer {site.key}"}
    return httpx2.request(method, f"{site.url}{path}", headers=headers, trust_env=False, **options)


def names(site: "Site") -> set[str]:
    """Return the full names of the account's models, unfinished ones among them."""
    return {model["name"] for model in ask(site, "GET", MODELS).json()["models"]}


def state(site: "Site", name: str) -> str | None:
    """Return a model's state on the server, or None where there is none."""
    reply = ask(site, "GET", f"{MODELS}/{name}")
    return reply.json()["state"] if reply.status_code == 200 else None


def row(page: Page, name: str) -> Locator:
    """A model's row of the list."""
    head = page.get_by_role("link", name=name, exact=True)
    return page.get_by_role("row").filter(has=head)


def heading(page: Page, name: str) -> Locator:
    """A heading with this text and no more."""
    return page.get_by_role("heading", name=name, exact=True)


def form_of(page: Page) -> Locator:
    """The form that makes a model."""
    return page.get_by_role("form", name="Create a model")


def open_form(page: Page) -> Locator:
    """Open the form that makes a model; return it."""
    page.get_by_role("button", name="Create a model").click()
    return form_of(page)


def choose(form: Locator, file: "Path | FilePayload") -> None:
    """Choose the form's file."""
    form.get_by_label("GGUF file").set_input_files(file)


def create(form: Locator) -> None:
    """Press the form's button."""
    form.get_by_role("button", name="Create", exact=True).click()
