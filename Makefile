# Flusso: `make run` starts everything; `make help` lists the rest.

VENV := .venv
PYTHON := $(VENV)/bin/python
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
WEB := services/gateway/web
WEB_MODULES := $(VENV)/.installed-web
WEB_BUILT := $(VENV)/.built-web
WEB_SOURCES := $(shell find $(WEB) -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)
PIP := $(PYTHON) -m pip --disable-pip-version-check install --require-hashes
COMMAND := $(VENV)/bin/flusso
NPM := deploy/local/build-web.sh $(PYTHON)
DATA := $(or $(FLUSSO_DATA_DIR),.flusso)

# Python keeps what it has compiled, whatever the shell says: hundreds of processes start in a test run.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ------------------------------------------------------------------------------------------- set up

.PHONY: setup
setup: $(RUNTIME) $(COMMAND) $(WEB_BUILT) ## make the virtual environment, install everything, build the web app
	@:

$(PYTHON):
	@python=$$(deploy/local/find-python.sh) && echo "Making $(VENV) with $$python" && "$$python" -m venv $(VENV)

$(RUNTIME): requirements.lock | $(PYTHON)
	@echo "Installing what Flusso runs on (about 150 MB the first time)"
	@$(PIP) -r requirements.lock
	@touch $@

# `flusso` from anywhere, with this clone's code: no build, nothing to install again after a change.
$(COMMAND): Makefile | $(PYTHON)
	@printf '%s\n' '#!/bin/sh' \
		"PYTHONPATH='$(CURDIR)' exec '$(CURDIR)/$(PYTHON)' -P -m services.cli.main \"\$$@\"" >$@
	@chmod +x $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing what its tests need"
	@$(PIP) -r requirements-dev.lock
	@touch $@

$(WEB_MODULES): $(wildcard $(WEB)/package-lock.json) $(RUNTIME)
	@$(NPM) ci --no-audit --no-fund
	@touch $@

$(WEB_BUILT): $(WEB_SOURCES) $(WEB_MODULES)
	@$(NPM) run build
	@touch $@

# ---------------------------------------------------------------------------------------------- use

.PHONY: run
run: setup ## start Flusso; Ctrl-C stops it
	@exec $(PYTHON) -m deploy.local

.PHONY: demo
demo: setup ## beside a running Flusso: load the examples and send them deliveries
	@exec $(PYTHON) -m deploy.local.demo

.PHONY: clean
clean: ## remove what was installed and, after asking, the data
	@deploy/local/clean.sh "$(DATA)"

# ------------------------------------------------------------------------------------------- develop

.PHONY: test
# The longest come first, so that no worker is left with one of them at the end. Two of the workers mostly wait,
# first of all for a broker that is away.
TESTS := tests/faults/test_broker_away.py tests/browser tests/faults tests/e2e tests/integration tests/attacks tests/upgrades \
	tests/simulation tests/contract tests/conformance tests/unit
PYTEST := $(PYTHON) -m pytest -n 4 --dist loadfile --no-loadscope-reorder

test: setup ## everything that CI proves: the checks, then every test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check
	@echo "== pytest: unit, contract, integration, end to end, browser"
	@$(PYTEST) $(TESTS)

.PHONY: test-deep
test-deep: setup ## every test, with loads of their whole size: takes several times as long
	@FLUSSO_TEST_DEPTH=whole $(PYTEST) $(TESTS)

.PHONY: check
check: check-python check-web ## format, lint, strict types, import boundaries, generated files

.PHONY: check-python
check-python: $(DEV)
	@echo "== ruff format";  $(PYTHON) -m ruff format --check --quiet .
	@echo "== ruff check";   $(PYTHON) -m ruff check --quiet .
	@echo "== mypy";         $(PYTHON) -m mypy --no-error-summary
	@echo "== import-linter"; $(VENV)/bin/lint-imports --no-cache >$(VENV)/.import-linter.log || { cat $(VENV)/.import-linter.log; exit 1; }
	@echo "== generated schemas are current"; $(PYTHON) -m contracts.publish --check && $(PYTHON) -m services.cli.publish --check && $(PYTHON) -m services.gateway.publish --check

.PHONY: check-web
check-web: $(WEB_MODULES)
	@echo "== web app";      $(NPM) run --silent check

.PHONY: bench
bench: $(DEV) ## measure throughput, delays and memory with a stack of its own
	@exec $(PYTHON) -m tests.load.bench

.PHONY: overload
overload: $(DEV) ## offer a stack of its own twice what it can take, and look what becomes of it
	@exec $(PYTHON) -m tests.load.overload

.PHONY: faults
faults: $(DEV) ## break a stack of its own for MINUTES=3 as SEED= says, then check every promise
	@exec nice $(PYTHON) -m tests.faults.campaign $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(FAULTS)

.PHONY: simulate
simulate: $(DEV) ## the protocols on simulated time: SEEDS=1000 from FIRST=0, SEED=17 with its trace, or BUGS=1 for planted ones
	@exec nice $(PYTHON) -m tests.simulation $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FIRST),--first $(FIRST)) $(if $(BUGS),--bugs)

.PHONY: bench-stats
bench-stats: $(DEV) ## fill a database with a million runs and time what is told of them
	@exec $(PYTHON) -m tests.load.stats_load

.PHONY: bench-http
bench-http: $(DEV) ## measure how many HTTP requests a second the worker makes
	@exec $(PYTHON) -m tests.load.request_load

.PHONY: pictures
pictures: setup $(DEV) ## take the pictures of README and docs, from the demo's data on a stack of its own
	@exec $(PYTHON) -m deploy.pictures

.PHONY: bench-inbox
bench-inbox: setup $(DEV) ## measure the Tasks page in Chromium with 100,000 tasks that wait
	@exec $(PYTHON) -m tests.load.inbox_scale

.PHONY: schemas
schemas: $(RUNTIME) ## write the published JSON Schemas, the AsyncAPI document and the web app's types of the API
	@$(PYTHON) -m contracts.publish && $(PYTHON) -m services.cli.publish && $(PYTHON) -m services.gateway.publish && $(PYTHON) -m tests.conformance.control_flow

.PHONY: secret-key
secret-key: $(RUNTIME) ## print a new key for FLUSSO_SECRET_KEYS
	@exec $(PYTHON) -m services.engine.adapters.new_key

.PHONY: fuzz
fuzz: $(DEV) ## try the API and every parser of outside bytes with EXAMPLES=5000 odd inputs each
	@FLUSSO_FUZZ_EXAMPLES=$(or $(EXAMPLES),5000) exec $(PYTHON) -m pytest -n 2 --timeout 7200 tests/attacks/test_fuzz_parsers.py tests/attacks/test_fuzz_api.py

.PHONY: audit
audit: $(DEV) ## ask the registries for known faults of what the lock files name; needs the network
	@$(PYTHON) -m uv tool run --from 'pip-audit>=2.9,<3' pip-audit --strict --require-hashes --disable-pip -r requirements.lock
	@$(NPM) audit --omit=dev

.PHONY: sbom
sbom: $(DEV) ## write what Flusso, and each of its services, is made of to sbom*.cdx.json (CycloneDX)
	@$(PYTHON) -m deploy.sbom .

.PHONY: signing-key
signing-key: $(RUNTIME) ## print a new key for FLUSSO_SIGNING_KEY
	@exec $(PYTHON) -m services.tasks.adapters.signing_key

.PHONY: public-key
public-key: $(RUNTIME) ## print the public half of FLUSSO_SIGNING_KEY, or of the data folder's key
	@FLUSSO_SIGNING_KEY="$${FLUSSO_SIGNING_KEY:-$$(cat "$(DATA)/signing-key")}" exec $(PYTHON) -m services.tasks.adapters.signing_key --public

.PHONY: lock
lock: $(DEV) ## choose versions anew and write the lock files
	@$(PYTHON) -m uv pip compile $(LOCK) --extra local -o requirements.lock pyproject.toml
	@$(PYTHON) -m uv pip compile $(LOCK) --extra local --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	@$(NPM) install --package-lock-only --min-release-age=7

LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
