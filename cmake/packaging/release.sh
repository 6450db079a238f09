#!/bin/sh
# Makes a release from a tag: the source as a tarball, the packages for Debian, and the checksums of all.
#
#   cmake/packaging/release.sh TAG [bookworm] [trixie] [sid]      all, if none is named
#
# They come to build/release/VERSION. What is in the tag is taken, whatever lies in the checkout. From the same tag the
# same octets are made again: the tarball has the time of the commit and nothing of this machine, and of the packages see
# tests/packages.sh, which makes each twice, compares and tries it. Who makes the packages is told by DEBFULLNAME and
# DEBEMAIL; they are not signed.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

checkout=$(cd "$(dirname "$0")/../.." && pwd)

fail()
{
    printf '%s\n' "release.sh: $*" >&2
    exit 2
}

[ $# -gt 0 ] || fail "which tag?"
tag=$1
shift
git -C "$checkout" rev-parse --quiet --verify "refs/tags/$tag^{commit}" >/dev/null || fail "there is no tag $tag"

version=$(git -C "$checkout" show "$tag:CMakeLists.txt" | sed -n 's/^project(ipsec_analysis VERSION \([0-9.]*\) .*/\1/p')
[ "$tag" = "v$version" ] || fail "the tag is $tag, but CMakeLists.txt has the version $version: it should be v$version"
git -C "$checkout" show "$tag:plugin/CHANGES.md" | grep -q "^## $version (" ||
    fail "plugin/CHANGES.md does not speak of $version"

name=ipsec-analysis-$version
results=$checkout/build/release/$version
source=$(mktemp -d)
trap 'git -C "$checkout" worktree remove --force "$source/$name"; rm -rf "$source"' EXIT
git -C "$checkout" worktree add --quiet --detach "$source/$name" "$tag"

"$source/$name/tests/packages.sh" "$@"
rm -rf "$results"
mkdir -p "$results"
mv "$source/$name/build/packages/"*.deb "$results/"
git -C "$checkout" archive --format=tar --prefix="$name/" "$tag" | gzip -9n >"$results/$name.tar.gz"
(cd "$results" && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
