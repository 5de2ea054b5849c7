"""Clients that others wrote, each with a query, a mutation and a subscription against a real server."""

import json
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from tests.conformance.programs import INSTALLING, python_with, run
from tests.e2e.servers import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALLING)]


async def _asked(program: Sequence[str | Path], served: Served) -> dict[str, dict[str, object]]:
    """What a client says that it created in a group of the demo world, saw happen, and read."""
    owner = next(each for each in served.accounts if each.role == "platform_owner")
    headers = {"Authorization": f"Bearer {owner.secret}"}
    async with httpx2.AsyncClient(base_url=served.url, headers=headers) as client:
        question = {"query": "{ groups(first: 1) { nodes { id slug } } }"}
        group = (await client.post("/graphql", json=question)).json()["data"]["groups"]["nodes"][0]
    told: dict[str, dict[str, object]] = json.loads(
        await run(*program, f"{served.url}/graphql", owner.secret, group["id"]), object_hook=_without_type_names
    )
    created = told["created"]
    assert told["followed"] == {"type": "thing_created", "targetId": created["id"]}
    assert told["read"] == {"id": created["id"], "name": created["name"], "group": {"slug": group["slug"]}}
    return told


def _without_type_names(found: dict[str, object]) -> dict[str, object]:
    """Some clients ask for those by themselves."""
    return {name: value for name, value in found.items() if name != "__typename"}


@pytest.mark.parametrize(("program", "name"), [("apollo", "Apollo Client"), ("urql", "urql")])
async def test_a_client_in_javascript_asks_changes_and_follows(
    program: str, name: str, node: str, served: Served
) -> None:
    told = await _asked([node, f"clients/{program}.mjs"], served)
    assert told["created"]["name"] == f"Written by {name}"
    assert told["cached"] == told["read"]


async def test_gql_asks_changes_and_follows(served: Served) -> None:
    told = await _asked([await python_with("gql"), "clients/gql_client.py"], served)
    assert told["created"]["name"] == "Written by gql"
