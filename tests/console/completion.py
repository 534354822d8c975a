"""Completion mode as a person uses it; what the tests of its parts share."""

from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

MODEL = "accounts/fireworks/models/smollm2-135m"
CHAT_MODEL = f"{MODEL}-instruct"


def open_completion(page: Page, model: str = MODEL) -> Locator:
    """Open completion mode with a model; return the editor."""
    page.goto(f"/#/playground?model={model}&mode=completion")
    editor = page.get_by_label("Prompt and generated text")
    expect(editor).to_be_visible()
    return editor


def set_parameters(page: Page, **values: str) -> None:
    """Type values into the fields of the panel, by their names in a request."""
    for name, value in values.items():
        page.locator(f'.parameter[data-name="{name}"]').get_by_role("textbox").fill(value)


def switch(page: Page, name: str) -> Locator:
    """Return a switch of the panel, by its name in a request."""
    return page.locator(f'.parameter[data-name="{name}"]').get_by_role("switch")


@contextmanager
def generation(page: Page, path: str = "completions"):
    """What is done within starts a generation; the body that it sent is yielded in a list.

    Leaving waits for its end. The button is away from before the request until then.
    """
    bodies: list[dict] = []
    with page.expect_response(f"**/v1/{path}") as response:
        yield bodies
    bodies.append(response.value.request.post_data_json)
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_visible()


def generate(page: Page) -> dict:
    """Press the button Generate and wait for the end; return the body that was sent."""
    with generation(page) as bodies:
        page.get_by_role("button", name="Generate", exact=True).click()
    return bodies[0]


def marked(page: Page) -> list[str]:
    """Return the parts of the editor's text that are marked as generated."""
    return page.locator(".editor-picture mark").all_text_contents()


def show(page: Page, view: str) -> None:
    """Show the text or the tokens."""
    page.get_by_role("radiogroup", name="Show").get_by_text(view, exact=True).click()
