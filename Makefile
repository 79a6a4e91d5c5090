# make serve and make test are all a newcomer needs; each sets up what it rests on.
BIN := .venv/bin
# Tests wait for their peers about a third of the time, so there is one worker more than there are cores; four at most.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 3 ? cores + 1 : 4)))

.PHONY: help setup serve test check snippets bench audit soak fuzz crawl messages record lock format clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## the virtual environment and everything the tests need
	@tools/setup test

serve: ## the site on 8080, HTTP mock on 8081, SMTP mock on 1025 (ARGS="--smtp-port 0" and so on)
	@tools/setup run
	@$(BIN)/statuary serve $(ARGS)

test: setup ## lint, types, floors, content, and every test
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: ## lint, types, floors, content: under a minute
	@[ -x $(BIN)/mypy ] || tools/setup test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/python -m statuary.catalog.lint

snippets: ## every snippet on every framework, compared with what was recorded
	@tools/setup test
	@$(BIN)/python -m snippets run $(ARGS)

bench: ## the budgets, beside nginx, smtp-sink and a dozen mock servers
	@tools/setup bench
	@$(BIN)/python -m bench $(ARGS)

audit: ## one page of each kind in Lighthouse: performance, accessibility, best practices, SEO
	@tools/setup audit
	@$(BIN)/python tools/audit.py $(ARGS)

soak: ## a million exchanges, 5,000 connections, every effect under load, malformed input in bulk
	@tools/setup test
	@$(BIN)/python -m soak $(ARGS)

fuzz: ## a long fuzz of both engines
	@tools/setup test
	@$(BIN)/python fuzzing/fuzz_smtp.py --examples 200000
	@$(BIN)/python fuzzing/fuzz_http1.py --examples 200000

crawl: ## every page in every language through the Nu HTML checker
	@tools/setup test
	@$(BIN)/pytest tests/web --crawl $(ARGS)

messages: ## bring the translations' PO files up to date with the English
	@tools/setup test
	@$(BIN)/python tools/messages.py

record: ## record the transcripts that documents show, the manual's generated parts, and the lines of real logs
	@tools/setup test
	@$(BIN)/python -m tools.manual
	@$(BIN)/python -m tools.man
	@$(BIN)/python tools/record.py
	@$(BIN)/python -m tools.record_logs

lock: ## renew the locked dependencies
	@$(BIN)/pip install --quiet pip-tools
	@tools/lock

format: ## format the code
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

clean: ## remove what was built
	@rm -rf .venv build dist tests/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
