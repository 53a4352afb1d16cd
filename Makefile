# make demo   read the demo pictures in a fresh virtual environment
# make test   run the tests in another one (with the training framework)
# make lint   ruff and mypy
# make check  lint and test
# make models train the embedded models again (PyTorch, hours; see doc/models.md)
# make clean  remove environments, builds and results
#
# PYTHON=python3.12 chooses the interpreter; PYTEST_ARGS="-k charset" goes to pytest.

VENV      := .venv
TEST_VENV := .venv-test
PYTEST_ARGS ?=
PYTHON    ?= python3
MINUTES   ?= 480
MODELS_ARGS ?=

# Installing copies the package, so both environments are renewed when a source changes.
SOURCES := setup.py pyproject.toml $(shell find ppocr_lite -type f -not -name '*.pyc' 2>/dev/null)

.PHONY: help demo test lint format check models clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -8

$(VENV)/bin/pip $(TEST_VENV)/bin/pip:
	sh tools/make_venv.sh $(patsubst %/bin/pip,%,$@)

# A build/ folder of an earlier installation would put deleted modules back into the new one.
$(VENV)/installed: $(SOURCES) | $(VENV)/bin/pip
	rm -rf build
	$(VENV)/bin/pip install --quiet --disable-pip-version-check .
	touch $@

$(TEST_VENV)/installed: $(SOURCES) | $(TEST_VENV)/bin/pip
	rm -rf build
	$(TEST_VENV)/bin/pip install --quiet --disable-pip-version-check ".[train,test]"
	touch $@

demo: $(VENV)/installed
	$(VENV)/bin/python tools/infer/predict_system.py --image_dir doc/imgs/ --draw_img_save_dir inference_results
	@echo "Drawn pictures and system_results.txt are in inference_results/"

test: $(TEST_VENV)/installed
	OMP_NUM_THREADS=1 $(TEST_VENV)/bin/pytest $(PYTEST_ARGS)

lint: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/mypy

format: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/ruff check --fix .
	$(TEST_VENV)/bin/ruff format .

check: lint test

# Texts come from installed Debian packages; doc/synth.md lists those, and the fonts.
train_data/corpus:
	$(PYTHON) tools/synth.py corpus --out $@

models: | train_data/corpus
	$(PYTHON) tools/train_models.py --minutes $(MINUTES) $(MODELS_ARGS)

clean:
	rm -rf $(VENV) $(TEST_VENV) build dist *.egg-info inference_results .mypy_cache .ruff_cache
