"""Following events: what a follower gets is what the list of events has for them, decided when it is handed over."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import cast

import httpx2
import pytest

from domain.access import Caller
from domain.errors import AuthError, RateLimitError, ValidationError
from domain.events import EventType
from domain.filters import EVERYTHING, Comparison, Condition, Operator
from domain.people import PlatformRole
from domain.values import JSON, JSONObject, now
from graph.store import Statement, Store, Transaction
from schema.filters import EventFilter, TimeRange, condition
from services import live_events
from services.delivery_rights import DeliveryRights
from services.event_log import EventLog
from services.hashes import hash_of
from services.live_events import Delivery, LiveEvents
from services.services import Services
from services.session_ending import end_all_sessions, end_sessions_of
from tests.accounts import PASSWORD, Accounts
from tests.client import Api
from tests.component.filter_oracle import draw
from tests.component.filter_world import fill
from tests.conftest import UNLIMITED
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(300)]

Deliveries = AsyncGenerator[Delivery]


class Ending(EventLog):
    """A log that lets its followers go where they would wait."""

    async def moved(self, position: int, seconds: float) -> None:
        """Wait for nothing."""
        assert seconds > 0
        self.closed |= position >= self.position


async def caller_of(services: Services, api: Api) -> Caller:
    """Whoever asks with that API."""
    secret = str(api.secret)
    if secret.startswith("ones_"):
        return Caller(await services.sessions.authenticate(secret))
    return Caller(await services.keys.authenticate(secret))


async def everything(store: Store, api: Api, wanted: Condition, kept: int) -> list[str]:
    """The ids of all that somebody gets who begins at the start, in order."""
    log = Ending(store, kept=kept)
    await log.advance()
    services = Services.of(store, now, UNLIMITED, log=log)
    followed = services.live_events.follow(await caller_of(services, api), wanted, 0)
    return [each.event.id async for each in followed]


async def listed(api: Api, wanted: JSON) -> list[str]:
    """The ids of all that the list has for them."""
    found: list[str] = []
    after: JSON = None
    while True:
        answer = await api.ask(
            """query ($filter: EventFilter, $after: String) {
            events(filter: $filter, first: 100, after: $after, order: oldest_first) {
                nodes { id } pageInfo { hasNextPage endCursor }
            } }""",
            filter=wanted,
            after=after,
        )
        found += [str(each) for each in answer.each("events.nodes", "id")]
        if not answer.at("events.pageInfo.hasNextPage"):
            return found
        after = answer.at("events.pageInfo.endCursor")


async def test_a_follower_gets_exactly_what_the_list_has_for_them(world: World) -> None:
    """For random filters, for people who see all, a part or little, from the store and from memory."""
    filled = await fill(world, seed=39)
    slugs = [str(row["slug"]) for row in filled.rows["groups"] if row["status"] == "active"]
    apis = [
        world.api,
        await world.member("ann", slugs[0]),
        await world.member("bob", slugs[1], role=PlatformRole.ORG_USER),
        await world.member("cid", slugs[2], role=PlatformRole.CUSTOMER),
    ]
    met = 0
    for number in range(12):
        wanted = draw(filled, "events") if number else {}
        for api in apis:
            expected = await listed(api, wanted)
            asked = condition(_input(wanted))
            assert sorted(await everything(world.store, api, asked, kept=1)) == sorted(expected), wanted
            assert sorted(await everything(world.store, api, asked, kept=10_000)) == sorted(expected), wanted
            met += bool(expected)
    assert met > 6


def _input(wanted: JSON) -> EventFilter:
    """The input that GraphQL makes of a filter."""
    given: dict[str, object] = {}
    for name, value in cast("Mapping[str, JSON]", wanted).items():
        match name:
            case "and" | "or":
                given[f"{name}_"] = [_input(each) for each in cast("list[JSON]", value)]
            case "not":
                given["not_"] = _input(value)
            case "at":
                times = {each: datetime.fromisoformat(str(at)) for each, at in cast("Mapping[str, str]", value).items()}
                given["at"] = TimeRange(from_=times.get("from"), before=times.get("before"))
            case _:
                given[re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)] = value
    return EventFilter(**given)  # type: ignore[arg-type] # each is what GraphQL makes of it


class Followed:
    """A log in this process, and what follows it."""

    def __init__(self, world: World, *, kept: int = 2_000) -> None:
        self.log = EventLog(world.store, kept=kept)
        self.services = Services.of(world.store, now, UNLIMITED, log=self.log)

    async def by(self, api: Api, wanted: Condition = EVERYTHING) -> Deliveries:
        """What somebody gets who begins now."""
        await self.log.advance()
        return self.services.live_events.follow(await caller_of(self.services, api), wanted, self.log.position)


async def next_of(deliveries: Deliveries) -> str:
    """What the next event is about."""
    return str((await asyncio.wait_for(anext(deliveries), 20)).event.target_id)


async def _membership(world: World, person: str) -> str:
    edges = await world.api.ask(
        """query ($id: ID!) {
            connections(first: 9, filter: { fromId: $id, type: "member_of" }) { nodes { id } }
        }""",
        id=person,
    )
    [edge] = edges.each("connections.nodes", "id")
    return str(edge)


async def _granted(world: World, **given: JSON) -> None:
    answer = await world.api.change("grantAccess", {**given, "role": "viewer"})
    assert answer["__typename"] == "GrantAccessSuccess", answer


@pytest.mark.parametrize("by", ["a membership", "a grant", "a grant to their group"])
async def test_what_is_taken_away_between_two_events_is_not_there_any_more_for_the_second(
    world: World, by: str
) -> None:
    group, guests = await world.group("team"), await world.group("guests")
    ann = await world.member("ann", "team" if by == "a membership" else "guests", role=PlatformRole.ORG_USER)
    person = str((await ann.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    membership = await _membership(world, person)
    if by == "a grant":
        await _granted(world, toPersonId=person, onId=group)
    if by == "a grant to their group":
        await _granted(world, toGroupId=guests, onId=group)
    followed = Followed(world)
    async with (
        aclosing(await followed.by(ann, _created())) as deliveries,
        aclosing(await followed.by(world.api, _created())) as all_of_them,
    ):
        first = await world.thing("first", group)
        await followed.log.advance()
        assert await next_of(deliveries) == first
        if by == "a grant":
            grants = 'query ($id: ID!) { connections(first: 9, filter: {toId: $id, type: "granted"}) { nodes { id } } }'
            [grant] = (await world.api.ask(grants, id=group)).each("connections.nodes", "id")
            assert (await world.api.change("revokeAccess", {"grantId": grant}))["__typename"] == "RevokeAccessSuccess"
        else:
            assert (await world.api.change("disconnect", {"id": membership}))["__typename"] == "DisconnectSuccess"
        second = await world.thing("second", group)
        await followed.log.advance()
        waiting = asyncio.ensure_future(next_of(deliveries))
        assert [await next_of(all_of_them) for _ in "ab"] == [first, second]
        await asyncio.sleep(0.3)
        assert not waiting.done()
        if by == "a grant":
            await _granted(world, toPersonId=person, onId=group)
        else:
            home = group if by == "a membership" else guests
            assert await world.connect("member_of", person, home, {"role": "viewer"})
        third = await world.thing("third", group)
        await followed.log.advance()
        assert await waiting == third


def _created() -> Condition:
    return Comparison("type", Operator.IS, EventType.THING_CREATED, "filter.type")


def _of_nothing() -> Condition:
    return Comparison("type", Operator.IS, EventType.PRODUCT_ARCHIVED, "filter.type")


async def _signs_out(_accounts: Accounts, ann: Api) -> None:
    assert (await ann.ask("mutation { signOut { __typename } }")).at("signOut.__typename") == "SignOutSuccess"


async def _another_revokes_it(accounts: Accounts, _ann: Api) -> None:
    other = await accounts.sign_in("ann")
    answer = await other.api.change("revokeAllSessions", {"keepThis": True})
    assert answer["__typename"] == "RevokeAllSessionsSuccess", answer


async def _the_password_changes(accounts: Accounts, _ann: Api) -> None:
    other = await accounts.sign_in("ann")
    given: JSONObject = {"currentPassword": PASSWORD, "newPassword": f"{PASSWORD} and more"}
    answer = await other.api.change("changePassword", given)
    assert answer["__typename"] == "ChangePasswordSuccess", answer


async def _the_account_is_suspended(accounts: Accounts, _ann: Api) -> None:
    await accounts.set_status("ann", "suspended")
    await accounts.join("somebody")


async def _an_operator_ends_theirs(accounts: Accounts, _ann: Api) -> None:
    assert await end_sessions_of(accounts.store, Caller(None), "ann@one.example") == 1


async def _an_operator_ends_all(accounts: Accounts, _ann: Api) -> None:
    assert await end_all_sessions(accounts.store, Caller(None)) == 1


ENDS = [
    _signs_out,
    _another_revokes_it,
    _the_password_changes,
    _the_account_is_suspended,
    _an_operator_ends_theirs,
    _an_operator_ends_all,
]


@pytest.mark.parametrize("end", ENDS)
async def test_a_subscription_ends_with_its_session(
    world: World, http: httpx2.AsyncClient, end: Callable[[Accounts, Api], Awaitable[None]]
) -> None:
    """Also where none of what happens is for this follower, but for a suspension, which has no event of its own yet."""
    accounts = Accounts(world.store, http)
    ann = (await accounts.join("ann")).api
    followed = Followed(world)
    wanted = EVERYTHING if end is _the_account_is_suspended else _of_nothing()
    async with aclosing(await followed.by(ann, wanted)) as deliveries:
        await end(accounts, ann)
        await followed.log.advance()
        with pytest.raises(AuthError):
            await asyncio.wait_for(anext(deliveries), 20)


async def test_a_subscription_ends_with_its_key(world: World) -> None:
    ann = await world.member("ann", "home", role=PlatformRole.ORG_USER)
    followed = Followed(world)
    async with aclosing(await followed.by(ann)) as deliveries:
        thing = await world.thing("first")
        await followed.log.advance()
        assert await next_of(deliveries) == thing
        await _run(world.store, "MATCH (n:ApiKey {secretHash: $hash}) SET n.status = 'archived'", hash=_hash(ann))
        await world.thing("second")
        await followed.log.advance()
        with pytest.raises(AuthError):
            await asyncio.wait_for(anext(deliveries), 20)


async def test_what_is_idle_is_looked_at_once_in_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_events, "CHECK_SECONDS", 0.01)
    ann = await world.member("ann", "home", role=PlatformRole.ORG_USER)
    followed = Followed(world)
    async with aclosing(await followed.by(ann)) as deliveries:
        waiting = asyncio.ensure_future(anext(deliveries))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await _run(world.store, "MATCH (n:ApiKey {secretHash: $hash}) SET n.status = 'archived'", hash=_hash(ann))
        with pytest.raises(AuthError):
            await asyncio.wait_for(waiting, 20)


async def test_many_who_follow_are_decided_about_together(world: World, statements: list[str]) -> None:
    apis = [world.api, *[await world.member(f"p{number}", "home", role=PlatformRole.ORG_USER) for number in range(4)]]
    followed = Followed(world)
    deliveries = [await followed.by(api) for api in apis for _ in range(5)]
    waiting = [asyncio.ensure_future(next_of(each)) for each in deliveries]
    await asyncio.sleep(0.1)
    thing = await world.thing("first")
    statements.clear()
    await followed.log.advance()
    assert await asyncio.gather(*waiting) == [thing] * 25
    of_rights = {"read_audit_head", "authenticate_keys_again", "fetch_visible_events"}
    asked = [name for name in statements if name in of_rights]
    assert asked == ["read_audit_head", "authenticate_keys_again", "fetch_visible_events"]
    for each in deliveries:
        await each.aclose()


async def test_whoever_is_slow_goes_on_from_the_store_and_nothing_is_kept_for_them(world: World) -> None:
    followed = Followed(world, kept=5)
    async with aclosing(await followed.by(world.api, _created())) as deliveries:
        waiting = asyncio.ensure_future(next_of(deliveries))
        await asyncio.sleep(0)
        things = []
        for number in range(40):
            things.append(await world.thing(f"t{number}"))
            await followed.log.advance()
            assert len(followed.log.since(followed.log.position - 5, 100) or ()) == 5
        assert followed.log.since(followed.log.position - 6, 100) is None
        assert [await waiting, *[await next_of(deliveries) for _ in things[1:]]] == things


async def test_what_was_decided_counts_no_more_once_anybodys_access_was_changed(
    world: World, statements: list[str]
) -> None:
    group = await world.group("team")
    ann = await world.member("ann", "team", role=PlatformRole.ORG_USER)
    person = (await ann.ask("{ viewer { person { id } } }")).at("viewer.person.id")
    followed = Followed(world)
    async with aclosing(await followed.by(ann, _created())) as deliveries:
        things = [await world.thing(str(number), group) for number in range(4)]
        await followed.log.advance()
        assert [await next_of(deliveries) for _ in things[:2]] == things[:2]
        assert statements.count("fetch_visible_events") == 1, "of all four together"
        await world.member("bob", "team")  # which changes nothing for her
        assert await next_of(deliveries) == things[2]
        assert statements.count("fetch_visible_events") == 2
        query = 'query ($id: ID!) { connections(first: 9, filter: {fromId: $id, type: "member_of"}) { nodes { id } } }'
        [edge] = (await world.api.ask(query, id=person)).each("connections.nodes", "id")
        assert (await world.api.change("disconnect", {"id": edge}))["__typename"] == "DisconnectSuccess"
        waiting = asyncio.ensure_future(next_of(deliveries))
        await asyncio.wait([waiting], timeout=0.5)
        assert not waiting.done()
        assert statements.count("fetch_visible_events") == 3
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_a_decision_that_is_old_is_taken_again_before_the_next_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "FRESH_SECONDS", 0.5)
    group = await world.group("team")
    ann = await world.member("ann", "team", role=PlatformRole.ORG_USER)
    followed = Followed(world)
    async with aclosing(await followed.by(ann, _created())) as deliveries:
        things = [await world.thing(name, group) for name in ("first", "second")]
        await followed.log.advance()
        assert await next_of(deliveries) == things[0]
        await _run(world.store, "MATCH (:Group {slug: 'team'})<-[m:MEMBER_OF]-() SET m.validTo = 1")
        await asyncio.sleep(0.6)  # longer than a decision holds
        waiting = asyncio.ensure_future(next_of(deliveries))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_nobody_follows_too_many_logs_at_once(world: World) -> None:
    followed = Followed(world)
    live = LiveEvents(
        world.store,
        followed.log,
        DeliveryRights(world.store, followed.services.sessions, followed.services.keys),
        most=2,
    )
    caller = await caller_of(followed.services, world.api)
    two = [live.follow(caller, EVERYTHING, None) for _ in "ab"]
    waiting = [asyncio.ensure_future(anext(each)) for each in two]
    await asyncio.sleep(0)
    with pytest.raises(RateLimitError):
        await anext(live.follow(caller, EVERYTHING, None))
    assert live.open == 2
    for each, one in zip(waiting, two, strict=True):
        each.cancel()
        await asyncio.gather(each, return_exceptions=True)
        await one.aclose()
    assert live.open == 0


async def test_nobody_follows_without_saying_who_they_are_or_by_a_filter_that_is_wrong(world: World) -> None:
    followed = Followed(world)
    with pytest.raises(AuthError):
        followed.services.live_events.follow(Caller(None), EVERYTHING, None)
    wrong = Comparison("groupId", Operator.IS, "grp_x", "filter.groupId")
    caller = await caller_of(followed.services, world.api)
    with pytest.raises(ValidationError):
        followed.services.live_events.follow(caller, wrong, None)


async def _run(store: Store, text: str, **given: str) -> None:
    async def work(transaction: Transaction) -> None:
        statement: Statement[object] = Statement("tamper", text)
        await transaction.run(statement, given)

    await store.write(work)


def _hash(api: Api) -> str:
    return hash_of(str(api.secret))


async def test_a_cursor_ahead_of_the_log_is_refused(world: World) -> None:
    """The store was put back to an earlier state: places are given anew, and what has them would be missed."""
    followed = Followed(world)
    await followed.log.advance()
    caller = await caller_of(followed.services, world.api)
    async with aclosing(
        followed.services.live_events.follow(caller, EVERYTHING, followed.log.position + 1)
    ) as deliveries:
        with pytest.raises(ValidationError):
            await anext(deliveries)
