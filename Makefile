# The commands of this project; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed
FETCHED := web/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help install train test test-slow web test-web check format lint types docs docs-reference package bench clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

install: $(INSTALLED)  ## make .venv and install fizzlab with what its tests need

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[test]"
	@touch $@

$(DEVELOPED): $(INSTALLED)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev]"
	@touch $@

train: $(INSTALLED)  ## train a net and print the result
	$(BIN)/fizzlab train

test: $(INSTALLED)  ## run all tests but the slow campaigns and those in a browser
	$(BIN)/python -m pytest -n 2 --dist worksteal
	@command -v chromium >/dev/null \
		|| echo "Not tested: the lab in a browser. Install chromium (Debian: apt-get install chromium), then make test-web."

test-slow: $(INSTALLED)  ## run the slow campaigns (minutes)
	$(BIN)/python -m pytest -n 2 -m slow

$(FETCHED): web/package.json web/package-lock.json
	cd web && npm ci
	@touch $@

web: $(FETCHED)  ## check the lab's page and build it into src/fizzlab/lab/static/
	cd web && npm run check && npm test && npm run build

test-web: $(INSTALLED) $(FETCHED)  ## test the lab in a real browser (needs chromium)
	$(BIN)/python -m pytest -m browser tests/lab/browser

format: $(DEVELOPED)  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(DEVELOPED)  ## check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEVELOPED)  ## check types
	$(BIN)/pyright

docs-reference: $(DEVELOPED)  ## write the generated pages of the docs
	$(BIN)/python docs/generate.py

docs: $(DEVELOPED)  ## build the docs site into site/, strictly
	$(BIN)/python docs/generate.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

package: $(DEVELOPED)  ## build the wheel, install it into an empty environment, and train with it
	rm -rf build/package dist
	$(BIN)/python -m build --outdir dist
	$(PYTHON) -m venv build/package
	build/package/bin/python -m pip install -q -c constraints.txt dist/*.whl
	cd build/package && bin/fizzlab train --epochs 20 --out run --overwrite --quiet \
		&& bin/fizzlab evaluate run --on 1..100 --json

bench: $(INSTALLED)  ## measure what fizzlab costs beside a bare script
	$(BIN)/python benchmarks/overhead.py

check: lint types test docs package  ## everything that must pass before a change lands

clean:  ## remove what can be made again
	rm -rf $(VENV) build dist site .pytest_cache .ruff_cache .hypothesis
