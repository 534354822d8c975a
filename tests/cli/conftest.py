import pytest

from hanabi.cli.main import main
from hanabi.settings import OPTIONS


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of the test's own, and none of the settings of who runs the tests."""
    for option in OPTIONS:
        monkeypatch.delenv(option.variable, raising=False)
    monkeypatch.setenv("HANABI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "home"


@pytest.fixture
def run(capsys):
    """Run the command; tells its exit code, its output and its errors."""

    def run_(*arguments):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        output, errors = capsys.readouterr()
        return end.value.code or 0, output, errors

    return run_
