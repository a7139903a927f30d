#!/usr/bin/env bash
# Installs the clients of other makes that the checks beside `cargo test` drive: Node packages and Python packages, into one folder.
#
#     bash tests/clients/install.sh node target/clients
#     bash tests/clients/install.sh python target/clients
set -euo pipefail

kind=$1
mkdir -p "$2"
folder=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)

case $kind in
  node)
    # What is there already at the right versions is left as it is.
    if ! cmp -s "$here/package.json" "$folder/package.json" || [ ! -d "$folder/node_modules" ]; then
      cp "$here/package.json" "$folder/package.json.new"
      rm -f "$folder/package.json"
      mv "$folder/package.json.new" "$folder/package.json"
      (cd "$folder" && npm install --silent --no-package-lock --no-audit --no-fund) || { rm -f "$folder/package.json"; exit 1; }
    fi
    ;;
  python)
    if ! cmp -s "$here/requirements.txt" "$folder/requirements.txt"; then
      python3 -m venv --clear "$folder/python"
      "$folder/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
      cp "$here/requirements.txt" "$folder/requirements.txt"
    fi
    ;;
  *)
    echo "usage: install.sh node|python FOLDER" >&2
    exit 2
    ;;
esac
