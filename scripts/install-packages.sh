#!/bin/sh
# Installs what packaging/debian-packages.txt lists and this machine lacks. Asks nothing.
#
#   scripts/install-packages.sh [SECTION...]      default: build
#   scripts/install-packages.sh --list SECTION... prints the names
#
# Exits 0 when everything is there, 1 with one line that names what is missing and the command to type.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
list=$here/packaging/debian-packages.txt

only_list=no
if [ "${1:-}" = --list ]; then only_list=yes; shift; fi
[ $# -gt 0 ] || set -- build

wanted=
for section in "$@"; do
  names=$(awk -v want="[$section]" '
    /^#/ || NF == 0 { next }
    /^\[/ { inside = ($1 == want); next }
    inside { print $1 }' "$list")
  [ -n "$names" ] || { echo "install-packages: no section [$section] in packaging/debian-packages.txt" >&2; exit 2; }
  wanted="$wanted $names"
done
# shellcheck disable=SC2086
if [ $only_list = yes ]; then printf '%s\n' $wanted; exit 0; fi

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "install-packages: no dpkg here (not Debian); install the equivalents of packaging/debian-packages.txt by hand" >&2
  exit 0
fi
missing=
for name in $wanted; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1; then
    as_root=sudo
  else
    echo "install-packages: missing:$missing - become root and type: apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing$missing" >&2
# The update is skipped unless something is missing, and only a failed install is shown at length.
# shellcheck disable=SC2086
if $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update </dev/null >"$log" 2>&1 &&
   $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
     -o Dpkg::Use-Pty=0 $missing </dev/null >>"$log" 2>&1; then
  exit 0
fi
tail -15 "$log" >&2
echo "install-packages: apt-get could not install:$missing (are you offline? see the lines above)" >&2
exit 1
