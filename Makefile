# Everything one does with this project. `make` alone lists it.
# Needed: Python 3.11 or newer, make, git; a C compiler makes the gate faster.
# Another Python: `make run PYTHON=python3.12`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Further arguments for pytest: `make test ARGS="tests/shared -x"`; `-n0` runs all in one process.
ARGS ?=
# Where strangers' octets come in.
FUZZED = tests/services/delivery/mail tests/services/delivery/inbound tests/services/delivery/bounces \
	tests/services/policy/gate tests/shared/attachments
# Without addresses: where packages come from is each machine's own affair.
COMPILE = $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' $(ARGS)

# What pyproject.toml has compiled, with the types beside it.
LOOPS := $(shell sed -n 's/^sources = \["\(.*\)"\]$$/\1/p' pyproject.toml)
LOOPS += $(wildcard $(LOOPS:.py=.pxd))
# Where a compiler came after the install, or a built file went, the stamp alone would not tell.
UNBUILT := $(shell [ ! -e $(VENV)/.installed ] || \
	$(BIN)/python -m tests.infrastructure.loops >/dev/null 2>&1 || echo unbuilt)

# Tests and benchmarks start many processes of the same code, which reads half a second faster compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run install-dev test lint types imports check bench bench-aliases bench-gate bench-outage fuzz policy-report train revision events lock clean unbuilt

help: ## List the commands
	@echo "Tramite: buyer-seller messaging for marketplaces."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r command text; do \
		printf '%-22s %s\n' "$$command" "$$text"; done

install: $(VENV)/.installed ## Make the environment in .venv with what running needs

run: install ## Install, start all services in one process, play the demo journey, stay up
	$(BIN)/tramite run all --demo

install-dev: $(VENV)/.installed-dev ## Install what working on the project needs, too

test: install-dev ## Run all tests, with the best Kafka and PostgreSQL that the machine has
	$(BIN)/python -m tests.infrastructure.kafka
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: install-dev ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev ## Check types
	$(BIN)/mypy

imports: install-dev ## Check who may import whom
	$(BIN)/lint-imports --no-logo

check: lint types imports test ## Do all of lint, types, imports and test

bench: install-dev ## Measure throughput beside a relay that stores nothing
	$(BIN)/python -m tests.benchmarks $(ARGS)

bench-aliases: install-dev ## Make 200,000 aliases by 50 writers on PostgreSQL; time look-ups as the table grows
	$(BIN)/python -m tests.benchmarks.aliases

bench-gate: install-dev ## Time the policy gate on one core (ARGS="--beside FOLDER": and that of another checkout)
	$(BIN)/python -m tests.benchmarks.gate $(ARGS)

bench-outage: install-dev ## Take the next hop away for two minutes (ARGS="--seconds 3600" for an hour); watch the queue drain
	$(BIN)/python -m tests.benchmarks.outage $(ARGS)

fuzz: install-dev ## Fuzz intake, rewriting, reports, files, SMTP and the gate (bounded, a quarter of an hour)
	$(BIN)/pytest -n auto -m hypothesis --hypothesis-profile=fuzz --timeout=900 $(FUZZED)
	$(BIN)/pip install --quiet --disable-pip-version-check atheris
	$(BIN)/python -m tests.fuzz $(ARGS)

policy-report: install-dev ## Measure the policy gate on the labelled messages, by rule and language
	$(BIN)/python -m tests.services.policy.report --write docs/policy-report.md

train: install-dev ## Train the policy gate's model anew and write its files (a quarter of an hour; fetches what training needs)
	$(BIN)/pip install --quiet --disable-pip-version-check scikit-learn threadpoolctl
	$(BIN)/python -m tests.services.policy.training.train

revision: install-dev ## Write a migration for changed models: make revision SERVICE=alias MESSAGE="what changed"
	$(BIN)/python -m services.cli.revision $(SERVICE) "$(MESSAGE)"

events: install-dev ## Write the event schemas and the AsyncAPI document anew; refuses incompatible changes
	$(BIN)/python -m shared.contracts.schemas --write

lock: install-dev ## Pin what pyproject.toml asks for; newer versions of all: make lock ARGS=--upgrade
	$(BIN)/pip install --quiet uv
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.txt

clean: ## Remove the environment and all that was generated; the data in var/ stays
	rm -rf $(VENV) build dist htmlcov *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find services shared tests -name __pycache__ -type d -prune -exec rm -rf {} +
	find services shared -name '*.so' -delete

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Tramite needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Name another: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps are the rules' results, so that a second call has nothing to do.
# All loops are compiled or none: they may stand on each other, and an old one would give old answers.
$(VENV)/.installed: requirements.txt pyproject.toml $(LOOPS) $(UNBUILT) | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@find services shared -name '*.so' -delete
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@$(BIN)/python -m tests.infrastructure.loops || find services shared -name '*.so' -delete
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
