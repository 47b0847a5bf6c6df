"""How much a test repeats: a share in every run, the whole in `make test-deep`."""

import os

IS_WHOLE = os.environ.get("FLUSSO_TEST_DEPTH") == "whole"


def sized(usual: int, whole: int) -> int:
    """Return what suits this run. The usual size finds a fault that is there; the whole one what is rare."""
    return whole if IS_WHOLE else usual
