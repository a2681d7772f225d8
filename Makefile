# Gridkeel. `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help setup run test check bench generate firmware clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gridkeel needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "no venv module here: apt-get install python3-venv, then again"; rm -rf .venv; exit 1; }
	@touch $@

.venv/.runtime: .venv/.made requirements.txt pyproject.toml
	@echo "setting up .venv (pinned in requirements.txt) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt requirements-typings.txt
	@echo "adding what the tests need (pinned in requirements-dev.txt) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target .venv/typings --requirement requirements-typings.txt
	@touch $@

.venv/.peer: .venv/.made requirements-peer.txt requirements-ageing-peer.txt
	@echo "adding the peers of ISO 15118 and of ageing in .venv/peer (pinned in requirements-*peer.txt) ..."
	@$(PYTHON) -m venv .venv/peer
	@.venv/peer/bin/pip install --quiet --disable-pip-version-check --requirement requirements-peer.txt
	@.venv/peer/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements-ageing-peer.txt
	@touch $@

setup: .venv/.runtime .venv/.dev .venv/.peer ## everything into .venv, for running and for testing

run: .venv/.runtime ## play the recorded blackout through a controller; make run ARGS="--whole" and others
	@$(BIN)/gridkeel bench $(ARGS)

test: .venv/.dev .venv/.peer ## format, lint, types, generated files and all tests; needs no root
	@PYTHON=$(BIN)/python tools/test.sh $(ARGS)

check: .venv/.dev .venv/.peer ## only format, lint, types and generated files
	@PYTHON=$(BIN)/python tools/check.sh

bench: .venv/.dev ## every benchmark under tests/bench: ratios against a peer or a bound
	@for file in tests/bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

generate: .venv/.dev .venv/.peer ## write every generated file again: tables of the firmware, schemas, sections of docs
	@$(BIN)/python -m host_tools.generate --write

firmware: .venv/.runtime ## build the image of every board into out/firmware and print the sizes
	@$(BIN)/gridkeel firmware build --board all

clean: ## remove .venv, reports and caches
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache .hypothesis
