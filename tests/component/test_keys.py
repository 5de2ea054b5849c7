"""API keys that people make for themselves: never further than their person, and no further than they are confined."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

import pytest

from domain.access import Caller
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject, now
from graph.store import Statement
from services.key_holders import MAX_KEYS
from services.people import NewPerson
from services.registration import register
from services.sessions import begin
from tests.accounts import TurnedClock
from tests.client import Api
from tests.conftest import served
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

KEYS = "{ viewer { apiKeys { id name scope hint expiresAt lastUsedAt actions groups { slug } } } }"
KEY = "secret apiKey { id name scope expiresAt }"
SEEN = "{ groups(first: 20) { nodes { slug } } things(first: 20) { nodes { name } } }"
STORED: Statement[Mapping[str, object]] = Statement("stored", "MATCH (n) RETURN properties(n) AS row")


@dataclass
class Town:
    """A platform owner in a session: groups one and, below it, two; and other; a thing in each."""

    world: World
    api: Api
    clock: TurnedClock
    refresh: str
    at: Mapping[str, str]

    async def create(self, **given: JSON) -> Mapping[str, JSON]:
        return await self.api.change("createApiKey", {"name": "Partner", **given}, KEY)

    async def key(self, **given: JSON) -> Api:
        """The API as a new key that may write sees it."""
        answer = await self.create(scope="write", **given)
        assert answer["__typename"] == "CreateApiKeySuccess", answer
        return self.world.api.as_holder_of(str(answer["secret"]))


@pytest.fixture
async def town(world: World) -> AsyncIterator[Town]:
    at = await world.make(one=new_group("one"), other=new_group("other"))
    at |= await world.make(two=new_group("two", at["one"]))
    at |= await world.make(
        **{f"in_{name}": new_thing(at[name], "video", f"in {name}") for name in ("one", "two", "other")}
    )
    clock = TurnedClock()
    caller = Caller(None)
    signed_in = await world.store.write(lambda transaction: begin(transaction, caller, world.owner.id, now()))
    async with served(world.store, clock=clock) as http:
        yield Town(world, Api(http, signed_in.tokens.access), clock, signed_in.tokens.refresh, at)


async def names(api: Api) -> tuple[set[JSON], set[JSON]]:
    answer = await api.ask(SEEN)
    return set(answer.each("groups.nodes", "slug")), set(answer.each("things.nodes", "name"))


async def kind(api: Api, field: str, given: JSONObject) -> str:
    return str((await api.change(field, given))["__typename"])


async def test_a_key_is_shown_with_its_secret_once_and_works_at_once(town: Town) -> None:
    until = (now() + timedelta(days=30)).replace(microsecond=0)
    created = await town.create(scope="write", expiresAt=until.isoformat())
    secret = str(created["secret"])
    assert secret.startswith("one_")
    key = town.world.api.as_holder_of(secret)
    assert (await key.ask("{ viewer { scope person { username } } }")).data == {
        "viewer": {"scope": "write", "person": {"username": "owner"}}
    }
    town.clock.forward(minutes=6)
    assert (await Api(town.api.http, secret).ask("{ viewer { scope } }")).status == 200
    shown = cast("list[Mapping[str, JSON]]", (await town.api.ask(KEYS)).at("viewer.apiKeys"))[0]
    assert (shown["name"], shown["hint"], shown["groups"], shown["actions"]) == ("Partner", secret[:8], None, None)
    assert shown["lastUsedAt"] is not None
    stored = " ".join(str(value) for row in await town.world.store.read(STORED, {}) for value in row.values())
    assert secret not in stored
    activity = await town.api.ask("{ viewer { accountActivity(first: 1) { nodes { type properties } } } }")
    [told] = cast("list[Mapping[str, JSON]]", activity.at("viewer.accountActivity.nodes"))
    made = cast("Mapping[str, JSON]", created["apiKey"])["id"]
    assert (told["type"], cast("Mapping[str, JSON]", told["properties"])["key"]) == ("api_key_created", made)


async def test_a_confined_key_reads_what_is_at_and_below_its_groups_alone(town: Town) -> None:
    assert await names(await town.key(groupIds=[town.at["one"]])) == ({"one", "two"}, {"in one", "in two"})
    assert await names(await town.key(groupIds=[town.at["two"], town.at["other"]])) == (
        {"two", "other"}, {"in two", "in other"},
    )  # fmt: skip


async def test_a_confined_key_does_not_see_what_its_person_did_elsewhere(town: Town) -> None:
    key = await town.key(groupIds=[town.at["two"]])
    answer = await key.ask("{ events(first: 50) { nodes { group { slug } } } }")
    assert {str(each) for each in answer.each("events.nodes", "group")} == {"{'slug': 'two'}"}


async def test_a_confined_key_does_not_look_into_the_account_of_its_person(town: Town) -> None:
    key = await town.key(groupIds=[town.at["one"]])
    for field in ("sessions { id }", "apiKeys { id }", "accountActivity(first: 1) { nodes { id } }"):
        answer = await key.ask(f"{{ viewer {{ person {{ username }} {field} }} }}")
        assert answer.codes == ["FORBIDDEN"], field
        assert (await town.api.ask(f"{{ viewer {{ {field} }} }}")).data


async def test_a_confined_key_changes_nothing_elsewhere(town: Town) -> None:
    key, at = await town.key(groupIds=[town.at["one"]]), town.at
    before = await town.world.count()
    video: JSONObject = {"groupId": at["other"], "type": "video", "name": "x"}
    assert await kind(key, "createThing", video) == "NotFoundError"
    assert await kind(key, "updateThing", {"id": at["in_other"], "version": 1, "name": "x"}) == "NotFoundError"
    assert await kind(key, "moveThing", {"id": at["in_one"], "version": 1, "groupId": at["other"]}) == "NotFoundError"
    assert await kind(key, "createGroup", {"slug": "x", "name": "X", "type": "dao"}) == "ForbiddenError"
    assert await kind(key, "moveGroup", {"id": at["two"], "version": 1, "parentId": None}) == "ForbiddenError"
    guide: JSONObject = {"name": "guide", "description": "x", "schema": {"type": "object"}}
    assert await kind(key, "registerThingType", guide) == "ForbiddenError"
    many = await key.change("applyChanges", {"changes": [{"createThing": video}], "mode": "all_or_nothing"})
    assert many["__typename"] == "ItemError"
    assert (await key.ask("{ consistency { total } }")).codes == ["FORBIDDEN"]
    assert await town.world.count() == before
    assert await kind(key, "createThing", {**video, "groupId": at["two"]}) == "CreateThingSuccess"


async def test_a_key_does_not_free_itself_of_its_bounds(town: Town) -> None:
    home = {"groupIds": [town.world.home]}
    for bounds in (home, {"actions": ["update_thing", "connect", "archive_thing"]}):
        created = await town.create(scope="write", **bounds)
        key = town.world.api.as_holder_of(str(created["secret"]))
        identifier = cast("Mapping[str, JSON]", created["apiKey"])["id"]
        free: JSONObject = {"id": identifier, "version": 1, "properties": {"scope": "write"}}
        owns = new_connection("owns", town.world.home, str(identifier))[1]
        archived: JSONObject = {"id": identifier, "version": 1}
        for field, given in (("updateThing", free), ("connect", owns), ("archiveThing", archived)):
            assert await kind(key, field, given) == "ForbiddenError", field


async def test_a_key_does_only_what_it_was_made_for(town: Town) -> None:
    key, at = await town.key(actions=["create_thing"]), town.at
    video: JSONObject = {"groupId": at["other"], "type": "video", "name": "x"}
    assert await kind(key, "createThing", video) == "CreateThingSuccess"
    before = await town.world.count()
    assert await kind(key, "archiveThing", {"id": at["in_one"], "version": 1}) == "ForbiddenError"
    assert await kind(key, "applyChanges", {"changes": [{"createThing": video}], "mode": "each"}) == "ForbiddenError"
    assert await town.world.count() == before
    bulk = await town.key(actions=["apply_changes"])
    each = await bulk.change("applyChanges", {"changes": [{"createThing": video}], "mode": "all_or_nothing"})
    assert each["__typename"] == "ItemError"
    assert await town.world.count() != before  # the key itself


async def test_a_key_reaches_no_further_than_its_person(town: Town) -> None:
    person = await register(
        town.world.store, NewPerson("ann@one.example", "ann", "Ann", PlatformRole.ORG_OWNER), "one", MemberRole.VIEWER
    )
    signed_in = await town.world.store.write(lambda transaction: begin(transaction, Caller(None), person.id, now()))
    ann = replace(town, api=town.world.api.as_holder_of(signed_in.tokens.access))
    assert await names(await ann.key()) == ({"one", "two"}, {"in one", "in two"})
    assert await names(await ann.key(groupIds=[town.at["two"]])) == ({"two"}, {"in two"})
    refused = await ann.create(groupIds=[town.at["other"]])
    assert refused["__typename"] == "NotFoundError"
    key = await ann.key(groupIds=[town.at["one"]])
    given: JSONObject = {"id": town.at["two"], "version": 1, "parentId": town.at["other"]}
    assert await kind(town.world.api, "moveGroup", given) == "MoveGroupSuccess"
    assert await names(key) == ({"one"}, {"in one"})


async def test_a_key_of_a_group_above_reaches_what_its_person_reaches_below(town: Town) -> None:
    new = NewPerson("ben@one.example", "ben", "Ben", PlatformRole.ORG_USER)
    person = await register(town.world.store, new, "one", MemberRole.VIEWER)
    signed_in = await town.world.store.write(lambda transaction: begin(transaction, Caller(None), person.id, now()))
    ben = replace(town, api=town.world.api.as_holder_of(signed_in.tokens.access))
    key = await ben.key(groupIds=[town.at["one"]])
    two = {"type": "member_of", "fromId": person.id, "toId": town.at["two"], "properties": {"role": "viewer"}}
    assert await kind(town.world.api, "connect", cast("JSONObject", two)) == "ConnectSuccess"
    found = await town.world.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Person { connections(first: 5) { nodes { id toId } } } } }",
        id=person.id,
    )
    edges = cast("list[Mapping[str, str]]", found.at("node.connections.nodes"))
    [first] = [each["id"] for each in edges if each["toId"] == town.at["one"]]
    assert await kind(town.world.api, "disconnect", {"id": first}) == "DisconnectSuccess"
    assert await names(key) == ({"two"}, {"in two"})


async def test_a_rotated_key_is_good_beside_its_successor_for_a_while(town: Town) -> None:
    created = await town.create(groupIds=[town.at["one"]], scope="write")
    old_id = cast("Mapping[str, JSON]", created["apiKey"])["id"]
    answer = await town.api.change(
        "rotateApiKey", {"id": old_id, "overlapSeconds": 3600},
        "secret apiKey { id name scope groups { slug } } replaced { id expiresAt version }",
    )  # fmt: skip
    assert answer["__typename"] == "RotateApiKeySuccess", answer
    new = cast("Mapping[str, JSON]", answer["apiKey"])
    assert (new["name"], new["scope"], new["groups"]) == ("Partner", "write", [{"slug": "one"}])
    assert cast("Mapping[str, JSON]", answer["replaced"])["version"] == 2
    both = [Api(town.api.http, str(each["secret"])) for each in (created, answer)]
    assert [await names(each) for each in both] == [({"one", "two"}, {"in one", "in two"})] * 2
    town.clock.forward(minutes=61)
    assert [(await each.ask(SEEN)).status for each in both] == [401, 200]


async def test_a_revoked_key_is_refused_with_the_next_request(town: Town) -> None:
    created = await town.create()
    key = town.world.api.as_holder_of(str(created["secret"]))
    assert (await key.ask(SEEN)).status == 200
    given: JSONObject = {"id": cast("Mapping[str, JSON]", created["apiKey"])["id"]}
    assert await kind(town.api, "revokeApiKey", given) == "RevokeApiKeySuccess"
    assert (await key.ask(SEEN)).status == 401
    assert await kind(town.api, "revokeApiKey", given) == "NotFoundError"
    assert await kind(town.api, "rotateApiKey", given) == "NotFoundError"
    assert given["id"] not in (await town.api.ask(KEYS)).each("viewer.apiKeys", "id")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"groupIds": []}, "groupIds"),
        ({"groupIds": ["x"]}, "groupIds.0"),
        ({"actions": ["sign_in"]}, "actions.0"),
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_nothing(town: Town, given: JSONObject, field: str) -> None:
    before = await town.world.count()
    answer = await town.api.change("createApiKey", {"name": "Partner", **given}, "secret")
    assert (answer["__typename"], answer["field"]) == ("ValidationError", field)
    assert await town.world.count() == before


async def test_keys_are_made_in_person_and_soon_after_a_proof(town: Town) -> None:
    key = cast("Mapping[str, JSON]", (await town.create())["apiKey"])["id"]
    before = await town.world.count()
    given: JSONObject = {"name": "Partner"}
    assert await kind(town.world.api, "createApiKey", given) == "ForbiddenError"
    assert await kind(town.world.api.as_holder_of(None), "createApiKey", given) == "AuthError"
    town.clock.forward(minutes=11)
    refreshed = await Api(town.api.http).change(
        "refreshSession", {"refreshToken": town.refresh}, "tokens { accessToken }"
    )
    access = cast("Mapping[str, str]", refreshed["tokens"])["accessToken"]
    api = Api(town.api.http, access)
    for field, asked in (("createApiKey", given), ("rotateApiKey", {"id": key}), ("revokeApiKey", {"id": key})):
        assert await kind(api, field, asked) == "ReauthenticationError"
    assert await town.world.count() == before


async def test_nobody_touches_the_keys_of_others(town: Town) -> None:
    person = await register(
        town.world.store,
        NewPerson("eve@one.example", "eve", "Eve", PlatformRole.PLATFORM_OWNER),
        "one",
        MemberRole.OWNER,
    )
    signed_in = await town.world.store.write(lambda transaction: begin(transaction, Caller(None), person.id, now()))
    eve = town.world.api.as_holder_of(signed_in.tokens.access)
    key = cast("Mapping[str, JSON]", (await town.create())["apiKey"])["id"]
    assert (await eve.ask(KEYS)).at("viewer.apiKeys") == []
    assert await kind(eve, "revokeApiKey", {"id": key}) == "NotFoundError"
    assert await kind(eve, "rotateApiKey", {"id": key}) == "NotFoundError"


async def test_of_many_at_once_no_more_than_the_most_are_made(town: Town) -> None:
    for _ in range(MAX_KEYS - 3):  # the world's own key is one
        assert (await town.create())["__typename"] == "CreateApiKeySuccess"
    answers = await asyncio.gather(*(town.create() for _ in range(6)))
    kinds = sorted(str(answer["__typename"]) for answer in answers)
    assert kinds == ["ConflictError"] * 4 + ["CreateApiKeySuccess"] * 2


async def test_a_use_is_noted_once_in_five_minutes(town: Town, all_statements: list[str]) -> None:
    key = Api(town.api.http, str((await town.create())["secret"]))
    town.clock.forward(minutes=6)
    all_statements.clear()
    for _ in range(3):
        await key.ask("{ viewer { scope } }")
    assert all_statements == ["authenticate", "touch_key", "authenticate", "confirm"]
    town.clock.forward(minutes=6)
    all_statements.clear()
    await key.ask("{ viewer { scope } }")
    assert all_statements == ["authenticate", "touch_key"]
