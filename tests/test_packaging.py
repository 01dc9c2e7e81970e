"""What is installed is what is on disk, and the architecture: folders of a size, and imports that point one way."""

from __future__ import annotations

import ast
import configparser
import importlib
import importlib.metadata
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("spool", "figures", "renderer", "views", "search", "cli")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
FACADE = sorted((ROOT / "src").rglob("*.py"))

MAY_IMPORT = {
    "spool": {"spool"},
    "figures": {"figures", "spool"},
    "renderer": {"renderer", "figures", "spool"},
    "search": {"search", "spool"},
    "views": {"views", "renderer", "figures", "spool"},
    "cli": {"cli", "views", "renderer", "figures", "spool"},
}
BACKENDS = "search/backends.py"
# What the modules of a folder may import from the other folders of their package.
FOLDER_MAY_IMPORT: dict[str, set[str]] = {
    "spool/system": set(),
    "spool/interchange": set(),
    "spool/format": {"spool/system"},
    "spool/write": {"spool/system", "spool/format"},
    "renderer/plot": set(),
    "renderer/alarms": set(),
    "renderer/work": {"renderer/plot", "renderer/alarms"},
    "renderer/fits": {"renderer/plot"},
    "renderer/live": {"renderer/plot", "renderer/work", "renderer/alarms"},
    "renderer/batch": {"renderer/plot", "renderer/work", "renderer/alarms"},
    "renderer/sheet": {"renderer/plot", "renderer/work", "renderer/batch"},
    "views/model": set(),
    "views/alarms": {"views/model"},
    "views/page": {"views/model"},
    "views/server": {"views/model", "views/page"},
    "views/terminal": {"views/model", "views/terminal/pictures"},
    "views/terminal/pictures": set(),
    "views/notebook": {"views/model", "views/page"},
    "views/window": {"views/model"},
    "views/mirror": {"views/model"},
    "search/statistics": set(),
    "search/hooks": {"search/statistics"},
    "search/nss": {"search/statistics"},
    "search/pyautofit": {"search/statistics"},
}
MOST_MODULES = 15  # in one folder
DISTRIBUTION = {"IPython": "ipython", "PIL": "pillow"}  # of the modules that are not called as what is installed

SETTINGS = configparser.ConfigParser()
SETTINGS.read(ROOT / "setup.cfg")
REQUIREMENTS = SETTINGS["options"]["install_requires"].split("\n")[1:]
EXTRAS = {extra: lines.split("\n")[1:] for extra, lines in SETTINGS["options.extras_require"].items()}
FOR_USERS = set(EXTRAS) - {"test", "test-browser", "test-pyautofit", "test-samplers", "check", "coverage", "release"}


@cache
def imported_names(path: Path) -> tuple[str, ...]:
    """The modules that a file imports, anywhere in it; of `from a import b` both `a` and `a.b`."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


def outside_modules(path: Path) -> set[str]:
    """The packages, neither Python's nor ours, that a file imports."""
    return {name.split(".")[0] for name in imported_names(path)} - set(sys.stdlib_module_names) - {"autoviz_render"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("autoviz_render", *(part for part in parts if part != "__init__")))


def folder_of(module: str) -> str:
    """The folder of `FOLDER_MAY_IMPORT` that a module of ours is in, or its package: "renderer/plot", "figures"."""
    package, *rest = module.split(".")[1:]
    folder = "/".join((package, *rest[:1]))
    return folder if folder in FOLDER_MAY_IMPORT else package


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


def test_one_version_is_told_everywhere():
    """A paper that cites another version than it used sends its readers astray."""
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1]
    assert SETTINGS["metadata"]["version"] == cited


def test_what_is_imported_is_declared():
    """What another package happens to bring is gone when that package changes its mind."""
    requirements = [*REQUIREMENTS, *(line for extra in FOR_USERS for line in EXTRAS[extra])]
    declared = {re.match(r"[a-z0-9-]+", line).group() for line in requirements}
    outside = set().union(*map(outside_modules, [*FACADE, *SOURCES]))
    assert {DISTRIBUTION.get(module, module.replace("_", "-")) for module in outside} <= declared


def test_every_requirement_has_one_lower_bound_that_is_tested():
    """`make test-minimums` makes `name==version` of each `name>=version`; what is written otherwise escapes it."""
    bounds: dict[str, str] = {}
    for line in [*REQUIREMENTS, *(line for lines in EXTRAS.values() for line in lines if ";" not in line)]:
        name, version = re.fullmatch(r"([a-z0-9-]+)>=([0-9.]+)(?:; .+)?", line).groups()
        assert bounds.setdefault(name, version) == version


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    """Between packages, and between the folders of one: else no part can be changed, or installed, alone."""
    place = path.relative_to(ROOT)
    allowed = MAY_IMPORT[place.parts[0]] | ({"renderer", "views"} if str(place) == BACKENDS else set())
    folder = folder_of(module_name(path))
    siblings = {other for other in FOLDER_MAY_IMPORT if other.startswith(f"{place.parts[0]}/")}
    forbidden = siblings - {folder} - FOLDER_MAY_IMPORT.get(folder, siblings)
    for name in imported_names(path):
        assert name.split(".")[0] not in FOLDERS, f"{place} imports {name} past the package"
        if name.startswith("autoviz_render."):
            assert name.split(".")[1] in allowed, f"{place} imports {name}"
            assert folder_of(name) not in forbidden, f"{place} imports {name}"


def test_no_import_goes_round_in_a_circle():
    """Also not by an import inside a function: what needs each other is one module, or lacks a third."""
    modules = {module_name(path): path for path in SOURCES}
    graph = {
        module: {name for name in imported_names(path) if name in modules and not f"{module}.".startswith(f"{name}.")}
        for module, path in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_no_folder_holds_more_modules_than_one_looks_through():
    """A room with fifty doors is none: a second idea gets a folder of its own."""
    modules = Counter(path.parent.relative_to(ROOT) for path in SOURCES)
    assert not {str(folder): count for folder, count in modules.items() if count > MOST_MODULES}


@pytest.mark.parametrize("path", [path for path in SOURCES if "spool" in path.parts], ids=lambda path: path.name)
def test_the_spool_imports_numpy_and_h5py_only(path):
    """A sampler's environment must hold nothing else to publish. What goes on with samples is asked for by name."""
    asked_for = {"anesthetic", "pandas", "xarray"} if path.parent.name == "interchange" else set()
    assert outside_modules(path) <= {"numpy", "h5py"} | asked_for


def test_samples_are_read_without_what_the_extra_brings():
    """The arrays are NumPy's: pandas and xarray are loaded by those who ask for a table or a tree."""
    program = (
        "import sys, autoviz_render.spool.interchange as here, pkgutil, importlib\n"
        "for each in pkgutil.iter_modules(here.__path__): importlib.import_module(f'{here.__name__}.{each.name}')\n"
        "print(*sorted({'anesthetic', 'pandas', 'xarray', 'matplotlib'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_only_the_search_imports_jax_and_nothing_imports_pyplot():
    """A renderer must not take the device of the sampler; pyplot has one state for the whole process."""
    for path in SOURCES:
        assert "search" in path.parts or "jax" not in outside_modules(path), path
        assert "matplotlib.pyplot" not in imported_names(path), path


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("autoviz_render", {"jax", "matplotlib", "h5py", "numpy"}),
        ("autoviz_render.spool.publisher", {"jax", "matplotlib", "watchdog", "filelock"}),
        ("autoviz_render.search.quick_update", {"jax", "matplotlib", "watchdog"}),
        ("autoviz_render.renderer.live.process", {"jax", "matplotlib", "watchdog"}),
        ("autoviz_render.figures.builtin.imaging", {"jax", "matplotlib", "h5py"}),
        ("autoviz_render.figures.registry", {"jax", "matplotlib", "numpy"}),
        ("autoviz_render.renderer", {"jax", "matplotlib"}),
        ("autoviz_render.renderer.settings", {"jax", "matplotlib", "watchdog"}),
        ("autoviz_render.renderer.batch.render", {"jax", "matplotlib", "watchdog"}),
        ("autoviz_render.renderer.draw", {"jax", "matplotlib", "watchdog"}),
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


def test_all_names_at_once_load_neither_jax_nor_matplotlib():
    """Who types a star wants the names, and may have no JAX: it was an error then, and two seconds otherwise."""
    program = """
import sys
sys.modules["jax"] = sys.modules["blackjax"] = None
from autoviz_render import *
print(QuickUpdate, Publisher, Spool, ImagePanel, draw, render, live, hooks)
assert not {"matplotlib", "jaxlib"} & set(sys.modules)"""
    subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)


def test_every_public_name_can_be_had():
    """The facade imports lazily: a name that it promises and cannot find would only show when a user asks for it."""
    import autoviz_render

    for name in dir(autoviz_render):
        value = getattr(autoviz_render, name)  # `hooks` is a module, all others are of one
        assert getattr(value, "__module__", value.__name__ if name == "hooks" else "").startswith("autoviz_render.")
    assert autoviz_render.__version__ == importlib.metadata.version("autoviz-render")
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        autoviz_render.Nothing  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("package", ["autoviz_render", "autoviz_render.figures", "autoviz_render.spool"])
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
    assert sorted(homes) == sorted({*module.__all__, *getattr(module, "_HEAVY", ())})
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
