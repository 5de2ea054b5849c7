"""A real server, and the npm packages that put it to the test."""

import asyncio
import hashlib
import shutil
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.e2e.conftest import served

__all__ = ["served"]

FOLDER = Path(__file__).parent
INSTALL_SECONDS = 120


@pytest.fixture(scope="session")
async def node() -> str:
    """A Node.js that finds the packages of this folder."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing("no Node.js with npm for the conformance tests")
    note = FOLDER / "node_modules" / ".installed"
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if not note.is_file() or note.read_text() != wanted:
        install = await asyncio.create_subprocess_exec(npm, "ci", "--ignore-scripts", cwd=FOLDER)
        assert await asyncio.wait_for(install.wait(), INSTALL_SECONDS) == 0, "the npm packages could not be installed"
        note.write_text(wanted)
    return node
