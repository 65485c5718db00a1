# Needs Python 3.11 or newer and make only.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin

.PHONY: dev test test-browser check audit bench install run messages lock screenshots htmx

dev: .venv/dev
	@PORT=$(PORT) $(BIN)/python -m tools.dev

run: .venv/run
	$(BIN)/python manage.py init
	$(BIN)/python manage.py serve

install: .venv/run

test: .venv/dev
	$(BIN)/python -m pytest -n auto

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/python -m pytest -n auto

test-browser: .venv/dev
	PORTAL_BROWSER=required $(BIN)/python -m pytest -n auto tests/browser

screenshots: .venv/dev
	$(BIN)/python -m tools.screenshots

# Needs Node, npm, Java and Chromium too, and says which is missing; its pinned packages go to var/audit.
audit: .venv/dev
	@$(BIN)/python -m tools.audit

# The English catalogue follows the French sentences; run it after changing one, then translate.
messages: .venv/dev
	$(BIN)/python -m tools.messages

# Needs Node and npm: builds static/htmx.min.js from the release that tools/htmx/ pins.
htmx:
	mkdir -p var/htmx && cp tools/htmx/* var/htmx
	npm ci --prefix var/htmx --ignore-scripts --no-audit --no-fund
	node var/htmx/build.mjs static/htmx.min.js

bench: .venv/dev
	$(BIN)/python -m bench

lock: .venv/dev
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.txt requirements-dev.in -o requirements-dev.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run: requirements.txt | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/run
