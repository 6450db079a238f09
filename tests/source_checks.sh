#!/bin/sh
# Runs Wireshark's own source checkers over plugin/epan: checkAPIs.pl, checkhf.pl, check_typed_item_calls.py.
#
#   tests/source_checks.sh
#
# Fails when one of them finds something that tests/source_checks.allow does not name. A line there is
#
#   what was found, exactly as it is shown here -- why it is no fault
#
# and lines that begin with # are comments. It is for what the checkers misread, because they do not follow
# tables or several files, and not for faults.
#
# The checkers are part of Wireshark's source. It is fetched once, from the Debian archive that this machine
# is configured for, and kept in ipsec-analysis/wireshark-tools of the user's cache; $IPSEC_WIRESHARK_SOURCE
# names a tree to use instead. Needs perl, python3 and, to fetch, apt-get and bzip2.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

tests=$(cd "$(dirname "$0")" && pwd)
plugin=$(cd "$tests/../plugin" && pwd)
allowed=$tests/source_checks.allow
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ipsec-analysis/wireshark-tools

say()
{
    printf '%s\n' "source_checks.sh: $*" >&2
}

die()
{
    say "$@"
    exit 2
}

# --- Wireshark's source

# The machine's own sources of its own release, as sources of source packages. Other archives are left out:
# they have no Wireshark, and some have no source packages.
write_sources()
{
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    [ -n "$release" ] || die "/etc/os-release names no release; set IPSEC_WIRESHARK_SOURCE"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -f "$file" ] || sed -n "s/^deb\([[:space:]].*[[:space:]]${release}[-/[:space:]].*\)/deb-src\1/p" "$file"
    done >"$1/machine.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$file" ] || awk -v RS= -v ORS='\n\n' -v release="$release" '
            $0 ~ "(^|\n)Suites:([^\n]*[ \t])?" release "[-/ \t\n]" {
                sub(/(^|\n)Types:[^\n]*/, "\nTypes: deb-src")
                sub(/^\n/, "")
                print
            }' "$file"
    done >"$1/machine.sources"
    [ -s "$1/machine.list" ] || [ -s "$1/machine.sources" ] ||
        die "found no archive of $release in /etc/apt; set IPSEC_WIRESHARK_SOURCE"
}

# Lists and cache of apt's own are kept apart from the system's. What the system does after an update would
# act on the system's, so it is not done. The private folders are closed to apt's own user, as a home is.
write_apt_configuration()
{
    mkdir -p "$1/sources" "$1/lists/partial" "$1/cache"
    write_sources "$1/sources"
    cat >"$1/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$1/sources";
Dir::State::Lists "$1/lists";
Dir::Cache "$1/cache";
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}

# Only the tools are kept: the whole source is large.
fetch_tools()
{
    command -v apt-get >/dev/null || die "apt-get is missing; set IPSEC_WIRESHARK_SOURCE"
    apt=$scratch/apt
    mkdir -p "$apt/download" "$scratch/tree"
    write_apt_configuration "$apt"
    say "fetching Wireshark's source into $cache"
    apt-get -q -c "$apt/apt.conf" update >&2 || die "apt-get update failed"
    (cd "$apt/download" && apt-get -q -c "$apt/apt.conf" source --download-only --only-source wireshark >&2) ||
        die "apt-get source failed"
    tar -C "$scratch/tree" -xf "$apt/download/"wireshark_*.orig.tar.* --strip-components=1 --wildcards '*/tools' ||
        die "the source could not be unpacked"
    mkdir -p "$(dirname "$cache")"
    rm -rf "$cache"
    mv "$scratch/tree" "$cache"
}

find_tools()
{
    if [ -n "${IPSEC_WIRESHARK_SOURCE:-}" ]; then
        tools=$(cd "$IPSEC_WIRESHARK_SOURCE" && pwd)/tools
    else
        [ -d "$cache/tools" ] || fetch_tools
        tools=$cache/tools
    fi
    for tool in checkAPIs.pl checkhf.pl check_typed_item_calls.py; do
        [ -f "$tools/$tool" ] || die "$tools/$tool is missing"
    done
}

# --- What they are given

# The checkers look at one file at a time; the last two see all files as one, under the name of a dissector of "ipsec".
joined=epan/packet-ipsec.c

copy_files()
{
    mkdir "$scratch/epan"
    cp "$plugin"/epan/*.c "$plugin"/epan/*.h "$scratch/epan/"
}

# Fields stand in fields.def, and most items are added through ipsec_add_TYPE(tree, FIELD, value). Written out as a
# dissector has them, they can be checked.
join_files()
{
    cat "$scratch"/epan/*.c >"$scratch/as_is"
    python3 - "$plugin/epan/fields.def" "$scratch/as_is" >"$scratch/$joined" <<'END' || die "fields.def could not be read"
import re, sys

table, code = (open(name).read() for name in sys.argv[1:])
STRING = r'("(?:[^"\\]|\\.)*")'
rows = [row[:7] for row in re.findall(rf"^FIELD\((\w+),\s*{STRING},\s*{STRING},\s*(\w+),\s*([^,]+),\s*([^\"]+?),\s*((?:{STRING}\s*)+)\)", table, re.MULTILINE)]
assert len(rows) == len(re.findall(r"^FIELD\(", table, re.MULTILINE)), "a row was not understood"
name = lambda symbol: f"hf_ipsec_{symbol.lower()}"
for symbol, *_ in rows:
    print(f"static int {name(symbol)} = -1;")
code = re.sub(r"\bipsec_add_(\w+)\((\w+), IPSEC_HF_(\w+), ",
              lambda call: f"proto_tree_add_{call[1]}({call[2]}, {name(call[3])}, tvb, 0, 0, ", code)
for symbol, *_ in rows:
    code = re.sub(rf"\b(?:ipsec_hf_ids\[IPSEC_HF_{symbol}\]|IPSEC_HF_{symbol}\b)", name(symbol), code)
print(code)
print("static hf_register_info hf[] = {")
for symbol, title, filter_name, kind, display, strings, blurb in rows:
    print(f"    {{ &{name(symbol)}, {{ {title}, {filter_name}, {kind}, {display}, {strings}, 0, {blurb}, HFILL }} }},")
print("};")
END
}

# --- The checkers. Each writes what it found, a line each.

# Beside the groups that are always checked, those that Wireshark checks in its dissectors. (Its pre-commit
# hook means these, but calls them by former names.)
run_checkAPIs()
{
    perl "$tools/checkAPIs.pl" -g dissectors-prohibited -g dissectors-restricted "$@" 2>&1
}

run_checkhf()
{
    perl "$tools/checkhf.pl" "$joined" 2>&1
}

# All checks of items that this version has and that apply to fields that are not in the packet.
typed_options()
{
    python3 "$tools/check_typed_item_calls.py" --help >"$scratch/help"
    for option in --mask --mask-exact-width --label --consecutive --missing-items --check-bitmask-fields \
        --extra-value-string-checks --check-expert-items; do
        ! grep -q -e "^ *$option " -e "^ *$option\$" "$scratch/help" || printf '%s\n' "$option"
    done
}

# Prints its progress too, and long lists of types below an error.
run_typed_item_calls()
{
    result=0
    # shellcheck disable=SC2046 # words
    python3 -W ignore "$tools/check_typed_item_calls.py" --file "$joined" $(typed_options) >"$scratch/typed" 2>&1 ||
        result=$?
    grep -v -e '^Examining:' -e "^$joined *\$" -e '^[0-9]* \(warnings\|errors\)$' -e '^ *(allowed types' \
        -e '^[[:space:]]*$' "$scratch/typed" || true
    return $result
}

# --- The verdict

check_allowed()
{
    : >"$scratch/allowed"
    [ -f "$allowed" ] || return 0
    grep -v -e '^#' -e '^[[:space:]]*$' "$allowed" >"$scratch/lines" || return 0
    ! grep -v -n ' -- .' "$scratch/lines" >&2 || die "a line of ${allowed##*/} gives no reason"
    sed 's/ -- .*//' "$scratch/lines" >"$scratch/allowed"
}

# Runs a checker and shows what it found, save what is allowed.
check()
{
    name=$1
    shift
    result=0
    "$@" >"$scratch/found" || result=$?
    sed "s/^/$name: /" "$scratch/found" | sort -u >"$scratch/lines"
    cat "$scratch/lines" >>"$scratch/all"
    if [ $result -ne 0 ] && [ ! -s "$scratch/found" ]; then
        say "$name ended with $result and said nothing"
        faults=$((faults + 1))
    fi
    grep -v -x -F -f "$scratch/allowed" "$scratch/lines" >"$scratch/faults" || true
    cat "$scratch/faults"
    faults=$((faults + $(wc -l <"$scratch/faults")))
}

# Whatever the checkers no longer say should not stay allowed; another version of them may still say it.
show_unused()
{
    grep -v -x -F -f "$scratch/all" "$scratch/allowed" | sed 's/^/no longer found, but allowed: /' || true
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
faults=0

command -v perl >/dev/null || die "perl is missing"
command -v python3 >/dev/null || die "python3 is missing"
check_allowed
find_tools
copy_files
: >"$scratch/all"
cd "$scratch"
check checkAPIs.pl run_checkAPIs epan/*.c epan/*.h
join_files
check checkhf.pl run_checkhf
check check_typed_item_calls.py run_typed_item_calls
show_unused
if [ $faults -gt 0 ]; then
    say "$faults found in plugin/epan"
    exit 1
fi
say "nothing found in plugin/epan"
