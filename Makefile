# run, test, check, fix, bench: each sets up what it needs on a machine with Python 3.11 and make.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.PHONY: run test check fix bench soak browser

run: .venv/runtime
	@exec $(BIN)/python manage.py serve

test: .venv/dev browser
	$(BIN)/pytest -n 2 --dist loadgroup

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev browser
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.forecast
	$(BIN)/python -m benchmarks.matching
	$(BIN)/python -m benchmarks.detection
	$(BIN)/python -m benchmarks.tube_detection

soak: .venv/dev browser
	SOAK=1 $(BIN)/pytest -n 2 --dist loadgroup tests/integration/test_durability.py tests/integration/test_pull_turns.py tests/unit/test_area_shapes.py \
	  tests/browser/test_clerk_offline.py::test_what_was_acknowledged_survives_a_kill_and_the_rest_is_sent_again_and_counts_once \
	  tests/browser/test_wall_life.py::test_days_of_rotation_leave_nothing_behind
	SOAK=1 $(BIN)/pytest -n 2 --dist loadgroup -m dresses tests/browser

# Debian's Chromium and Chinese fonts for the browser tests; where they cannot be installed, those are skipped.
browser:
	@sh tests/browser/install_chromium.sh

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed" or 0)'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(PIP) install -r requirements.txt
	@touch $@

.venv/dev: requirements.txt requirements-dev.txt | .venv/bin/python
	$(PIP) install -r requirements-dev.txt
	@touch .venv/runtime $@
