#!/bin/sh
# Makes the Debian packages of this source and tries them: each is built in a chroot of its release, twice and compared,
# looked at by lintian, and in a bare chroot installed, used by a normal user, upgraded, removed and purged.
#
#   tests/packages.sh [bookworm] [trixie] [sid]      all, if none is named
#
# They come to build/packages. Who makes them is told by DEBFULLNAME and DEBEMAIL, as for Debian's own tools. For what it
# needs see chroots.sh.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

# shellcheck source=tests/chroots.sh
. "$(dirname "$0")/chroots.sh"

name=wireshark-plugin-ipsec-analysis
build_packages="gcc libc6-dev make cmake pkg-config file wireshark-dev libglib2.0-dev libgcrypt20-dev lintian"
results=$checkout/build/packages
no_maintainer=$([ -n "${DEBEMAIL-}" ] || echo yes)
documents=/usr/share/doc/$name

check_names()
{
    for release in "$@"; do
        case $release in
            bookworm | trixie | sid) ;;
            *) say "unknown release $release; there are: bookworm trixie sid"; exit 2 ;;
        esac
    done
}

# build_package ROOT REVISION FOLDER: in the chroot, below $work.
build_package()
{
    in_chroot "$1" sh -ec '
        cmake -S "$1/source" -B "$1/$3" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DIPSEC_WERROR=ON -DIPSEC_PACKAGE=ON \
            -DIPSEC_PACKAGE_REVISION="$2" ${4:+"-DIPSEC_MAINTAINER=$4"}
        cmake --build "$1/$3" --parallel
        cd "$1/$3"
        cpack' sh "$work" "$2" "$3" "${DEBEMAIL:+${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>}"
}

package_in()
{
    find "$1$work/$2" -maxdepth 1 -name "$name"'_*.deb'
}

# The package, in $package, and one of the next revision, in $next.
build_packages_of()
{
    root=$chroots/package-$release

    # shellcheck disable=SC2086 # one word per package
    [ -d "$root" ] || make_chroot "$release" "$root" $build_packages || return
    # shellcheck disable=SC2086 # likewise
    check_packages "$root" $build_packages || return
    copy_sources "$root" || return
    build_package "$root" 1 build && build_package "$root" 1 again && build_package "$root" 2 next || return
    package=$(package_in "$root" build)
    next=$(package_in "$root" next)
    cmp "$package" "$(package_in "$root" again)" || return
    # Without a maintainer it is nothing to hand on, but can be tried.
    in_chroot "$root" lintian --fail-on error --allow-root \
        ${no_maintainer:+--suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,root-in-contact} \
        "${package#"$root"}" || return
    mkdir -p "$results" || return
    cp "$package" "$results/"
}

# --- in a bare chroot --------------------------------------------------------------------------------------------

as_user()
{
    in_chroot "$bare" setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/user "$@"
}

apt()
{
    in_chroot "$bare" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Check-Valid-Until=false "$@"
}

must()
{
    say "$release: $1"
    shift
    "$@" || { say "FAILED: $*"; return 1; }
}

is_loaded()
{
    as_user tshark -G plugins | grep -q '^ipsec_analysis\.so'
}

# The first command of README that reads a capture.
first_example()
{
    sed -n 's/^\$ \(tshark -r captures\/.*[^\\]\)$/\1/p' "$bare$documents/README.md" | head -n 1
}

shows_something()
{
    [ -n "$(as_user sh -c "cd '$documents' && $1")" ]
}

profile=home/user/.config/wireshark/profiles/IPsec

# Wireshark copies a profile when it is first used; what the user changes there is the user's.
use_profile()
{
    as_user tshark -C IPsec -r "$documents/captures/faults.pcap" -c 1 >/dev/null || return
    [ -d "$bare/$profile" ] || return
    echo '# mine' >>"$bare/$profile/preferences"
}

is_kept()
{
    grep -qx '# mine' "$bare/$profile/preferences"
}

is_gone()
{
    ! in_chroot "$bare" find /usr/lib /usr/share -path '*ipsec*nalysis*' | grep . &&
        [ ! -e "$bare/usr/share/wireshark/profiles/IPsec" ]
}

try_package()
{
    bare=$chroots/bare-$release

    rm -rf --one-file-system "$bare" || return
    make_chroot "$release" "$bare" apt || return
    mkdir -p "$bare/packages" "$bare/home/user" || return
    # Minimal images leave documents out.
    rm -f "$bare"/etc/dpkg/dpkg.cfg.d/*docker* || return
    echo 'user:x:1000:1000::/home/user:/bin/sh' >>"$bare/etc/passwd" || return
    chown 1000:1000 "$bare/home/user" && cp "$package" "$next" "$bare/packages/" || return
    apt update || return
    must "installing" apt install --no-install-recommends "/packages/$(basename "$package")" tshark || return
    must "tshark -G plugins" is_loaded || return
    example=$(first_example)
    must "README: $example" shows_something "$example" || return
    must "tshark -C IPsec" use_profile || return
    must "upgrading" apt install "/packages/$(basename "$next")" || return
    must "tshark -G plugins" is_loaded || return
    must "removing" apt remove "$name" || return
    must "nothing is left" is_gone || return
    must "purging" in_chroot "$bare" dpkg --purge "$name" || return
    must "the user's profile is as it was" is_kept || return
    rm -rf --one-file-system "$bare"
}

check_machine
[ $# -gt 0 ] || set -- bookworm trixie sid
check_names "$@"

status=0
summary=""
for release in "$@"; do
    if build_packages_of && try_package; then
        result="passed, $(basename "$package")"
    else
        result=FAILED
        status=1
    fi
    summary="$summary$release: $result
"
done
printf '\n%s' "$summary"
exit $status
