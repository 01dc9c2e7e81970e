"""Every block of the site is run by some test, every command of it can be typed, every link leads somewhere."""

from __future__ import annotations

import base64
import configparser
import logging
import re
import shlex
import textwrap
from pathlib import Path

import numpy as np
import pytest
from fake_kernel import begin_kernel
from pages import python_blocks, run_blocks

from autoviz_render import Publisher, Spool
from autoviz_render.cli.arguments.options import parse
from autoviz_render.cli.arguments.parser import make_parser

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "VISION.md", "CHANGELOG.md")] + PAGES
HERE = "tests/test_docs_blocks.py"
FIGURES = "tests/test_docs_figures.py"

# Which test runs the blocks of a page, and how many of them.
RUN_BY = {
    "README.md": ("tests/test_readme.py", 3),
    "docs/start.md": (HERE, 2),
    "docs/format.md": ("tests/test_docs.py", 1),
    "docs/guide/afterwards.md": (HERE, 4),
    "docs/guide/cluster.md": (HERE, 3),
    "docs/guide/comparison.md": (HERE, 1),
    "docs/guide/notebooks.md": (HERE, 1),
    "docs/guide/open-next.md": (HERE, 5),
    "docs/guide/pandas.md": (HERE, 4),
    "docs/guide/when-done.md": (HERE, 2),
    "docs/figures/auto.md": (FIGURES, 1),
    "docs/figures/history.md": (FIGURES, 1),
    "docs/figures/imaging.md": (FIGURES, 1),
    "docs/figures/interferometer.md": (FIGURES, 1),
    "docs/figures/line.md": (FIGURES, 1),
    "docs/figures/points.md": (FIGURES, 1),
    "docs/figures/posterior.md": (FIGURES, 1),
    "docs/figures/run.md": (FIGURES, 1),
    "docs/figures/plug-ins.md": (FIGURES, 6),
    "docs/samplers/any.md": ("tests/search/test_any_sampler.py", 3),
    "docs/samplers/blackjax.md": ("tests/search/hooks/test_contract.py", 3),
    "docs/samplers/dynesty.md": ("tests/search/hooks/test_contract.py", 1),
    "docs/samplers/emcee.md": ("tests/search/hooks/test_contract.py", 3),
    "docs/samplers/nautilus.md": ("tests/search/hooks/test_contract.py", 1),
    "docs/samplers/nss.md": (HERE, 1),
    "docs/samplers/numpyro.md": ("tests/samplers/test_hooks_elsewhere.py", 1),
    "docs/samplers/pyautofit.md": ("tests/pyautofit/test_pages.py", 1),
    "docs/samplers/bilby.md": ("tests/samplers/test_hooks_elsewhere.py", 1),
    "docs/samplers/nutpie.md": ("tests/samplers/test_hooks_elsewhere.py", 1),
    "docs/samplers/pymc.md": ("tests/samplers/test_hooks_elsewhere.py", 1),
    "docs/samplers/zeus.md": ("tests/samplers/test_hooks_elsewhere.py", 1),
    "docs/samplers/ultranest.md": ("tests/search/hooks/test_contract.py", 1),
}

# Blocks that cannot be run as they stand, and which test does the same.
NOT_RUN = {
    "docs/samplers/dynesty.md": "restores a killed run: the tests of dynesty's resumption do so",
    "docs/samplers/pyautofit.md": "one line of a script of the reader's: the example pyautolens_imaging.py has it",
}


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, those within lists too."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for _, block in found]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_python_block_is_run_by_some_test():
    """A block that nobody runs is wrong by the next release."""
    counts = {named(page): len(blocks(page, "python")) for page in TEXTS}
    counts = {page: count for page, count in counts.items() if count}
    assert counts == {page: run + (page in NOT_RUN) for page, (_, run) in RUN_BY.items()}


@pytest.mark.parametrize("page", RUN_BY)
def test_the_test_that_runs_a_page_names_it(page):
    """A list that only says that something is run would be believed for ever."""
    source = (ROOT / RUN_BY[page][0]).read_text()
    assert Path(page).name in source or f'"{Path(page).stem}"' in source


@pytest.fixture
def searched(tmp_path):
    """A folder with a finished run in `output/search`."""
    static = {"x": np.arange(20.0), "data": np.arange(20.0)}
    with Publisher(tmp_path / "output" / "search", static=static) as publisher:
        for step in range(1, 5):
            publisher.publish({"model": np.arange(20.0) * step / 4}, iteration=step, log_likelihood=float(step))
            publisher.flush()
    return tmp_path


def test_the_first_figure_is_there_after_five_minutes(tmp_path, monkeypatch, capsys):
    """The first page, from the walk to the figure in a notebook."""
    from autoviz_render import draw

    found = run_blocks("start.md", tmp_path, monkeypatch)
    best = found["spool"].read(found["spool"].best())
    assert list(best.parameters.values()) == pytest.approx([3.0, 4.0, 1.5], abs=0.3)
    assert draw(best)._repr_png_().startswith(b"\x89PNG")
    assert found["spool"].info().figures == ("line", "run")


def test_a_finished_run_is_drawn_and_read_as_the_page_says(searched, monkeypatch, capsys):
    """In a notebook, months later."""
    found = run_blocks("guide/afterwards.md", searched, monkeypatch)
    assert found["peaks"] == [19 / 4, 19 / 2, 3 * 19 / 4, 19.0]
    assert (searched / "newest.png").read_bytes().startswith(b"\x89PNG")
    assert (searched / "newest.pdf").read_bytes().startswith(b"%PDF")
    assert "finished 4 snapshots" in capsys.readouterr().out
    assert len(list((searched / "output" / "search" / "image" / "frames").glob("*.png"))) == 4


def test_two_snapshots_are_compared_as_the_page_says(searched, monkeypatch):
    """On a screen, and for a paper."""
    run_blocks("guide/comparison.md", searched, monkeypatch)
    assert (searched / "what-changed.png").read_bytes().startswith(b"\x89PNG")
    assert (searched / "what-changed.pdf").read_bytes().startswith(b"%PDF")


def test_a_notebook_shows_the_figure_as_the_page_says(tmp_path, monkeypatch, capsys):
    """One output, with the last figure."""
    kernel = begin_kernel(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "inline")
    exec(python_blocks("guide/notebooks.md")[0], {})  # noqa: S102  our own page
    figure = (tmp_path / "output" / "sine" / "image" / "fit.png").read_bytes()
    (shown,) = kernel.saved()["cell 1"]
    assert base64.b64decode(shown["image/png"]) == figure


def test_a_spool_becomes_tables_as_the_page_says(searched, monkeypatch, capsys):
    """The last number, the posterior's weights, and a row for a run."""
    rng = np.random.default_rng(1)
    nested = {"samples": rng.normal(2.0, 0.1, (300, 2)), "log_weights": np.linspace(-50.0, 0.0, 300)}
    with Publisher(searched / "output" / "search") as publisher:
        arrays = {"model": np.arange(20.0), **nested}
        publisher.publish(
            arrays, iteration=5, log_likelihood=9.0, parameters={"a": 2.0, "b": 2.1}, scalars={"ess": 40.0}
        )
    (searched / "output" / "notes").mkdir()
    found = run_blocks("guide/pandas.md", searched, monkeypatch)
    assert found["history"].loc[5, ["log_likelihood", "ess", "best a"]].tolist() == [9.0, 40.0, 2.0]
    assert len(found["history"]) == 5
    assert str(found["history"]["time"].dtype).endswith("UTC]")
    assert found["posterior"]["weight"].sum() == pytest.approx(1.0)
    assert found["equal"].shape == (1000, 2)
    assert found["runs"].loc["search", "b"] == 2.1
    assert list(found["curves"]) == [1, 2, 3, 4, 5]
    assert "16%" in capsys.readouterr().out


def test_other_programs_open_the_run_as_the_page_says(searched, monkeypatch, capsys):
    """Each of them the file that it reads, or the value that it takes."""
    from autoviz_render.cli import main

    rng = np.random.default_rng(1)
    deaths = np.sort(rng.random(300))
    nested = {
        "samples": rng.normal(2.0, 0.1, (300, 2)),
        "log_weights": np.linspace(-9.0, 0.0, 300),
        "log_likelihoods": deaths,
        "log_likelihoods_birth": np.append(np.full(50, -np.inf), deaths[:250]),
    }
    with Publisher(searched / "output" / "search", static={"data": np.eye(5)}, labels={"a": "$a$"}) as publisher:
        publisher.publish(nested, iteration=5, log_likelihood=9.0, parameters={"a": 2.0, "b": 2.1})
    run = str(searched / "output" / "search")
    handlers = list(logging.getLogger("autoviz_render").handlers)
    assert [main(["--samples", run]), main(["--fits", run])] == [0, 0]
    logging.getLogger("autoviz_render").handlers[:] = handlers
    found = run_blocks("guide/open-next.md", searched, monkeypatch)
    printed = capsys.readouterr().out
    assert "NestedSamples" in printed
    assert "['a', 'b']" in printed
    assert found["table"]["a"].tolist() == found["samples"].values[:, 0].tolist()
    assert list(found["tree"].children) == ["posterior", "sample_stats", "observed_data"]


def test_ranks_and_bounds_of_a_cluster_run_as_they_stand(tmp_path, monkeypatch):
    """Nobody tries these lines on a login node first."""
    found = run_blocks("guide/cluster.md", tmp_path, monkeypatch)
    assert Spool(tmp_path / "output" / "chains" / "spool-rank-3").newest() is not None
    assert found["update"].run_dir == tmp_path / "output" / "small"


def test_the_nested_sampler_of_its_page_finds_the_line(tmp_path, monkeypatch, capsys):
    """Slope 2 and offset 1, with an evidence, and the result on disk."""
    found = run_blocks("samplers/nss.md", tmp_path, monkeypatch)
    assert found["result"].mean() == pytest.approx([2.0, 1.0], abs=0.15)
    assert re.match(r"log evidence -?\d+\.\d\d \+- 0\.\d\d\n", capsys.readouterr().out)
    assert Spool(tmp_path / "output" / "nss").info().figures == ("line", "posterior", "run")
    assert {path.name for path in (tmp_path / "output" / "nss").iterdir()} == {"spool", "samples.csv", "result.json"}


def typed() -> list[tuple[str, str]]:
    """Every command of ours in a shell block, or in running text, with its page."""
    found = []
    for page in TEXTS:
        lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
        lines += re.findall(r"(?<!`)`(autoviz-render [^`]+)`(?!`)", page.read_text())
        found += [(named(page), line) for line in lines if line.startswith("autoviz-render")]
    return sorted(set(found))


@pytest.mark.parametrize(("page", "line"), typed())
def test_every_command_can_be_typed(page, line):
    """An option that was renamed must not live on in a page."""
    arguments = shlex.split(line.replace("\n", " "))[1:]
    if not set(arguments) & {"--help", "--version", "--completion", "PATH...", "..."}:
        paths = [] if any(not each.startswith("-") and "/" in each for each in arguments) else ["output"]
        parse([*arguments, *paths])


def test_every_option_in_the_text_is_one():
    """In the guide an option is mentioned without the command before it."""
    options = {option for action in make_parser()._actions for option in action.option_strings}
    for page in (ROOT / "README.md", *PAGES):
        if page.parent.name != "adr":
            assert set(re.findall(r"`(--[a-z-]+)", page.read_text())) <= options, named(page)


def test_every_extra_that_a_page_installs_is_one():
    """`pip` only warns of an extra that is not there."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    for page in TEXTS:
        found = re.findall(r"(?:autoviz-render|'\.|\"\.)\[([a-z,-]+)\]", page.read_text())
        assert {extra for each in found for extra in each.split(",")} <= set(settings["options.extras_require"])


@pytest.mark.parametrize("page", TEXTS, ids=named)
def test_every_link_leads_to_a_file(page):
    """On a forge, too, where nobody builds the site."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_every_decision_is_in_the_index():
    """A decision that nobody finds is decided again."""
    index = (DOCS / "adr" / "README.md").read_text()
    for page in (DOCS / "adr").glob("0*.md"):
        assert f"]({page.name})" in index


def test_every_word_of_the_guide_is_in_the_glossary():
    """Who meets a word on the first page looks it up there."""
    words = re.findall(r"^- \*\*([\w ,]+)\*\*: ", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    assert words == sorted(words)
    known = {word for entry in words for word in entry.split(", ")}
    needed = "spool,quick update,snapshot,epoch,coalesce,recipe,panel,renderer,static,retention,hook,iteration"
    assert set(needed.split(",")) <= known
    bold = re.findall(r"A \*\*([\w ]+)\*\* is", (DOCS / "guide" / "README.md").read_text())
    assert bold
    assert set(bold) <= known


def test_every_block_says_its_language():
    """A block of another name for Python would be run by nobody."""
    known = {"python", "sh", "toml", "text", "", "{toctree}", "{include}", "{literalinclude}"}
    for page in TEXTS:
        opened = re.findall(r"^ *```(\S*).*\n(?:.*\n)*?^ *```$", page.read_text(), re.MULTILINE)
        assert set(opened) <= known, named(page)


@pytest.mark.parametrize(
    "phrase", ["holds no spool", "updates", "another program wrote it", "no figures", "last error", "cannot be read"]
)
def test_the_checklist_quotes_what_the_status_says(phrase):
    """Who sees no figure looks for these words on the page."""
    sources = [path.read_text() for folder in ("cli", "renderer") for path in (ROOT / folder).rglob("*.py")]
    assert phrase in (DOCS / "guide" / "no-figure.md").read_text()
    assert any(phrase in source for source in sources)
