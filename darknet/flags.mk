# The flags of the build, checked. Included by this folder's Makefile, and by a Makefile above it
# that wants the same words and the same messages; such a Makefile lists its own variables in
# OTHER_FLAGS first, and goals that build nothing in NO_BUILD_GOALS.

# Environments often set DEBUG for something else.
ifeq ($(origin DEBUG),environment)
ifeq ($(filter 0 1,$(DEBUG)),)
override DEBUG := 0
endif
endif
GPU ?= 0
CUDNN ?= 0
OPENMP ?= 1
DEBUG ?= 0
LIBSO ?= 1
SANITIZE ?= 0

# ONEDNN not given means: 1 where oneDNN >= 3 is found, else 0, saying so. ONEDNN=1 insists.
ONEDNN_ASKED := $(if $(filter undefined,$(origin ONEDNN)),0,1)
ONEDNN ?= 1

SWITCHES := GPU CUDNN OPENMP DEBUG LIBSO ONEDNN SANITIZE
KNOWN_FLAGS := $(SWITCHES) ARCH CXX CXXFLAGS LDFLAGS AR NVCC PYTHON ONEDNN_ROOT QUIET $(OTHER_FLAGS)

ifeq ($(origin CXX),default)
CXX := g++
endif
NVCC ?= $(or $(shell command -v nvcc 2>/dev/null),$(wildcard /usr/local/cuda/bin/nvcc),nvcc)
PYTHON ?= python3

GIVEN_FLAGS := $(foreach v,$(.VARIABLES),$(if $(findstring command line,$(origin $(v))),$(v)))
UNKNOWN_FLAGS := $(filter-out $(KNOWN_FLAGS),$(GIVEN_FLAGS))
ifneq ($(filter OPENCV,$(UNKNOWN_FLAGS)),)
$(error OPENCV is not a flag here: pictures and videos are read by the Python package. Known: $(SWITCHES))
endif
ifneq ($(filter AVX,$(UNKNOWN_FLAGS)),)
$(error AVX is not a flag here: the fastest instructions are chosen at run time. Known: $(SWITCHES))
endif
ifneq ($(UNKNOWN_FLAGS),)
$(error unknown flag $(firstword $(UNKNOWN_FLAGS)). Known: $(SWITCHES), each 0 or 1)
endif
$(foreach v,$(SWITCHES),$(if $(and $(filter 1,$(words $($(v)))),$(filter 0 1,$($(v)))),,\
  $(error $(v)=$($(v)) is not possible: $(v) is 0 or 1)))
ifeq ($(GPU)$(CUDNN),01)
$(error CUDNN=1 needs GPU=1)
endif
ifeq ($(GPU)$(SANITIZE),11)
$(error SANITIZE=1 is for GPU=0: the sanitizers and CUDA exclude each other)
endif

# What must be there, asked only when something is going to be built.
NO_BUILD_GOALS += clean help
BUILD_GOALS := $(filter-out $(NO_BUILD_GOALS),$(or $(MAKECMDGOALS),all))
ifneq ($(BUILD_GOALS),)
ifeq ($(shell command -v $(firstword $(CXX)) 2>/dev/null),)
$(error the C++ compiler '$(CXX)' is missing: install one (Debian, Ubuntu: apt install g++) or name yours with CXX=)
endif
ifeq ($(GPU),1)
ifeq ($(shell command -v '$(NVCC)' 2>/dev/null),)
$(error GPU=1 needs nvcc: install the CUDA toolkit and put its bin folder into PATH, or give NVCC=)
endif
endif
endif
