#!/usr/bin/env bash
# Runs the scenarios of flow under another runner, Redocly Respect, against the served fake: each workflow in a world of its own.
# What Respect can not do is left out, and said with its reason.
#
#     bash tests/clients/install.sh node target/clients
#     bash tests/clients/respect.sh target/debug/standin target/clients
set -euo pipefail

binary=$(realpath "$1")
folder=$(realpath "$2")
cd "$(dirname "$0")/../.."

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export respect=$folder/node_modules/.bin/redocly

# FILE WORKFLOW REASON; the first line that fits, with `*` for any rest.
left_out() {
  cat <<'END'
idempotency        upload                 it can not make the file part of a multipart body
media              *                      it can not make the file part of a multipart body
oauth              start                  it follows redirects, and the one to the network is what matters
oauth              start-for-a-channel    it follows redirects, and the one to the network is what matters
oauth              connect-*              it follows redirects, and the one to the network is what matters
paging-and-filters pages                  it writes no nested deepObject parameters
paging-and-filters order                  it writes no nested deepObject parameters
paging-and-filters filter-*               it writes no nested deepObject parameters
paging-and-filters no-such-filter         it writes no nested deepObject parameters
publishing         account-in-trouble     it waits in real time, and this takes minutes
publishing         publish-later          it waits in real time, and this takes minutes
rate-limits        wait-and-go-on         it waits in real time, and this takes a minute
usage              one-day                it ends a JSON Pointer at a space
webhooks           life-of-a-subscription an absent value is not null to it
webhooks           receiver-gone          it waits in real time, and this takes more than an hour
webhooks           receiver-in-trouble    it waits in real time, and this takes half a minute
webhooks           story-of-a-failure     it waits in real time, and this takes minutes
END
}

# Why FILE's WORKFLOW is left out; nothing when it is run.
why_not() {
  local file workflow reason
  while read -r file workflow reason; do
    # shellcheck disable=SC2053 # the workflow is a pattern
    if [[ $1 == "$file" && $2 == $workflow ]]; then
      echo "$reason"
      return
    fi
  done < <(left_out)
}

# Respect refuses a schema with an extension field or with a format that it does not know, so it gets copies without them.
work=$(mktemp -d "$folder/respect.XXXXXX")
mkdir -p "$work/scenarios/flow"
cp -r spec "$work/spec"
for scenario in scenarios/flow/*.arazzo.yaml; do
  sed -e '/^ *x-standin-from: /d' -e '/^ *format: uri$/d' "$scenario" >"$work/$scenario"
done

# Polling takes real time under Respect, so the clock has to go.
"$binary" serve flow --port 0 --clock wall >"$work/ready" 2>"$work/log" &
fake=$!
trap 'kill "$fake" 2>/dev/null || true; wait "$fake" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  grep -q '^standin ready ' "$work/ready" && break
  kill -0 "$fake" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
base=$(sed -n 's/^standin ready //p' "$work/ready")
export origin=${base%/v1}
credential=$(sed -n 's/^  credential  Authorization: Bearer //p' "$work/log")
export credential

# Runs one workflow; keeps its output, and a file `failed` when it fails.
one() {
  local file=$1 workflow=$2
  local world=$file.$workflow
  local servers=(--server "flow=$origin/~$world/v1")
  if grep -q '^  - name: control$' "scenarios/flow/$file.arazzo.yaml"; then
    servers+=(--server "control=$origin/~$world/_standin")
  fi
  "$respect" respect "scenarios/flow/$file.arazzo.yaml" --workflow "$workflow" "${servers[@]}" \
    --input "apiKey=$credential" --input "receiver=$origin/_standin/webhooks/receive" \
    --input "twitterChannel=channel_launch" >"$world.out" 2>&1 || touch "$world.failed"
}
export -f one

bad=0
for scenario in scenarios/flow/*.arazzo.yaml; do
  file=$(basename "$scenario" .arazzo.yaml)
  run=()
  left=()
  for workflow in $(sed -n 's/^  - workflowId: //p' "$scenario"); do
    reason=$(why_not "$file" "$workflow")
    if [ -n "$reason" ]; then left+=("     left out: $workflow, for $reason"); else run+=("$workflow"); fi
  done
  (cd "$work" && [ ${#run[@]} = 0 ] || printf '%s\n' "${run[@]}" | (cd "$work" && xargs -P "$(nproc)" -I{} bash -c 'one "$@"' one "$file" {}))
  failed=$(find "$work" -maxdepth 1 -name "$file.*.failed" | wc -l)
  if [ "$failed" = 0 ]; then verdict=ok; else verdict=FAIL bad=1; fi
  printf '%-4s %-18s %d of %d workflows run, %d failed\n' "$verdict" "$file" "${#run[@]}" "$((${#run[@]} + ${#left[@]}))" "$failed"
  [ ${#left[@]} = 0 ] || printf '%s\n' "${left[@]}"
  for failure in "$work/$file".*.failed; do
    [ -e "$failure" ] && sed -e 's/\x1b\[[0-9;]*m//g' -e '/║\|╔\|╚/d' "${failure%.failed}.out"
  done
done
exit $bad
