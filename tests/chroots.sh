# Chroots of Debian releases: made when they are not there, and kept. Read by the scripts beside it, as root on Debian;
# needs git, mmdebstrap, unshare and the network. One with a compiler takes about 1 GB. To renew one, remove its folder.
# They lie in $IPSEC_CHROOTS, or else in ipsec-analysis/chroots of the user's cache.
#
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh

# In the chroot. Root's own home would be closed to the user that tshark runs as.
work=/srv/ipsec-analysis

checkout=$(cd "$(dirname "$0")/.." && pwd)
chroots=${IPSEC_CHROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/ipsec-analysis/chroots}

say()
{
    printf '%s\n' "$(basename "$0"): $*" >&2
}

check_machine()
{
    if [ "$(id -u)" -ne 0 ]; then
        say "run it as root: it makes and enters chroots"
        exit 2
    fi
    for tool in git mmdebstrap unshare; do
        command -v "$tool" >/dev/null || { say "$tool is missing; install it first"; exit 2; }
    done
}

# Runs a command in a chroot. pytest and scapy want /proc: a new one, in a mount namespace of the command's
# own, so that nothing of the machine appears below the chroot and nothing is left to unmount.
in_chroot()
{
    root=$1
    shift
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --propagation private sh -c '
        mount -t proc proc "$1/proc"
        exec chroot "$@"' sh "$root" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TZ=UTC "$@"
}

# make_chroot RELEASE FOLDER PACKAGE...: made under another name first, for one that was not finished must not be taken
# for one that is. $architectures and $archive, where they are set, are mmdebstrap's.
make_chroot()
{
    release=$1
    folder=$2
    shift 2
    unfinished=$folder.unfinished

    say "$release: making $folder"
    mkdir -p "$chroots" || return
    rm -rf --one-file-system "$unfinished" || return
    # The archive of sid is dated; mirrors and snapshots of it are often past that date.
    mmdebstrap --mode=root --variant=apt --include="$(echo "$@" | tr ' ' ,)" \
        ${architectures:+"--architectures=$architectures"} \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
        "$release" "$unfinished" ${archive:+"$archive"} || return
    mv "$unfinished" "$folder"
}

# A chroot that was made with another list of packages would fail later, and less plainly.
check_packages()
{
    root=$1
    shift
    for package; do
        # shellcheck disable=SC2016 # expanded by dpkg-query
        chroot "$root" dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || {
            say "$root lacks the package $package; remove that folder to have it made anew"
            return 1
        }
    done
}

# The files of the checkout that are tracked, or new and not ignored; what was deleted but is still
# tracked is left out.
list_sources()
{
    # shellcheck disable=SC2016 # expanded by the inner shell
    git -C "$checkout" ls-files -z -co --exclude-standard |
        (cd "$checkout" && xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\\0" "$f"; done' sh)
}

# Copied, never mounted: a test that runs wild shall not reach the checkout.
copy_sources()
{
    target=$1$work

    rm -rf --one-file-system "$target" || return
    mkdir -p "$target/source" || return
    list_sources >"$target/files" || return
    tar -C "$checkout" --null --no-recursion -T "$target/files" -cf "$target/source.tar" || return
    tar -C "$target/source" --no-same-owner -xf "$target/source.tar" || return
    rm "$target/source.tar" "$target/files"
}
