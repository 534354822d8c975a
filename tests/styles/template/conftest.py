import pytest

from hanabi.styles.template.processes import TemplateProcesses


@pytest.fixture(scope="session")
def templates():
    processes = TemplateProcesses(most=2)
    yield processes
    processes.close()
