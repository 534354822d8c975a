import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.api.forwarded import Forwarded


def seen(trusted, *, peer="10.0.0.1", scheme="http", **headers):
    """Client and scheme as the app sees them."""
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)

    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "client": (peer, 1234) if peer else None,
        "scheme": scheme,
        "headers": fields,
    }
    asyncio.run(Forwarded(app, trusted)(scope, None, None))
    (found,) = scopes
    return found["client"] and found["client"][0], found["scheme"]


TOLD = {"x_forwarded_for": "192.0.2.7", "x_forwarded_proto": "https"}


@pytest.mark.parametrize(
    ("trusted", "peer", "client", "scheme"),
    [
        (["10.0.0.0/8"], "10.0.0.1", "192.0.2.7", "https"),
        (["10.0.0.1/32", "::1/128"], "::ffff:10.0.0.1", "192.0.2.7", "https"),
        (["10.0.0.2/32"], "10.0.0.1", "10.0.0.1", "http"),
        (["unix"], "10.0.0.1", "10.0.0.1", "http"),
        (["unix"], None, "192.0.2.7", "https"),
        (["10.0.0.0/8"], None, None, "http"),
    ],
)
def test_only_who_is_trusted_is_believed(trusted, peer, client, scheme):
    assert seen(trusted, peer=peer, **TOLD) == (client, scheme)


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ("192.0.2.7, 10.0.0.9", "192.0.2.7"),
        ("1.2.3.4, 192.0.2.7", "192.0.2.7"),  # the first one is the client's own invention
        ("10.0.0.9, 10.0.0.8", "10.0.0.1"),  # it is one of the proxies that asks
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.7, <script>", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(hops, client):
    assert seen(["10.0.0.0/8"], x_forwarded_for=hops)[0] == client


@pytest.mark.parametrize("scheme", ["ftp", "https, http", "HTTPS", ""])
def test_a_scheme_that_is_none(scheme):
    assert seen(["10.0.0.0/8"], x_forwarded_proto=scheme)[1] == "http"


@given(st.lists(st.ip_addresses(v=4)), st.text(alphabet=st.characters(codec="ascii")))
def test_what_a_client_sends_is_no_matter(hops, nonsense):
    forged = ",".join([nonsense, *map(str, hops)])
    assert seen(["10.0.0.1/32"], x_forwarded_for=f"{forged},192.0.2.7")[0] == "192.0.2.7"
