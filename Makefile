# Needs Python 3.11 or newer and make; everything else comes by itself.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# How many processes run tests, each with servers of its own. Tests also wait, so one more than
# there are cores; two more are no quicker, because then the cores are busy all the time.
TEST_PROCESSES ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# A process runs whole files, in the order of tests/support/distribution.py.
TEST_ORDER := --dist loadfile --no-loadscope-reorder

.PHONY: help run install test chaos bench lock clean
.DELETE_ON_ERROR:

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: $(BIN)/annals ## Run all of Annals here: http://127.0.0.1:8000, Ctrl-C ends it
	@exec $(BIN)/annals dev

install: $(BIN)/annals ## Make .venv with everything Annals needs to run

test: .venv/tested-with ## Lint, types, import contracts, then every test
	@echo "== lint";             $(BIN)/ruff check && $(BIN)/ruff format --check
	@echo "== types";            $(BIN)/mypy
	@echo "== import contracts"; $(BIN)/lint-imports
	@echo "== tests";            $(BIN)/python -m pytest -n $(TEST_PROCESSES) $(TEST_ORDER)

# The hundreds of processes that tests start load our modules compiled, also where an image says no.
test chaos: export PYTHONDONTWRITEBYTECODE :=

MINUTES ?= 5
chaos: .venv/tested-with ## Run under random faults and judge what is left (MINUTES=5 SEED=)
	@$(BIN)/python -m tests.history --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

bench: .venv/tested-with ## Measure ours beside the baselines
	@$(BIN)/python -m tests.bench

clean: ## Remove .venv and caches; the data in .annals stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache annals.egg-info

# Each step is done again when its list of requirements has changed, and only then.
.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Annals needs Python 3.11 or newer: make PYTHON=python3.13 ...")'
	@echo "== making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/runs-with: .venv/made requirements/run.txt
	@echo "== installing requirements/run.txt"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@touch $@

$(BIN)/annals: .venv/runs-with pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/tested-with: $(BIN)/annals requirements/test.txt
	@echo "== installing requirements/test.txt"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@

# The lists hold for every platform and name no index: pip's own configuration says where from.
COMPILE = .venv/lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header $(UPGRADE) pyproject.toml

lock: .venv/made ## Settle requirements/ anew after a change of pyproject.toml (UPGRADE=--upgrade: newest versions)
	@$(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/pip --disable-pip-version-check --quiet install uv
	$(COMPILE) --output-file requirements/serve.txt
	$(COMPILE) --extra mcp --output-file requirements/serve-mcp.txt
	$(COMPILE) --extra embedded --extra kafka-dev --extra mcp --output-file requirements/run.txt
	$(COMPILE) --extra embedded --extra kafka-dev --extra mcp --extra test --output-file requirements/test.txt
	@rm -rf .venv/lock
