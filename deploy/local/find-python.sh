#!/bin/sh
# Prints a Python that can make our virtual environment (3.11 or newer, with venv), or says in one
# sentence what to install.
set -u

without_venv=""
for candidate in python3.13 python3.12 python3.11 python3; do
  # A version manager's shim may exist without its Python, so each candidate has to prove itself.
  "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
  if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
    command -v "$candidate"
    exit 0
  fi
  without_venv="$candidate"
done

if [ -n "$without_venv" ]; then
  echo "Flusso: $without_venv lacks its venv module; on Debian and Ubuntu: apt install python3-venv" >&2
else
  echo "Flusso needs Python 3.11 or newer, and found $(python3 --version 2>/dev/null || echo none)." >&2
fi
exit 1
