# What a contributor needs, and what CI calls. `make help` lists it.
# Needs python3 (3.11 or newer) and a package index; everything else is made here.

.DEFAULT_GOAL := help
SHELL := /bin/sh

PY     := .venv/bin/python
UV     := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
READY  := .venv/.ready
PYTEST := $(PY) -m pytest

export UV_PROJECT_ENVIRONMENT := .venv
# Tests start hundreds of processes: where nothing may be compiled ahead, each compiles every module again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test browser test-all check format generate docs bench lock build clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

.tools/bin/uv:
	@echo "uv is missing: installing it into .tools"
	@python3 -m venv .tools
	@.tools/bin/python -m pip install --quiet uv

$(READY): requirements.lock pyproject.toml $(wildcard packages/*/pyproject.toml) | $(filter .tools/bin/uv,$(UV))
	@test -x $(PY) || $(UV) venv --quiet --python '>=3.11' .venv
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation $(addprefix -e ,$(wildcard packages/*))
	@touch $@

setup: $(READY) ## make the environment in .venv

demo: $(READY) ## start a sandbox, connect to it, look around, stop it
	@$(PY) scripts/demo.py

test: $(READY) ## the quick tier: under five minutes
	$(PYTEST) -n 2 -m "not slow" --hypothesis-profile=quick

browser: ## Chromium for the browser tests, where it is missing and apt can install it
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { apt-get update && apt-get install -y chromium; } >/dev/null 2>&1 || echo "no Chromium: its tests are skipped"

test-all: $(READY) browser ## every tier
	$(PYTEST) -n 2

check: $(READY) ## format, lint, types, import arrows, generated files
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m dhis2w_codegen --check
	$(PY) packages/dhis2w-client/stub/sync_stub.py --check
	.venv/bin/lint-imports
	$(PY) -m pyright

format: $(READY) ## format and sort imports
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

generate: $(READY) ## rewrite every generated file
	$(PY) -m dhis2w_codegen
	$(PY) packages/dhis2w-client/stub/sync_stub.py

docs: $(READY) ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

bench: $(READY) ## measure, and print ratios
	$(PY) scripts/bench.py

lock: $(if $(filter .tools/bin/uv,$(UV)),.tools/bin/uv) ## resolve the dependencies anew
	$(UV) export --quiet --upgrade --all-groups --no-emit-workspace --no-header --output-file requirements.lock
	@rm -f uv.lock

build: $(READY) ## build the wheels into dist/
	$(UV) build --quiet --all-packages --wheel --no-build-isolation --python $(PY) --out-dir dist

clean: ## remove what was made
	rm -rf .venv .tools dist site
