# demo, test, check and bench each make the virtual environment they need on first use.
# Another interpreter: make PYTHON=python3.13 test

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SOURCES = setup.cfg pyproject.toml README.md $(shell find src spool renderer search cli -name '*.py')
BENCHMARKS = $(filter-out benchmarks/table.py,$(wildcard benchmarks/*.py))

.PHONY: demo test check lint bench clean

demo: $(VENV)/search.installed
	rm -rf output/demo
	$(BIN)/python examples/lens/fit.py --output output/demo --size small --renderer process --seed 1

test: $(VENV)/search,test.installed
	$(BIN)/pytest -n 2 --dist loadfile

check: lint test

lint: $(VENV)/search,test,check.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p autoviz_render

bench: $(VENV)/search.installed
	set -e; for program in $(BENCHMARKS); do echo "== $$program"; $(BIN)/python $$program; done

clean:
	rm -rf $(VENV) build *.egg-info src/*.egg-info output

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
