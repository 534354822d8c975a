from hanabi.console.login import LINK, OneTimeLogin, new_token


def test_a_key_for_a_token_once():
    login = OneTimeLogin("token", "key")
    assert login.exchange("other") is None
    assert login.exchange("token") == "key"
    assert login.exchange("token") is None


def test_neither_the_token_nor_afterwards_the_key_is_kept():
    login = OneTimeLogin("the-token", "the-key")
    assert "the-token" not in repr(vars(login))
    login.exchange("the-token")
    assert "the-key" not in repr(vars(login))


def test_tokens_are_long_and_differ():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) == 43


def test_the_link_carries_the_token_in_its_fragment():
    address, _, fragment = ("http://localhost" + LINK.format(token="x")).partition("#")
    assert (address, fragment) == ("http://localhost/", "/sign-in?token=x")
