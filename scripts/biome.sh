#!/usr/bin/env bash
# Formats and lints the clients with Biome, in the version that clients/package.json pins.
#
#   scripts/biome.sh check    fails on whatever is not as it should be
#   scripts/biome.sh fmt      formats, and mends what can be mended safely
#
# Without Node.js nothing is checked, which a line that begins with SKIPPED says; with CI set that is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

node_minimum=20.19
installed=clients/node_modules/.package-lock.json

leave_out() {
  echo "SKIPPED formatting and lints of the clients: $*"
  if [ -n "${CI:-}" ]; then exit 1; fi
  exit 0
}

case "${1:-}" in
  check | fmt) ;;
  *) echo "usage: scripts/biome.sh check|fmt" >&2; exit 2 ;;
esac
version=$(node --version 2>/dev/null | tr -d v)
if ! command -v npm >/dev/null || ! printf '%s\n' $node_minimum "${version:-0}" | sort -V -C; then
  leave_out "they need Node $node_minimum or newer with npm (found: ${version:-none})"
fi
if [ ! -e $installed ] || [ clients/package-lock.json -nt $installed ]; then
  npm --prefix clients ci --no-progress --loglevel=error || leave_out "Biome could not be installed (see above)"
fi
npm --prefix clients run --silent "$1"
