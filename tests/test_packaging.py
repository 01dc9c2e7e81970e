"""What is installed is what is on disk, and imports point one way."""

from __future__ import annotations

import ast
import configparser
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("spool", "figures", "renderer", "search", "cli")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
FACADE = sorted((ROOT / "src").rglob("*.py"))

MAY_IMPORT = {
    "spool": {"spool"},
    "figures": {"figures", "spool"},
    "renderer": {"renderer", "figures", "spool"},
    "search": {"search", "spool"},
    "cli": {"cli", "renderer", "figures", "spool"},
}
BACKENDS = "search/backends.py"
DISTRIBUTION = {"PIL": "pillow"}  # of the modules that are not called as what is installed

SETTINGS = configparser.ConfigParser()
SETTINGS.read(ROOT / "setup.cfg")
REQUIREMENTS = SETTINGS["options"]["install_requires"].split("\n")[1:]
EXTRAS = {extra: lines.split("\n")[1:] for extra, lines in SETTINGS["options.extras_require"].items()}
FOR_USERS = set(EXTRAS) - {"test", "test-pyautofit", "check", "coverage"}


def imported_modules(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names.append(node.module or "")
    return names


def test_every_package_on_disk_is_listed_and_mapped():
    """A package that setup.cfg forgets works from a checkout and is missing from the wheel."""
    mapped = dict(line.split(" = ") for line in SETTINGS["options"]["package_dir"].strip().splitlines())
    listed = SETTINGS["options"]["packages"].split()
    on_disk = {"autoviz_render": "src/autoviz_render"}
    for folder in FOLDERS:
        for init in (ROOT / folder).rglob("__init__.py"):
            place = init.parent.relative_to(ROOT)
            on_disk["autoviz_render." + ".".join(place.parts)] = str(place)
    assert mapped == on_disk
    assert sorted(listed) == sorted(on_disk)


def test_what_is_imported_is_declared():
    """What another package happens to bring is gone when that package changes its mind."""
    requirements = [*REQUIREMENTS, *(line for extra in FOR_USERS for line in EXTRAS[extra])]
    declared = {re.match(r"[a-z0-9-]+", line).group() for line in requirements}
    modules = {name.split(".")[0] for path in [*FACADE, *SOURCES] for name in imported_modules(path)}
    outside = modules - set(sys.stdlib_module_names) - {"autoviz_render"}
    assert {DISTRIBUTION.get(module, module.replace("_", "-")) for module in outside} <= declared


def test_every_requirement_has_one_lower_bound_that_is_tested():
    """`make test-minimums` makes `name==version` of each `name>=version`; what is written otherwise escapes it."""
    bounds = {}
    for line in [*REQUIREMENTS, *(line for lines in EXTRAS.values() for line in lines if ";" not in line)]:
        name, version = re.fullmatch(r"([a-z0-9-]+)>=([0-9.]+)", line).groups()
        assert bounds.setdefault(name, version) == version


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    """cli -> renderer -> spool and search -> spool: else no part can be changed, or installed, alone."""
    place = path.relative_to(ROOT)
    allowed = MAY_IMPORT[place.parts[0]] | ({"renderer"} if str(place) == BACKENDS else set())
    for name in imported_modules(path):
        if name.startswith("autoviz_render."):
            assert name.split(".")[1] in allowed, f"{place} imports {name}"
        assert name.split(".")[0] not in FOLDERS, f"{place} imports {name} past the package"


@pytest.mark.parametrize("path", [path for path in SOURCES if "spool" in path.parts], ids=lambda path: path.name)
def test_the_spool_imports_numpy_and_h5py_only(path):
    """A sampler's environment must hold nothing else to publish."""
    outside = {name.split(".")[0] for name in imported_modules(path)} - set(sys.stdlib_module_names)
    assert outside <= {"numpy", "h5py", "autoviz_render"}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("autoviz_render", {"jax", "matplotlib", "h5py", "numpy"}),
        ("autoviz_render.spool.publisher", {"jax", "matplotlib", "watchdog", "filelock"}),
        ("autoviz_render.search.quick_update", {"jax", "matplotlib", "watchdog"}),
        ("autoviz_render.renderer.live.process", {"jax", "matplotlib", "watchdog"}),
        ("autoviz_render.renderer", {"jax", "matplotlib"}),
        ("autoviz_render.renderer.live.loop", {"jax", "matplotlib.pyplot"}),
        ("autoviz_render.renderer.batch.selection", {"jax", "matplotlib.pyplot"}),
        ("autoviz_render.cli.command", {"jax", "matplotlib"}),
    ],
)
def test_a_fresh_process_loads_only_what_it_uses(module, absent):
    """A sampler's process pays for what it uses, and the renderer's never takes the device that JAX would."""
    program = f"import sys, {module}; print(*sorted(set({sorted(absent)!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_every_public_name_can_be_had():
    """The facade imports lazily: a name that it promises and cannot find would only show at a user's desk."""
    import autoviz_render

    for name in autoviz_render.__all__:
        value = getattr(autoviz_render, name)  # `hooks` is a module, all others are of one
        assert getattr(value, "__module__", value.__name__ if name == "hooks" else "").startswith("autoviz_render.")
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = autoviz_render.Nothing


@pytest.mark.parametrize("package", ["autoviz_render", "autoviz_render.spool"])
def test_editors_know_the_names_that_are_imported_lazily(package):
    """Type checkers read the stub, Python the table: a name that only one of them has fails for half of the users."""
    module = importlib.import_module(package)
    stub = ast.parse(Path(module.__file__).with_suffix(".pyi").read_text())
    homes = {
        alias.name: f"{node.module}.{alias.name}"
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(homes) == sorted(module.__all__)
    for name, home in homes.items():
        place, _, attribute = home.rpartition(".")
        assert getattr(importlib.import_module(place), attribute) is getattr(module, name)


@pytest.mark.parametrize(
    ("old", "name"),
    [("panels", "ImagePanel"), ("meshes", "delaunay"), ("figures", "find_figure"), ("figures.line", "line")],
)
def test_an_old_import_path_works_for_a_release_and_warns(old, name):
    """A figure in somebody's package must not vanish from one release to the next."""
    program = f"from autoviz_render.renderer.{old} import {name}"
    ran = subprocess.run(
        [sys.executable, "-P", "-W", "always", "-c", program], capture_output=True, text=True, check=True
    )
    assert "DeprecationWarning" in ran.stderr
    assert "has moved to autoviz_render.figures" in ran.stderr
