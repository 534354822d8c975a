"""A real browser before a live server, and pages that fail their test when they complain.

`page` is signed in, `fresh_page` is not, `new_page` makes others: of another size or theme, or
signed in by another key.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from ..e2e.server import Server  # noqa: TID252 - test folders are no packages
from ..tiny_llama import write_tiny_llama  # noqa: TID252 - the same
from .modelling import ask, names, row

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30_000
"""Milliseconds after which what was expected of a page is taken to never come, however busy the
machine is."""

ANSWERED = re.compile(r"^Failed to load resource: ")
"""What Chromium says of replies like 401: of those to API requests a page makes what it wants."""

STATIC = re.compile(r"^https?://[^/]+/(?:$|#|\?|console/(?!sign-in$))")


@dataclass(frozen=True)
class Site:
    """A live server with the bundled model.

    Attributes:
        url: its address, without a path.
        key: the local key, which is an admin's of the account `fireworks`.
        user_key: a key of the same account without the rights of an admin.
        link: the one on its banner that signs in once, which is for one test of a run.
        server: the server itself: its log, its processes.
    """

    url: str
    key: str
    user_key: str
    link: str
    server: Server


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    server = Server(
        tmp_path_factory.mktemp("site"), "--slots", "8", "--context", "2048", "--kv-memory", "512M"
    )
    reply = httpx2.post(
        f"{server.url}/v1/accounts/fireworks/apiKeys",
        headers={"authorization": f"Bearer {server.key}"},
        json={"apiKey": {"displayName": "A user's"}},
        trust_env=False,
    )
    user_key = reply.raise_for_status().json()["key"]
    link = re.search(r"^ *Console +(\S+)$", server.log, re.MULTILINE)[1]
    yield Site(server.url, server.key, user_key, link, server)
    server.stop()


# Not for the session: while Playwright runs, nothing else in this thread can use asyncio.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Where there is none its tests are left out, but not on CI."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        missing = f"no Chromium: none of {', '.join(NAMES)} is on PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # Its sandbox wants a user that is not root, and /dev/shm is small in containers.
        flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium, site):
    """Make a page, in a browser profile of its own.

    Args (all by name): width and height in pixels, theme (light or dark), key (signs in by it;
    None: opens the console and leaves it so), path (what to open, in place of `/`), and whatever
    else Playwright's `new_context` takes.

    After the test none of its pages may have had an uncaught error, a console.error or a violation
    of the security policy.
    """
    complaints: list[str] = []
    contexts = []

    def make(*, width=1280, height=800, theme="light", key=None, path="/", **options) -> Page:
        context = chromium.new_context(
            base_url=site.url,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-US",
            timezone_id="UTC",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        watch(page, complaints)
        page.goto(path)
        if key is not None:
            sign_in(page, key)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page, site):
    """A page that is signed in by the local key, at the playground."""
    return new_page(key=site.key)


@pytest.fixture
def fresh_page(new_page):
    """A page that asks to sign in."""
    return new_page()


@pytest.fixture
def models_page(new_page, site):
    """The models page of an admin; the models that its test makes are deleted."""
    before = names(site)
    page = new_page(path="/#/models", key=site.key)
    expect(row(page, "smollm2-135m-instruct")).to_be_visible()
    yield page
    page.close()
    for name in names(site) - before:
        ask(site, "DELETE", f"/v1/{name}").raise_for_status()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The weights of a tiny model, without a chat template."""
    return write_tiny_llama(tmp_path_factory.mktemp("weights") / "Tiny Llama.F32.gguf")


def sign_in(page: Page, key: str) -> None:
    """Sign in as a person with a key does."""
    page.get_by_label("API key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("sign-in-page")).to_have_count(0)


def watch(page: Page, complaints: list[str]) -> None:
    """Take note of all that goes wrong in a page."""

    def heard(message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not (ANSWERED.match(message.text) and not STATIC.match(url)):
            complaints.append(f"console.error: {message.text} ({url})")

    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    page.on("console", heard)
    page.add_init_script(
        """addEventListener("securitypolicyviolation", (event) =>
            console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
    )
