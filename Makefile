# The commands of a working day; `make` alone lists them.
# Needs a POSIX shell and Python 3.12, 3.13 or 3.14. Another Python: make setup PYTHON=/path/to/python

BIN := .venv/bin
STAMP := .venv/set-up
LOG := .venv/set-up.log
CASE ?= priors/pakistan_taliban_2021.yaml
NOTEBOOK ?= notebooks/01-first-forecast.ipynb
PIP := $(BIN)/python -m pip --quiet --no-input --disable-pip-version-check

.PHONY: help setup python forecast test lab voila docs benchmark clean

help:
	@echo 'make forecast    run the forecast of one case (CASE=priors/NAME.yaml for another)'
	@echo 'make lab         open the notebooks in JupyterLab'
	@echo 'make voila       show one notebook as a page without code (NOTEBOOK=notebooks/NAME.ipynb for another)'
	@echo 'make test        style, formatting and all tests'
	@echo 'make docs        build the pages and docstrings into a site, build/docs, that needs no network'
	@echo 'make benchmark   time the engine'
	@echo 'make setup       install what requirements.lock lists into .venv (the others do it when needed)'
	@echo 'make python      say which Python the set-up would use'
	@echo 'make clean       remove .venv, caches and build output'

# Prints the interpreter behind a usable Python, fails for any other: too old, too new for PyMC, or
# without venv and pip (Debian ships those apart).
define usable
import ensurepip, sys, venv; (3, 12) <= sys.version_info < (3, 15) or sys.exit(1); print(getattr(sys, "_base_executable", sys.executable))
endef

# Sets $found. Each candidate is run, because a name on PATH may be a pyenv shim that only fails.
# Shell built-ins only, so that it also works where nothing else is on PATH.
define find_python
wanted=3.13; { read -r wanted < .python-version; } 2>/dev/null || :; \
pyenv=$${PYENV_ROOT:-$$HOME/.pyenv}/versions; \
for python in $${PYTHON:+"$$PYTHON"} python3 "python$$wanted" python3.14 python3.13 python3.12 \
		"$$pyenv/$$wanted"*/bin/python "$$pyenv"/3.1[2-4]*/bin/python; do \
	found=$$("$$python" -c '$(usable)' 2>/dev/null </dev/null) && [ -n "$$found" ] && break; \
	found=; \
done; \
if [ -z "$$found" ]; then \
	echo 'No Python 3.12, 3.13 or 3.14 with venv and pip was found: install Python 3.13 (on Debian and Ubuntu also the package python3-venv), or name one with make setup PYTHON=/path/to/python.' >&2; \
	exit 1; \
fi
endef

export PYTHON

python:
	@$(find_python); echo "$$found"

# .venv is current when the stamp holds this folder and the checksums of the two files that define
# it. A moved or copied .venv is made anew (its scripts name the old folder); a changed lock is
# installed over the old one. Byte code is made as pip makes it of what it installs: where Python is
# told to write none, every start would compile the package again.
setup:
	@state() { pwd -P; cksum requirements.lock pyproject.toml; }; \
	here=$$(pwd -P); made_in=$$here; \
	if [ -f $(STAMP) ]; then \
		IFS= read -r made_in <$(STAMP); \
		if [ "$$(cat $(STAMP))" = "$$(state)" ] && $(BIN)/python -c '' 2>/dev/null; then exit 0; fi; \
	fi; \
	if [ "$$made_in" != "$$here" ] || ! $(BIN)/python -c '$(usable)' >/dev/null 2>&1 \
			|| ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		$(find_python); \
		echo "Making .venv with $$found" >&2; \
		"$$found" -m venv --clear .venv || exit 1; \
	fi; \
	echo 'Installing what requirements.lock lists (a few minutes the first time)' >&2; \
	pwd -P >$(STAMP); \
	cache=$$($(BIN)/python -m pip cache dir 2>/dev/null) && mkdir -p "$$cache" 2>/dev/null && [ -w "$$cache" ] \
		|| export PIP_NO_CACHE_DIR=1; \
	if $(PIP) install -r requirements.lock >$(LOG) 2>&1 \
			&& $(PIP) install --no-deps --no-build-isolation -e . >>$(LOG) 2>&1 \
			&& $(BIN)/python -m compileall -q forecasting >>$(LOG) 2>&1; then \
		state >$(STAMP); \
	else \
		cat $(LOG) >&2; \
		echo 'The set-up failed; what pip said stands above. "make clean setup" starts afresh.' >&2; \
		exit 1; \
	fi

forecast: setup
	@$(BIN)/forecasting run $(CASE)

# As many processes as there are cores, up to four, for each loads PyMC. tests/conftest.py says which
# tests stay together in one, and which come first.
PARALLEL := --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

test: setup
	@$(BIN)/python -m ruff check --quiet
	@$(BIN)/python -m ruff format --check --quiet
	@$(BIN)/python -m pytest $(PARALLEL)

lab: setup
	@$(BIN)/forecasting lab

# Voila's page asks a public host for an icon font that it already holds. The browser is told to ask
# this server only, so that the page comes up at once where there is no network.
SELF_ONLY := default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss:

voila: setup
	@$(BIN)/python -m voila $(NOTEBOOK) --Voila.tornado_settings="{'headers': {'Content-Security-Policy': \"$(SELF_ONLY)\"}}"

# Every warning is an error, so nothing that was read before is taken as read.
docs: setup
	@rm -rf build/docs
	@$(BIN)/python -m sphinx -q -W --keep-going -E -d build/doctrees -c docs . build/docs
	@echo 'Open build/docs/index.html'

benchmark: setup
	@$(BIN)/python benchmarks/network.py

clean:
	@rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis
	@find . -name .git -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints -o -name '*.egg-info' \) \
		-prune -exec rm -rf {} +
