# Everything starts here: `make` lists what there is. Needs Python 3.11+ and GNU make, nothing else.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
EXAMPLE := examples/trailmark
MINILM := packages/cairnloop-minilm
export PORT

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test lint types bench chaos clean python-version free-port

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: free-port $(INSTALLED) ## Run the example host with its own PostgreSQL; PORT=8001 moves it, Ctrl-C ends it
	@exec $(BIN)/python $(EXAMPLE)/demo.py

demo-reset: free-port $(INSTALLED) ## Forget everything the demo stored, and start it anew
	@exec $(BIN)/python $(EXAMPLE)/demo.py --reset

# With PROCESSES each has a database of its own.
SPREAD := $(if $(PROCESSES),--numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder)
test: $(INSTALLED) ## Run every test; ARGS="tests/core -k actor" runs some, PROCESSES=2 shares them out
	$(BIN)/python -m pytest $(SPREAD) $(ARGS)

lint: $(INSTALLED) ## Check style, formatting, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory types
	$(BIN)/lint-imports

types: $(INSTALLED) ## Check types only
	$(BIN)/mypy
	PYTHONPATH=$(EXAMPLE) $(BIN)/mypy --config-file $(EXAMPLE)/mypy.ini

bench: $(INSTALLED) ## Measure rates, latencies and memory against a floor of bare SQL
	PYTHONPATH=$(EXAMPLE) $(BIN)/python -m rigs.bench $(ARGS)

chaos: $(INSTALLED) ## Kill servers during a replay and count what was lost; prints "N passed, N failed"
	PYTHONPATH=$(EXAMPLE) $(BIN)/python -m rigs.chaos $(ARGS)

clean: ## Remove the virtual environment and all caches; the demo's data stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

python-version:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Cairnloop needs Python 3.11 or newer, and '$(PYTHON)' is not. Name another: make PYTHON=python3.12 …" >&2; \
	  exit 1; }

# Asked before anything is installed, so that a taken port costs a second and not a minute.
free-port: python-version
	@$(PYTHON) $(EXAMPLE)/port.py

$(INSTALLED): pyproject.toml $(MINILM)/pyproject.toml | python-version
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; }
	@echo "Installing Cairnloop and its tools into $(VENV) (only when a pyproject.toml has changed) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --editable $(MINILM)
	@touch $@
