# Aftercare. `make run` starts the product, `make test` proves it; `make` lists the rest.
# Both make their own .venv and need Python 3.11 and nothing else.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

.PHONY: help
help: ## This list.
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: $(RUN_STAMP) ## Start everything with a demo clinic; Ctrl-C stops it.
	@exec $(MANAGE) up

.PHONY: test
test: $(DEV_STAMP) ## Run every test in one go. ARGS="tests/clinic -k queue" narrows it.
	@scripts/ensure_chromium
	@scripts/run_tests $(ARGS)

.PHONY: check
check: $(DEV_STAMP) ## Format, lint, types, import contracts, migrations, known vulnerabilities.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(BIN)/python scripts/audit_dependencies.py

.PHONY: bench
bench: $(DEV_STAMP) ## Measure the budgets. ARGS="latency memory" chooses.
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: bench_history
bench_history: $(DEV_STAMP) ## Draw what `make bench` has kept, over time, into var/bench/history.html.
	@$(BIN)/python -m tests.bench.history

.PHONY: coverage
coverage: $(DEV_STAMP) ## Run the tests that need no running product, and show which lines they reach.
	$(BIN)/coverage run -m pytest -m "not stack and not browser and not alone" $(ARGS)
	$(BIN)/coverage report

.PHONY: fuzz
fuzz: $(DEV_STAMP) ## Break documents of every kind at random and read them. SECONDS_LONG=60 says how long.
	@$(BIN)/python -m tests.knowledge.fuzz $(SECONDS_LONG)

.PHONY: faults
faults: $(DEV_STAMP) ## Break things: twenty faults, and what became of each. ARGS="6 12" chooses.
	@$(BIN)/python -m tests.faults $(ARGS)

.PHONY: two_hosts
two_hosts: $(DEV_STAMP) ## Cut one of two hosts off in the middle of calls. Takes root. ARGS="--patients 2" says how many.
	@$(BIN)/python -m tests.faults.two_hosts $(ARGS)

.PHONY: docs
docs: $(DEV_STAMP) ## Write the reference from the code, and build the documentation into var/site.
	$(MANAGE) write_reference
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

.PHONY: pictures
pictures: $(DEV_STAMP) ## Take the documentation's pictures from the running product.
	@$(BIN)/python -m tests.browser.screenshots

.PHONY: format
format: $(DEV_STAMP) ## Put the code into house style.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(DEV_STAMP) ## Compile requirements*.in into requirements*.txt.
	$(BIN)/pip-compile --quiet --strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --output-file requirements.txt requirements.in
	sed -i 's/+cpu$$//' requirements.txt
	$(BIN)/pip-compile --quiet --strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --output-file requirements-dev.txt requirements-dev.in

.PHONY: clean
clean: ## Remove .venv and caches. Data under var/ stays; delete that yourself.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

$(RUN_STAMP): requirements.txt
	@scripts/install $(PYTHON) $(VENV) requirements.txt
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements-dev.txt
	@scripts/install $(PYTHON) $(VENV) requirements-dev.txt
	@touch $@
