"""Questions in an address: what a client has is not sent again, and nobody is shown what another one may see."""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

import httpx2
import pytest

from domain.people import PlatformRole
from tests.client import Api
from tests.worlds import World

NAME = "query ($id: ID!) { node(id: $id) { ... on Group { name } } }"


async def _get(api: Api, query: str, *, headers: Mapping[str, str] | None = None, **variables: str) -> httpx2.Response:
    quoted = ", ".join(f'"{name}": "{value}"' for name, value in variables.items())
    given = {"Authorization": api.authorization} if api.authorization else {}
    params = {"query": query, "variables": f"{{{quoted}}}"}
    return await api.http.get("/graphql", params=params, headers={**given, **(headers or {})})


@pytest.fixture
async def group(shared_world: World) -> str:
    """A group that everybody may see."""
    return await shared_world.group(f"window-{uuid4().hex}", visibility="public")


async def test_what_a_client_has_is_not_sent_again_until_it_changes(shared_world: World, group: str) -> None:
    nobody = shared_world.api.as_holder_of(None)
    first = await _get(nobody, NAME, id=group)
    again = await _get(nobody, NAME, headers={"If-None-Match": first.headers["ETag"]}, id=group)
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert {again.headers[name] for name in ("ETag", "Vary")} == {first.headers[name] for name in ("ETag", "Vary")}
    await shared_world.api.change("updateGroup", {"id": group, "version": 1, "name": "Another"}, "group { name }")
    changed = await _get(nobody, NAME, headers={"If-None-Match": first.headers["ETag"]}, id=group)
    assert changed.status_code == 200
    assert changed.json() == {"data": {"node": {"name": "Another"}}}
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_a_cache_asks_again_each_time_and_keeps_nothing_of_who_is_signed_in(
    shared_world: World, group: str
) -> None:
    public, own = await asyncio.gather(
        _get(shared_world.api.as_holder_of(None), NAME, id=group), _get(shared_world.api, NAME, id=group)
    )
    assert public.headers["Cache-Control"] == "no-cache"
    assert own.headers["Cache-Control"] == "private, no-store"
    assert public.headers["Vary"] == own.headers["Vary"] == "Accept, Authorization, Cookie"


async def test_what_one_may_see_is_not_said_to_be_there_for_another(shared_world: World) -> None:
    hidden = await shared_world.group("hidden")
    seen = await _get(shared_world.api, NAME, id=hidden)
    outsider = await shared_world.member("outsider", "elsewhere", role=PlatformRole.ORG_USER)
    told = await _get(outsider, NAME, headers={"If-None-Match": seen.headers["ETag"]}, id=hidden)
    assert (told.status_code, told.json()) == (200, {"data": {"node": None}})


async def test_an_answer_in_another_form_is_another_one(shared_world: World, group: str) -> None:
    plain = await _get(shared_world.api, NAME, id=group)
    accept = {"Accept": "application/graphql-response+json", "If-None-Match": plain.headers["ETag"]}
    other = await _get(shared_world.api, NAME, headers=accept, id=group)
    assert (other.status_code, other.json()) == (200, plain.json())


@pytest.mark.parametrize("query", ["{ nothing }", "{", "mutation { signOut { __typename } }"])
async def test_what_is_refused_has_no_tag(shared_world: World, query: str) -> None:
    accept = {"Accept": "application/graphql-response+json", "If-None-Match": "*"}
    refused = await _get(shared_world.api, query, headers=accept)
    assert refused.status_code == 400
    assert "ETag" not in refused.headers


async def test_an_answer_to_a_post_has_no_tag(shared_world: World, group: str) -> None:
    body = {"query": NAME, "variables": {"id": group}}
    headers = {"Authorization": shared_world.api.authorization or "", "If-None-Match": "*"}
    answer = await shared_world.api.http.post("/graphql", json=body, headers=headers)
    assert (answer.status_code, "ETag" in answer.headers) == (200, False)
