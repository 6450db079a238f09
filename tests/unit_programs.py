"""Builds the core as a shared library, and the unit tests linked with it, so that only the core has to be rebuilt.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import concurrent.futures
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORE = ROOT / "plugin" / "core"
UNIT = ROOT / "tests" / "unit"
PACKAGES = ("glib-2.0", "libgcrypt")
BESIDE = {"test_hosts", "test_keys_file"}     # tests of modules outside of the core
SECONDS = 120       # a test that takes longer never ends


def flags(what):
    return subprocess.run(["pkg-config", what, *PACKAGES], capture_output=True, text=True, check=True).stdout.split()


def compile_object(source, to, core, extra=("-O1", "-g0")):
    subprocess.run(["cc", "-std=gnu11", *extra, "-w", "-fPIC", f"-I{core}", *flags("--cflags"), "-c", source, "-o", to],
                   check=True, capture_output=True)


def link(objects, library, extra=()):
    subprocess.run(["cc", "-shared", *extra, *objects, "-o", library, *flags("--libs")], check=True, capture_output=True)


def object_name(file):
    return file.replace("/", "_") + ".o"


def sources_of(core):
    return sorted(path.relative_to(core).as_posix() for path in core.rglob("*.c"))


def build_core(folder, extra_compile=("-O1", "-g0"), extra_link=()):
    """Compiles the sources, each to an object in folder/objects, and links folder/libcore.so."""
    objects = folder / "objects"
    objects.mkdir()
    sources = sources_of(CORE)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda name: compile_object(CORE / name, objects / object_name(name), CORE, extra_compile), sources))
    link([objects / object_name(name) for name in sources], folder / "libcore.so", extra_link)
    return sources


def build_test(source, folder, core, to=None, extra=("-O1", "-g0")):
    """Builds one program, with the headers of that core and the libcore.so of the folder, as folder/NAME or in `to`."""
    program = (to or folder) / source.stem
    support = sorted(folder.glob("support/*.o"))
    subprocess.run(["cc", "-std=gnu11", *extra, "-w", f"-I{core}", f"-I{UNIT}", *flags("--cflags"), source, *support,
                    "-o", program, f"-L{folder}", "-lcore", *flags("--libs"), "-lm"], check=True, capture_output=True)
    return program


def build_tests(folder, extra=("-O1", "-g0")):
    """Builds the programs, one for each test_*.c, and folder/support with what they share."""
    (folder / "support").mkdir()
    for path in sorted(UNIT.glob("*.c")):
        if not path.name.startswith("test_") and path.name != "example.c":
            subprocess.run(["cc", "-std=gnu11", *extra, "-w", f"-I{CORE}", f"-I{UNIT}", *flags("--cflags"), "-c", path,
                            "-o", folder / "support" / f"{path.stem}.o"], check=True, capture_output=True)
    sources = [source for source in sorted(UNIT.glob("test_*.c")) if source.stem not in BESIDE]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return sorted(pool.map(lambda source: build_test(source, folder, CORE, extra=extra), sources))


def passes(program, library):
    """Whether the program succeeds with the library of that folder."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library), "IPSEC_CAPTURES": str(ROOT / "captures")}
    try:
        return subprocess.run([program], env=environment, cwd=library, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
