#!/usr/bin/env bash
# Redocly's linter finds no error in the services' documents.
#
#     bash tests/clients/install.sh node target/clients
#     bash tests/clients/lint.sh target/clients
set -euo pipefail

redocly=$(realpath "$1")/node_modules/.bin/redocly
cd "$(dirname "$0")/../.."
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
for document in spec/*/openapi.yaml spec/control.yaml; do
  "$redocly" lint --config tests/clients/redocly.yaml --format stylish --max-problems 100 "$document"
done
