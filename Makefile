# The one list of tasks; .ci/run and the pre-commit hooks call it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip --quiet --disable-pip-version-check
WHEEL_VENV := build/wheel-venv

.DEFAULT_GOAL := help
.PHONY: help demo test test-powershell lint types imports bench docs smoke format clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## Set everything up, audit the lab, print the table and write report.html.
	@$(BIN)/ssoaudit demo --out . ; code=$$? ; [ $$code -le 1 ] || exit $$code

test: $(VENV)/.test ## Set everything up and run the tests.
	$(BIN)/python -m pytest -n auto

test-powershell: $(VENV)/.test ## Run the collector in a real PowerShell, where there is one.
	@$(BIN)/python -m tests.powershell

lint: $(VENV)/.dev ## Check style and formatting.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

imports: $(WHEEL_VENV)/.installed ## Check who imports whom, in the built wheel.
	cd $(WHEEL_VENV) && bin/lint-imports --config $(CURDIR)/pyproject.toml

types: $(WHEEL_VENV)/.installed ## Check the types of the built wheel.
	cd $(WHEEL_VENV) && bin/python -m mypy --config-file $(CURDIR)/pyproject.toml -p ssoaudit

smoke: $(WHEEL_VENV)/.installed ## Run the demo from the built wheel, in another folder.
	cd $(WHEEL_VENV) && { bin/ssoaudit demo --out smoke >/dev/null; [ $$? -eq 1 ]; }
	test -s $(WHEEL_VENV)/smoke/report.html

bench: $(VENV)/.bench ## Measure speed, as ratios; some ten minutes.
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.collect_winrm

docs: $(VENV)/.test ## Write the generated tables of docs/ again.
	$(BIN)/python -m docs.generate

format: $(VENV)/.dev ## Format the code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what these tasks made.
	rm -rf $(VENV) build dist *.egg-info report.html result.json evidence.json

$(VENV)/bin/python:
	@PYTHON=$(PYTHON) sh .ci/prepare
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml setup.cfg
	$(PIP) install --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	$(PIP) install --group test
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) install --group bench || echo 'Measuring without the clients that are not installed.' >&2
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(PIP) install --group dev
	@touch $@

$(WHEEL_VENV)/.installed: $(VENV)/.dev $(shell find ssoaudit checks reports -type f -not -name '*.pyc' 2>/dev/null)
	rm -rf $(WHEEL_VENV) build/wheel build/lib
	$(BIN)/python -m build --wheel --outdir build/wheel . >/dev/null
	$(BIN)/python -m venv $(WHEEL_VENV)
	$(WHEEL_VENV)/bin/python -m pip --quiet --disable-pip-version-check install --upgrade 'pip>=25.1'
	$(WHEEL_VENV)/bin/python -m pip --quiet --disable-pip-version-check install build/wheel/*.whl --group lint
	@touch $@
