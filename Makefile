# Two commands matter: `make demo` and `make test`. Each does its own set-up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint types imports unit docs clean help

help:  ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.demo: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.12 demo")'
	@if command -v uv >/dev/null 2>&1; then \
	   uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && uv pip install --quiet --python $(BIN)/python -e '.[sandbox]'; \
	 else \
	   $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[sandbox]'; \
	 fi
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.demo
	@if command -v uv >/dev/null 2>&1; then \
	   uv pip install --quiet --python $(BIN)/python -e '.[dev]'; \
	 else \
	   $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'; \
	 fi
	@touch $@

demo: $(VENV)/.demo  ## both sandboxes, check, plan, apply, plan again
	@$(BIN)/oneway demo

test: lint types imports unit  ## everything that continuous integration runs

lint: $(VENV)/.dev  ## ruff
	$(BIN)/ruff check engine connectors tests benchmarks
	$(BIN)/ruff format --check engine connectors tests benchmarks

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

imports: $(VENV)/.dev  ## import-linter: one path through the house
	$(BIN)/lint-imports

unit: $(VENV)/.dev  ## pytest, on all cores
	$(BIN)/pytest -n auto --dist worksteal

docs: $(VENV)/.dev  ## write the reference pages from the code again
	$(BIN)/python -m oneway.cli.reference docs/reference

clean:  ## remove what the other commands made
	rm -rf $(VENV) .oneway .mypy_cache .ruff_cache .pytest_cache .hypothesis
