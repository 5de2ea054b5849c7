"""Schemathesis makes up operations by the schema, and sends them to a real server: none of them is too much for it."""

import os
import re
from pathlib import Path
from typing import Final

import pytest

from tests.conformance.programs import FOLDER, INSTALLING, python_with, run
from tests.e2e.servers import Served, unheard

NIGHTLY: Final = bool(os.environ.get("TESTS_NIGHTLY"))
EXAMPLES: Final = 100 if NIGHTLY else 5
"""How many for each field of the roots."""

SECONDS: Final = 5_400 if NIGHTLY else 400

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(SECONDS + INSTALLING)]


async def test_nothing_that_schemathesis_makes_up_is_a_fault_of_the_server(served: Served, tmp_path: Path) -> None:
    python = await python_with("schemathesis")
    owner = served.accounts[0]
    async with unheard(served):
        said = await run(
            "env", f"SCHEMATHESIS_HOOKS={FOLDER / 'clients' / 'schemathesis_hooks.py'}",
            python.with_name("schemathesis"), "run", f"{served.url}/graphql",
            "--header", f"Authorization: Bearer {owner.secret}",
            "--checks", "no_fault,response_schema_conformance",
            "--max-examples", str(EXAMPLES), "--phases", "fuzzing", "--seed", "20261128",
            "--suppress-health-check", "all", "--warnings", "off",
            cwd=tmp_path, seconds=SECONDS,
        )  # fmt: skip
    made = re.search(r"(\d+) generated, (\d+) passed\n", said)
    assert made, said
    assert made[1] == made[2], said
