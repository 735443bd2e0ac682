#!/usr/bin/env bash
# Everything that can be tested: make check, then all tests, on real Postgres and Apache Kafka, then those of the clients,
# in a real browser. At the end it says what was not run and why. With CI set, nothing may be left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

output=target/test-output.log
check_output=target/check-output.log
clients_output=target/test-clients-output.log
work=$(mktemp -d)
skipped=()

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

clean_up() {
  if [ -n "${THREADLINE_KAFKA_DIR:-}" ]; then scripts/kafka.sh stop >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap clean_up EXIT

start_kafka() {
  local port=$((31000 + RANDOM % 1000))
  until port_is_free $port && port_is_free $((port + 1)); do port=$((port + 2)); done
  export THREADLINE_KAFKA_PORT=$port THREADLINE_KAFKA_DIR=$work/kafka
  if scripts/kafka.sh start; then
    export KAFKA_BROKERS=127.0.0.1:$port
  elif [ -n "${CI:-}" ]; then
    echo "test.sh: no Kafka, and CI leaves nothing out" >&2
    exit 1
  else
    unset THREADLINE_KAFKA_PORT THREADLINE_KAFKA_DIR
    skipped+=("everything on Apache Kafka: no node could be started (see above)")
  fi
}

# The Python client among the tests needs a package that few machines have.
python=.threadline/python
if command -v python3 >/dev/null && ! python3 -c 'import websockets.sync.client' 2>/dev/null && [ ! -x $python/bin/python3 ]; then
  { python3 -m venv $python && $python/bin/pip install --quiet websockets; } || rm -rf $python
fi

mkdir -p target
make --no-print-directory check 2>&1 | tee "$check_output"
if [ -z "${KAFKA_BROKERS:-}" ]; then start_kafka; fi

# The made-up newer version that runs beside this one in tests: built before them, so that nothing is built while they run.
cargo build --workspace --locked --bin threadline-fixture-newer --features threadline/fixture-newer

# Everything in one build, the binary that the tests start too: another choice of packages would build them again.
set +e
cargo test --workspace --locked --no-fail-fast -- --show-output 2>&1 | tee "$output" |
  grep --line-buffered -E '^(test |test result|failures:|---- |thread |error|warning)|panicked|assert'
status=${PIPESTATUS[0]}
scripts/test-clients.sh 2>&1 | tee "$clients_output"
clients_status=${PIPESTATUS[0]}
set -e

echo
awk '/^test result/ { passed += $4; failed += $6; ignored += $8 }
  END { printf "server: %d passed, %d failed, %d skipped\n", passed, failed, ignored }' "$output"
tail -n 1 "$clients_output"
while IFS= read -r line; do skipped+=("$line"); done < <(grep -h '^SKIPPED' "$check_output" "$output" "$clients_output" | sort -u)
if [ ${#skipped[@]} -eq 0 ]; then echo "nothing was left out"; else
  echo "not run:"
  printf '  %s\n' "${skipped[@]}"
fi
if [ "$status" -ne 0 ]; then
  awk '/^failures:/ { shown = 1 } /^test result/ { shown = 0 } shown && !/^ +([0-9]+: |at )/' "$output" | head -n 200 | cut -c 1-500
  echo "FAILED: the server; all that was said is in $output"
fi
if [ "$clients_status" -ne 0 ]; then
  # Each failed test with its error, without the list of attachments.
  awk '/^ +[0-9]+\) | FAIL / { shown = 1 } /attachment #|^ +[0-9]+ failed|Test Files/ { shown = 0 } shown' "$clients_output" | head -n 120 | cut -c 1-500
  echo "FAILED: the clients; all that was said is in $clients_output"
fi
exit $((status != 0 || clients_status != 0))
