"""Clients that are generated from the schema and some documents, and programs that use them by their types."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.conformance.programs import FOLDER, INSTALLING, python_with, run
from tests.conftest import CHECKOUT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALLING)]

SCHEMA = CHECKOUT / "schema.graphql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a client is generated: the schema, the documents and the programs that use it."""
    shutil.copytree(FOLDER / "typed", tmp_path, dirs_exist_ok=True)
    shutil.copy(SCHEMA, tmp_path)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    return tmp_path


async def test_a_program_compiles_strictly_with_what_graphql_codegen_makes(node: str, folder: Path) -> None:
    await run(node, "codegen.mjs", "schema.graphql", "operations.graphql", "generated.ts", cwd=folder)
    await run(node, "node_modules/typescript/bin/tsc", "--project", ".", cwd=folder)


async def test_a_program_passes_mypy_with_what_ariadne_codegen_makes(folder: Path) -> None:
    python = await python_with("ariadne-codegen")
    await run(python.with_name("ariadne-codegen"), "--config", "ariadne-codegen.toml", cwd=folder)
    mypy = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini"]
    await run(*mypy, "--python-executable", python, "use.py", cwd=folder)
