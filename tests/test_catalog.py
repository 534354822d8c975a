"""Which models an account finds, under which names, and what a deletion leaves."""

import asyncio
from types import SimpleNamespace

import pytest

from hanabi.accounts.account import Account
from hanabi.catalog import ModelCatalog
from hanabi.database.connection import open_database
from hanabi.engine.facts import Facts
from hanabi.engine.messages import Loaded
from hanabi.errors import ConflictError, ModelNotFoundError
from hanabi.generation.defaults import ModelDefaults
from hanabi.registry.guest import guest_model
from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.model import Details
from hanabi.registry.names import parse_name
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads
from hanabi.styles.args import StyleArgs

PUBLIC = parse_name("accounts/alice/models/public")
PRIVATE = parse_name("accounts/alice/models/private")
ALIAS = parse_name("accounts/fireworks/models/llama-v2-7b-chat")
LOADED = Loaded((), 4096, 8, 64, "zen4", Facts(exact=False, bytes_per_slot=3))
CHAT = Manifest(conversation_config=ConversationConfig(style="chatml"))


class Pool:
    """Notes what is unloaded."""

    def __init__(self):
        self.loaded = {}
        self.unloaded = []

    async def unload(self, path):
        self.unloaded.append(path)


@pytest.fixture
def database(tmp_path):
    database = open_database(tmp_path / "home")
    yield database
    database.dispose()


@pytest.fixture
def registry(tmp_path, database, weights):
    registry = Registry(tmp_path / "home", database, now=lambda: 7)
    registry.create(PUBLIC, weights, CHAT, Details(public=True))
    registry.create(PRIVATE, weights)
    return registry


@pytest.fixture
def pool():
    return Pool()


@pytest.fixture
def catalog(registry, pool):
    return ModelCatalog(registry, pool, templates=None)


ALICE, BOB = (Account(name, "key", admin=False) for name in ("alice", "bob"))


def names(catalog, asker):
    return [model.name for model in catalog.list_models(asker)]


def test_an_account_sees_its_own_models_and_the_public_ones(catalog):
    assert names(catalog, ALICE) == [str(PRIVATE), str(PUBLIC)]
    assert names(catalog, BOB) == [str(PUBLIC)]
    assert catalog.find(str(PRIVATE), ALICE).name == str(PRIVATE)
    for seek in (catalog.find, catalog.describe):
        with pytest.raises(ModelNotFoundError):
            seek(str(PRIVATE), BOB)


def test_a_loaded_model_tells_how_it_is_computed(catalog, registry, pool):
    assert catalog.describe(str(PUBLIC), BOB).engine is None
    pool.loaded = {registry.get(PUBLIC).weights: SimpleNamespace(loaded=LOADED)}
    listed = catalog.describe(str(PUBLIC), BOB)
    assert listed.loaded
    assert (listed.engine["slots"], listed.engine["cache_bytes"]) == (8, 64)
    assert (listed.engine["exact"], listed.engine["bytes_per_slot"]) == (False, 3)


def test_an_alias_is_one_more_name_of_its_model(catalog, registry):
    registry.add_alias(ALIAS, PUBLIC)
    assert names(catalog, BOB) == [str(PUBLIC), str(ALIAS)]
    assert catalog.find(str(ALIAS), BOB).name == str(PUBLIC)
    listed = catalog.describe("fireworks/llama-v2-7b-chat", BOB)
    assert listed == catalog.list_models(BOB)[1]
    assert (listed.name, listed.owned_by, listed.created) == (str(ALIAS), "fireworks", 7)
    assert (listed.supports_chat, listed.context_length) == (True, 512)


def test_what_a_model_is_and_how_it_is_spoken_to(catalog, registry, pool, weights):
    size = weights.stat().st_size
    pool.loaded[registry.get(PUBLIC).weights] = SimpleNamespace(loaded=LOADED)
    public = catalog.describe(str(PUBLIC), ALICE)
    assert (public.style, public.system) == ("chatml", "You are a helpful assistant.")
    assert (public.size, public.loaded, public.defaults) == (size, True, {})
    assert public.manifest == {"conversation_config": {"style": "chatml"}}
    assert catalog.describe(str(PRIVATE), ALICE).loaded is True  # the same weights
    pool.loaded.clear()
    private = catalog.list_models(ALICE)[0]
    assert (private.style, private.system, private.loaded) == (None, None, False)
    assert private.manifest == {}


@pytest.mark.parametrize(
    ("config", "system"),
    [
        (ConversationConfig(style="chatml", args=StyleArgs(system="Rhyme.")), "Rhyme."),
        (ConversationConfig(style="chatml", args=StyleArgs(system="")), ""),
        (ConversationConfig(style="alpaca"), None),
        (ConversationConfig(style="huggingface"), ""),
    ],
)
def test_the_system_prompt_of_a_conversation_that_brings_none(
    registry, catalog, weights, config, system
):
    name = parse_name("accounts/alice/models/styled")
    defaults = ModelDefaults(top_k=40, stop=("x",))
    registry.create(name, weights, Manifest(conversation_config=config, defaults=defaults))
    listed = catalog.describe(str(name), ALICE)
    assert listed.system == system
    assert listed.defaults == {"top_k": 40, "stop": ("x",)}
    assert listed.manifest["defaults"] == listed.defaults


def test_an_alias_opens_no_private_model(catalog, registry):
    registry.add_alias(ALIAS, PRIVATE)
    assert names(catalog, BOB) == [str(PUBLIC)]
    with pytest.raises(ModelNotFoundError):
        catalog.find(str(ALIAS), BOB)


def test_a_key_with_a_list_of_models_sees_no_other(catalog, registry):
    registry.add_alias(ALIAS, PUBLIC)
    only = {
        (PRIVATE,): [PRIVATE],
        (PUBLIC,): [PUBLIC, ALIAS],  # by any name that it has
        (ALIAS,): [ALIAS],  # wherever the alias leads
        (PUBLIC, PRIVATE): [PRIVATE, PUBLIC, ALIAS],
        (parse_name("accounts/bob/models/none"),): [],
    }
    for allowed, seen in only.items():
        asker = Account("alice", "key", admin=False, models=frozenset(map(str, allowed)))
        assert names(catalog, asker) == [str(name) for name in seen]
        for name in (PUBLIC, PRIVATE, ALIAS):
            for seek in (catalog.find, catalog.describe):
                if name in seen:
                    assert seek(str(name), asker)
                else:
                    with pytest.raises(ModelNotFoundError):
                        seek(str(name), asker)


def test_a_list_of_models_opens_none_of_another_account(catalog):
    asker = Account("bob", "key", admin=False, models=frozenset({str(PRIVATE)}))
    assert names(catalog, asker) == []
    with pytest.raises(ModelNotFoundError):
        catalog.find(str(PRIVATE), asker)


def test_an_upload_is_no_model_yet(catalog, tmp_path, database):
    name = parse_name("accounts/alice/models/upload")
    Uploads(tmp_path / "home", database).begin(name, None, Details(public=True))
    assert str(name) not in names(catalog, ALICE)
    with pytest.raises(ModelNotFoundError):
        catalog.find(str(name), ALICE)


def test_the_guest_is_everybodys(registry, pool, weights):
    catalog = ModelCatalog(registry, pool, templates=None, guest=guest_model(weights, None))
    guest = "accounts/fireworks/models/tiny"
    assert names(catalog, BOB) == [str(PUBLIC), guest]
    assert catalog.describe(guest, BOB).supports_chat is False
    for allowed, seen in ((guest, [guest]), (str(PUBLIC), [str(PUBLIC)])):
        asker = Account("bob", "key", admin=False, models=frozenset({allowed}))
        assert names(catalog, asker) == seen
        with pytest.raises(ModelNotFoundError):
            catalog.find(str(PUBLIC) if allowed == guest else guest, asker)


def test_weights_stay_loaded_until_their_last_model_goes(catalog, registry, pool):
    shared = registry.get(PUBLIC).weights
    asyncio.run(catalog.delete(PRIVATE))
    assert (names(catalog, ALICE), pool.unloaded) == ([str(PUBLIC)], [])
    asyncio.run(catalog.delete(PUBLIC))
    assert (names(catalog, ALICE), pool.unloaded) == ([], [shared])
    with pytest.raises(ModelNotFoundError):
        asyncio.run(catalog.delete(PUBLIC))


def test_a_model_with_aliases_stays_and_stays_loaded(catalog, registry, pool):
    registry.delete(PRIVATE)
    registry.add_alias(ALIAS, PUBLIC)
    with pytest.raises(ConflictError):
        asyncio.run(catalog.delete(PUBLIC))
    assert catalog.find(str(PUBLIC), BOB).name == str(PUBLIC)
    assert pool.unloaded == []


def test_nobody_finds_a_model_whose_last_request_still_runs(catalog, registry, pool, monkeypatch):
    registry.delete(PRIVATE)
    found = []

    async def unload(_path):
        found.append(names(catalog, ALICE))

    monkeypatch.setattr(pool, "unload", unload)
    asyncio.run(catalog.delete(PUBLIC))
    assert found == [[]]
