#!/usr/bin/env bash
# Holds the rules of deny.toml: licenses, sources, bans. `cargo-deny.sh advisories` checks published advisories, too,
# which needs their database from outside. cargo-deny is built once, into the cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.20.2
tools=${XDG_CACHE_HOME:-$HOME/.cache}/threadline/tools

deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then deny=$tools/bin/cargo-deny; fi
if [ ! -x "$deny" ]; then
  echo "building cargo-deny $version"
  if ! cargo install --quiet --locked --root "$tools" --version "$version" cargo-deny; then
    echo "SKIPPED cargo-deny: it could not be built"
    [ -z "${CI:-}" ] || exit 1
    exit 0
  fi
fi
exec "$deny" --log-level error check --hide-inclusion-graph "$@" bans licenses sources
