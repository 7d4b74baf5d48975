# The front door. make help says what there is; darknet/Makefile says what the flags mean.
# Everything Python lives in .venv, made on first use.
.DELETE_ON_ERROR:
.SUFFIXES:
all: library

OTHER_FLAGS := MODEL IMAGE PYTEST_ARGS BENCH_ARGS VENV
NO_BUILD_GOALS := lint format
include darknet/flags.mk

VENV ?= .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
ABSOLUTE_PY := $(abspath $(PY))

# Flags given to this make, for the makes below it; MODEL= and the like are not theirs.
MAKEOVERRIDES :=
GIVEN := $(foreach v,$(filter-out $(OTHER_FLAGS) PYTHON,$(GIVEN_FLAGS)),$(v)='$($(v))')
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
DARKNET = $(MAKE) --no-print-directory -s -C darknet $(JOBS) PYTHON='$(ABSOLUTE_PY)' $(GIVEN)
SETUP = env $(GIVEN) $(PY) setup.py -q

.PHONY: all library package dev demo test test-slow test-asan lint format bench wheel \
  wheel-bundled clean help

## make                library: darknet/libdarknet.a and libdarknet.so
library: $(if $(filter 1,$(ONEDNN)),$(VENV)/.onednn)
	+@$(DARKNET)

## make demo           detects in a drawn scene, offline; IMAGE=file MODEL=folder with .cfg .weights
##                     .names: on an image, without MODEL= with yolov4-tiny, which is downloaded
demo: package
	@$(if $(MODEL)$(IMAGE),$(PY) scripts/demo.py $(if $(MODEL),--model '$(MODEL)') \
	  $(if $(IMAGE),--image '$(IMAGE)'),$(PY) -m pydarknet demo)

## make test           the fast tests; PYTEST_ARGS= goes to pytest
test: package dev
	@$(PY) -m pytest $(PYTEST_ARGS)

## make test-slow      the others
test-slow: package dev
	@$(PY) -m pytest -m slow $(PYTEST_ARGS)

## make test-asan      tests of the native code under AddressSanitizer and UBSan
test-asan: $(VENV)/.runtime dev
	@VENV='$(VENV)' sh scripts/test_asan.sh $(PYTEST_ARGS)

## make lint           ruff, mypy and clang-format; make format repairs what they can
lint: dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/clang-format --dry-run -Werror $(NATIVE_FILES)

format: dev
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
	@$(VENV)/bin/clang-format -i $(NATIVE_FILES)

NATIVE_FILES = $(shell find darknet/src darknet/include -name '*.h' -o -name '*.cpp')

## make bench          beside OpenCV, onnxruntime and OpenVINO; BENCH_ARGS= goes to scripts/bench.py
bench: package $(VENV)/.bench
	@$(PY) scripts/bench.py $(BENCH_ARGS)

## make wheel          dist/*.whl for this machine; wheel-bundled: one for others, libdnnl inside
wheel: $(VENV)/.tools $(if $(filter 1,$(ONEDNN)),$(VENV)/.onednn)
	@env $(GIVEN) $(PIP) wheel --no-build-isolation --no-deps --wheel-dir dist .
	@ls dist/*.whl

wheel-bundled: $(VENV)/.tools $(if $(filter 1,$(ONEDNN)),$(VENV)/.onednn)
	@VENV='$(VENV)' env $(GIVEN) sh scripts/bundle_wheel.sh

clean:
	@$(MAKE) --no-print-directory -s -C darknet clean
	rm -rf build dist pydarknet.egg-info pydarknet/*.so pydarknet/_engine.c
	rm -f $(VENV)/.package $(VENV)/.extension

help:
	@sed -n 's/^## //p' Makefile
	@echo; $(MAKE) --no-print-directory -s -C darknet help

# ---- what is in .venv: each stamp file says that a step was done ---------------------------------
# One that was named is not replaced by another.
OTHER_PYTHONS := $(if $(findstring command,$(origin PYTHON)),,\
  python3.15 python3.14 python3.13 python3.12 python3.11)

$(VENV)/.created:
	@for python in $(PYTHON) $(OTHER_PYTHONS); do \
	  if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	    2>/dev/null; then \
	    echo "  venv $(VENV) ($$($$python --version))"; \
	    "$$python" -m venv $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "Python 3.11 or newer with venv is missing: install it (apt install python3-venv)" \
	  "or name yours with PYTHON=" >&2; exit 1

$(VENV)/.tools: $(VENV)/.created
	@echo "  pip  build tools"
	@$(PIP) install 'setuptools>=77' wheel 'cffi>=1.17'
	@touch $@

$(VENV)/.onednn: $(VENV)/.created
	@if [ -n "$$(sh darknet/scripts/find_onednn.sh '$(CXX)' '$(ONEDNN_ROOT)' '$(PY)')" ]; then \
	  touch $@; \
	elif [ -n '$(ONEDNN_ROOT)' ] || [ "$$(uname -sm)" != 'Linux x86_64' ]; then \
	  : darknet/Makefile says what is missing; \
	else \
	  echo "  pip  oneDNN"; \
	  $(PIP) install onednn-devel-cpu-gomp==2023.2.0 onednn-cpu-gomp==2023.2.0 && touch $@ || \
	    echo "note: oneDNN could not be installed"; \
	fi

$(VENV)/.runtime: setup.py pyproject.toml | $(VENV)/.tools
	@echo "  pip  what pydarknet needs"
	@$(PIP) install 'numpy>=1.26' 'opencv-python>=4.9,<5' 'requests>=2.31' 'tqdm>=4.66'
	@$(PY) -c 'import cv2' 2>/dev/null || { \
	  echo "  pip  opencv-python-headless (opencv-python needs libGL, which is not here)"; \
	  $(PIP) uninstall -y opencv-python && $(PIP) install 'opencv-python-headless>=4.9,<5'; }
	@touch $@

dev: $(VENV)/.dev
$(VENV)/.dev: pyproject.toml | $(VENV)/.tools
	@echo "  pip  test and lint tools"
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --group dev
	@touch $@

$(VENV)/.bench: pyproject.toml | $(VENV)/.runtime
	@echo "  pip  the peers to measure beside"
	@$(PIP) install onnx onnxruntime openvino 'opencv-python>=4.9,<5' psutil
	@touch $@

# The package is installed editable: its Python files are the checkout's, and so is the extension.
package: $(VENV)/.package
	@$(SETUP) build_ext --inplace
$(VENV)/.package: setup.py pyproject.toml | $(VENV)/.runtime $(if $(filter 1,$(ONEDNN)),$(VENV)/.onednn)
	@echo "  pip  pydarknet, with the engine"
	@env $(GIVEN) PYTHONWARNINGS=ignore $(PIP) install --no-build-isolation --no-deps \
	  --config-settings editable_mode=compat --editable .
	@touch $@
