#!/usr/bin/env bash
# Checks the shell scripts with shellcheck (Debian's package; `make install-test` installs it).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v shellcheck >/dev/null; then
  echo "SKIPPED shellcheck: it is not installed (Debian's package shellcheck)"
  [ -z "${CI:-}" ] || exit 1
  exit 0
fi
exec shellcheck --severity=warning scripts/*.sh .ci/run
