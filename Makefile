# Everything runs in a virtual environment of the project's own, so that a system Python that
# refuses installs is never asked for one. PYTHON may name another interpreter, 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test lint types check-imports train clean
.DELETE_ON_ERROR:

serve: $(VENV)/.serve  ## install, then start the service on http://127.0.0.1:8000
	$(BIN)/moderation serve

test: $(VENV)/.test lint types check-imports  ## install the test extras, lint, type-check, run every test
	$(BIN)/moderation labels check
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

check-imports: $(VENV)/.test
	$(BIN)/lint-imports

train: $(VENV)/.test  ## train the fast tier from labels/ and join it with the encoder
	$(BIN)/python train.py

# Where a distribution ships Python without the module that puts pip into a new environment, the
# system's own pip installs it there.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
	  { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } || \
	  { rm -rf $(VENV); echo 'No environment could be made. Install the module venv or pip for' $(PYTHON)' (on Debian: apt install python3-venv).'; exit 1; }

$(VENV)/.serve: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.serve

$(VENV)/.finetune: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,finetune]'
	@touch $@ $(VENV)/.test $(VENV)/.serve

clean:
	rm -rf $(VENV) build dist reports .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
