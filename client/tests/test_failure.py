import pickle

import pytest

from fireworks.client import error
from fireworks.client.error import FireworksError
from fireworks.client.failure import status_error

NO_MESSAGE = "The server replied without a message that can be read"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "m", "code": "C", "param": "p", "type": "t"}}', "m"),
        (b'{"error": "m"}', "m"),
        (b'{"fault": {"faultstring": "m", "detail": {}}}', "m"),
        (b'{"code": 5, "message": "m", "details": []}', "m"),
        (b'{"detail": "m"}', "m"),
        (b'{"detail": [{"loc": [], "msg": "m"}]}', NO_MESSAGE),
        (b"m", "m"),
        (b"<html><h1>Bad Gateway</h1></html>", NO_MESSAGE),
        (b"", NO_MESSAGE),
        (b"[]", NO_MESSAGE),
        (b"{}", NO_MESSAGE),
        (b"\xff", "\ufffd"),
    ],
)
def test_every_form_of_a_message(body, message):
    assert status_error(418, {}, body).message == message


def test_everything_that_a_body_tells():
    body = b'{"error": {"message": "m", "code": "C", "param": "p", "type": "t"}, "request_id": "r"}'
    failure = status_error(400, {"a": "b"}, body)
    assert (failure.code, failure.param, failure.type) == ("C", "p", "t")
    assert failure.request_id == "r"
    assert failure.status_code == 400
    assert failure.body["error"]["message"] == "m"
    assert failure.headers == {"a": "b"}
    assert str(failure) == "m [HTTP 400, code C, param p, request r]"
    again = pickle.loads(pickle.dumps(failure))  # noqa: S301 - our own
    assert (str(again), again.body) == (str(failure), failure.body)


def test_the_tree_is_as_its_docstring_draws_it():
    """Each class stands two columns right of its parent's, and lists its other name."""
    path = [(0, FireworksError)]
    drawn = {"FireworksError"}
    for line in error.__doc__.splitlines():
        before, drawing, rest = line.partition("+-- ")
        if not drawing:
            continue
        name, *words = rest.split()
        while path[-1][0] >= len(before) + 1:
            path.pop()
        kind = getattr(error, name)
        assert kind.__bases__ == (path[-1][1],), name
        path.append((len(before) + 1, kind))
        drawn.add(name)
        if "=" in words:
            assert getattr(error, words[-1]) is kind
    classes = {k.__name__ for k in vars(error).values() if isinstance(k, type)}
    assert drawn == {name for name in classes if name.endswith("Error")}
