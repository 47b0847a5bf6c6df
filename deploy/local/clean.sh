#!/bin/sh
# Removes what `make setup` made, and the data folder after asking. Usage: clean.sh DATA_FOLDER
set -eu

data=$1
if [ -f "$data/lock" ] && command -v flock >/dev/null && ! flock -n "$data/lock" true; then
  echo "Flusso is running with the data folder $data: stop it first." >&2
  exit 1
fi
rm -rf .venv services/gateway/web/node_modules services/gateway/web/dist
rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
echo "Removed the virtual environment, the built web app and the caches."

[ -d "$data" ] || exit 0
echo "The data folder $data holds every workflow, run and task, $(du -sh "$data" | cut -f1) in all."
printf 'Delete it for ever? Type yes: '
read -r answer || answer=""
if [ "$answer" = yes ]; then
  rm -rf "$data"
  echo "Deleted $data."
else
  echo "Kept $data."
fi
