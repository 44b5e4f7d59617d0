"""The process that Atheris owns: libFuzzer ends it, so it does nothing else."""

import sys

import atheris

with atheris.instrument_imports(include=["drivers", "simulators.ends"]):
    from tests.drivers.fuzz.targets import TARGETS

name, *arguments = sys.argv[1:]
atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
atheris.Fuzz()
