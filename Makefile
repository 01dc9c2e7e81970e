# demo, test, check and bench each make the virtual environment they need on first use.
# Another interpreter: make PYTHON=python3.13 test

.NOTPARALLEL:  # wheels of all environments are built in `build`, and the tests want the processors for themselves

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SOURCES = setup.cfg pyproject.toml README.md $(shell find src spool renderer search cli -name '*.py')
BENCHMARKS = $(filter-out benchmarks/table.py benchmarks/pyautolens.py,$(wildcard benchmarks/*.py))

# PyAutoFit needs Python 3.12 or later and pins what others do not: an environment of its own, of the first that runs here.
# Those of pyenv are named by their paths: its `python3.12` is there, and fails, wherever another version is chosen.
PYENV = $(shell pyenv root 2>/dev/null)
PYTHON_PYAUTOFIT ?= $(foreach version,3.12 3.13,python$(version) $(if $(PYENV),$(wildcard $(PYENV)/versions/$(version).*/bin/python))) $(PYTHON)
VENV_PYAUTOFIT = .venv-pyautofit

.PHONY: demo test test-pyautofit check lint bench clean

demo: $(VENV)/search.installed
	rm -rf output/demo
	$(BIN)/python examples/lens/fit.py --output output/demo --size small --renderer process --seed 1

test: $(VENV)/search,test.installed
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-pyautofit:
	@for python in $(PYTHON_PYAUTOFIT); do \
	  if "$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
	    $(MAKE) --no-print-directory PYTHON="$$python" VENV=$(VENV_PYAUTOFIT) $(VENV_PYAUTOFIT)/pyautofit,test-pyautofit.installed && \
	    exec $(VENV_PYAUTOFIT)/bin/pytest -n 2 --dist loadfile tests_pyautofit; \
	    exit 1; \
	  fi; \
	done; \
	echo "tests_pyautofit is not run: it needs Python 3.12 or later, and none of these is one: $(strip $(PYTHON_PYAUTOFIT))"

check: lint test test-pyautofit

lint: $(VENV)/search,test,check.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p autoviz_render

# The one with PyAutoLens needs another environment: .venv-pyautofit/bin/python benchmarks/pyautolens.py
bench: $(VENV)/search,test.installed
	set -e; for program in $(BENCHMARKS); do echo "== $$program"; $(BIN)/python $$program; done

clean:
	rm -rf $(VENV) $(VENV_PYAUTOFIT) build *.egg-info src/*.egg-info output

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "autoviz-render needs Python 3.11 or later; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Installed from a wheel, as users have it: a package that setup.cfg forgets is then missing here too.
$(VENV)/%.installed: $(SOURCES) | $(VENV)/bin/pip
	rm -rf build
	$(BIN)/pip install --quiet --disable-pip-version-check '.[$*]'
	rm -rf build
	touch '$@'
