## Each target makes the virtual environment that it needs on first use.
## Another interpreter: make PYTHON=python3.13 test
##
## make demo            the example fit, drawn live
## make dev             an editable environment for editors, in .venv-dev
## make test            the tests, on the installed package
## make lint            ruff, and mypy on the package and the tests
## make docs            the site, in docs/_build/html; a warning is an error
## make test-minimums   the tests with the oldest versions that setup.cfg allows; needs Python 3.11
## make test-pyautofit  the tests with PyAutoFit; needs Python 3.12 or later
## make test-samplers   the tests of the hooks of PyMC, nutpie, zeus, bilby and NumPyro
## make test-services   the tests on a real SLURM, Dask, sshfs and rsync; skips what is not installed
## make test-browser    the tests of the pages and of notebooks in Debian's chromium; skips what is not installed
## make check           lint, docs and all six tests; CI runs it through .ci/run
## make coverage        branch coverage, for each package, and the lines of spool/ that no test runs
## make bench           every benchmark
## make package         what a release uploads, checked, in dist
## make clean           remove the environments and what the targets above have made

.NOTPARALLEL:  # wheels of all environments are built in `build`, and the tests want the processors for themselves

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PACKAGES = spool figures renderer views search cli
SOURCES = setup.cfg pyproject.toml README.md $(shell find src $(PACKAGES) -name '*.py*' -not -name '*.pyc' -o -name '*.js' -o -name '*.css' -o -name '*.html')
PARALLEL = -n 2 --dist loadfile --no-loadscope-reorder
BENCHMARKS = $(filter-out benchmarks/table.py benchmarks/pyautolens.py,$(wildcard benchmarks/*.py))

# PyAutoFit needs Python 3.12 or later and pins what others do not: an environment of its own, of the first that runs here.
PYTHON_PYAUTOFIT ?= $(call python_named,3.12) $(call python_named,3.13) $(PYTHON)
VENV_PYAUTOFIT = .venv-pyautofit

# PyMC, nutpie, zeus and bilby pin what others do not, too. NumPyro is there because it takes a minute to compile.
VENV_SAMPLERS = .venv-samplers

# The oldest versions that setup.cfg allows, on the oldest Python: most of them have no wheels for a later one.
PYTHON_MINIMUMS ?= $(call python_named,3.11) $(PYTHON)
VENV_MINIMUMS = .venv-minimums

# Those of pyenv are named by their paths: its `python3.12` is there, and fails, if another version is chosen.
PYENV = $(shell pyenv root 2>/dev/null)
python_named = python$(1) $(if $(PYENV),$(wildcard $(PYENV)/versions/$(1).*/bin/python))
# The first of the interpreters $(1) that runs and whose minor version is as $(2) says; nothing if there is none.
first_python = $(firstword $(foreach python,$(1),$(shell "$(python)" -c \
  'import ensurepip, sys; sys.exit(not sys.version_info.minor $(2))' 2>/dev/null && echo "$(python)")))

# For editors: an environment of its own, in which the packages are what stands in the working tree.
VENV_DEV = .venv-dev
LINKS = $(VENV_DEV)/links/autoviz_render

.PHONY: demo help dev test test-minimums test-pyautofit test-samplers test-services test-browser check lint coverage bench package clean

demo: $(VENV)/search.installed
	rm -rf output/demo
	$(BIN)/python examples/lens/fit.py --output output/demo --size small --renderer process --seed 1

help:
	@sed -nE 's/^## ?//p' Makefile

# setuptools' editable installs are not enough: mypy and editors do not run its import hook, and its strict mode knows no
# new file, in a folder that the other targets remove. So the folders are linked into one that is on the path; pip is
# needed for the requirements, the command and the entry points.
dev: $(VENV_DEV)/bin/pip
	$(VENV_DEV)/bin/pip install --quiet --disable-pip-version-check --editable '.[search,movie,test,check]'
	rm -rf $(LINKS) *.egg-info
	mkdir -p $(LINKS)
	ln -s $(CURDIR)/src/autoviz_render/*.* $(addprefix $(CURDIR)/,$(PACKAGES)) $(LINKS)
	$(VENV_DEV)/bin/python -c 'import pathlib, sysconfig; \
	  pathlib.Path(sysconfig.get_path("purelib"), "links.pth").write_text("$(CURDIR)/$(dir $(LINKS))")'

test: $(VENV)/search,test.installed
	$(BIN)/pytest $(PARALLEL)

test-minimums:
	@python="$(call first_python,$(PYTHON_MINIMUMS),== 11)"; \
	if [ -z "$$python" ]; then \
	  echo "The oldest versions are not tested: that needs Python 3.11, and none of these is it: $(strip $(PYTHON_MINIMUMS))"; \
	  exit; \
	fi; \
	$(MAKE) --no-print-directory PYTHON="$$python" VENV=$(VENV_MINIMUMS) CONSTRAINTS=$(VENV_MINIMUMS)/minimums.txt \
	  $(VENV_MINIMUMS)/search,movie,test.installed && \
	exec $(VENV_MINIMUMS)/bin/pytest $(PARALLEL)

test-pyautofit:
	@python="$(call first_python,$(PYTHON_PYAUTOFIT),>= 12)"; \
	if [ -z "$$python" ]; then \
	  echo "tests/pyautofit is not run: it needs Python 3.12 or later, and none of these is one: $(strip $(PYTHON_PYAUTOFIT))"; \
	  exit; \
	fi; \
	$(MAKE) --no-print-directory PYTHON="$$python" VENV=$(VENV_PYAUTOFIT) $(VENV_PYAUTOFIT)/pyautofit,test-pyautofit.installed && \
	exec $(VENV_PYAUTOFIT)/bin/pytest $(PARALLEL) tests/pyautofit

test-samplers:
	$(MAKE) --no-print-directory VENV=$(VENV_SAMPLERS) $(VENV_SAMPLERS)/test-samplers.installed
	$(VENV_SAMPLERS)/bin/pytest -n 2 --dist loadgroup --no-loadscope-reorder tests/samplers

# Not at once: each wants the processors for its daemons.
test-services: $(VENV)/search,test.installed
	$(BIN)/pytest tests/services

test-browser: $(VENV)/search,test,test-browser.installed $(VENV)/ipykernel6
	$(BIN)/pytest tests/browser

# Beside ipykernel 7, for the notebooks that choose it: without what both need, it is small.
$(VENV)/ipykernel6: | $(VENV)/search,test,test-browser.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target '$@' 'ipykernel<7' nest-asyncio

check: lint docs test test-services test-browser test-minimums test-pyautofit test-samplers

lint: $(VENV)/search,test,check.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p autoviz_render
	$(BIN)/mypy tests

# The site, all of it anew: a page that is kept from an earlier build would not repeat its warnings.
.PHONY: docs
docs: $(VENV)/search,docs.installed
	$(BIN)/sphinx-build --quiet -E -W --keep-going -b html -d docs/_build/doctrees docs docs/_build/html
	@echo docs/_build/html/index.html

coverage: $(VENV)/search,test,coverage.installed
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PARALLEL)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include '*/autoviz_render/spool/*'
	@for package in $(PACKAGES); do \
	  printf '%-10s %3d %%\n' $$package $$($(BIN)/coverage report --format total --include "*/autoviz_render/$$package/*"); \
	done

# The one with PyAutoLens needs another environment: .venv-pyautofit/bin/python benchmarks/pyautolens.py
bench: $(VENV)/search,test.installed
	set -e; for program in $(BENCHMARKS); do echo "== $$program"; $(BIN)/python $$program; done

# The wheel is built from the source archive, which so is known to be complete.
package: $(VENV)/release.installed
	rm -rf build dist
	$(BIN)/python -m build
	rm -rf build *.egg-info
	$(BIN)/twine check --strict dist/*

clean:
	rm -rf $(VENV) $(VENV_DEV) $(VENV_MINIMUMS) $(VENV_PYAUTOFIT) $(VENV_SAMPLERS) build docs/_build *.egg-info src/*.egg-info .coverage .coverage.* dist output

$(VENV)/bin/pip $(VENV_DEV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "autoviz-render needs Python 3.11 or later; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(@D:/bin=)

# Installed from a wheel, as users have it: a package that setup.cfg forgets is then missing here too.
$(VENV)/%.installed: $(SOURCES) $(CONSTRAINTS) | $(VENV)/bin/pip
	rm -rf build
	$(BIN)/pip install --quiet --disable-pip-version-check $(CONSTRAINTS:%=--constraint %) '.[$*]'
	rm -rf build
	touch '$@'

# Every `name>=version` of setup.cfg as `name==version`. Bounds that cannot be met together end in pip's error.
$(VENV_MINIMUMS)/minimums.txt: setup.cfg | $(VENV_MINIMUMS)/bin/pip
	sed -nE 's/^    ([a-z0-9-]+)>=([0-9.]+)(;.*)?$$/\1==\2/p' setup.cfg | sort -u >$@
