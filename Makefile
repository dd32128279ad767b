# Every command works from a fresh clone: the first one makes .venv and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TARGETS := $(notdir $(wildcard targets/seccfg_*))

.PHONY: demo test check fmt lint type generate golden bench engines docs site clean
.DEFAULT_GOAL := test

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(STAMP)  ## install, lint, build, verify and explain two examples, and put the built middleware in front of a server
	@$(BIN)/python examples/demo.py

test: $(STAMP)  ## every test, on every engine this machine has
	@$(BIN)/python -m pytest -n auto

check: lint type  ## what a reviewer needs besides the tests
	@$(BIN)/python -m seccfg.spec.generate --check
	@$(BIN)/python -m seccfg.lint.generate --check
	@$(BIN)/python -m seccfg.cli.reach --check
	@$(BIN)/python -m seccfg.cli.pages --check
	@$(BIN)/python -m seccfg.targetapi.kit.pages --check
	@PYTHONPATH=.:targets $(BIN)/lint-imports --no-cache

fmt: $(STAMP)
	@$(BIN)/ruff check --fix seccfg targets tests examples

lint: $(STAMP)
	@$(BIN)/ruff check seccfg targets tests examples

type: $(STAMP)
	@$(BIN)/mypy -p seccfg
	@for target in $(TARGETS); do MYPYPATH=targets $(BIN)/mypy -p $$target || exit 1; done

generate: $(STAMP)  ## loader, schema, reference, rule index and rule pages, from their sources
	@$(BIN)/python -m seccfg.spec.generate
	@$(BIN)/python -m seccfg.lint.generate
	@$(BIN)/python -m seccfg.cli.reach
	@$(BIN)/python -m seccfg.lint.generate  # the pages say what the line above found

golden: $(STAMP)  ## rewrite examples/*/expected
	@$(BIN)/python -m pytest -q -n0 tests/test_golden.py --rewrite-golden

bench: $(STAMP)  ## start-up, compile and middleware figures, each a ratio to a baseline of the same run
	@$(BIN)/python -m tests.bench

engines: $(STAMP)  ## fetch the engines `verify` needs besides Python's own, and list what it can run here
	@for script in tests/engines/*.sh; do bash $$script || { test -z "$$SECCFG_REQUIRE_ENGINES" || exit 1; }; done
	@$(BIN)/seccfg targets

docs: generate  ## everything under docs/ that is generated
	@$(BIN)/python -m seccfg.cli.pages
	@$(BIN)/python -m seccfg.targetapi.kit.pages

site: docs  ## the documentation as a site, in site/
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
