"""graphql-core's own tests of execution, from its source distribution, run with compiled execution in its place."""

import os
import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import CHECKOUT, missing

DIFFERENCES: Final = {
    "test_nonnull.py::describe_execute_handles_non_nullable_types"
    "::describe_nulls_a_complex_tree_of_nullable_fields_each::throws": (
        "Errors of fields that are awaited come in the order in which they happen, and these happen at the same time."
    ),
}
"""The tests that compiled execution does not pass, and why that is meant."""


@pytest.fixture
def sources(pytestconfig: pytest.Config) -> Path:
    """The source distribution of the graphql-core that is installed, fetched once."""
    assert pytestconfig.cache is not None
    folder, number = pytestconfig.cache.mkdir("graphql-core"), version("graphql-core")
    unpacked = folder / f"graphql_core-{number}"
    if not unpacked.exists():
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "graphql-core"]
        fetched = subprocess.run(
            [*fetch, f"graphql-core=={number}"], cwd=folder, capture_output=True, text=True, check=False
        )
        if fetched.returncode:
            missing(f"graphql-core's sources cannot be fetched: {fetched.stderr.strip().splitlines()[-1]}")
        with tarfile.open(folder / f"graphql_core-{number}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    assert (unpacked / "tests" / "execution").is_dir()
    return unpacked


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_passes_the_tests_of_graphql_core(sources: Path) -> None:
    options = ["-q", "-rf", "-o", "addopts=", "-p", "no:xdist", "-p", "no:cacheprovider", "--tb=no"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(Path(__file__).parent)])}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "in_graphql_core", "tests/execution"],
        cwd=sources,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = set(re.findall(r"^FAILED tests/execution/(\S+)", run.stdout, re.MULTILINE))
    assert failed == set(DIFFERENCES), run.stdout + run.stderr
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed is not None, run.stdout
    assert int(passed[1]) > 700
