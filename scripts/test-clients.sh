#!/usr/bin/env bash
# The tests of the clients: the TypeScript library on a real edge, then the page in Chromium on a real server. Takes the
# server's binary from THREADLINE_BIN, or target/debug/threadline. What cannot be run is said in a line that begins with
# SKIPPED; with CI set that is a failure. Ends with `clients: N passed, N failed`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

node_minimum=20.19
export THREADLINE_BIN=${THREADLINE_BIN:-$PWD/target/debug/threadline}
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
results=$PWD/target/test-artifacts
export THREADLINE_TEST_ARTIFACTS=${THREADLINE_TEST_ARTIFACTS:-$results/web}
chromium=${CHROMIUM:-/usr/bin/chromium}
passed=0
failed=0
status=0

skip() {
  echo "SKIPPED $*"
  if [ -n "${CI:-}" ]; then status=1 failed=$((failed + 1)); fi
}

finish() {
  echo "clients: $passed passed, $failed failed"
  exit "$status"
}

# A step that is not a test counts when it fails.
step() { # name, command…
  local name=$1
  shift
  echo "== $name"
  "$@" && return 0
  echo "FAILED $name"
  status=1 failed=$((failed + 1))
  return 1
}

# Adds up what a report says, as JSON with these two expressions in it; without a report something went wrong before.
count() { # report, passed, failed, exit status
  local numbers
  if [ -f "$1" ] && numbers=$(node -p "const r = JSON.parse(fs.readFileSync('$1', 'utf8')); \`\${$2} \${$3}\`"); then
    passed=$((passed + ${numbers% *})) failed=$((failed + ${numbers#* }))
  elif [ "$4" -ne 0 ]; then
    failed=$((failed + 1))
  fi
  if [ "$4" -ne 0 ]; then status=1; fi
}

# Runs the tests of a directory that vitest runs.
units() { # directory, report
  rm -f "$2"
  echo "== tests of $1"
  (cd "$1" && npx vitest run --reporter=default --reporter=json --outputFile.json="$2")
  count "$2" r.numPassedTests r.numFailedTests $?
}

version=$(node --version 2>/dev/null | tr -d v)
if ! command -v npm >/dev/null || ! printf '%s\n' $node_minimum "${version:-0}" | sort -V -C; then
  skip "the clients' tests: they need Node $node_minimum or newer with npm (found: ${version:-none})"
  finish
fi
if [ ! -x "$THREADLINE_BIN" ]; then
  echo "FAILED clients: no server at $THREADLINE_BIN; cargo build makes it"
  failed=1 status=1
  finish
fi

# Packages only anew when what is wanted has changed.
packages() { # directory
  local kept=$1/node_modules/.package-lock.json
  if [ -f "$kept" ] && [ ! "$1/package-lock.json" -nt "$kept" ]; then return 0; fi
  npm --prefix "$1" ci --no-progress --loglevel=error
}

mkdir -p "$results"
rm -rf "$THREADLINE_TEST_ARTIFACTS"

if step "packages of clients/typescript" packages clients/typescript; then
  step "types of clients/typescript" npm --prefix clients/typescript run --silent check
  step "size of clients/typescript" npm --prefix clients/typescript run --silent size
  units clients/typescript "$results/typescript.json"
fi

if step "packages of clients/web" packages clients/web && step "types of clients/web" npm --prefix clients/web run --silent check &&
  units clients/web "$results/web-units.json" && step "build of clients/web" npm --prefix clients/web run --silent build &&
  step "packages of clients/web/e2e" packages clients/web/e2e &&
  step "types of clients/web/e2e" npm --prefix clients/web/e2e run --silent check; then
  if [ -x "$chromium" ]; then
    echo "== journeys of clients/web"
    (cd clients/web/e2e && npx playwright test)
    count "$THREADLINE_TEST_ARTIFACTS/results.json" r.stats.expected "r.stats.unexpected + r.stats.flaky" $?
  else
    skip "the page's journeys: no Chromium at $chromium, and it could not be installed (Debian's package chromium; CHROMIUM names another one)"
  fi
fi
finish
