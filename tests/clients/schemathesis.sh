#!/usr/bin/env bash
# Schemathesis makes calls from each service's document, good and bad ones, and holds every answer of the fake against it: no 5xx, no
# undeclared status, media type or header, no body that breaks its schema.
#
#     bash tests/clients/install.sh python target/clients
#     bash tests/clients/schemathesis.sh target/debug/standin target/clients [SERVICE]...
set -euo pipefail

self=$(realpath "$0")
binary=$(realpath "$1")
folder=$(realpath "$2")
shift 2
cd "$(dirname "$self")/../.."
if [ $# = 0 ]; then
  for document in spec/*/openapi.yaml; do set -- "$@" "$(basename "$(dirname "$document")")"; done
fi
# Each service by itself, as many at once as there are processors.
if [ $# != 1 ]; then
  printf '%s\n' "$@" | xargs -n 1 -P "$(nproc 2>/dev/null || echo 2)" bash "$self" "$binary" "$folder"
  exit
fi
service=$1

checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
work=$(mktemp -d "$folder/schemathesis.XXXXXX")
fake= ; mover=
end() {
  for process in $mover $fake; do kill "$process" 2>/dev/null || true; wait "$process" 2>/dev/null || true; done
  rm -rf "$work"
}
trap end EXIT

# Rate limits would refuse most calls: minutes of the fake's time pass while it is called.
move_time() {
  while sleep 0.2; do
    curl --silent --output /dev/null --noproxy '*' --json '{"by": 61}' "$1/_standin/clock/advance" || true
  done
}

# The paths of a document that live on a server of their own, each with the path of that server's URL.
own_servers() {
  "$folder/python/bin/python" - "$1" <<'END'
import sys, urllib.parse, yaml
for path, item in yaml.safe_load(open(sys.argv[1]))["paths"].items():
    if "servers" in item:
        print(path, urllib.parse.urlsplit(item["servers"][0]["url"]).path)
END
}

# Holds the answers at a URL against a document; the rest goes to Schemathesis.
hold() {
  local document=$1 url=$2
  shift 2
  (cd "$work" && NO_PROXY='*' "$folder/python/bin/schemathesis" run "$document" --url "$url" --header "$credential" --checks "$checks" \
    --phases examples,coverage,fuzzing --max-examples "${STANDIN_EXAMPLES:-10}" --seed 1 --workers 1 --continue-on-failure \
    --generation-database none --warnings off --no-color "$@") >>"$work/out" 2>&1
}

"$binary" serve "$service" --port 0 --clock frozen >"$work/ready" 2>"$work/log" &
fake=$!
for _ in $(seq 100); do
  grep -q '^standin ready ' "$work/ready" && break
  kill -0 "$fake" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
base=$(sed -n 's/^standin ready //p' "$work/ready")
origin=$(sed -E 's,^(https?://[^/]+).*,\1,' <<<"$base")
move_time "$origin" &
mover=$!
credential=$(sed -n 's/^  credential  //p' "$work/log")
document=$PWD/spec/$service/openapi.yaml
: >"$work/out"
verdict=ok
rest=()
while read -r path server; do
  rest+=(--exclude-path "$path")
  hold "$document" "$origin$server" --include-path "$path" || verdict=FAIL
done < <(own_servers "$document")
hold "$document" "$base" "${rest[@]}" || verdict=FAIL
if [ $verdict = ok ]; then
  made=$(sed -n 's/^ *\([0-9]*\) generated.*/\1/p' "$work/out" | awk '{ sum += $1 } END { print sum }')
  printf 'ok   %-18s %s calls\n' "$service" "$made"
else
  printf 'FAIL %s\n' "$service"
  cat "$work/out"
  exit 1
fi
