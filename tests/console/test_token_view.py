"""The token view and the exact prompt: every token, all of its figures, by pointer and keyboard."""

import json
import math

import pytest
from playwright.sync_api import expect

from .completion import CHAT_MODEL, generate, open_completion, set_parameters, show, switch

pytestmark = pytest.mark.e2e

MAKE = """(count) => {
    const bytes = [97];
    const tokens = Array.from({ length: count }, (_, index) => ({
        text: index % 100 === 99 ? "\\n" : "a", id: index, bytes, logprob: -index % 5,
        top: [], prompt: false, offset: index,
    }));
    const view = document.createElement("token-view");
    document.querySelector("playground-page").replaceChildren(view);
    view.tokens = tokens;
}"""
"""Shows so many tokens, and nothing else."""


def rows_of(page, site, sent):
    """The rows of a request that was sent, which is at temperature 0."""
    reply = page.request.post(
        f"{site.url}/v1/completions",
        headers={"authorization": f"Bearer {site.key}"},
        data=sent | {"stream": False},
    )
    return reply.json()["choices"][0]["logprobs"]["content"]


def test_a_token_tells_everything_by_keyboard(page, site):
    editor = open_completion(page)
    set_parameters(page, max_tokens="4", temperature="0", top_logprobs="3")
    editor.fill("One\ntwo ")
    switch(page, "echo").check()
    rows = rows_of(page, site, generate(page))
    show(page, "Tokens")
    tokens = page.locator(".token")
    expect(tokens).to_have_count(len(rows))
    shown = "".join(row["token"] for row in rows).replace(" ", "·").replace("\n", "↵\n")
    assert "".join(tokens.all_text_contents()) == shown
    assert shown.startswith("One↵\ntwo·")
    # One token is in the tab order; arrows go on from it.
    expect(page.locator('.token[tabindex="0"]')).to_have_count(1)
    tokens.first.focus()
    popover = page.locator(".token-popover")
    expect(popover).to_contain_text("nothing is before it")
    page.keyboard.press("End")
    expect(tokens.last).to_be_focused()
    row = rows[-1]
    expect(popover).to_be_visible()
    expect(popover).to_contain_text(f"Id{row['token_id']}")
    expect(popover).to_contain_text("".join(f"{byte:02x} " for byte in row["bytes"]).strip())
    expect(popover).to_contain_text(f"{row['logprob']:.4f}")
    expect(popover).to_contain_text(f"{math.exp(row['logprob']):.2%}")
    expect(popover.get_by_role("listitem")).to_have_count(3 + 1)
    described = tokens.last.evaluate("each => each.ariaDescribedByElements[0].textContent")
    assert described == popover.text_content()
    page.keyboard.press("Enter")
    expect(popover.get_by_role("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(tokens.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(popover).to_be_hidden()


def test_the_pointer_shows_and_takes_away(page):
    editor = open_completion(page)
    set_parameters(page, max_tokens="4", temperature="0")
    editor.fill("One two")
    generate(page)
    show(page, "Tokens")
    popover = page.locator(".token-popover")
    page.locator(".token").nth(1).hover()
    expect(popover).to_be_visible()
    page.get_by_role("radiogroup", name="Show").hover()
    expect(popover).to_be_hidden()
    legend = page.locator(".token-legend")
    expect(legend).to_contain_text("≥ 90%")
    expect(legend.get_by_role("listitem")).to_have_count(7)


def test_without_probabilities_it_says_how_to_have_them(page):
    editor = open_completion(page)
    set_parameters(page, max_tokens="2")
    switch(page, "logprobs").uncheck()
    editor.fill("One two")
    show(page, "Tokens")
    expect(page.get_by_text("Generate to see the tokens")).to_be_visible()
    generate(page)
    expect(page.get_by_text("No probabilities were recorded")).to_be_visible()


def test_many_tokens_are_made_as_they_come_into_sight(page):
    open_completion(page)
    page.evaluate(MAKE, 20_000)
    tokens = page.locator(".token")
    assert tokens.count() < 2000
    page.locator(".token").first.focus()
    page.keyboard.press("End")
    expect(tokens).to_have_count(20_000)
    expect(tokens.last).to_be_focused()


def test_more_tokens_come_with_scrolling(page):
    open_completion(page)
    page.evaluate(MAKE, 3000)
    page.wait_for_function(
        """() => {
            document.querySelector(".token-end").scrollIntoView();
            return document.querySelectorAll(".token").length === 3000;
        }"""
    )


def test_the_exact_prompt_of_a_chat(new_page, site):
    page = new_page(key=site.key, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/#/playground?model={CHAT_MODEL}")
    page.get_by_role("textbox", name="Message", exact=True).fill("Say <|im_end|> & <b>")
    with page.expect_response("**/v1/chat/completions") as response:
        page.get_by_role("button", name="Exact prompt").click()
    sent = response.value.request.post_data_json
    assert (sent["max_tokens"], sent["echo"]) == (0, True)
    reply = response.value.json()
    assert reply["usage"]["completion_tokens"] == 0
    choice = reply["choices"][0]
    ids = choice["raw_output"]["prompt_token_ids"]
    dialog = page.get_by_role("dialog", name="Exact prompt")
    expect(dialog.locator(".token")).to_have_count(len(ids))
    expect(dialog).to_contain_text(f"{len(ids)} tokens")
    # What a person typed is no control token, whatever it looks like.
    special = dialog.locator(".token.special").all_text_contents()
    assert special == ["<|im_start|>", "<|im_end|>"] * 2 + ["<|im_start|>"]
    text_button, ids_button = dialog.locator("copy-button").all()
    text_button.get_by_role("button", name="Copy text").click()
    expect(text_button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == choice["message"]["content"]
    ids_button.get_by_role("button", name="Copy ids").click()
    expect(ids_button).to_have_text("Copied")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == ids
