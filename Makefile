# Every target sets up what it needs by itself: Python 3.11+, make and git are enough.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
export PYTHONDONTWRITEBYTECODE :=

VOTERS ?= 1000
RATE   ?= 70
RECIPIENTS ?= 10000
SEED   ?= 1
CASES  ?= 500
CSV    ?=
REPORT ?=
# How many processes share the tests: one more than there are cores, for many tests wait.
WORKERS ?= 3
TYPESCRIPT := supabase/functions tests/edge docs/examples
APP_SOURCES := app/App.tsx app/index.ts app/eslint.config.js app/src app/tests
APP    := $(PY) -m devstack.node app
SHARED := -q --numprocesses=$(WORKERS) --no-loadscope-reorder
# Some tests wait for what a loaded machine does too late. What fails is run once more, alone; what
# fails then has failed, and so has what ends in any other way than with failed tests (code 1).
AGAIN = { test $$? -eq 1 && echo "Once more, alone, what failed" && \
	$(PY) -m pytest -q --last-failed --last-failed-no-failures=none; }

.PHONY: help demo app chaos up test check lint bench smoke migration types contract pictures lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/ready ## Send a whole campaign on the embedded stack (VOTERS=1000 RATE=70 CSV=list.csv REPORT=out.json)
	$(PY) -m devstack demo --voters $(VOTERS) --rate $(RATE) $(if $(CSV),--csv "$(CSV)") $(if $(REPORT),--report "$(REPORT)")

app: $(VENV)/ready app/node_modules/.ready ## Open the promoter's screen on the embedded stack; prints its address
	$(PY) -m devstack app

chaos: $(VENV)/ready ## Send under every fault that production brings, and keep the books (SEED=1 or 1-5 RECIPIENTS=10000 REPORT=out.json)
	$(PY) -m devstack chaos --seed $(SEED) --recipients $(RECIPIENTS) $(if $(REPORT),--report "$(REPORT)")

up: $(VENV)/ready ## Start the embedded stack and print its addresses; Ctrl-C stops all of it
	$(PY) -m devstack up --rate $(RATE)

test: $(VENV)/ready tests/app/browser/node_modules/.ready lint ## Lint, check types, and run every test
	$(PY) -m pytest $(or $(ARGS),$(SHARED)) || $(if $(ARGS),exit,$(AGAIN))

check: test ## The same as CI

lint: $(VENV)/ready app/node_modules/.ready ## ruff and mypy, Deno's linters and types, and the app's
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/deno fmt --check --config=tests/edge/deno.json $(TYPESCRIPT)
	$(VENV)/bin/deno lint --config=supabase/functions/messaging/deno.json supabase/functions
	$(VENV)/bin/deno lint --config=tests/edge/deno.json tests/edge docs/examples devstack/types
	$(VENV)/bin/deno check --config=tests/edge/deno.json $(TYPESCRIPT)
	$(VENV)/bin/deno fmt --check --config=app/deno.json $(APP_SOURCES)
	$(APP) tsc --noEmit
	$(APP) eslint --max-warnings 0 .

bench: $(VENV)/bench-ready ## Measure the performance budget against the alternatives; writes docs/bench.json and its plot
	$(PY) -m bench

# What is given on the command line is in the list of processes, for every user of the machine.
SECRETS := PUBLISHABLE_KEY EMAIL PASSWORD ACCESS_TOKEN PHONE
smoke: $(VENV)/ready ## Try a deployed system (URL=https://<ref>.supabase.co JSON=1; who asks: docs/operations.md)
	$(if $(filter line,$(foreach name,$(SECRETS),$(origin $(name)))),$(error give $(SECRETS) in the environment))
	@$(PY) -m smoke --url "$(URL)" $(if $(JSON),--json)

migration: $(VENV)/ready ## Make supabase/migrations of supabase/schemas
	$(PY) -m devstack migration

types: $(VENV)/ready ## Make the TypeScript types of openapi.yaml
	$(PY) -m devstack types

pictures: $(VENV)/ready app/node_modules/.ready tests/app/browser/node_modules/.ready ## Draw docs/screen anew, by the browser's test
	PICTURES=1 $(PY) -m pytest -q tests/app/test_browser.py

contract: $(VENV)/ready ## Ask the running functions whatever openapi.yaml allows and what it does not (CASES=500)
	$(PY) -m pytest -q tests/functions/test_contract_fuzzed.py --cases=$(CASES) --timeout=$$((60 + $(CASES)))

lock: $(VENV)/ready ## Compile the pins again from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(PY) -m requirements.lock $(UPGRADE)

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) app/node_modules tests/app/browser/node_modules app/dist app/dist-native app/.expo .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

%/node_modules/.ready: %/package-lock.json $(VENV)/ready
	$(PY) -m devstack.node $* npm ci --ignore-scripts --loglevel=error
	@touch $@

$(VENV)/bench-ready: $(VENV)/ready requirements/bench.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@
