# `make run` is all it takes; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-diarization s3-venv run dev test check coverage bench lighthouse eval types lint format docs-check schema-check reset logs shell

HOST ?= 127.0.0.1
PORT ?= 8000
TEST ?= tests
PROCESSES ?= 2
TORCH ?= cpu
BIN := .venv/bin
PREFLIGHT := config/embedded/preflight.py

# The environment is made anew only when the pins change: the stamp's name is their fingerprint.
fingerprint = $(shell cat $(1) | sha256sum | cut -c1-16)
RUN_PINS := requirements/embedded.txt requirements/embedded-no-deps.txt
DEV_PINS := requirements/dev.txt requirements/embedded-no-deps.txt
RUN_STAMP := .venv/installed-run-$(call fingerprint,$(RUN_PINS))
DEV_STAMP := .venv/installed-dev-$(call fingerprint,$(DEV_PINS))

# uv reads no pip.conf and no PIP_* variables; hand over what it needs to find the same packages.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_EXTRA_INDEX_URL
export UV_INDEX ?= $(PIP_EXTRA_INDEX_URL)
endif
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif

# $(call install,file of pins): uv takes seconds, pip is there for the day uv cannot reach the index.
define install
	@($(BIN)/uv pip install --quiet --python $(BIN)/python -r $(1) \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -r requirements/embedded-no-deps.txt) \
	  || (echo "uv could not install, trying pip" \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1) \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/embedded-no-deps.txt)
endef

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN_STAMP) ## create .venv and install what `make run` needs

setup-dev: $(DEV_STAMP) ## the same with the tools for development

setup-diarization: | $(BIN)/uv ## pyannote.audio beside it, 1.5 GB (TORCH=cpu, or auto for a GPU; see docs/models.md)
	@echo "Installing pyannote.audio and torch"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $(if $(UV_FIND_LINKS),,--torch-backend $(TORCH)) -r requirements/diarization.txt \
	  || (echo "No wheels of torch for “$(TORCH)” to be had, taking what the index has" \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements/diarization.txt)
	@$(if $(filter cpu,$(TORCH)),rm -f .venv/lib/python*/site-packages/torchaudio/lib/*.so)

s3-venv: var/test/s3-venv/bin/swift-proxy-server ## the S3 server that the storage tests talk to

run: $(RUN_STAMP) ## start everything (HOST=127.0.0.1 PORT=8000)
	@exec $(BIN)/python manage.py up --host $(HOST) --port $(PORT)

dev: $(DEV_STAMP) ## start everything; processes start again when Python files change
	@DEBUG=$${DEBUG:-1} exec $(BIN)/python manage.py up --host $(HOST) --port $(PORT) --reload

test: $(DEV_STAMP) ## run the tests (TEST="tests/media -k upload" PROCESSES=2)
	@$(BIN)/pytest -n $(PROCESSES) $(TEST)

check: lint types schema-check ## all that must pass before a change is merged
	@SECRET_KEY=$$($(BIN)/python -c "import secrets; print(secrets.token_urlsafe(64))") PUBLIC_URL=https://tadwin.example \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING
	@DJANGO_SETTINGS_MODULE=config.settings_test $(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/pytest $(TEST)

coverage: $(DEV_STAMP) ## run the tests and write htmlcov/
	@$(BIN)/coverage run -m pytest $(TEST)
	@$(BIN)/coverage html --skip-covered && $(BIN)/coverage report --skip-covered --sort=cover

bench: $(DEV_STAMP) ## measure and print tables
	@$(BIN)/pytest tests/benchmarks -m benchmark -s -p no:cacheprovider

types: $(DEV_STAMP) ## mypy, and tsc where Node.js is present
	@$(BIN)/mypy .
	@if command -v npm > /dev/null; then $(MAKE) --silent node_modules && npm run --silent types; fi

lint: $(DEV_STAMP) ## ruff and the import rules
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports

format: $(DEV_STAMP) ## write the format that `make lint` wants
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lighthouse: $(DEV_STAMP) ## scores of Lighthouse on the main pages, signed in (needs Node.js and Chromium)
	@$(BIN)/pytest tests/benchmarks/bench_lighthouse.py -m benchmark -s -q -p no:cacheprovider

eval: $(RUN_STAMP) ## error rates on a folder with manifest.json (DATA=/a/folder EVAL="--bare")
	@$(BIN)/python manage.py evaluate "$(or $(DATA),$(error make eval needs DATA=/a/folder))" $(EVAL)

docs-check: schema-check ## do the commands, links and codes in the docs hold?
	@$(BIN)/pytest -q tests/docs tests/config/test_env_example.py

schema-check: $(DEV_STAMP) ## is docs/openapi.yaml what the code says?
	@mkdir -p var && $(BIN)/python manage.py spectacular --fail-on-warn --validate --file var/openapi.yaml
	@diff -u docs/openapi.yaml var/openapi.yaml \
	  || (echo "docs/openapi.yaml is out of date: cp var/openapi.yaml docs/openapi.yaml" && exit 1)

reset: $(RUN_STAMP) ## delete the database, recordings and secrets in var/
	@$(BIN)/python -m config.embedded.reset

logs: ## follow what `make run` prints
	@tail -n 200 -F var/log/tadwin.log

shell: $(RUN_STAMP) ## Django's shell
	@$(BIN)/python manage.py shell

# The first Python that passes the check wins; 3.11 and 3.12 come first because a wheel brings Redis for them.
.venv/bin/python:
	@for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if command -v $$candidate > /dev/null && $$candidate $(PREFLIGHT) 2> /dev/null; then chosen=$$candidate; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	  command -v python3 > /dev/null || { echo "Tadwin needs Python 3.11, 3.12 or 3.13. Install one, then \`make run\`."; exit 1; }; \
	  for candidate in python3.13 python3.12 python3.11 python3; do \
	    if $$candidate -c '' 2> /dev/null; then $$candidate $(PREFLIGHT); exit 1; fi; \
	  done; \
	fi; \
	echo "Creating .venv with $$($$chosen --version)"; $$chosen -m venv .venv

var/test/s3-venv/bin/swift-proxy-server: requirements/s3-test.txt | $(BIN)/uv
	@$(BIN)/python -m venv var/test/s3-venv
	@$(BIN)/uv pip install --quiet --python var/test/s3-venv/bin/python -r requirements/s3-test.txt && touch $@

node_modules: package.json
	@npm install --ignore-scripts --no-save --no-package-lock --no-audit --no-fund --silent && touch $@

$(BIN)/uv: | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true

$(RUN_STAMP): | $(BIN)/uv
	@echo "Installing packages"
	$(call install,requirements/embedded.txt)
	@rm -f .venv/installed-run-* && touch $@

$(DEV_STAMP): | $(BIN)/uv
	@echo "Installing packages for development"
	$(call install,requirements/dev.txt)
	@rm -f .venv/installed-dev-* && touch $@
