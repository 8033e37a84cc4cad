# run, test, check, fix, bench: each sets up what it needs on a machine with Python 3.11 and make.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

# audit: asks for known weaknesses of what is installed; needs the network and says so where it has none.

.PHONY: run test check audit fix bench bench-city soak browser

run: .venv/runtime
	@exec $(BIN)/python manage.py serve

test: .venv/dev browser
	$(BIN)/pytest -n 2 --dist loadgroup

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pip check
	$(BIN)/pytest -n 0 tests/unit/test_dependencies.py tests/unit/test_secrets.py

audit: .venv/dev
	$(BIN)/python .ci/audit.py

fix: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev browser
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.forecast
	$(BIN)/python -m benchmarks.matching
	$(BIN)/python -m benchmarks.detection
	$(BIN)/python -m benchmarks.tube_detection

# District and city side by side on PostgreSQL: the wheel's, or the server of DATABASE_URL. Loads a whole city once:
# CITY="--share 0.05" makes a smaller one.
bench-city: .venv/dev browser
	$(BIN)/python -m benchmarks.city $(CITY)

soak: .venv/dev browser
	SOAK=1 $(BIN)/pytest -n 2 --dist loadgroup tests/integration/test_faults.py tests/integration/test_pull_turns.py tests/unit/test_area_shapes.py \
	  tests/browser/test_clerk_offline.py::test_what_was_acknowledged_survives_a_kill_and_the_rest_is_sent_again_and_counts_once \
	  tests/browser/test_wall_life.py::test_days_of_rotation_leave_nothing_behind
	SOAK=1 $(BIN)/pytest -n 2 --dist loadgroup tests/integration/test_fuzz.py tests/integration/test_leaks.py
	SOAK=1 $(BIN)/pytest -n 2 --dist loadgroup -m dresses tests/browser

# Debian's Chromium, Chinese fonts and nginx for the tests that need them; where they cannot be installed, those are skipped.
browser:
	@sh tests/browser/install_chromium.sh
	@sh tests/integration/install_nginx.sh

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed" or 0)'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(PIP) install -r requirements.txt
	@touch $@

.venv/dev: requirements.txt requirements-dev.txt | .venv/bin/python
	$(PIP) install -r requirements-dev.txt
	@touch .venv/runtime $@
