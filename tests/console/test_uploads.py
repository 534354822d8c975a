"""Uploads that do not come to their end: cancelled, cut, left, deleted, and gone on with."""

import re

import httpx2
import pytest
from playwright.sync_api import expect

from .modelling import choose, create, form_of, heading, open_form, row, state

pytestmark = pytest.mark.e2e

UPLOADS = "**/uploads/*"

PROBE = re.compile(r"bytes \*/")
"""The Content-Range of the question how much has arrived."""


@pytest.fixture
def page(models_page):
    return models_page


def hold(page):
    """Hold every file back on its way, for good; the question how much has arrived goes through."""

    def held(route):
        if PROBE.match(route.request.headers.get("content-range", "")):
            route.continue_()

    page.route(UPLOADS, held)


def test_an_upload_that_is_cancelled_leaves_nothing(page, site, tiny):
    hold(page)
    form = open_form(page)
    choose(form, tiny)
    form.get_by_label("Name").fill("cancelled")
    create(form)
    expect(heading(page, "Upload of cancelled")).to_be_visible()
    expect(form.get_by_role("progressbar", name="Upload")).to_be_visible()
    expect(form).to_contain_text(re.compile(r"B of \d+\.\d KiB"))
    expect(form.get_by_role("button", name="Choose")).to_have_count(0)
    expect(form.get_by_role("button", name="Cancel and delete")).to_be_focused()
    assert state(site, "cancelled") == "UPLOADING"
    form.get_by_role("button", name="Cancel").click()
    expect(form.get_by_role("button", name="Create", exact=True)).to_be_enabled()
    expect(form.get_by_role("progressbar")).to_be_hidden()
    assert state(site, "cancelled") is None
    expect(form.get_by_label("Name")).to_have_value("cancelled")


def cut(page, site, tiny):
    """Let half of the file arrive, then cut the connection, once. Returns the later requests."""
    content, later = tiny.read_bytes(), []
    half = len(content) // 2

    def cutting(route):
        kind = route.request.headers.get("content-range")
        if kind and PROBE.match(kind):
            route.continue_()
        elif kind is None:
            headers = {"content-range": f"bytes 0-{half - 1}/{len(content)}"}
            part = httpx2.put(
                route.request.url, content=content[:half], headers=headers, trust_env=False
            )
            assert part.status_code == 308
            route.abort()
        else:
            later.append(kind)
            route.continue_()

    page.route(UPLOADS, cutting)
    return half, len(content), later


def test_an_upload_that_was_cut_goes_on(page, site, tiny):
    half, size, later = cut(page, site, tiny)
    form = open_form(page)
    choose(form, tiny)
    form.get_by_label("Name").fill("resumed")
    create(form)
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("connection")
    assert state(site, "resumed") == "UPLOADING"
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(heading(page, "resumed")).to_be_visible()
    assert later == [f"bytes {half}-{size - 1}/{size}"]
    assert state(site, "resumed") == "READY"


def test_an_upload_that_was_left_goes_on_another_day(page, site, tiny, tmp_path):
    half, size, later = cut(page, site, tiny)
    form = open_form(page)
    choose(form, tiny)
    form.get_by_label("Name").fill("left")
    create(form)
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("connection")
    page.reload()

    page.get_by_role("button", name="Go on with left").click()
    form = form_of(page)
    expect(form).to_contain_text("Choose the same file again")
    other = tmp_path / tiny.name
    other.write_bytes(b"another")
    choose(form, other)
    form.get_by_role("button", name="Go on", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text(f"{size} bytes")
    assert state(site, "left") == "UPLOADING"  # nothing is lost by a wrong file
    choose(form, tiny)
    form.get_by_role("button", name="Go on", exact=True).click()
    expect(heading(page, "left")).to_be_visible()
    assert later == [f"bytes {half}-{size - 1}/{size}"]
    page.get_by_role("main").get_by_role("link", name="Models").click()
    expect(row(page, "left")).to_be_visible()
    expect(heading(page, "Unfinished uploads")).to_have_count(0)


def test_an_upload_that_was_left_can_be_deleted(page, site, tiny):
    hold(page)
    form = open_form(page)
    choose(form, tiny)
    form.get_by_label("Name").fill("unwanted")
    create(form)
    expect(form.get_by_role("progressbar", name="Upload")).to_be_visible()
    page.get_by_role("link", name="smollm2-135m", exact=True).click()  # it is interrupted by that
    expect(page.get_by_text(re.compile("upload of .*unwanted was interrupted"))).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Models").click()
    page.get_by_role("button", name="Delete unwanted").click()
    expect(heading(page, "Unfinished uploads")).to_have_count(0)
    assert state(site, "unwanted") is None
