import pytest

from hanabi.accounts.account import Account
from hanabi.database.connection import open_database
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads

ACCOUNTS = {
    "admin": Account("fireworks", "1", admin=True),
    "alice": Account("alice", "2", admin=False),
    "bob": Account("bob", "3", admin=False),
    # A key of alice's for two models, one of them a public one of another account.
    "reader": Account(
        "alice",
        "4",
        admin=False,
        models=frozenset({"accounts/alice/models/private", "accounts/bob/models/public"}),
    ),
}


class Keys:
    """A key is the name of who has it."""

    def authenticate(self, key):
        return ACCOUNTS.get(key)


@pytest.fixture(scope="session")
def weights(weights):
    """The bytes of a model that loads."""
    return weights.read_bytes()


@pytest.fixture
def database(tmp_path):
    database = open_database(tmp_path / "home")
    yield database
    database.dispose()


@pytest.fixture
def registry(tmp_path, database):
    return Registry(tmp_path / "home", database, now=lambda: 1_700_000_000.5)


@pytest.fixture
def uploads(tmp_path, registry, database):
    return Uploads(tmp_path / "home", database, now=lambda: 1_700_000_000.5)


@pytest.fixture
def deleted():
    """The names of models that were deleted through the API."""
    return []


@pytest.fixture
def gateway(make_api, registry, uploads, deleted):
    """The API over a real registry."""

    async def delete_model(name):
        registry.delete(name)
        deleted.append(str(name))

    return make_api(registry=registry, uploads=uploads, delete_model=delete_model, keys=Keys())


@pytest.fixture
def ask(gateway):
    """Call the gateway as somebody."""

    def ask(method, path, body=None, *, who="alice", **headers):
        fields = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        return gateway.call(method, path, body, key=who, headers=fields)

    return ask


@pytest.fixture
def create(ask):
    """Create a model of alice's over the API."""

    def create(model_id, **model):
        reply = ask("POST", "/v1/accounts/alice/models", {"modelId": model_id, "model": model})
        assert reply.status == 200, reply.body
        return reply.json

    return create
