"""The library for CEL, without its command line."""

import sys
from types import ModuleType

# The package imports its own command line, and with it all that a terminal may need: a quarter of a second of every
# start, and 15 MB. Nothing else of it asks for that module.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel as library  # noqa: E402 - see above

__all__ = ["library"]
