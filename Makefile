# make            lists what there is
# make report     sets everything up and renders the quarterly report
# make test       sets everything up and runs every test, law and notebook

COHORT  ?= data/synthetic/clinic
CLINIC  ?= C01
QUARTER ?=
ARGS    ?=

ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := .venv/Scripts
else
PYTHON ?= python3
BIN := .venv/bin
endif

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help report test bench validate check lab lock synthetic

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

report: .venv/.core ## render the quarterly report [CLINIC=C01 QUARTER=2026Q3 COHORT=folder]
	$(BIN)/hinge report quarterly-outcomes --cohort "$(COHORT)" --clinic "$(CLINIC)" \
	  $(if $(QUARTER),--quarter "$(QUARTER)",--last-quarter) --out reports $(ARGS)

# One thread a worker: two workers that each start a thread a core only wait for each other.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: .venv/.dev ## run every test, law and notebook [ARGS="-k mastery"]
	$(BIN)/python -m pytest -n auto $(ARGS)

bench: .venv/.dev ## measure against peers, in one run [SECTION=simulate ARGS="--quick --write"]
	$(BIN)/python -m benchmarks $(SECTION) $(ARGS)

validate: .venv/.dev ## run the long proofs, some minutes [SECTION=simulate ARGS="--write"]
	$(BIN)/python -m validation $(SECTION) $(ARGS)

check: .venv/.dev ## run the linter, the type checker and the import laws
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo

lab: .venv/.dev ## open JupyterLab with editable copies of the notebooks
	$(BIN)/hinge lab $(ARGS)

synthetic: .venv/.core ## make data/synthetic/clinic again from its scenario and seed
	$(BIN)/python -m hinge_outcomes.simulation.synthetic_clinic data/synthetic/clinic

# uv writes one file that holds for every platform; the files carry hashes and no index address.
UV   ?= uv
LOCK := $(UV) --no-config pip compile --universal --python-version 3.11 --generate-hashes \
  --only-binary :all: --no-emit-index-url --no-annotate --no-header --quiet pyproject.toml
lock: ## solve the dependencies again (needs uv)
	@command -v $(UV) > /dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv"; exit 2; }
	$(LOCK) --extra build -o requirements.lock
	$(LOCK) --extra build --extra lab --extra dev --extra bench --extra redcap \
	  -c requirements.lock -o requirements-dev.lock

# A Python environment of this folder's own. The stamps are written last, so a set-up that was cut
# short is taken up again; a lock that changed is installed again.
.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + \
	  ": make PYTHON=path/to/python3.11")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.core: requirements.lock pyproject.toml | .venv/.python
	@echo "Installing what reports need, about a minute ..."
	$(PIP) install --only-binary :all: --require-hashes -r requirements.lock
	$(PIP) install --no-index --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.core
	@echo "Installing what tests and JupyterLab need ..."
	$(PIP) install --only-binary :all: --require-hashes -r requirements-dev.lock
	@touch $@
