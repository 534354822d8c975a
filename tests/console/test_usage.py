"""The usage page: with a reply made for it, of known numbers, and with a live account's."""

import csv
import json
import re
import time
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

OWN = "accounts/fireworks/models/own"
OTHERS = "accounts/alice/models/theirs"
NOW = "2026-03-02T12:00:00Z"
COUNTED_WITHIN = 30
"""Seconds between a request's end and its place in the usage, on a very busy machine."""


def amount(requests, prompt, cached, completion):
    return {
        "requests": requests,
        "promptTokens": prompt,
        "cachedPromptTokens": cached,
        "completionTokens": completion,
        "totalTokens": prompt + completion,
    }


SUMS = {
    "model": [
        {"group": OWN, "displayName": OWN} | amount(12, 9000, 4500, 1000),
        {"group": OTHERS, "displayName": OTHERS} | amount(3, 3000, 0, 2000),
        {"group": "", "displayName": ""} | amount(5, 0, 0, 0),
    ],
    "key": [
        {"group": "0123456789abcdef", "displayName": '=HYPERLINK("x")'}
        | amount(20, 12000, 4500, 3000),
    ],
    "day": [
        {"group": "2026-02-28", "displayName": "2026-02-28"} | amount(8, 5000, 0, 1000),
        {"group": "2026-03-02", "displayName": "2026-03-02"} | amount(12, 7000, 4500, 2000),
    ],
}
SERIES = [
    {"day": "2026-02-28", "model": OWN} | amount(5, 2000, 0, 0),
    {"day": "2026-02-28", "model": OTHERS} | amount(3, 3000, 0, 1000),
    {"day": "2026-03-02", "model": OWN} | amount(7, 7000, 4500, 1000),
    {"day": "2026-03-02", "model": OTHERS} | amount(0, 0, 0, 1000),
    {"day": "2026-03-02", "model": ""} | amount(5, 0, 0, 0),
]


@pytest.fixture
def asked():
    """The queries of the requests for usage, in order."""
    return []


@pytest.fixture
def page(new_page, site):
    """An admin's page that is not at the usage yet."""
    return new_page(path="/#/keys", key=site.key)


@pytest.fixture
def usage(page, asked):
    """The usage page, whose server has the sums and the series above."""

    def answer(route):
        query = route.request.url.partition("?")[2]
        asked.append(query)
        by = re.search(r"by=(\w+)", query)[1]
        route.fulfill(json={"sums": SUMS[by], "series": SERIES})

    page.clock.set_fixed_time(NOW)
    page.route(re.compile(r"/usage\?"), answer)
    go(page)
    expect(page.get_by_role("group", name="Tokens by day and model")).to_be_visible()
    return page


def go(page):
    page.get_by_role("navigation").get_by_role("link", name="Usage", exact=True).click()
    expect(page.locator("usage-page h1")).to_be_visible()  # the page before has an account too


def cells(row):
    return row.locator("th, td").all_inner_texts()


def test_totals(usage):
    figures = usage.locator(".figures > div")
    assert [text.split("\n") for text in figures.all_inner_texts()] == [
        ["Requests", "20"],
        ["Prompt tokens", "12,000", "37.5% out of the cache"],
        ["Completion tokens", "3,000"],
        ["Tokens in all", "15,000"],
    ]


def test_the_chart_has_a_bar_a_day_and_a_layer_a_model(usage):
    usage.get_by_label("7 days").check()
    chart = usage.get_by_role("group", name="Tokens by day and model")
    bars = chart.get_by_role("img")
    expect(bars).to_have_count(7)
    labels = bars.evaluate_all("bars => bars.map((bar) => bar.ariaLabel)")
    assert labels[0] == "2026-02-24: 0 tokens"
    assert labels[4] == "2026-02-28: 6,000 tokens: alice/theirs 4,000, own 2,000"
    assert labels[6] == "2026-03-02: 9,000 tokens: alice/theirs 1,000, own 8,000"

    ticks = usage.locator(".chart-axis text").all_text_contents()
    assert ticks == ["0", "5K", "10K"]
    days = usage.locator("svg > text").all_text_contents()
    assert days[-1] == "03-02"
    legend = usage.get_by_role("list", name="Legend").get_by_role("listitem")
    expect(legend).to_have_text(["own", "alice/theirs"])

    def height(bar, layer):
        return bars.nth(bar).locator(f".series-{layer}").bounding_box()["height"]

    zero, ten = (
        usage.locator(".chart-axis line").nth(at).evaluate("line => +line.getAttribute('y1')")
        for at in (0, 2)
    )
    assert height(6, 0) == pytest.approx((zero - ten) * 0.8, abs=2)
    assert height(4, 1) == pytest.approx((zero - ten) * 0.4, abs=2)
    assert bars.nth(0).locator(".chart-piece").count() == 0


def test_pointing_at_a_bar_shows_its_values(usage):
    bar = usage.get_by_role("img", name=re.compile("^2026-02-28"))
    tip = usage.locator(".chart-tip")
    expect(tip).to_be_hidden()
    bar.hover()
    expect(tip).to_be_visible()
    expect(tip.locator("p")).to_have_text(
        ["2026-02-28 · 6,000 tokens", "alice/theirs4,000", "own2,000"]
    )
    usage.mouse.move(0, 0)
    expect(tip).to_be_hidden()


def test_the_arrow_keys_walk_along_the_bars(usage):
    bars = usage.get_by_role("group", name="Tokens by day and model").get_by_role("img")
    tip = usage.locator(".chart-tip")
    usage.get_by_label("90 days").focus()
    usage.keyboard.press("Tab")
    expect(bars.last).to_be_focused()  # the chart is one stop of the Tab key
    expect(tip).to_contain_text("2026-03-02 · 9,000 tokens")
    usage.keyboard.press("ArrowLeft")
    expect(bars.nth(28)).to_be_focused()
    expect(tip).to_contain_text("2026-03-01 · 0 tokens")
    usage.keyboard.press("Home")
    expect(bars.first).to_be_focused()
    usage.keyboard.press("ArrowLeft")
    expect(bars.first).to_be_focused()
    usage.keyboard.press("End")
    expect(bars.last).to_be_focused()
    usage.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_chart_as_a_table(usage):
    usage.get_by_text("As a table").click()
    table = usage.get_by_role("table", name="Tokens by day and model")
    expect(table).to_be_visible()
    assert cells(table.get_by_role("row").nth(0)) == ["Day", "own", "alice/theirs"]
    assert cells(table.get_by_role("row").nth(1)) == ["2026-03-02", "8,000", "1,000"]
    expect(table.get_by_role("row")).to_have_count(1 + 30)


def test_sums_by_model_key_and_day(usage, asked):
    table = usage.get_by_role("table", name="Usage by model")
    rows = [cells(row) for row in table.get_by_role("row").all()]
    assert rows == [
        ["Model", "Requests", "Prompt", "Cached", "Completion", "Tokens", "Share"],
        ["own", "12", "9,000", "4,500", "1,000", "10,000", "66.7%"],
        ["alice/theirs", "3", "3,000", "0", "2,000", "5,000", "33.3%"],
        ["(no model)", "5", "0", "0", "0", "0", "0.0%"],
        ["Total", "20", "12,000", "4,500", "3,000", "15,000", "100.0%"],
    ]
    usage.get_by_label("Day", exact=True).check()
    by_day = usage.get_by_role("table", name="Usage by day")
    expect(by_day).to_be_visible()
    assert cells(by_day.get_by_role("row").nth(1))[:2] == ["2026-02-28", "8"]
    usage.get_by_label("Key", exact=True).check()
    by_key = usage.get_by_role("table", name="Usage by key")
    expect(by_key.get_by_role("rowheader").first).to_have_text('=HYPERLINK("x") (01234567)')
    assert asked == [f"by={by}&since=30d" for by in ("model", "day", "key")]


def test_a_click_on_a_head_sorts(usage):
    table = usage.get_by_role("table", name="Usage by model")
    names = table.locator("tbody").get_by_role("rowheader")
    head = table.get_by_role("columnheader", name="Completion")
    head.get_by_role("button").click()
    expect(names).to_have_text(["alice/theirs", "own", "(no model)"])
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(head.get_by_role("button")).to_be_focused()
    usage.keyboard.press("Enter")
    expect(names).to_have_text(["(no model)", "own", "alice/theirs"])
    table.get_by_role("columnheader", name="Model").get_by_role("button").click()
    expect(names).to_have_text(["(no model)", "alice/theirs", "own"])


def test_every_span(usage, asked):
    bars = usage.get_by_role("group", name="Tokens by day and model").get_by_role("img")
    for label, span, days in (("24 hours", "24h", 2), ("90 days", "90d", 90), ("7 days", "7d", 7)):
        usage.get_by_label(label).check()
        expect(bars).to_have_count(days)
        assert asked[-1] == f"by=model&since={span}"


def test_export_to_csv(usage):
    usage.get_by_label("Key", exact=True).check()
    expect(usage.get_by_role("table", name="Usage by key")).to_be_visible()
    with usage.expect_download() as saved:
        usage.get_by_role("button", name="Export to CSV").click()
    assert saved.value.suggested_filename == "usage-fireworks-by-key-30d.csv"
    text = Path(saved.value.path()).read_text()
    rows = list(csv.reader(text.splitlines()))
    assert rows == [
        [
            "key",
            "key_id",
            "requests",
            "prompt_tokens",
            "cached_prompt_tokens",
            "completion_tokens",
            "total_tokens",
        ],
        ['\'=HYPERLINK("x")', "0123456789abcdef", "20", "12000", "4500", "3000", "15000"],
    ]


def test_an_admin_chooses_the_account(page):
    go(page)
    page.get_by_role("combobox", name="Account").fill("nobody-yet")
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("The account nobody-yet has made no requests in the last 30 days")
    ).to_be_visible()
    expect(page.locator("bar-chart")).to_be_hidden()


def test_only_the_last_choice_is_shown_however_late_others_answer(page):
    held = []

    def answer(route):
        if "since=30d" in route.request.url:
            held.append(route)
        else:
            route.fulfill(json={"sums": SUMS["model"], "series": SERIES})

    page.clock.set_fixed_time(NOW)
    page.route(re.compile(r"/usage\?"), answer)
    go(page)
    page.get_by_label("7 days").check()
    bars = page.get_by_role("group", name="Tokens by day and model").get_by_role("img")
    expect(bars).to_have_count(7)
    with page.expect_response(re.compile("since=30d")):
        held[0].fulfill(json={"sums": [], "series": []})
    page.get_by_label("24 hours").check()  # this one's reply comes after the late one's
    expect(bars).to_have_count(2)


def test_a_key_for_some_models_is_told_that_it_sees_no_usage(new_page, site):
    models = ["accounts/fireworks/models/smollm2-135m"]
    page = new_page(path="/#/usage", key=new_key(site, "fireworks", models=models))
    expect(page.get_by_role("alert")).to_contain_text("sees no usage")
    expect(page.get_by_role("combobox", name="Account")).to_have_count(0)


def test_what_a_live_account_has_used(new_page, site):
    key = new_key(site, "busy-account")
    replies = [
        post(
            site,
            key,
            "/v1/completions",
            {"model": "accounts/fireworks/models/smollm2-135m", "prompt": "One", "max_tokens": 3},
        )["usage"]
        for _ in range(2)
    ]
    prompt, completion = (
        sum(reply[name] for reply in replies) for name in ("prompt_tokens", "completion_tokens")
    )
    await_requests(site, key, "busy-account", 2)

    page = new_page(path="/#/usage", key=key)
    table = page.get_by_role("table", name="Usage by model")
    expect(table).to_be_visible()
    shown = cells(table.get_by_role("row").nth(1))
    assert shown[0] == "fireworks/smollm2-135m"
    assert (shown[1], shown[2], shown[4]) == ("2", str(prompt), str(completion))
    today = page.get_by_role("group", name="Tokens by day and model").get_by_role("img")
    labels = today.evaluate_all("bars => bars.slice(-2).map((bar) => bar.ariaLabel)")
    assert f"{prompt + completion} tokens" in json.dumps(
        labels
    )  # of today, or of just before midnight


def new_key(site, account, **fields):
    body = {"apiKey": {"displayName": "A user's"} | fields}
    return post(site, site.key, f"/v1/accounts/{account}/apiKeys", body)["key"]


def post(site, key, path, body):
    headers = {"authorization": f"Bearer {key}"}
    reply = httpx2.post(
        f"{site.url}{path}", headers=headers, json=body, trust_env=False, timeout=60
    )
    return reply.raise_for_status().json()


def await_requests(site, key, account, count):
    """Wait until the usage, which is written in batches, has so many requests."""
    headers = {"authorization": f"Bearer {key}"}
    url = f"{site.url}/v1/accounts/{account}/usage"
    deadline = time.monotonic() + COUNTED_WITHIN
    while time.monotonic() < deadline:
        sums = httpx2.get(url, headers=headers, trust_env=False).json()["sums"]
        if sum(each["requests"] for each in sums) == count:
            return
        time.sleep(0.1)
    pytest.fail(f"not {count} requests were counted: {sums}")
