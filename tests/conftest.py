import os

import pytest
from hypothesis import HealthCheck, settings

# A first run, without hypothesis' own files, is slow to generate.
settings.register_profile("default", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line("The PowerShell part did not run: make test-powershell runs it (tests/README.md).")
