"""No file names a registry's host or a folder of the machine that it was written on."""

import re

import pytest

# Written so that this file does not match itself.
HOSTS = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|deb[.]debian[.]org|yarnpkg[.]com"
)
FOLDERS = re.compile(
    r"(?<![\w.~-])/(?:root|work|opt/(?:pypi|wheels)|tmp/w|home/(?!me\b|you\b)\w+|Users/(?!me\b|you\b)\w+)(?:/|\b(?=[\s\"'`:;,)]|$))"
)


def named(text: str) -> list[str]:
    return [match.group() for rule in (HOSTS, FOLDERS) for match in rule.finditer(text)]


def test_no_file_names_them(texts):
    found = {path: named(text) for path, text in texts.items()}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "parts",
    [
        ("https://pypi", ".org/simple"),
        ("/ro", "ot/.venv"),
        ("cd /wo", "rk"),
        ("/ho", "me/ann/x"),
        ("/Us", "ers/ann"),
    ],
)
def test_the_rule_sees(parts):
    assert named("".join(parts))


@pytest.mark.parametrize(
    "text", ["/home/me/x", "/v1/models", "~/work/x", "src/work/a.py", "the network"]
)
def test_the_rule_lets_pass(text):
    assert named(text) == []
