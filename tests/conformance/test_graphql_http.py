"""GraphQL over HTTP to the letter, by the audits of npm graphql-http."""

import json

import pytest

from domain.values import JSON
from tests.conformance.programs import INSTALLING, run
from tests.e2e.servers import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALLING)]

AUDITS = 61


async def test_every_audit_passes(node: str, served: Served) -> None:
    results: list[dict[str, JSON]] = json.loads(await run(node, "audit.mjs", f"{served.url}/graphql"))
    assert len(results) == AUDITS
    assert [each for each in results if each["status"] != "ok"] == []
