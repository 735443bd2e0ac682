#!/usr/bin/env bash
# Installs what a fresh Debian or Ubuntu lacks to build and run Threadline: a C toolchain with OpenSSL's and zlib's
# headers, Postgres's server programs (no server of the distribution is started), Rust. Says nothing when all is there.
#
#   scripts/install.sh         what is needed to build and run
#   scripts/install.sh test    what tests need besides: shellcheck, Chromium, and Node where the distribution's is new enough.
#                              A missing one is no failure here: the tests say what they leave out.
set -euo pipefail

rust_minor=95

fail() { echo "install.sh: $*" >&2; exit 1; }

has_postgres() {
  local bin
  for bin in $(command -v postgres initdb 2>/dev/null) /usr/lib/postgresql/*/bin/initdb; do
    [ -x "$bin" ] && return 0
  done
  return 1
}

has_rust() {
  command -v cargo >/dev/null && command -v rustc >/dev/null || return 1
  local minor
  minor=$(rustc --version | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
  [ "${minor:-0}" -ge $rust_minor ]
}

packages=()
command -v cc >/dev/null && command -v make >/dev/null && command -v g++ >/dev/null || packages+=(build-essential)
command -v pkg-config >/dev/null || packages+=(pkg-config)
if command -v pkg-config >/dev/null; then
  pkg-config --exists openssl || packages+=(libssl-dev)
  pkg-config --exists zlib || packages+=(zlib1g-dev)
else
  packages+=(libssl-dev zlib1g-dev)
fi
# Tests start servers of their own, whatever database is named.
if { [ -z "${DATABASE_URL:-}" ] || [ "${1:-}" = test ]; } && ! has_postgres; then packages+=(postgresql); fi

sudo=()
if [ "$(id -u)" -ne 0 ]; then sudo=(sudo -n); fi

may_install() {
  command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() {
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "this machine lacks ${packages[*]} (Debian's names); please install them"
  may_install || fail "please install these first, it needs root: apt-get install ${packages[*]}"
  install() { apt_install "$@" || fail "apt-get could not install $*"; }
  echo "installing ${packages[*]}"
  "${sudo[@]}" apt-get update -qq || true
  if [[ " ${packages[*]} " == *" postgresql "* ]]; then
    # Only the programs are wanted: without this the distribution makes and starts a server of its own.
    setting=/etc/postgresql-common/createcluster.d/threadline.conf
    "${sudo[@]}" mkdir -p "$(dirname $setting)"
    echo "create_main_cluster = false" | "${sudo[@]}" tee $setting >/dev/null
    install postgresql-common
    install "${packages[@]}"
    "${sudo[@]}" rm -f $setting
  else
    install "${packages[@]}"
  fi
fi

if ! has_rust; then
  if [ -x "$HOME/.cargo/bin/cargo" ]; then fail "Rust is in ~/.cargo/bin, but not (or too old) on PATH: . ~/.cargo/env"; fi
  fail "needs Rust 1.$rust_minor or newer: install rustup, then: rustup toolchain install stable"
fi

if [ "${1:-}" = test ]; then
  node_is_new_enough() { # [version]
    printf '%s\n' 20.19 "${1:-$(node --version 2>/dev/null | tr -d v)}" | sort -V -C
  }
  wants_node=yes
  if command -v npm >/dev/null && node_is_new_enough; then wants_node=; fi
  if [ -n "$wants_node" ] || [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ] || ! command -v shellcheck >/dev/null; then
    if may_install; then
      "${sudo[@]}" apt-get update -qq || true
      candidate=$(apt-cache policy nodejs | sed -n 's/.*Candidate: \([0-9.]*\).*/\1/p')
      wanted=()
      command -v shellcheck >/dev/null || wanted+=(shellcheck)
      [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || wanted+=(chromium)
      # An older Node would be of no use.
      if [ -n "$wants_node" ] && node_is_new_enough "${candidate:-0}"; then wanted+=(nodejs npm); fi
      if [ ${#wanted[@]} -gt 0 ]; then
        echo "installing ${wanted[*]}"
        apt_install "${wanted[@]}" || echo "apt-get could not install ${wanted[*]}"
      fi
    fi
  fi
fi
