"""Shell completion, as a shell asks for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import get_args

import pytest

from autoviz_render.cli.arguments.parser import SHELLS, make_parser
from autoviz_render.figures.registry import BUILT_IN
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.settings import ThemeName

ASK = """
source "$1"
cd "$2"
shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_shtab_autoviz_render 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def completed(tmp_path, command):
    """What bash offers for the last word of a line that is being typed."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    code, output, errors = command("--completion", "bash")
    assert (code, errors) == (0, [])
    script, folder = tmp_path / "completion.bash", tmp_path / "folder"
    script.write_text("\n".join(output))
    (folder / "output").mkdir(parents=True)
    (folder / "other.txt").touch()

    def complete(*words: str) -> set[str]:
        asked = ["bash", "-c", ASK, "bash", script, folder, "autoviz-render", *words]
        return set(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split())

    return complete


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("--wat",), {"--watch"}),
        (("--figure", ""), {*BUILT_IN}),
        (("--format", "p"), {each for each in FORMATS if each.startswith("p")}),
        (("--theme", ""), {*get_args(ThemeName)}),
        (("--all", "o"), {"output"}),
        (("--out", "o"), {"output"}),
        (("--movie", "o"), {"output", "other.txt"}),
    ],
    ids=["an option", "figures", "formats", "themes", "all", "out", "movie"],
)
def test_bash_offers_options_names_and_folders(completed, words, offered):
    """Figures and formats by their names; a run is a folder."""
    assert completed(*words) == offered


def test_every_option_is_offered(completed):
    """Also the next one that is added."""
    options = {option for action in make_parser()._actions for option in action.option_strings}
    assert completed("-") == options


@pytest.mark.parametrize("shell", SHELLS)
def test_there_is_a_script_for_each_shell(command, shell):
    """They are those that the help names."""
    code, output, errors = command("--completion", shell)
    assert (code, errors) == (0, [])
    assert any("until-finished" in line for line in output)


def test_without_the_library_it_is_said_how_to_get_it(command, monkeypatch):
    """It is wanted once, by some: an extra."""
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, output, errors = command("--completion", "bash")
    assert (code, output) == (1, [])
    assert errors == [
        "autoviz-render: --completion needs the library shtab: pip install 'autoviz-render[completion]'",
    ]


def test_to_start_imports_none_of_what_draws_or_completes():
    """`--help` and `--version` answer at once: this is most of the time that they take."""
    program = "import sys; from autoviz_render.cli import command; command.parse(['run']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", program], check=True, capture_output=True, text=True)
    slow = {"shtab", "difflib", "matplotlib", "watchdog", "h5py", "filelock", "autoviz_render.figures.panels"}
    assert not slow & set(done.stdout.split())
