#!/usr/bin/env bash
# One local Apache Kafka node (KRaft) on loopback, for development and tests.
set -euo pipefail

kafka_version=4.1.1
start_wait_s=90
stop_wait_s=30

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
port=${THREADLINE_KAFKA_PORT:-9092}
dir=${THREADLINE_KAFKA_DIR:-$here/../.threadline/kafka}
heap=${THREADLINE_KAFKA_HEAP:-512m}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/threadline/kafka-$kafka_version

help() {
  cat <<EOF
One local Apache Kafka node (KRaft) on loopback, for development and tests.

  scripts/kafka.sh fetch     obtain Kafka into the cache (start does this too)
  scripts/kafka.sh start     start it and wait until it answers
  scripts/kafka.sh stop      end it cleanly
  scripts/kafka.sh kill      end it with SIGKILL, for fault tests; start continues with the same data
  scripts/kafka.sh status    tell whether it answers

THREADLINE_KAFKA_PORT           its port ($port now); its controller listens on the port after it
THREADLINE_KAFKA_DIR            holds data, log and pid file ($dir now)
THREADLINE_KAFKA_HEAP           the size of its heap ($heap now)
THREADLINE_KAFKA_NODE_SETTINGS  further lines for its settings
EOF
}

fail() { echo "kafka.sh: $*" >&2; exit 1; }

java_is_new_enough() {
  command -v java >/dev/null || return 1
  local major
  major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${major:-0}" -ge 17 ]
}

install_missing() {
  local packages=()
  java_is_new_enough || packages+=(openjdk-17-jre-headless)
  if [ ! -d "$cache" ]; then command -v mvn >/dev/null || packages+=(maven); fi
  [ ${#packages[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then sudo=(sudo -n); fi
  command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; } ||
    fail "needs Java 17 or newer, and Maven to obtain Kafka; install these: ${packages[*]}"
  echo "installing ${packages[*]}"
  "${sudo[@]}" apt-get update -qq || true
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" ||
    fail "could not install ${packages[*]}"
}

fetch() {
  install_missing
  [ -d "$cache" ] && return 0
  mkdir -p "$(dirname "$cache")"
  (
    flock 9
    [ -d "$cache" ] && exit 0
    echo "obtaining Apache Kafka $kafka_version"
    rm -rf "$cache.new"
    mvn -q -B -ntp -f "$here/kafka/pom.xml" dependency:copy-dependencies -Dkafka.version="$kafka_version" \
      -DincludeScope=runtime -DoutputDirectory="$cache.new" || fail "Maven could not obtain Kafka $kafka_version"
    mv "$cache.new" "$cache"
  ) 9>"$cache.lock"
}

# The broker's process id when it runs; a pid file left over from another boot does not count.
running_pid() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "kafka.Kafka $dir/server.properties" || return 1
  echo "$pid"
}

# Sends an ApiVersions request and waits for the first byte of an answer.
answers() {
  timeout 2 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf "\0\0\0\012\0\022\0\0\0\0\0\1\377\377" >&3
    [ "$(head -c 4 <&3 | wc -c)" -eq 4 ]' answers "$port" 2>/dev/null
}

configure() {
  cat >"$dir/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
log.dirs=$dir/data
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
# Members that come and go are served at once, and tests may use short sessions (a cluster's default is 6000).
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.retention.check.interval.ms=10000
# A killed broker that starts again is let in at once, not after the 9 s its old session lasts.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
${THREADLINE_KAFKA_NODE_SETTINGS:-}
EOF
}

start() {
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  if running_pid >/dev/null && answers; then echo "Kafka answers on 127.0.0.1:$port"; return 0; fi
  if ! running_pid >/dev/null; then
    answers && fail "127.0.0.1:$port is taken by another broker; set THREADLINE_KAFKA_PORT"
    fetch
    configure
    if [ ! -f "$dir/data/meta.properties" ]; then
      local cluster
      cluster=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
      java -Xmx128m -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$here/kafka/log4j2.yaml" -cp "$cache/*" \
        kafka.tools.StorageTool format -c "$dir/server.properties" "--cluster-id=$cluster" >"$dir/format.log" 2>&1 ||
        fail "could not format $dir/data: $(tail -n 3 "$dir/format.log")"
    fi
    setsid java "-Xms$heap" "-Xmx$heap" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:+ExplicitGCInvokesConcurrent \
      -Djava.awt.headless=true -Dlog4j2.configurationFile="$here/kafka/log4j2.yaml" -cp "$cache/*" \
      kafka.Kafka "$dir/server.properties" </dev/null >>"$dir/server.log" 2>&1 &
    echo $! >"$dir/pid"
  fi
  local deadline=$((SECONDS + start_wait_s))
  until answers; do
    # By its id alone: at first the process still bears the name of this script.
    kill -0 "$(cat "$dir/pid")" 2>/dev/null || fail "the broker ended while starting: $(tail -n 5 "$dir/server.log")"
    [ $SECONDS -lt $deadline ] || fail "no answer within $start_wait_s s; see $dir/server.log"
    sleep 0.1
  done
  echo "Kafka $kafka_version answers on 127.0.0.1:$port (log: $dir/server.log)"
}

end() {
  dir=$(cd "$dir" 2>/dev/null && pwd) || { echo "Kafka does not run"; return 0; }
  local pid
  pid=$(running_pid) || { echo "Kafka does not run"; return 0; }
  kill "-$1" "$pid"
  local deadline=$((SECONDS + stop_wait_s))
  while running_pid >/dev/null; do
    if [ $SECONDS -ge $deadline ]; then kill -KILL "$pid" 2>/dev/null || true; fi
    sleep 0.05
  done
  rm -f "$dir/pid"
  echo "Kafka ended"
}

status() {
  if answers; then echo "Kafka answers on 127.0.0.1:$port"; else echo "no Kafka on 127.0.0.1:$port"; return 1; fi
}

case "${1:-}" in
  fetch) fetch ;;
  start) start ;;
  stop) end TERM ;;
  kill) end KILL ;;
  status) status ;;
  help | -h | --help) help ;;
  *) help >&2; exit 2 ;;
esac
