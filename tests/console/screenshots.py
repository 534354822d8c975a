"""Pictures of every page, light and dark, wide and narrow: `make screenshots`.

They go to `.cache/screenshots`, for people to look at: nothing is compared. The server of the tests
gets a month of usage, some keys and some conversations first.
"""

import random
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hanabi.accounts.keys import Keys
from hanabi.accounts.usage import UsageRecord
from hanabi.accounts.usage_writer import UsageWriter
from hanabi.database.connection import open_database

from .completion import open_completion, show

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "screenshots"
SIZES = {"wide": (1280, 800), "narrow": (380, 800)}
THEMES = ("light", "dark")
CHAT, BASE = (f"accounts/fireworks/models/smollm2-135m{end}" for end in ("-instruct", ""))
DAY = 86_400_000  # milliseconds

QUESTION = "Why is the sky blue? Answer in two sentences."
RICH = """\
## Why the sky is blue

Sunlight holds **all colours**. Air scatters short waves far more than long ones: the intensity goes
with *λ*⁻⁴, so that

1. blue light reaches the eye from all sides,
2. red light goes nearly straight on:
   - at noon hardly any of it is missing,
   - at dusk it is what is left.

| colour | wavelength | scattered |
|:-------|-----------:|:---------:|
| blue   |     450 nm |   5.6 x   |
| red    |     700 nm |   1.0 x   |

```python
def scattered(wavelength: float, reference: float = 700.0) -> float:
    \"\"\"How much more light is scattered than at the reference, both in nanometres.\"\"\"
    return (reference / wavelength) ** 4
```

> Rayleigh, 1871. See [the article](https://en.wikipedia.org/wiki/Rayleigh_scattering), or ask for
> `scattered(450)`.
"""


@pytest.fixture(scope="module")
def furnished(site):
    """The site, after a month of use."""
    database = open_database(site.server.home)
    keys = Keys(database)
    if len(keys.list()) < 5:
        keys.create("fireworks", "evaluation on the cluster", models=frozenset({BASE}))
        old = keys.create("fireworks", "laptop", expires=int(time.time()) + 30 * 86_400)
        keys.revoke(old.id)
        keys.create("fireworks", "course, winter term")
    writer, chance, now = UsageWriter(database), random.Random(7), int(time.time() * 1000)
    ids = [key.id for key in keys.list("fireworks")]
    for number in range(600):
        prompt = chance.randrange(20, 2000)
        record = UsageRecord(
            request_id=f"picture-{number}",
            time=now - int(chance.random() ** 1.5 * 30 * DAY),
            account="fireworks",
            key_id=chance.choice(ids),
            model=chance.choice((CHAT, CHAT, BASE)),
            route=chance.choice(("completions", "chat/completions")),
            status=chance.choice((200,) * 20 + (429,)),
            prompt_tokens=prompt,
            cached_tokens=int(prompt * chance.random()),
            completion_tokens=chance.randrange(1, 900),
            first_token_ms=chance.randrange(20, 400),
            duration_ms=chance.randrange(400, 9000),
        )
        writer.add(record)
    writer.close()
    database.dispose()
    return site


@pytest.fixture
def page(new_page, furnished):
    return new_page(key=furnished.key)


def shoot(page, name, again=None):
    """Picture what the page shows, in every size and theme.

    Args:
        page: as it is to be seen.
        name: of the pictures.
        again: the page is loaded in each size, as it is on a telephone, and this brings it to where
            it was; without, it is resized only.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        if again is not None:
            page.reload()
            again()
        page.mouse.move(0, 0)  # it hovers over nothing
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            path = FOLDER / f"{name}-{theme}-{size}.png"
            page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
            page.screenshot(path=path, animations="disabled")
            print(path.relative_to(ROOT))  # noqa: T201 - what it is for
    width, height = SIZES["wide"]
    page.set_viewport_size({"width": width, "height": height})


def ask(page, text):
    """Send a message and wait for the whole reply."""
    replies = page.get_by_role("button", name="Regenerate", exact=True)
    before = replies.count()
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Control+Enter")
    expect(replies).to_have_count(before + 1)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()


def set_number(page, label, value):
    field = page.locator("parameter-panel").get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Tab")


def test_sign_in(new_page):
    page = new_page()
    expect(page.get_by_label("API key", exact=True)).to_be_visible()
    shoot(page, "sign-in")


@pytest.mark.parametrize("name", ["models", "keys", "usage"])
def test_page(page, name):
    page.goto(f"/#/{name}")
    expect(page.locator(f"{name}-page h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    shoot(page, name)


def test_model(page):
    page.goto(f"/#/models/{CHAT}")
    expect(page.locator("model-page h1")).to_be_visible()
    shoot(page, "model")
    use_it = page.get_by_role("heading", level=2).last

    def end():
        expect(use_it).to_be_visible()
        page.locator("model-page").evaluate("page => page.scrollIntoView(false)")

    shoot(page, "model-end", end)


def test_new_model(page):
    page.goto("/#/models")
    page.get_by_role("button", name="Create a model").click()
    expect(page.locator("upload-form")).to_be_visible()
    shoot(page, "model-new")


def test_new_key(page):
    page.goto("/#/keys")
    page.get_by_role("button", name="New key").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    shoot(page, "key-new")


@pytest.fixture
def playground(page):
    page.goto("/#/playground")
    expect(page.get_by_role("textbox", name="Message")).to_be_editable()
    return page


def test_playground(playground):
    message = playground.get_by_role("textbox", name="Message")
    shoot(playground, "playground", lambda: expect(message).to_be_editable())


def test_chat(playground):
    page = playground
    set_number(page, "Max tokens", 60)
    ask(page, QUESTION)
    ask(page, "And why is it red in the evening?")
    regenerate = page.get_by_role("button", name="Regenerate", exact=True)

    def shown():
        expect(regenerate).to_have_count(2)

    def tokens():  # those of a reply are not kept
        shown()
        regenerate.last.click()
        page.get_by_role("button", name="Tokens", exact=True).click()
        page.get_by_role("group", name="Tokens").get_by_role("button").last.focus()

    shoot(page, "chat", shown)
    shoot(page, "chat-tokens", tokens)
    for name in ("View code", "Exact prompt", "Share"):

        def dialog(name=name):
            shown()
            page.get_by_role("button", name=name, exact=True).click()
            copy = page.get_by_role("dialog").get_by_role("button", name="Copy").first
            expect(copy).to_be_visible()

        shoot(page, name.lower().replace(" ", "-"), dialog)


def test_markdown(playground):
    page = playground
    set_number(page, "Max tokens", 8)
    ask(page, QUESTION)
    page.get_by_role("button", name="Edit", exact=True).last.click()
    page.get_by_role("textbox", name="Edited message").fill(RICH)
    page.get_by_role("button", name="Save", exact=True).click()
    table, heading = page.get_by_role("table"), page.get_by_role("heading", name="Why the sky")
    expect(table).to_be_visible()
    shoot(page, "markdown-end", lambda: expect(table).to_be_visible())
    shoot(page, "markdown", heading.scroll_into_view_if_needed)


def test_choices(playground):
    page = playground
    set_number(page, "Max tokens", 40)
    set_number(page, "Choices (n)", 3)
    ask(page, QUESTION)
    regenerate = page.get_by_role("button", name="Regenerate", exact=True)
    shoot(page, "choices", lambda: expect(regenerate).to_be_visible())


def test_completion(page):
    open_completion(page, BASE).fill("The three largest cities of France are")
    set_number(page, "Max tokens", 60)
    generate = page.get_by_role("button", name="Generate", exact=True)
    again = page.get_by_role("button", name="Regenerate", exact=True)

    def generated():
        generate.click()
        expect(again).to_be_enabled()

    def tokens():
        generated()
        show(page, "Tokens")
        page.get_by_role("group", name="Tokens").get_by_role("button").last.focus()

    generated()
    shoot(page, "completion", generated)
    shoot(page, "completion-tokens", tokens)


@pytest.mark.parametrize("name", ["Conversations", "Parameters"])
def test_columns_before_the_view(playground, name):
    button = playground.get_by_role("button", name=name, exact=True)

    def opened():
        expect(button).to_be_visible()
        if button.get_attribute("aria-expanded") == "false":
            button.click()

    shoot(playground, name.lower(), opened)


def test_an_error(playground):
    page = playground
    set_number(page, "Max tokens", 100)
    page.get_by_role("textbox", name="Message").fill("x " * 4000)
    page.keyboard.press("Control+Enter")
    error = page.locator("chat-message").get_by_role("alert")
    expect(error).to_be_visible()
    shoot(page, "error", lambda: expect(error).to_be_in_viewport())
