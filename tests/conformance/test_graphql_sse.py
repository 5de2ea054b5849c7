"""The single connection mode, with npm graphql-sse."""

import asyncio
import json

import httpx2
import pytest

from tests.client import Api
from tests.conformance.programs import FOLDER, INSTALLING
from tests.e2e.servers import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALLING)]


async def test_the_npm_client_runs_all_its_operations_over_one_stream(node: str, served: Served) -> None:
    secret = served.accounts[0].secret
    async with httpx2.AsyncClient(base_url=served.url, timeout=60) as http:
        group = str((await Api(http, secret).ask("{ groups(first: 1) { nodes { id } } }")).at("groups.nodes.0.id"))
    client = await asyncio.create_subprocess_exec(
        node, "single.mjs", f"{served.url}/graphql", secret, group, cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await asyncio.wait_for(client.communicate(), 60)
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    told = {"data": {"events": {"event": {"target": {"name": "Told"}}}}}
    assert json.loads(out) == {
        "methods": {"PUT": 1, "GET": 1, "POST": 4, "DELETE": 2},
        "told": {
            "one": told,
            "two": told,
            "query": {"data": {"viewer": {"person": {"role": "platform_owner"}}}},
            "wrong": 400,
        },
    }
