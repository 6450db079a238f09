"""A copy of plugin, splitter and engine that users other than root can read, and a scheduler with two workers.

Environment variables: IPSEC_MODULE and IPSEC_SPLIT are what was built, IPSEC_CAPTURES the folder of sample captures.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "plugin" / "scale"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
SECONDS = 120


class Stage:
    def __init__(self, folder):
        self.folder = folder
        module = Path(os.environ["IPSEC_MODULE"]).resolve()
        version = re.search(r"/plugins/([^/]+)/epan/", str(module))[1]
        plugins = folder / "plugins" / version / "epan"
        plugins.mkdir(parents=True)
        shutil.copy(module, plugins)
        (folder / "bin").mkdir()
        shutil.copy(os.environ["IPSEC_SPLIT"], folder / "bin")
        shutil.copytree(SOURCE, folder / "scale", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(os.environ["IPSEC_CAPTURES"], folder / "captures")
        (folder / "home").mkdir()
        (folder / "work").mkdir()
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        for name in ("home", "work"):
            (folder / name).chmod(0o777)
        self.environment = {**os.environ, "HOME": str(folder / "home"), "WIRESHARK_PLUGIN_DIR": str(folder / "plugins"),
                            "PATH": f"{folder / 'bin'}:{folder / 'scale'}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1",
                            "PYTHONPATH": str(folder / "scale"),    # the workers import the engine
                            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"}

    def command(self, *words):
        return [*NOBODY, *map(str, words)]

    def start(self, *words, **options):
        return subprocess.Popen(self.command(*words), env=self.environment, cwd=self.folder / "work", **options)

    def run(self, *words):
        return subprocess.run(self.command(*words), env=self.environment, cwd=self.folder / "work", capture_output=True,
                              text=True, check=False, timeout=SECONDS)

    def scale(self, *words):
        return self.run(sys.executable, self.folder / "scale" / "ipsec-scale", *words)


@pytest.fixture(scope="session")
def stage():
    folder = Path(tempfile.mkdtemp(prefix="ipsec-scale-test-"))
    yield Stage(folder)
    shutil.rmtree(folder)


class Cluster:
    def __init__(self, stage):
        self.stage, self.processes = stage, []
        self.address_file = stage.folder / "work" / "scheduler.json"
        self.start("dask-scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
        self.workers = [self.start_worker(), self.start_worker()]

    def start(self, program, *words):
        process = self.stage.start(program, "--scheduler-file", self.address_file, *words, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def start_worker(self):
        return self.start("dask-worker", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory",
                          self.stage.folder / "work")

    @property
    def address(self):
        end = time.monotonic() + SECONDS
        while not self.address_file.exists() or not self.address_file.read_text().strip():
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.05)
        return re.search(r"tcp://[^\"]+", self.address_file.read_text())[0]

    def kill(self, process):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def cluster(stage):
    pytest.importorskip("distributed", reason="Dask is not installed (Debian: python3-distributed)")
    made = Cluster(stage)
    yield made
    for process in made.processes:
        if process.poll() is None:
            made.kill(process)
