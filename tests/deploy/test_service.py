import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hanabi.settings import OPTIONS, load_settings

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "hanabi.service"


class Sections(configparser.RawConfigParser):
    """A unit's sections; a key that comes more than once has all its values, a line each."""

    optionxform = str


@pytest.fixture(scope="module")
def service():
    class Values(dict):
        def __setitem__(self, key, value):
            if key in self and isinstance(value, list) and isinstance(self[key], list):
                value = self[key] + value
            super().__setitem__(key, value)

    parser = Sections(strict=False, dict_type=Values)
    parser.read_string(UNIT.read_text())
    assert parser.sections() == ["Unit", "Service", "Install"]
    return parser["Service"]


def environment(service):
    return dict(re.findall(r"(HANABI_\w+)=(\S+)", service["Environment"]))


def test_it_sets_what_can_be_set(service):
    given = environment(service)
    assert set(given) <= {option.variable for option in OPTIONS}
    settings = load_settings({}, given)
    assert settings.home == Path("/var/lib") / service["StateDirectory"]
    assert settings.log_format == "json"


def test_systemd_waits_longer_than_the_drain(service):
    settings = load_settings({}, environment(service))
    assert float(service["TimeoutStopSec"]) > settings.drain_timeout + 10


def test_the_engines_are_not_told_to_end_before_their_server_has(service):
    assert (service["KillMode"], service["KillSignal"]) == ("mixed", "SIGTERM")


def test_the_banner_with_the_key_is_in_no_journal(service):
    assert service["StandardOutput"] == "null"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DynamicUser", "yes"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""),
    ],
)
def test_it_is_confined(service, name, value):
    assert service[name] == value


def test_systemd_reads_it(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze")
    unit = tmp_path / "hanabi.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text()))
    done = subprocess.run(
        [analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
