#!/usr/bin/env bash
# Builds the web page into clients/web/dist, where edges look for it, when it or what it is made of is newer. Without
# Node.js it says what is missing; the server then shows a page that says so too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

page=clients/web
built=$page/dist/index.html
installed=$page/node_modules/.package-lock.json
sources=("$page/src" "$page/public" "$page/index.html" "$page/vite.config.ts" "$page/package.json" "$page/package-lock.json"
  clients/typescript/src)

leave_out() {
  echo "the web page is not built: $*"
  if [ -n "${CI:-}" ]; then exit 1; fi
  exit 0
}

command -v node >/dev/null && command -v npm >/dev/null || leave_out "install Node.js 20.19 or newer with npm"
node -e 'const [major, minor] = process.versions.node.split(".").map(Number)
  process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
  leave_out "Node.js $(node --version) is too old; install 20.19 or newer"

# Directories count too: theirs is the time at which a file was taken away.
is_newer() {
  local newer
  newer=$(find "${sources[@]}" -newer $built -print -quit)
  [ -n "$newer" ]
}
if [ -e $built ] && ! is_newer; then exit 0; fi

echo "building the web page"
if [ ! -e $installed ] || [ $page/package-lock.json -nt $installed ]; then
  npm --prefix $page ci --no-audit --no-fund --loglevel=error || leave_out "its packages could not be installed (see above)"
fi
npm --prefix $page run --silent build -- --logLevel warn
