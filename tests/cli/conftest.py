"""The command, run in the test's own process."""

from __future__ import annotations

import logging

import pytest

from autoviz_render.cli import main


@pytest.fixture
def command(capfd):
    """Run the command in this process: exit code, lines of standard output, lines of standard error."""

    def run(*arguments) -> tuple[int, list[str], list[str]]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        output = capfd.readouterr()
        return code, output.out.splitlines(), output.err.splitlines()

    package = logging.getLogger("autoviz_render")
    handlers, level = list(package.handlers), package.level
    yield run
    package.handlers[:] = handlers  # the command's own writes to a stream that ends with this test
    package.setLevel(level)
