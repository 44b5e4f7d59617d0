# Everything in one word each. `make setup` needs Python >= 3.11 and nothing else of ours;
# mirrors set for pip, uv and npm are used as they stand.
LINLI := .venv/bin/linli
LAN ?=
ARGS ?=
# Many tests wait for a clock or a far end: one worker more than two cores.
JOBS ?= 3
export LINLI_PYTHON
# Where the environment forbids bytecode every process would compile every module again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup faces demo demo-check dev test whole seeds fuzz check format lock wheel clean

help:
	@echo "make setup        .venv/bin/linli and its pages, from nothing but Python >= 3.11"
	@echo "make faces        setup, and what faces need (nothing compiles)"
	@echo "make demo         a town of simulated people, in your browser (LAN=1: for phones too)"
	@echo "make demo-check   the same town, walked through by itself; says what held"
	@echo "make test         set up and test (ARGS='tests/unit -x' picks; JOBS=1: one at a time)"
	@echo "make whole        the same with nothing left out: every page in every language and size"
	@echo "make seeds        many more draws of every test that draws (minutes)"
	@echo "make fuzz         every parser, ten seconds each by coverage (ARGS='osdp --seconds 600')"
	@echo "make check        format, lint, types, arrows between the packages, pages"
	@echo "make format       lay out Python as make check wants it"
	@echo "make wheel        dist/linli-*.whl with the pages inside"
	@echo "make lock         lock what pyproject.toml and package.json ask for (UPGRADE=1: newest)"
	@echo "make clean        remove what the others made"

setup:
	@sh bootstrap.sh setup

faces:
	@sh bootstrap.sh faces

demo: setup
	@$(LINLI) demo $(if $(LAN),--lan) $(ARGS)

demo-check: setup
	@$(LINLI) demo --check $(ARGS)

dev:
	@sh bootstrap.sh dev

test: dev
	@.venv/bin/python -m pytest $(if $(filter-out 0 1,$(JOBS)),-n $(JOBS)) $(ARGS)

whole: export LINLI_NOTHING_LEFT_OUT := 1
whole: test

# What many draws find may be older than a change; so they stand beside its checks, as fuzzing does.
seeds: dev
	@LINLI_LONG=1 .venv/bin/python -m pytest $(if $(filter-out 0 1,$(JOBS)),-n $(JOBS)) -m luck $(ARGS)

fuzz: dev
	@.venv/bin/python -c 'import atheris' 2>/dev/null || \
		$(UV) pip install --quiet --no-deps --require-hashes -r requirements-fuzz.lock
	@.venv/bin/python -m tests.drivers.fuzz $(ARGS)

check: dev
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy
	.venv/bin/lint-imports
	sh bootstrap.sh npm run check

format: dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix-only .

wheel: dev
	.venv/bin/python -m hatchling build -t wheel

# One resolution for every platform and Python; no line of it names an index. What is locked stays
# as it is unless UPGRADE=1.
UV := $(shell command -v uv || echo .venv/bin/uv)
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url $(if $(UPGRADE),--upgrade)
lock:
	$(COMPILE) pyproject.toml --extra demo --group build -o requirements.lock
	$(COMPILE) pyproject.toml --extra demo --extra postgres --group build --group dev \
		-c requirements.lock -o requirements-dev.lock
	$(COMPILE) pyproject.toml --extra faces --extra face-recognition \
		-c requirements-dev.lock -o requirements-faces.lock
	$(COMPILE) --group fuzz -c requirements-dev.lock -o requirements-fuzz.lock
	$(COMPILE) --group node -o requirements-node.lock
	$(COMPILE) --group setup -o requirements-setup.lock
	sh bootstrap.sh npm install --package-lock-only

clean:
	rm -rf .venv node_modules build dist hub/static kiosk/static simulators/static .setup.lock
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
