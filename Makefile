# Two commands matter: `make demo` and `make test`. Each does its own set-up, from packages
# that are pinned with their hashes (uv.lock; requirements/ is an export of it that pip reads too).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(or $(shell command -v uv 2>/dev/null),$(BIN)/uv)

# Tests start hundreds of processes, and each would compile the whole program again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: audit bench image image-base licences sbom site demo test lint types imports unit docs lock upgrade test-latest test-lowest test-dates clean help

help:  ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

INSTALL = $(if $(shell command -v uv 2>/dev/null),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
define install
	@$(INSTALL) --require-hashes --requirement requirements/$(1).txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.12 demo")'
	@if command -v uv >/dev/null 2>&1; then uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); else $(PYTHON) -m venv $(VENV); fi

$(VENV)/.demo: pyproject.toml requirements/demo.txt | $(BIN)/python
	$(call install,demo)

$(VENV)/.dev: pyproject.toml requirements/dev.txt | $(BIN)/python
	$(call install,dev)
	@touch $(VENV)/.demo

demo: $(VENV)/.demo  ## both sandboxes, check, plan, apply, plan again
	@$(BIN)/oneway demo

# mypy takes one core for half a minute: the other checks, and then the tests, begin beside it. If ruff
# fails, no test begins; what mypy finds is printed at once, and ends `make` when the tests are done.
test: $(VENV)/.dev  ## everything that continuous integration runs
	@$(MAKE) --no-print-directory --jobs=2 types lint imports unit

lint: $(VENV)/.dev  ## ruff, and the shape of the code (tests/house.py)
	$(BIN)/ruff check engine connectors tests benchmarks tools
	$(BIN)/ruff format --check engine connectors tests benchmarks tools
	$(BIN)/python tests/house.py

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

imports: $(VENV)/.dev  ## import-linter: one path through the house
	$(BIN)/lint-imports

unit: $(VENV)/.dev  ## pytest, on all cores
	$(BIN)/pytest -n auto --dist worksteal

docs: $(VENV)/.dev  ## write the reference pages from the code again, and the JSON of manifests
	$(BIN)/python -m oneway.cli.reference docs/reference
	$(BIN)/python tools/manifests.py

EXPORT = $(UV) export --quiet --frozen --no-emit-project --no-default-groups --no-annotate --no-header
MADE = \# An export of uv.lock, which pip reads too: written by "make lock".
lock: $(VENV)/.dev  ## pin what pyproject.toml asks for; what is pinned already stays
	$(UV) lock --no-config --default-index https://pypi.org/simple $(LOCKING)
	(echo '$(MADE)'; $(EXPORT) --extra sandbox --group build) > requirements/demo.txt
	(echo '$(MADE)'; $(EXPORT) --extra dev) > requirements/dev.txt
	(echo '$(MADE)'; $(EXPORT) --only-group build) > requirements/build.txt
	(echo '$(MADE)'; $(EXPORT) --extra serve --extra postgresql --extra signing) > requirements/image.txt
	$(BIN)/python tools/sbom.py $(UV)

upgrade:  ## pin the newest of every package
	$(MAKE) lock LOCKING=--upgrade

# Environments of their own, made anew each time: what is resolved today is not what was last week.
define resolved
	@rm -rf .venv-$(1)
	@$(UV) venv --quiet --python $(PYTHON) .venv-$(1)
	$(UV) pip install --quiet --python .venv-$(1)/bin/python --resolution $(2) --editable '.[dev]'
	@touch .venv-$(1)/.demo .venv-$(1)/.dev
	$(UV) pip list --python .venv-$(1)/bin/python
	$(MAKE) VENV=.venv-$(1) $(3)
endef

test-latest: $(VENV)/.dev  ## `test` with the newest packages, whatever is pinned
	$(call resolved,latest,highest,test)

test-lowest: $(VENV)/.dev  ## imports and unit with the oldest that pyproject.toml allows
	$(call resolved,lowest,lowest-direct,imports unit)

test-dates: $(VENV)/.dev  ## the tests on other days and in other zones (needs libfaketime)
	$(BIN)/python tests/dates.py

bench: | $(BIN)/python  ## plans beside what others take for the same decisions, and the other benchmarks (an environment of its own)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-bench
	@$(UV) pip install --quiet --python .venv-bench/bin/python --editable . orjson pandas polars duckdb diffsync
	@.venv-bench/bin/python benchmarks/compare.py $(BENCH)

licences: $(VENV)/.dev  ## list the licences of all packages in docs/licences.md
	$(BIN)/python tools/supply.py licences docs/licences.md

sbom: $(VENV)/.dev  ## a bill of materials (CycloneDX), in build/sbom.json
	$(BIN)/python tools/supply.py sbom build/sbom.json

audit: $(VENV)/.dev  ## pip-audit over what is pinned; skipped, with a reason, where no database is at hand
	$(BIN)/python tools/supply.py audit

site: $(VENV)/.dev  ## the documentation as HTML pages, in site/
	$(BIN)/python tools/site.py site

CONTAINERS = $(or $(shell command -v podman || command -v buildah || command -v docker))
image: $(if $(BASE),,image-base)  ## the container image `oneway` (BASE=docker.io/library/python:3.13-slim for another base)
	$(CONTAINERS) build --tag oneway --file Containerfile $(if $(BASE),--build-arg BASE=$(BASE)) .

# From Debian's signed packages alone, so that no registry is needed, and no image is trusted. As any user.
SUITE = trixie
build/base.tar:
	@command -v mmdebstrap >/dev/null || { echo "install mmdebstrap (Debian, Ubuntu), or name another base: make image BASE=docker.io/library/python:3.13-slim" >&2; exit 1; }
	@mkdir -p build
	mmdebstrap --variant=minbase --include=ca-certificates,python3-venv,tzdata $(SUITE) $@

image-base: build/base.tar  ## the base of the image: Debian with Python, made by mmdebstrap
	printf 'FROM scratch\nADD base.tar /\n' | $(CONTAINERS) build --tag localhost/oneway-base --file - build

clean:  ## remove what the other commands made
	rm -rf $(VENV) .venv-bench .venv-latest .venv-lowest .oneway .mypy_cache .ruff_cache .pytest_cache .hypothesis
