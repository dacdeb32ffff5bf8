# The first target that needs it makes .venv; nothing outside the checkout is changed.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Flags for pytest, for example: make test PYTEST_FLAGS="-x tests/unit"
PYTEST_FLAGS ?= --quiet
# The tests run in so many processes, file by file; 0: in one, so that a debugger can stop them
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run test test-cluster pictures check lint types layers sizes bench bench-search bench-pages docs fmt venv
.NOTPARALLEL:

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run-stamp ## Start a hub with sample data in var/demo; Ctrl-C stops it
	$(BIN)/hub demo

test: $(VENV)/.stamp ## Run the tests; the lines "SKIPPED" name what this machine cannot run, and why
	$(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(PYTEST_FLAGS)

test-cluster: $(VENV)/.stamp ## Run only the tests with three Elasticsearch nodes
	$(BIN)/python -m pytest $(PYTEST_FLAGS) -m cluster

pictures: $(VENV)/.stamp ## Take the pictures of docs/tour.md anew; needs a browser
	HUB_TEST_REQUIRE=browser HUB_PICTURES=docs/pictures $(BIN)/python -m pytest $(PYTEST_FLAGS) tests/browser/test_tour.py

check: lint types layers sizes docs ## Check style, types, layers, sizes and documents, without the tests

bench: $(VENV)/.stamp ## Measure the speed of this checkout on this machine
	$(BIN)/python -m tests.bench

bench-search: $(VENV)/.stamp ## Measure the speed of search, on SQLite and on a node of Elasticsearch
	$(BIN)/python -m tests.bench.search

bench-pages: $(VENV)/.stamp ## Measure the pages of the console: CPU and size
	$(BIN)/python -m tests.bench.pages

docs: $(VENV)/.stamp ## Build the documents into site/; a broken link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

fmt: $(VENV)/.stamp ## Format the code and mend what can be mended safely
	$(BIN)/ruff check --fix --quiet
	$(BIN)/ruff format

venv: $(VENV)/.stamp ## Make .venv with everything a developer needs

lint: $(VENV)/.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.stamp
	$(BIN)/mypy

layers: $(VENV)/.stamp
	$(BIN)/lint-imports

sizes: $(VENV)/.stamp
	$(BIN)/python -m tests.tools.sizes

# To run a hub takes the run-time packages alone; the tools of a developer come on top.
$(VENV)/.run-stamp: setup.cfg pyproject.toml | $(BIN)/pip
	$(PIP) --editable .
	@touch $@

$(VENV)/.stamp: setup.cfg pyproject.toml | $(BIN)/pip
	$(PIP) --editable '.[test,check,docs]'
	@touch $(VENV)/.run-stamp $@

# pip is made last: where it is missing, an earlier attempt was cut off.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The hub needs Python 3.11 or newer; '$(PYTHON)' is not that." >&2; \
	  echo "Install it, or name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; }
