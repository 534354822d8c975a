import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.api.gateway.order import parse_order
from hanabi.api.gateway.page import make_page
from hanabi.errors import InvalidRequestError
from hanabi.protocol.gateway import ModelPageQuery
from hanabi.registry.model import Details, StoredModel
from hanabi.registry.names import ModelName


def model(name, display_name="", created=1):
    return StoredModel(
        name=ModelName("a", name),
        state="READY",
        created=created,
        details=Details(display_name=display_name),
    )


MODELS = st.lists(
    st.builds(
        model,
        st.integers(0, 40).map(lambda number: f"m{number}"),
        st.sampled_from(["", "a", "b"]),
        st.integers(1, 3),
    ),
    max_size=12,
    unique_by=lambda m: m.name,
)
ORDERS = st.sampled_from(
    ["", "name desc", "displayName", "displayName desc", "createTime asc", "createTime desc"]
)
KEYS = {
    "name": lambda m: str(m.name),
    "displayName": lambda m: m.details.display_name,
    "createTime": lambda m: m.created,
}


def sorted_naively(models, order_by):
    """Bubble sort."""
    field, _, direction = (order_by or "name").partition(" ")
    found = list(models)
    for _ in found:
        for i in range(len(found) - 1):
            left, right = (KEYS[field](m) for m in found[i : i + 2])
            wrong = left < right if direction == "desc" else left > right
            if wrong or (left == right and str(found[i].name) > str(found[i + 1].name)):
                found[i : i + 2] = found[i + 1], found[i]
    return found


def walk(models, size, order_by, between=lambda models: models):
    """All pages."""
    found, token = [], ""
    while True:
        query = ModelPageQuery(page_size=size, order_by=order_by, page_token=token)
        page = make_page(models, query)
        assert len(page.models) <= size
        assert page.total == len(models)
        found += page.models
        if not (token := page.next_token):
            return found
        models = between(models)


@given(models=MODELS, order_by=ORDERS, size=st.integers(1, 5))
def test_the_pages_together_are_the_list(models, order_by, size):
    assert walk(models, size, order_by) == sorted_naively(models, order_by)


@given(models=MODELS, order_by=ORDERS, size=st.integers(1, 5), data=st.data())
def test_models_that_come_and_go_neither_repeat_nor_hide_others(models, order_by, size, data):
    staying = [m for m in models if data.draw(st.booleans())]

    def change(_models):
        return [*staying, *(m for m in models if m not in staying and data.draw(st.booleans()))]

    found = walk(models, size, order_by, change)
    assert len(set(map(str, (m.name for m in found)))) == len(found)
    assert [m for m in found if m in staying] == sorted_naively(staying, order_by)


def test_a_page_has_50_models_unless_said_otherwise():
    models = [model(f"m{number}") for number in range(60)]
    assert len(make_page(models, ModelPageQuery()).models) == 50
    assert len(make_page(models, ModelPageQuery(page_size=0)).models) == 50


def test_a_filter_counts_what_it_lets_pass():
    models = [model("a", "x"), model("b", "x"), model("c")]
    page = make_page(models, ModelPageQuery(page_size=1, filter="displayName=x"))
    assert page.total == 2
    assert [str(m.name) for m in page.models] == ["accounts/a/models/a"]


@pytest.mark.parametrize("token", ["x", "!", "AAAA", "é", "k" * 2048, "wA"])
def test_a_token_of_nobodys_making(token):
    with pytest.raises(InvalidRequestError, match="pageToken"):
        make_page([], ModelPageQuery(page_token=token))


@pytest.mark.parametrize(
    "changed", [{"filter": "state=READY"}, {"order_by": "createTime"}, {"order_by": "name"}]
)
def test_a_token_is_good_for_its_own_list_only(changed):
    token = make_page([model("a"), model("b")], ModelPageQuery(page_size=1)).next_token
    with pytest.raises(InvalidRequestError, match="made for another filter or orderBy"):
        make_page([], ModelPageQuery(page_token=token, **changed))


def test_a_token_whose_key_is_of_another_kind():
    raw = msgspec.msgpack.encode(["", "", [1, "accounts/a/models/a"]])
    token = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    with pytest.raises(InvalidRequestError, match="pageToken"):
        make_page([model("a")], ModelPageQuery(page_token=token))


@given(st.text(max_size=40))
def test_any_token_is_one_or_refused(text):
    try:
        make_page([model("a")], ModelPageQuery(page_token=text))
    except InvalidRequestError as error:
        assert error.param == "pageToken"  # noqa: PT017 - both outcomes are fine


@pytest.mark.parametrize("text", ["x", "name up", "name, createTime", "name desc asc", "desc"])
def test_an_order_that_is_none(text):
    with pytest.raises(InvalidRequestError, match="orderBy must be one of") as caught:
        parse_order(text)
    assert repr(text) in caught.value.message
