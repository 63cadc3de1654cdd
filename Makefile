# Everything is installed into a virtual environment, because many systems do not let pip install
# into their own Python. PYTHON may name another interpreter, 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The versions that the tests ran with, one file for each Python; `make constraints` writes them.
CONSTRAINTS = $(addprefix --constraint ,$(wildcard constraints/python$(shell $(BIN)/python -c \
  'import sys; print(*sys.version_info[:2], sep=".")').txt))
PIP = $(BIN)/python -m pip install --disable-pip-version-check $(CONSTRAINTS)
INSTALL = $(PIP) --quiet --editable
PYTHONS := 3.11 3.12 3.13 3.14
# The extras that users install, without those for tests.
RUN_EXTRAS := --extra all --extra oidc --extra postgres --extra dask --extra remote
# Test processes. With three on two cores, tests of a service under load meet a service that is short
# of time.
WORKERS := 2

.PHONY: serve test lint types check-imports train constraints test-floors clean
.DELETE_ON_ERROR:

serve: $(VENV)/.serve  ## install, then start the service on http://127.0.0.1:8000
	@echo 'Starting the service. The first start compiles for about ten seconds.'
	@$(BIN)/moderation serve

test: $(VENV)/.test lint types check-imports  ## install the test extras, lint, type-check, run every test
	$(BIN)/moderation labels check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

check-imports: $(VENV)/.test
	$(BIN)/lint-imports

train: $(VENV)/.test  ## train the fast tier from labels/ and the public corpora
	$(BIN)/python train.py

constraints: $(BIN)/python  ## pin the newest allowed versions for each Python, and the oldest
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	for version in $(PYTHONS); do \
	  $(BIN)/uv pip compile pyproject.toml --quiet --upgrade --all-extras --universal \
	    --no-annotate --no-header --python-version $$version \
	    --output-file constraints/python$$version.txt || exit 1; \
	done
	$(BIN)/uv pip compile pyproject.toml --quiet --upgrade $(RUN_EXTRAS) --no-deps \
	  --no-annotate --no-header --resolution lowest-direct --python-version 3.11 \
	  --output-file constraints/floors.txt

# Old versions warn about each other, and pass some more files of ours, which is not our concern.
# Browsers are tested by `make test`.
test-floors: $(VENV)/.floors  ## run the tests that the oldest versions of the dependencies could break
	$(VENV)-floors/bin/python -m pytest -n $(WORKERS) --dist loadfile -o filterwarnings=default \
	  -k 'not browser and not keyboard and not shift and not circle and not twenty and not few_files' \
	  tests/test_cli.py tests/test_moderator.py tests/batch tests/desk tests/service

# Some distributions ship Python without the module that installs pip into a new environment. There,
# the system's pip does it.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11'; exit 1; }
	@echo 'Making a virtual environment in $(VENV).'
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
	  { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } || \
	  { rm -rf $(VENV); echo 'No environment could be made. Install the module venv or pip for' $(PYTHON)' (on Debian: apt install python3-venv).'; exit 1; }

# Not quiet: a person waits a minute or two for it.
$(VENV)/.serve: pyproject.toml $(wildcard constraints/python*.txt) | $(BIN)/python
	@echo 'Installing about 90 packages into $(VENV), once; pip says which.'
	@$(PIP) --editable '.[all]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@echo 'Installing about 160 packages into $(VENV), once.'
	$(INSTALL) '.[test]'
	@touch $@ $(VENV)/.serve

$(VENV)/.finetune: pyproject.toml | $(BIN)/python
	$(INSTALL) '.[test,finetune]'
	@touch $@ $(VENV)/.test $(VENV)/.serve

$(VENV)/.floors: pyproject.toml constraints/floors.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)-floors 2>/dev/null || \
	  { $(BIN)/python -m venv --clear --without-pip $(VENV)-floors && \
	    $(BIN)/python -m pip --python $(VENV)-floors/bin/python install --quiet pip; }
	$(VENV)-floors/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints/floors.txt --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-floors build dist reports .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
