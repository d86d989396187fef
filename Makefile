# Each command sets up all it needs. `make` alone lists them.

PYTHONS = python3 python python3.14 python3.13 python3.12 python3.11
ifdef PYTHON
chosen = --this-python
else
PYTHON := $(shell for name in $(PYTHONS); do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$name" && break; done)
endif

ifdef STUDY
ifdef CONFIG
$(error give STUDY or CONFIG, not both)
endif
CONFIG := $(wildcard studies/$(STUDY)/config.yaml)
ifeq ($(CONFIG),)
configured := $(patsubst studies/%/config.yaml,%,$(wildcard studies/*/config.yaml))
$(error studies/$(STUDY)/config.yaml is not there; STUDY takes: $(configured). For any other, give CONFIG=path)
endif
endif

in_environment = @"$(PYTHON)" scripts/environment.py $(chosen)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help report test docs lint format lock bench interrupt fuzz hooks clean python

help: ## list these commands
	@echo "make COMMAND [ARGS=\"more arguments\"] [PYTHON=/path/to/python]"
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-8s %s\n", $$1, $$2}' Makefile

report: python ## make the bulletin; STUDY=name makes another study's report, CONFIG=path takes other settings
	$(in_environment) snakemake $(ARGS) $(if $(CONFIG),--configfile "$(CONFIG)")
	@results=$$(sed -n 's/^results: *//p' "$(or $(CONFIG),config.yaml)" | head -n 1); \
	page="$${results:-results}/published/bulletin.html"; if test -f "$$page"; then echo "The report: $$page"; fi

test: python ## run the tests; ARGS=tests/test_environment.py runs one file
	$(in_environment) pytest --numprocesses auto --maxprocesses 8 --dist loadfile $(ARGS)

docs: python ## build the documentation as a site: site/index.html
	$(in_environment) python scripts/site/build.py site $(ARGS)

lint: python ## check style and layout, change nothing
	$(in_environment) ruff check .
	$(in_environment) ruff format --check .
	$(in_environment) snakefmt --check Snakefile

format: python ## lay out Python files and the Snakefile
	$(in_environment) ruff check --fix --exit-zero --quiet .
	$(in_environment) ruff format .
	$(in_environment) snakefmt Snakefile

lock: ## rewrite requirements.lock after a change in pyproject.toml; ARGS=--upgrade takes newer versions (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv; nothing else does" >&2; exit 1; }
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		--extra test $(ARGS) pyproject.toml -o requirements.lock

bench: python ## time a clean and a second run; ARGS="all" times all there is, ARGS=--help says what
	$(in_environment) python bench/bench.py $(ARGS)

interrupt: python ## end runs by force at 50 random moments; see that the next run makes the same (half an hour)
	$(in_environment) python bench/interrupt.py $(ARGS)

fuzz: python ## look for files that break the readers; ARGS="--seconds 1800 --keep" for long, keeping seeds (Linux)
	$(in_environment) python tests/fuzz/fuzz.py $(ARGS)

hooks: ## let git refuse commits that hold records, restricted results or notebooks with outputs
	git config core.hooksPath scripts/hooks

clean: ## delete results, the site and caches; .venv and data/raw stay
	rm -rf results site .snakemake .pytest_cache .ruff_cache .hypothesis
	find src tests scripts bench -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@test -n "$(PYTHON)" || { echo "desistance needs Python 3.11 or newer, and found none as $(PYTHONS);" \
		"install one, or name it: make report PYTHON=/path/to/python" >&2; exit 1; }
