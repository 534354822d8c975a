"""What people do with Fireworks' clients, beyond the guide's blocks: every use of every release."""

import ast
import functools
import json

import pytest

from .clients import CLIENTS, USES

pytestmark = pytest.mark.e2e


def uses(program):
    """The names of what a program does."""
    tree = ast.parse((USES / program).read_text("utf-8"))
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [node.name for node in functions if node.name.startswith("use_")]


ALL = [(client, use) for client in CLIENTS if client.uses for use in uses(client.uses)]

CANNOT = {
    "fireworks 0.11": {
        # Whether a client's `create` streams is up to its class, and no stream=True changes that.
        "use_client_streamed_completion": "'tuple' object has no attribute 'choices'",
        "use_client_streamed_chat": "'tuple' object has no attribute 'choices'",
        "use_async_client_streaming_unasked": "requires an object with __aiter__",
        "use_context_manager": "does not support the context manager protocol",
        # It refuses what it does not know in a reply.
        "use_new_logprobs": "extra_forbidden",
        "use_new_logprobs_streamed": "extra_forbidden",
        "use_raw_output": "extra_forbidden",
        "use_perf_metrics": "extra_forbidden",
    },
    "fireworks 0.14": {
        # Likewise: it knows the form, but neither sampling_logprob nor completion_token_ids.
        "use_new_logprobs": "extra_forbidden",
        "use_new_logprobs_streamed": "extra_forbidden",
        "use_raw_output": "extra_forbidden",
        "use_perf_metrics": "extra_forbidden",
    },
    "hanabi": {
        # It streams when asked to, in every form.
        "use_async_client_streaming_unasked": "requires an object with __aiter__",
    },
}
"""What a release has no way to do, and how that ends in its own code."""


@pytest.fixture(scope="session")
def outcomes(shared_server, tmp_path_factory):
    """How each use of a client ended: null or a traceback. A client's program runs once."""

    @functools.cache
    def outcomes(client):
        done = client.run(shared_server, tmp_path_factory.mktemp("uses"), str(USES / client.uses))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return outcomes


@pytest.mark.parametrize(("client", "use"), ALL, ids=str)
def test_a_use(installed, server, outcomes, use):
    outcome = outcomes(installed)[use]
    error = CANNOT.get(installed.name, {}).get(use)
    if error:
        assert outcome is not None
        assert error in outcome
    else:
        assert outcome is None, outcome


def test_what_clients_cannot_do_is_among_the_uses():
    cannot = {(name, use) for name, errors in CANNOT.items() for use in errors}
    assert cannot <= {(client.name, use) for client, use in ALL}
