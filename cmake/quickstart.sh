#!/bin/sh
# Sets up, builds and shows (or tests) the plugin.
#
# usage: sh cmake/quickstart.sh demo    install what is missing, build, show the findings of a sample capture
#        sh cmake/quickstart.sh test    install what is missing, build, run all tests
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

build_packages="cmake gcc libc6-dev make pkg-config wireshark-dev libglib2.0-dev libgcrypt20-dev tshark"
test_packages="clang libclang-rt-dev python3-pytest python3-scapy python3-cryptography python3-distributed"

say() { printf '== %s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

# The packages of "$@" that are not installed; Debian's tools must be there.
missing_packages() {
  for package; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || printf '%s ' "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || fail "need root to install packages: run as root or install sudo"
  sudo "$@"
}

# Without apt the packages cannot be installed; what runs first must be there then.
look_for_tools() {
  say "No apt on this system. Continuing; these packages, or their equivalents, must be installed: $*"
  tools="cmake cc make pkg-config tshark"
  case "$*" in *clang*) tools="$tools clang" ;; esac
  [ "$(id -u)" -ne 0 ] || tools="$tools setpriv"
  for tool in $tools; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
  done
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    look_for_tools "$@"
    return
  fi
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  say "Installing: $missing"
  as_root apt-get update -q || say "apt-get update failed; continuing with the existing package lists"
  # shellcheck disable=SC2086 # one word per package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing ||
    fail "apt-get could not install (is the network up?): ${missing% }"
}

# Builds targets with a preset of CMakePresets.json, quietly unless it fails: build PRESET TARGET...
build() {
  preset=$1
  shift
  say "Building ($preset)"
  for folder in build*; do
    [ ! -d "$folder" ] || [ -w "$folder" ] || fail "$folder belongs to another user: remove it"
  done
  log=$(mktemp)
  if cmake --preset "$preset" >"$log" 2>&1 &&
    cmake --build --preset "$preset" -j "$(nproc)" --target "$@" >>"$log" 2>&1; then
    rm -f "$log"
    return
  fi
  cat "$log"
  rm -f "$log"
  fail "the build ($preset) failed (if this folder was copied or moved, remove build*)"
}

# Wireshark does not load plugins from such folders as root, and another user may not read this checkout: so
# the demonstration runs as nobody, on copies in a world-readable folder.
run_tshark() {
  step_down=
  [ "$(id -u)" -ne 0 ] || step_down="setpriv --reuid=65534 --regid=65534 --clear-groups"
  (
    cd "$stage"
    # shellcheck disable=SC2086 # a command and its options, or nothing
    $step_down env HOME="$stage/home" WIRESHARK_PLUGIN_DIR="$stage/plugins" tshark "$@"
  )
}

make_stage() {
  stage=$(mktemp -d)
  trap 'rm -rf "$stage"' EXIT
  mkdir -p "$stage/home/.config/wireshark"
  cp -R build/plugins "$stage/plugins"
  cp -R build/profiles "$stage/home/.config/wireshark/profiles"
  cp captures/faults.pcap "$stage/"
  chmod -R a+rX "$stage"
}

demo() {
  install_packages $build_packages
  build default ipsec_analysis
  make_stage
  run_tshark -G plugins | grep -q ipsec_analysis || fail "tshark did not load the plugin"
  say "What receivers refuse, or may refuse, in captures/faults.pcap (Windows' codes are inferred)"
  columns='"Frame","%m","Verdict","%Cus:ipsec.verdict:0:R","Finding","%Cus:ipsec.finding:0:R"'
  columns=$columns',"Clause","%Cus:ipsec.reference:0:R","Windows","%Cus:ipsec.windows.error:0:U"'
  columns=$columns',"Name","%Cus:ipsec.windows.error:0:R","Linux","%Cus:ipsec.linux.counter:0:R"'
  run_tshark -C IPsec -r "$stage/faults.pcap" -Y 'ipsec.verdict >= 3' -T tabs -o "gui.column.format:$columns" >"$stage/rows"
  [ -s "$stage/rows" ] || fail "no findings in the sample capture"
  awk -F '\t' '
    function row(a, b, c, d, e, f) { printf "%5s  %-10s  %-37s  %-21s  %-38s  %s\n", a, b, d, e, c, f }
    BEGIN { row("frame", "verdict", "what is wrong", "Windows", "Linux", "by which clause") }
    {
      gsub(/ /, "", $1)
      gsub(/,/, ", ", $3)
      row($1, $2, $3, $5 == "" ? "-" : $5 " " $6, $7 == "" ? "-" : $7, $4)
    }' "$stage/rows"
  say "The same in Wireshark: see plugin/USING.md, Install; then run wireshark -C IPsec"
}

# A test run of one build; the closing line of ctest says how many passed.
run_tests() {
  say "Testing ($1)"
  ctest --preset "$1" -j "$(nproc)" || fail "tests failed ($1)"
}

test_all() {
  install_packages $build_packages $test_packages
  for preset in default sanitize; do
    build "$preset" all
    run_tests "$preset"
  done
  build fuzz fuzz_targets ipsec_analysis # the plugin too, for what clang warns of
  run_tests fuzz
  say "All tests passed"
}

cd "$(dirname "$0")/.."
case ${1-} in
demo) demo ;;
test) test_all ;;
*) fail "say what to do: demo or test" ;;
esac
