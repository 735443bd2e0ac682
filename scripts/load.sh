#!/usr/bin/env bash
# Starts a system of its own (two edges, all roles in one process) and measures it: on Postgres, or on Kafka when
# KAFKA_BROKERS is set. OUT=file keeps the results as JSON lines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

port=${PORT:-18080}
seconds=${SECONDS_EACH:-20}
connections=${CONNECTIONS:-5000}
threadline=$PWD/target/release/threadline
work=$(mktemp -d)
# For the many sockets; the driver needs one each, and so does the server.
ulimit -n "$(ulimit -Hn)"

clean_up() {
  if [ -n "${server:-}" ]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

# One machine's users are few and fast; the limit for each user is not what is measured.
export THREADLINE_DIRECTORY=$work/data THREADLINE_EDGE_RATE_PER_SECOND=2000 THREADLINE_EDGE_RATE_BURST=4000
if [ -n "${KAFKA_BROKERS:-}" ]; then export THREADLINE_KAFKA_TOPIC_PREFIX=load-$$.; fi
# Where mktemp's directory is closed to the user that Postgres runs as.
chmod 755 "$work"
"$threadline" dev --edges 2 --port "$port" >"$work/out" 2>"$work/log" &
server=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && grep -q '^threadline:' "$work/out"; do
  kill -0 "$server" 2>/dev/null || { cat "$work/log"; exit 1; }
  sleep 0.1
done
head -n 1 "$work/out"

measure() {
  local json=()
  if [ -n "${OUT:-}" ]; then json=(--json); fi
  "$threadline" load "$@" --url "http://127.0.0.1:$port,http://127.0.0.1:$((port + 1))" --server-pid "$server" \
    "${json[@]}" | tee -a "${OUT:-/dev/null}"
}

# First, while the server has not held anything yet.
measure idle --connections "$connections"
measure rooms --seconds "$seconds" --raw
measure room --seconds "$seconds"
measure reconnect
measure reads --seconds "$seconds"
measure sustain --seconds "$seconds"
