"""The file in which a person sets thresholds: found, read, read again, and refused by one line."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from autoviz_render.renderer.alarms.rules import PanelRule, Rules, read_rules
from autoviz_render.renderer.settings import SettingsError

PAGE = Path(__file__).parents[3] / "docs" / "guide" / "alarms.md"


def test_the_nearest_file_counts_and_what_it_leaves_out_keeps_its_default(tmp_path):
    """A survey has one file, and one run of it may need another."""
    run = tmp_path / "survey" / "run"
    run.mkdir(parents=True)
    assert read_rules(run) == Rules()
    (tmp_path / "alarms.toml").write_text("[chi_squared]\nmargin = 0.5\n")
    assert read_rules(run).chi_squared.margin == 0.5
    (run / "alarms.toml").write_text('[zero]\nenabled = false\n\n[constant]\nexcept = ["Lens *"]\n')
    rules = read_rules(run)
    assert (rules.zero.enabled, rules.constant.excepted) == (False, ("Lens *",))
    assert rules.chi_squared == Rules().chi_squared


def test_a_file_that_changes_is_read_again(tmp_path):
    """Who loosens a threshold does so while the runs go on."""
    file = tmp_path / "alarms.toml"
    for number, sigma in enumerate((8, 9)):
        file.write_text(f"[structured]\nsigma = {sigma}\n")
        os.utime(file, ns=(0, number))
        assert read_rules(tmp_path).structured.sigma == sigma
    file.unlink()
    assert read_rules(tmp_path) == Rules()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[constnt]\n", ", line 1: there is no rule 'constnt'; did you mean 'constant'?"),
        ("\n[zero]\nexcepted = []\n", ", line 3: [zero] has no 'excepted'"),
        ("[stalled]\nhour = 3\n", "did you mean 'hours'?"),
        ("[chi_squared]\nsigma = -1\n", ", line 2: [chi_squared] sigma must be a number, 0 or more, not -1"),
        ("[chi_squared]\nsigma = nan\n", "sigma must be a number"),
        ("[not_finite]\nshare = 2\n", "share must be a number from 0 to 1"),
        ("[structured]\nsigma = 1" + "0" * 400, "sigma must be a number"),
        ("[silent]\nenabled = 1\n", "enabled must be true or false, not 1"),
        ('[zero]\nexcept = "Data"\n', "except must be a list of titles"),
        ("zero = 3\n", "zero is a table, which begins with [zero]"),
        ("[zero\n", "this is no TOML"),
        ("x = " + "[" * 5000, "this is no TOML"),
        ('["\x1b[2J\\u202e"]\n', "this is no TOML"),
        ('["\\u202e"]\n', r"there is no rule '\\u202e'"),
    ],
)
def test_what_is_impossible_is_one_line_that_names_the_file(tmp_path, text, told):
    """A typing error must not turn an alarm off without a word."""
    (tmp_path / "alarms.toml").write_text(text)
    with pytest.raises(SettingsError) as error:
        read_rules(tmp_path)
    assert told in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "alarms.toml"))
    assert str(error.value).isprintable()


def test_what_is_no_file_of_text_is_refused(tmp_path):
    """A named pipe would wait for ever, and a folder has no rules."""
    (tmp_path / "alarms.toml").mkdir()
    with pytest.raises(SettingsError, match="no file of rules"):
        read_rules(tmp_path)
    (tmp_path / "alarms.toml").rmdir()
    (tmp_path / "alarms.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="no text in UTF-8"):
        read_rules(tmp_path)


@pytest.mark.parametrize(
    ("rule", "title", "is_for"),
    [
        (PanelRule(), "Data", True),
        (PanelRule(only=("data",)), "Data: 3 pixels", True),
        (PanelRule(only=("Model",)), "Data", False),
        (PanelRule(excepted=("*light",)), "Lens light", False),
        (PanelRule(only=("Source",), excepted=("Source plane",)), "Source image", True),
        (PanelRule(enabled=False), "Data", False),
    ],
)
def test_panels_are_named_by_how_their_titles_begin(rule, title, is_for):
    """A title may have a number at its end, which changes with every snapshot."""
    assert rule.is_for(title) is is_for


def test_the_page_has_every_rule_with_its_defaults():
    """What is not on the page nobody will set."""
    rows = {line.split("`")[1]: line for line in PAGE.read_text().splitlines() if line.startswith("| `")}
    assert list(rows) == [each.name for each in fields(Rules)]
    for name, row in rows.items():
        rule = getattr(Rules(), name)
        for each in fields(rule):
            if each.name not in ("enabled", "only", "excepted"):
                assert f"`{each.name} = {getattr(rule, each.name):g}`" in row


def test_the_file_on_the_page_can_be_read(tmp_path):
    """People copy it."""
    text = PAGE.read_text().partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "alarms.toml").write_text(text)
    rules = read_rules(tmp_path)
    assert (rules.structured.sigma, rules.saturated.only, rules.silent.enabled) == (10, ("Data",), False)
