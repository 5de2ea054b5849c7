"""scripts/bootstrap.py in checkouts of the test's own, whose locks name wheels of the test's own."""

import ast
import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
LIMIT_SECONDS = 120
REPORT = """
import json, os, sys
from importlib.metadata import distributions
json.dump({
    "arguments": sys.argv[1:],
    "folder": os.getcwd(),
    "process": os.getpid(),
    "prefix": sys.prefix,
    "packages": sorted(found.name for found in distributions() if found.name.startswith("tiny")),
}, sys.stdout)
sys.exit(7)
"""
STATUS_OF_REPORT = 7
STATUS_OF_INTERRUPTION = 130

makes_an_environment = [pytest.mark.slow, pytest.mark.timeout(3 * LIMIT_SECONDS)]


class Report(NamedTuple):
    """What the program that a script became said of itself, and what the script said on the way."""

    arguments: list[str]
    folder: str
    process: int
    prefix: str
    packages: list[str]
    stderr: str


class Checkout:
    """A folder with the real scripts, locks that a test writes and, for `app` and `pytest`, programs that report."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.wheels = folder / "wheels"
        self.elsewhere = folder / "elsewhere"
        for made in (self.folder / "app", self.folder / "locks", self.wheels, self.elsewhere):
            made.mkdir(parents=True)
        shutil.copytree(SCRIPTS, self.folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "app" / "__main__.py").write_text(REPORT)
        (self.folder / "pytest.py").write_text(REPORT)
        self.lock("runtime")
        self.lock("dev")

    @property
    def environment(self) -> Path:
        return self.folder / ".venv"

    def lock(self, name: str, *packages: str) -> None:
        lines = (f"{package}==1.0 --hash=sha256:{_wheel(self.wheels, package)}\n" for package in packages)
        (self.folder / "locks" / f"{name}.txt").write_text("# a comment\n" + "".join(lines))

    def start(self, script: str, *arguments: str) -> "subprocess.Popen[str]":
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        return subprocess.Popen(
            [self.folder / "scripts" / script, *arguments],
            cwd=self.elsewhere,
            env=inherited
            | {
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}",
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.wheels),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *arguments: str) -> Report:
        return report_of(self.start(script, *arguments))

    def refusal(self, script: str) -> str:
        """Run a script that must not get as far as its program, and return what it says last."""
        process = self.start(script)
        stdout, stderr = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 1
        assert stdout == ""
        assert "Traceback" not in stderr
        return stderr.splitlines()[-1]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def report_of(process: "subprocess.Popen[str]") -> Report:
    stdout, stderr = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == STATUS_OF_REPORT, stderr
    return Report(stderr=stderr, **json.loads(stdout))


def _wheel(folder: Path, package: str) -> str:
    """Write a wheel that holds one empty module and return its sha256."""
    record = f"{package}-1.0.dist-info/RECORD"
    files = {
        f"{package}.py": "",
        f"{package}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n",
        f"{package}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        for name, text in files.items()
    }
    files[record] = "".join(f"{name},sha256={digest},\n" for name, digest in digests.items()) + f"{record},,\n"
    path = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestFirstUse:
    pytestmark = makes_an_environment

    def test_makes_the_environment_and_becomes_the_program(self, checkout: Checkout) -> None:
        checkout.lock("runtime", "tiny_one")
        process = checkout.start("serve", "--data", "some where")
        report = report_of(process)
        assert report.prefix == str(checkout.environment)
        assert report.packages == ["tiny_one"]
        assert report.arguments == ["serve", "--data", "some where"]
        assert report.folder == str(checkout.elsewhere)
        assert report.process == process.pid, "a signal sent to the script would not reach the program"
        assert report.stderr.startswith("Setting up .venv from locks/runtime.txt\n")

    def test_of_two_scripts_at_once_one_sets_up_and_both_work(self, checkout: Checkout) -> None:
        checkout.lock("runtime", "tiny_one")
        started = [checkout.start("serve"), checkout.start("one", "key")]
        reports = [report_of(process) for process in started]
        assert [report.packages for report in reports] == [["tiny_one"]] * 2
        assert [report.arguments for report in reports] == [["serve"], ["key"]]
        said = sorted(report.stderr.splitlines()[0] for report in reports)
        assert said == [
            "Setting up .venv from locks/runtime.txt",
            "Waiting for another process that is setting up .venv.",
        ]

    def test_with_a_wrong_hash_installs_nothing_and_says_so_in_one_line(self, checkout: Checkout) -> None:
        checkout.lock("runtime", "tiny_one")
        wheel = checkout.wheels / "tiny_one-1.0-py3-none-any.whl"
        wheel.write_bytes(wheel.read_bytes() + b"\0")
        said = checkout.refusal("serve")
        assert "DO NOT MATCH THE HASHES" in said
        assert str(checkout.environment / "setup.log") in said
        assert not list(checkout.environment.rglob("tiny_one.py"))
        checkout.lock("runtime", "tiny_one")
        assert checkout.run("serve").packages == ["tiny_one"], "a later start did not recover"

    def test_survives_kill_in_the_middle(self, checkout: Checkout) -> None:
        checkout.lock("runtime", "tiny_one")
        killed = checkout.start("serve")
        while not (checkout.environment / "pyvenv.cfg").exists():
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=LIMIT_SECONDS)
        assert checkout.run("serve").packages == ["tiny_one"]

    def test_interrupted_leaves_nothing_running(self, checkout: Checkout) -> None:
        interrupted = checkout.start("serve")
        while not (checkout.environment / "pyvenv.cfg").exists():
            time.sleep(0.01)
        children = psutil.Process(interrupted.pid).children(recursive=True)
        assert children
        interrupted.send_signal(signal.SIGINT)
        stderr = interrupted.communicate(timeout=LIMIT_SECONDS)[1]
        assert interrupted.returncode == STATUS_OF_INTERRUPTION
        assert "Traceback" not in stderr
        # A container's first process may never reap an orphan, which is then dead all the same.
        running = psutil.wait_procs(children, timeout=1)[1]
        assert [child for child in running if child.status() != psutil.STATUS_ZOMBIE] == []


class TestLaterUse:
    pytestmark = makes_an_environment

    def test_of_an_unchanged_lock_is_silent_and_changes_nothing(self, checkout: Checkout) -> None:
        checkout.lock("runtime", "tiny_one")
        checkout.run("serve")
        before = {path: path.lstat().st_mtime_ns for path in checkout.environment.rglob("*")}
        assert checkout.run("serve").stderr == ""
        assert {path: path.lstat().st_mtime_ns for path in checkout.environment.rglob("*")} == before

    def test_of_a_changed_lock_installs_what_is_new_and_removes_what_is_gone(self, checkout: Checkout) -> None:
        checkout.lock("runtime", "tiny_one", "tiny_two")
        checkout.run("serve")
        checkout.lock("runtime", "tiny_two", "tiny_three")
        report = checkout.run("serve")
        assert report.packages == ["tiny_three", "tiny_two"]
        assert report.stderr.startswith("Updating .venv from locks/runtime.txt\n")

    def test_of_test_adds_what_development_needs_and_serve_keeps_it(self, checkout: Checkout) -> None:
        checkout.lock("runtime", "tiny_one")
        checkout.lock("dev", "tiny_one", "tiny_dev")
        assert checkout.run("serve").packages == ["tiny_one"]
        tested = checkout.run("test", "-k", "some test")
        assert tested.packages == ["tiny_dev", "tiny_one"]
        assert tested.arguments[-2:] == ["-k", "some test"]
        assert tested.folder == str(checkout.folder)
        served = checkout.run("serve")
        assert served.packages == ["tiny_dev", "tiny_one"]
        assert served.stderr == ""

    @pytest.mark.parametrize("lost", ["bin/python", "setup.json"])
    def test_of_a_broken_or_half_made_environment_makes_it_anew(self, checkout: Checkout, lost: str) -> None:
        checkout.lock("runtime", "tiny_one")
        checkout.run("serve")
        (checkout.environment / lost).unlink()
        report = checkout.run("serve")
        assert report.packages == ["tiny_one"]
        assert report.stderr.startswith("Setting up .venv from locks/runtime.txt\n")


class TestMachine:
    """What a machine without the little that is needed is told."""

    def test_with_an_older_python_is_told_which_one_to_install(self) -> None:
        program = "import sys; sys.version_info = (3, 10, 9); sys.argv = ['scripts/serve']; import bootstrap"
        done = _python(program, SCRIPTS)
        assert done.returncode == 1
        assert done.stderr == (
            "ONE needs Python 3.11 or newer, and this is 3.10: install a newer one and run python3.11 scripts/serve\n"
        )

    @pytest.mark.parametrize("script", ["bootstrap.py", "serve", "one", "test", "check"])
    def test_with_an_older_python_gets_that_far(self, script: str) -> None:
        ast.parse((SCRIPTS / script).read_text(), feature_version=(3, 7))

    @pytest.mark.parametrize("script", ["bootstrap.py", "serve", "one", "test", "check"])
    def test_needs_nothing_but_the_standard_library(self, script: str) -> None:
        tree = ast.walk(ast.parse((SCRIPTS / script).read_text()))
        imports = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {
            (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
            for node in imports
            for alias in node.names
        }
        assert names
        assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | {"bootstrap"}

    def test_without_venv_is_told_how_to_get_it(self, checkout: Checkout) -> None:
        program = "import sys; sys.modules['ensurepip'] = None; import bootstrap; bootstrap.ensure('runtime')"
        done = _python(program, checkout.folder / "scripts")
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            "This Python has no venv module: install it "
            f"(Debian, Ubuntu: apt install python{version}-venv), then start again."
        )

    def test_with_something_else_in_the_place_of_the_environment_is_told_so(self, checkout: Checkout) -> None:
        checkout.environment.write_text("")
        said = checkout.refusal("serve")
        assert said.startswith(f"{checkout.environment} cannot be set up (File exists)")


def _python(program: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
