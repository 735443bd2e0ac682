#!/usr/bin/env bash
# Installs what a fresh Debian or Ubuntu lacks to build and run Threadline: a C toolchain with OpenSSL's and zlib's
# headers, Postgres's server programs (no server of the distribution is started), Rust. Says nothing when all is there.
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
if [ -z "${DATABASE_URL:-}" ] && ! has_postgres; then packages+=(postgresql); fi

if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "this machine lacks ${packages[*]} (Debian's names); please install them"
  sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "please install these first, it needs root: apt-get install ${packages[*]}"
    sudo=(sudo -n)
  fi
  install() {
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
      fail "apt-get could not install $*"
  }
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
