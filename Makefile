# Everything one does with the portal. `make` alone explains the targets.
# Written to: .venv/ (packages) and var/ (all else; VAR_DIR moves it).

HOST ?= 127.0.0.1
PORT ?= 8000
VAR := $(or $(VAR_DIR),var)
BIN := .venv/bin
# Production settings, whatever the shell says; `dev` alone sets DEBUG=1.
MANAGE := DEBUG= $(BIN)/python manage.py
export HOST PORT

# The first Python here that is new enough. To name another one:
# make PYTHON=/path/to/python3.12 setup
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 \
  python3.11,$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and \
  print("$(name)")' 2>/dev/null)))

PACKAGES := forum_portal exchange search sessions topics organizations records
MIGRATIONS := $(shell find $(PACKAGES) -path '*/migrations/*' -name '*.py')
STATIC := $(shell find static) forum_portal/storage.py requirements.lock

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup serve dev test test-faults lint bench bench-search bench-facets bench-pictures audit rehearse \
  rehearse-release admin messages lock database always

help: ## Show this list
	@echo "Forum Portal. make TARGET, where TARGET is one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s%s\n", $$1, $$2}' Makefile
	@echo "Settings: PORT=$(PORT) HOST=$(HOST) PYTHON=$(PYTHON)" \
	  "and those of docs/operators.md, as in"
	@echo "  make serve PORT=9000"

setup: $(BIN)/.packages database $(VAR)/.static ## Install packages, fill the database, collect static files
	@echo "Ready. Now: make serve"

serve: $(BIN)/.packages database $(VAR)/.static ## Set up if needed, then run the portal for real
	@exec env DEBUG= $(BIN)/gunicorn -c python:forum_portal.gunicorn

dev: $(BIN)/.packages database ## Run the portal for development: reloads by itself, shows errors
	@exec env DEBUG=1 $(BIN)/python manage.py runserver $(HOST):$(PORT)

# Tests that share what they made once stay on one core: tests/conftest.py groups them.
ON_EVERY_CORE := -n auto --dist loadgroup --no-loadscope-reorder

# What was compiled once need not be again, whatever the shell says.
test test-faults: export PYTHONDONTWRITEBYTECODE =

# What a browser sees and where links lead is the same on either database.
test: $(BIN)/.packages-dev lint ## Prove everything: lint, tests on SQLite and PostgreSQL, a real browser
	$(BIN)/python -m tests.browser.tools
	$(BIN)/pytest --db=sqlite $(ON_EVERY_CORE)
	$(BIN)/pytest --db=postgres --ignore=tests/browser --ignore=tests/test_links.py \
	  $(ON_EVERY_CORE)
	@$(BIN)/python -m tests.browser.tools --left-out

test-faults: $(BIN)/.packages-dev ## Kill, fill, lock and take away what a running portal stands on
	$(BIN)/pytest tests/faults --db=sqlite
	$(BIN)/pytest tests/faults --db=postgres

lint: $(BIN)/.packages-dev ## Check style, layers, migrations and the production settings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	DATABASE_URL=sqlite://:memory: $(MANAGE) makemigrations --check --dry-run
	SITE_URL=https://example.org $(MANAGE) check --deploy --fail-level WARNING

bench: $(BIN)/.packages-dev ## Measure every kind of page on both databases, kept and made anew
	@$(BIN)/python -m bench.portal $(SIZES)

bench-search: $(BIN)/.packages-dev ## Measure search at three sizes on both databases (long)
	$(BIN)/python -m bench.search $(SIZES)

bench-facets: $(BIN)/.packages-dev ## Measure facets at three sizes on both databases (long)
	$(BIN)/python -m bench.facets $(SIZES)

bench-pictures: $(BIN)/.packages ## Measure every picture at 300 organizations, 40 topics and 1,000 sessions
	@$(BIN)/python -m bench.pictures

audit: $(BIN)/.packages-dev ## Look for known faults in the packages, and print and check their licences
	@$(BIN)/python -m tests.dependencies
	@$(BIN)/python -m tests.dependencies --audit

rehearse: $(BIN)/.packages-dev $(VAR)/.static ## Break several hosts on this machine one by one (needs nginx, PostgreSQL)
	@$(BIN)/python -m bench.rehearse

rehearse-release: $(BIN)/.packages-dev ## Change over to another release under load, and back: nobody may notice
	@$(BIN)/python -m bench.release

admin: $(BIN)/.packages database ## Make an account for an organizer (asks for name and password)
	@$(MANAGE) createsuperuser

messages: $(BIN)/.packages-dev ## Extract new texts for translators (needs gettext), compile what they wrote
	$(MANAGE) makemessages -l zh_Hans --no-obsolete \
	  --add-location file --ignore var --ignore tests
	$(BIN)/python -c 'import pathlib, polib; [polib.pofile(str(path)) \
	  .save_as_mofile(str(path.with_suffix(".mo"))) \
	  for path in pathlib.Path("locale").rglob("*.po")]'

lock: $(BIN)/.packages-dev ## Pin every package, with hashes, after a change in requirements*.txt
	$(BIN)/pip install --quiet uv==0.13.9
	for name in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	    --generate-hashes --custom-compile-command "make lock" \
	    $$name.txt --constraint requirements.txt --output-file $$name.lock; \
	done

# --no-deps: the locks already name everything, so nothing needs resolving.
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-deps \
  --require-hashes --requirement

$(BIN)/.packages: requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found."; \
	  echo "  Debian 12, Ubuntu 24.04 or newer: sudo apt install python3-venv"; \
	  echo "  Installed elsewhere: make PYTHON=/path/to/python3.12 setup"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is" \
	  "$$($(PYTHON) --version 2>&1)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, sqlite3, venv' || { \
	  echo "$(PYTHON) lacks the module named above."; \
	  echo "  Debian, Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Installing packages into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(INSTALL) requirements.lock
	@touch $@

$(BIN)/.packages-dev: requirements-dev.lock $(BIN)/.packages
	@echo "Installing packages for testing into .venv ..."
	@$(INSTALL) requirements-dev.lock
	@touch $@

# A database named by DATABASE_URL may be another one each time, so it is always
# brought up to date. Our own file is, when a migration is new or the file is gone;
# the starting content goes into this one only, and only while it is empty.
ifneq ($(DATABASE_URL),)
database: $(BIN)/.packages
	@$(MANAGE) migrate --no-input --verbosity 0
	@$(MANAGE) rebuild_search --dirty --verbosity 0
else
database: $(VAR)/.database
endif

$(VAR)/.database: $(BIN)/.packages $(MIGRATIONS) $(if $(wildcard $(VAR)/portal.sqlite3),,always)
	@echo "Preparing the database ..."
	@$(MANAGE) migrate --no-input --verbosity 0
	@$(MANAGE) rebuild_search --dirty --verbosity 0
	@$(MANAGE) load_forum data/smisc --if-empty
	@touch $@

$(VAR)/.static: $(BIN)/.packages $(STATIC)
	@echo "Collecting static files ..."
	@$(MANAGE) collectstatic --no-input --verbosity 0
	@touch $@
