"""The OpenAPI document against the running server: no reply is a 5xx, none breaks the document.

schemathesis makes the requests, by the document: such as it allows, and such as it forbids. Every
operation is tried on its documented path and on its aliases.
"""

import warnings

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from .api import CHAT_MODEL, MODEL, PATIENCE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it does while it is imported is not ours to mend
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

pytestmark = pytest.mark.e2e

EXAMPLES, EXAMPLES_OF_ALIASES = 20, 4
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
MOST_TOKENS = 3


@pytest.fixture
def document(server):
    return httpx2.get(f"{server.url}/openapi.json", trust_env=False).json()


def reasonable(body, *, generating):
    """Change a request that the document allows: its model is here, and it is soon answered.

    Its roles are those of a conversation, which no document can tell.
    """
    chat = "messages" in body
    body["model"] = CHAT_MODEL if chat else MODEL
    if generating:
        for index, message in enumerate(reversed(body.get("messages", []))):
            message["role"] = ("user", "assistant")[index % 2]
        body["n"] = min(body.get("n") or 1, 2)
        limits = [name for name in ("max_tokens", "max_completion_tokens") if body.get(name)]
        for name in limits or ["max_tokens"]:
            body[name] = min(body.get(name) or MOST_TOKENS, MOST_TOKENS)


def tried(operation, mode, count, send):
    """The statuses of so many requests to one operation, which are checked."""
    statuses = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def run(case):
        if mode is GenerationMode.POSITIVE and operation.path.endswith(("completions", "tokenize")):
            reasonable(case.body, generating=operation.path.endswith("completions"))
        response = send(case)
        statuses.append(response.status_code)
        sent = {**case.query}
        # A list of nothing in a query is not sent at all, and so was not forbidden.
        negative = [] if [] in sent.values() else [checks.negative_data_rejection]
        case.validate_response(response, checks=[*CHECKS, *negative])

    try:
        run()
    except Unsatisfiable:  # there is nothing that the document forbids here
        assert mode is GenerationMode.NEGATIVE
        assert statuses == []
    return statuses


@pytest.mark.filterwarnings("ignore")  # of what schemathesis thinks of its own strategies
def test_no_reply_breaks_the_document(server, document):
    import requests  # noqa: PLC0415 - what schemathesis sends with; nobody else here does

    seen = {}
    with requests.Session() as session:
        session.trust_env = False
        session.headers["authorization"] = f"Bearer {server.key}"

        def send(case):
            return case.call(base_url=server.url, session=session, timeout=PATIENCE)

        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = found.ok()
            alias = operation.path.startswith(("/v1/", "/inference/v1/v1/"))
            for mode in GenerationMode:
                count = EXAMPLES_OF_ALIASES if alias else EXAMPLES
                seen[operation.label, mode] = set(tried(operation, mode, count, send))
    assert {label.partition(" ")[2] for label, _ in seen} == set(document["paths"])
    for kind in ("completions", "chat/completions", "tokenize", "detokenize"):
        allowed = seen[f"POST /inference/v1/{kind}", GenerationMode.POSITIVE]
        assert 200 in allowed, kind  # it was not all refused
        assert 400 in seen[f"POST /inference/v1/{kind}", GenerationMode.NEGATIVE], kind
