"""GraphQL over HTTP to the letter, by the audits of npm graphql-http."""

import asyncio
import json

import pytest

from domain.values import JSON
from tests.conformance.conftest import FOLDER
from tests.e2e.servers import Served

pytestmark = pytest.mark.slow

AUDITS = 61
AUDIT_SECONDS = 60


async def test_every_audit_passes(node: str, served: Served) -> None:
    audit = await asyncio.create_subprocess_exec(
        node, "audit.mjs", f"{served.url}/graphql", cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await asyncio.wait_for(audit.communicate(), AUDIT_SECONDS)
    finally:
        if audit.returncode is None:
            audit.kill()
            await audit.wait()
    results: list[dict[str, JSON]] = json.loads(out)
    assert len(results) == AUDITS
    assert [each for each in results if each["status"] != "ok"] == []
