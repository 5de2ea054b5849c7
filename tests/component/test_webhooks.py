"""Webhooks: what a partner's server is sent, however it behaves, and what those who look after it see of that."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.wake import following
from app.webhook_worker import telling
from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject, now
from graph.store import Statement, Store
from services.sealing import SecretBox, SecretKeyError
from services.secret_rotation import require_keys, rotate
from services.webhook_fan_out import WebhookFanOut
from services.webhook_retries import MAX_ATTEMPTS
from services.webhook_sending import LEASE
from tests.accounts import TurnedClock
from tests.client import Api
from tests.conftest import BOX, served
from tests.e2e.pages import blocks
from tests.letters import Letters
from tests.receiver import Got, Receiver, Worker, receiving
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

ENDPOINTS: Statement[int] = Statement("endpoints", "MATCH (n:WebhookEndpoint) RETURN count(n) AS row")
PENDING: Statement[int] = Statement("pending", "MATCH (n:WebhookDelivery {state: 'pending'}) RETURN count(n) AS row")

SHOWN = """
query ($id: ID!) { node(id: $id) { ... on Webhook {
    version state pause failingSince waiting cursor below
    deliveries(first: 50, order: oldest_first) { nodes {
        eventId state tried dueAt settledAt event { type }
        attempts { status error answer milliseconds }
    } }
} } }"""


class Killed(BaseException):
    """What nobody catches."""


@dataclass
class Partner:
    """A group with a webhook, which an administrator of the group looks after, and a worker."""

    world: World
    clock: TurnedClock
    receiver: Receiver
    worker: Worker
    admin: Api
    group: str
    webhook: str = ""
    secret: str = ""
    made: list[str] = field(default_factory=list)

    async def create(self, api: Api | None = None, **given: JSON) -> Mapping[str, JSON]:
        """What making a webhook answers; its secret is kept."""
        name = given.pop("name", "Books")
        answer = await (api or self.admin).change(
            "createWebhook",
            {"groupId": self.group, "name": name, "url": f"{self.receiver.url}/hook", **given},
            "secret webhook { id version }",
        )
        if "secret" in answer:
            self.secret = str(answer["secret"])
            self.webhook = str(cast("Mapping[str, JSON]", answer["webhook"])["id"])
        return answer

    async def ask(self, mutation: str, *answer: str, **given: JSON) -> Mapping[str, JSON]:
        """What changing the webhook answers."""
        return await self.admin.change(mutation, {"id": self.webhook, **given}, " ".join(answer))

    async def thing(self, name: str, group: str | None = None) -> str:
        """A new thing, which is an event."""
        return await self.world.thing(name, group or self.group, "video")

    async def rename(self, thing: str, *versions: int) -> None:
        """Change a thing so often."""
        for version in versions:
            await self.world.api.change("updateThing", {"id": thing, "version": version, "name": f"v{version + 1}"})

    async def shown(self) -> Mapping[str, JSON]:
        """The webhook as its administrator sees it."""
        answer = await self.admin.ask(SHOWN, id=self.webhook)
        return cast("Mapping[str, JSON]", answer.at("node"))

    async def deliveries(self) -> list[Mapping[str, JSON]]:
        """What is on its way, or was sent."""
        found = cast("Mapping[str, JSON]", (await self.shown())["deliveries"])
        return cast("list[Mapping[str, JSON]]", found["nodes"])

    async def events(self) -> list[tuple[JSON, JSON]]:
        """The events about the webhook, each with its properties."""
        answer = await self.world.api.ask(
            """query ($id: ID!) { node(id: $id) { ... on Webhook {
                events(first: 50, order: oldest_first) { nodes { type properties } } } } }""",
            id=self.webhook,
        )
        nodes = cast("list[Mapping[str, JSON]]", answer.at("node.events.nodes"))
        return [(each["type"], each["properties"]) for each in nodes]


@pytest.fixture
async def partner(store: Store, clock: TurnedClock) -> AsyncIterator[Partner]:
    """A shop, its administrator, and a receiver that takes everything."""
    async with served(store, clock=clock, local_webhooks=True) as http, receiving() as receiver:
        world = await World.create(store, Api(http))
        group = await world.group("shop", (await world.group("mall")))
        admin = await world.member(
            "ada", "shop", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=MemberRole.ADMIN
        )
        worker = await Worker.start(store, clock)
        yield Partner(world, clock, receiver, worker, admin, group)


async def test_what_happens_in_the_group_arrives_signed_and_says_what_graphql_says(partner: Partner) -> None:
    before = await partner.thing("Before")
    await partner.create(eventTypes=["thing_created", "thing_updated"])
    assert partner.secret.startswith("whsec_")
    mine, beside = await partner.thing("Mine"), await partner.thing("Beside", partner.world.home)
    await partner.rename(mine, 1)
    await partner.world.api.change("archiveThing", {"id": mine, "version": 2})
    assert await partner.worker.tell() == 2
    created, updated = partner.receiver.got
    assert created.target == updated.target == mine
    assert {before, beside}.isdisjoint(each.target for each in partner.receiver.got)
    answer = await partner.world.api.ask(
        """query ($id: ID!) { node(id: $id) { ... on Event {
            id type actor at targetId requestId properties group { id } } } }""",
        id=updated.id,
    )
    event = cast("Mapping[str, JSON]", answer.at("node"))
    told = cast("Mapping[str, JSON]", updated.verify(partner.secret))
    data = dict(cast("Mapping[str, JSON]", told["data"]))
    assert (told["type"], told["timestamp"]) == ("thing_updated", event["at"])
    place = data.pop("cursor")
    assert data == {
        **{name: event[name] for name in ("id", "actor", "targetId", "requestId", "properties")},
        "groupId": partner.group,
    }
    shown = await partner.shown()
    assert (shown["state"], shown["waiting"], shown["failingSince"], shown["below"]) == ("active", 0, None, False)
    states = [(each["state"], each["tried"], each["dueAt"]) for each in await partner.deliveries()]
    assert states == [("delivered", 1, None)] * 2
    attempt = cast("list[Mapping[str, JSON]]", (await partner.deliveries())[0]["attempts"])[0]
    assert (attempt["status"], attempt["error"], attempt["answer"]) == (200, None, "looked at it")

    forged = Got({**updated.headers}, updated.body.replace(mine.encode(), beside.encode()))
    with pytest.raises(WebhookVerificationError):
        forged.verify(partner.secret)
    with pytest.raises(WebhookVerificationError):
        updated.verify("whsec_" + "A" * 43 + "=")

    # The cursor is one of the log: what follows it is sent once more.
    await partner.ask("replayWebhook", after=cast("str", place))
    assert await partner.worker.tell() == 0
    created_at = cast("Mapping[str, JSON]", created.told["data"])["cursor"]
    await partner.ask("replayWebhook", after=created_at, until=place)
    assert await partner.worker.tell() == 1
    assert partner.receiver.got[-1].body == updated.body
    assert [each["tried"] for each in await partner.deliveries()] == [1, 2]


async def test_a_server_that_behaves_badly_gets_every_event_in_the_end_or_it_is_reported(partner: Partner) -> None:
    await partner.create(eventTypes=["thing_created"])
    ways = ["never", "500", "hang up", "redirect", "huge", "later", "404"]
    left = {await partner.thing(way): way for way in ways}
    good = await partner.thing("good")
    poison = await partner.thing("poison")

    def behaves(got: Got) -> str:
        return "500" if got.target == poison else left.pop(got.target, "200")

    partner.receiver.behaves = behaves
    while len(partner.receiver.taken()) < len(ways) + 2:
        await partner.worker.tell()
        partner.clock.forward(seconds=12)
    by_target = {each.target: each.id for each in partner.receiver.taken()}
    found = {str(each["eventId"]): each for each in await partner.deliveries()}
    assert (found[by_target[good]]["state"], found[by_target[good]]["tried"]) == ("delivered", 1)
    for step in range(50):
        partner.clock.forward(hours=2)
        if step % 12 == 0:  # while it takes others it is not paused
            await partner.thing(f"Later {step}")
        await partner.worker.tell()
    found = {str(each["eventId"]): each for each in await partner.deliveries()}
    states = {target: found[event]["state"] for target, event in by_target.items()}
    assert states.pop(poison) == "failed"
    assert set(states.values()) == {"delivered"}
    assert found[by_target[poison]]["tried"] == MAX_ATTEMPTS
    failed = [properties for type_, properties in await partner.events() if type_ == "webhook_failed"]
    assert [cast("Mapping[str, JSON]", each)["event"] for each in failed] == [by_target[poison]]
    errors = {
        str(attempt["error"])
        for each in found.values()
        for attempt in cast("list[Mapping[str, JSON]]", each["attempts"])
        if attempt["error"] is not None
    }
    for piece in ("within 0.3 seconds", "it answered 500", "hung up", "redirects are not followed", "it answered 503"):
        assert any(piece in error for error in errors), (piece, errors)
    # The answer of ten thousand times ten thousand bytes was not read.
    answers = [str(a["answer"]) for e in found.values() for a in cast("list[Mapping[str, JSON]]", e["attempts"])]
    assert max(map(len, answers)) == 500


async def test_an_event_that_fails_holds_back_later_ones_of_its_object_alone(partner: Partner) -> None:
    await partner.create(eventTypes=["thing_created", "thing_updated"])
    one, other = await partner.thing("One"), await partner.thing("Other")
    partner.receiver.behaves = lambda got: "500" if got.target == one else "200"
    await partner.rename(one, 1, 2)
    await partner.rename(other, 1, 2)
    await partner.worker.tell()
    assert [each.target for each in partner.receiver.got].count(one) == 1
    sent = [each for each in partner.receiver.got if each.target == other]
    assert [_version(each) for each in sent] == [1, 2, 3]
    assert [each["dueAt"] is None for each in await partner.deliveries() if each["state"] == "pending"] == [
        False,
        True,
        True,
    ]
    partner.receiver.behaves = lambda _: "200"
    partner.clock.forward(seconds=13)
    await partner.worker.tell()
    assert [_version(each) for each in partner.receiver.got if each.target == one] == [1, 1, 2, 3]
    first, second = [each for each in partner.receiver.got if each.target == one][:2]
    assert (first.id, first.body) == (second.id, second.body)


def _version(got: Got) -> JSON:
    data = cast("Mapping[str, JSON]", got.told["data"])
    return cast("Mapping[str, JSON]", data["properties"])["version"]


async def test_workers_beside_each_other_send_everything_and_one_that_died_leaves_its_event_to_the_next(
    partner: Partner,
) -> None:
    await partner.create(eventTypes=["thing_created", "thing_updated"])
    others = [await Worker.start(partner.world.store, partner.clock) for _ in range(2)]
    things = [await partner.thing(f"Thing {number}") for number in range(12)]
    await asyncio.gather(*(partner.rename(each, 1, 2) for each in things))
    await asyncio.gather(partner.worker.tell(), *(each.tell() for each in others))
    await partner.worker.tell()
    assert len(partner.receiver.got) == len(partner.receiver.taken()) == 36
    for thing in things:
        assert [_version(each) for each in partner.receiver.got if each.target == thing] == [1, 2, 3]

    partner.receiver.got.clear()
    last = await partner.thing("Last")

    class Dies:
        """Sends, and is killed before it notes so."""

        async def send(self, request: object) -> object:
            await partner.worker.sender.send(request)  # type: ignore[arg-type] # what it is given
            raise Killed

    dying = await Worker.start(partner.world.store, partner.clock, sender=Dies())  # type: ignore[arg-type] # it dies
    with pytest.raises(Killed):
        await dying.tell()
    assert await partner.worker.tell() == 0
    partner.clock.ahead += LEASE
    assert await partner.worker.tell() == 1
    assert [each.target for each in partner.receiver.got] == [last] * 2
    assert len(partner.receiver.taken()) == 1


async def test_of_two_secrets_both_sign_until_the_overlap_is_over(partner: Partner) -> None:
    await partner.create(eventTypes=["thing_created"])
    answer = await partner.ask("rotateWebhookSecret", "secret", overlapSeconds=3600)
    old, new = partner.secret, str(answer["secret"])
    await partner.thing("Both")
    partner.clock.forward(minutes=50)
    await partner.worker.tell()
    assert partner.receiver.got[-1].signed_by(new, old)
    partner.clock.forward(minutes=20)
    await partner.thing("New")
    await partner.worker.tell()
    assert partner.receiver.got[-1].signed_by(new)
    last = await partner.ask("rotateWebhookSecret", "secret", overlapSeconds=0)
    await partner.thing("At once")
    await partner.worker.tell()
    assert partner.receiver.got[-1].signed_by(str(last["secret"]))
    assert (await partner.ask("rotateWebhookSecret", overlapSeconds=604_801))["field"] == "overlapSeconds"
    types = [type_ for type_, _ in await partner.events()]
    assert types == ["thing_created", "webhook_secret_rotated", "webhook_secret_rotated"]


async def test_a_webhook_that_fails_for_two_days_is_paused_with_a_notice_and_goes_on_where_it_was(
    partner: Partner,
) -> None:
    await partner.create(eventTypes=["thing_created"])
    partner.receiver.behaves = lambda _: "500"
    await partner.thing("First")
    for _ in range(26):
        await partner.worker.tell()
        partner.clock.forward(hours=2)
    shown = await partner.shown()
    assert (shown["state"], shown["pause"], shown["waiting"]) == ("paused", "failing", 1)
    letters = Letters(partner.world.store, partner.clock)
    message = await letters.last("ada")
    assert "paused" in message.subject
    assert partner.webhook in message.text
    assert len(letters.sent) == 1
    assert (await partner.events())[-1] == ("webhook_paused", {"reason": "failing"})
    tried = len(partner.receiver.got)
    await partner.thing("Second")
    assert await partner.worker.tell() == 0
    assert (await partner.ask("pauseWebhook"))["conflict"] == "state"
    assert (await partner.ask("replayWebhook", **{"from": now().isoformat()}))["__typename"] == "ConflictError"
    partner.receiver.behaves = lambda _: "200"
    await partner.ask("resumeWebhook")
    assert await partner.worker.tell() == 2
    assert len(partner.receiver.got) == tried + 2
    assert [each["state"] for each in await partner.deliveries()] == ["delivered", "delivered"]

    partner.receiver.behaves = lambda _: "410"
    await partner.thing("Third")
    await partner.worker.tell()
    shown = await partner.shown()
    assert (shown["state"], shown["pause"]) == ("paused", "gone")
    assert (await partner.events())[-1] == ("webhook_paused", {"reason": "gone"})
    assert await partner.world.store.read(PENDING, {}) == [1]
    gone = await partner.ask("deleteWebhook", "webhook { status archivedAt }", version=1)
    assert cast("Mapping[str, JSON]", gone["webhook"])["status"] == "archived"
    assert await partner.world.store.read(PENDING, {}) == [0]
    assert await partner.world.store.read(ENDPOINTS, {}) == [0]
    assert (await partner.ask("resumeWebhook"))["__typename"] == "ConflictError"


async def test_a_wish_to_be_left_alone_is_kept_and_a_webhook_that_is_full_gets_the_rest_later(
    partner: Partner,
) -> None:
    await partner.create(eventTypes=["thing_created"])
    partner.worker = await Worker.start(partner.world.store, partner.clock, most=4)
    partner.receiver.behaves = lambda _: "later"
    for number in range(10):
        await partner.thing(f"Thing {number}")
    await partner.worker.tell()
    assert (await partner.shown())["waiting"] == 4
    partner.receiver.behaves = lambda _: "200"
    partner.clock.forward(minutes=110)
    assert await partner.worker.tell() == 0
    partner.clock.forward(minutes=11)
    assert await partner.worker.tell() == 10
    assert {each["state"] for each in await partner.deliveries()} == {"delivered"}


async def test_what_happens_below_is_for_those_alone_who_see_it_there(partner: Partner) -> None:
    below = await partner.world.group("stall", partner.group)
    refused = await partner.create(below=True)
    assert (refused["__typename"], await partner.world.store.read(ENDPOINTS, {})) == ("ForbiddenError", [0])
    boss = await partner.world.member("bo", "mall", scope=KeyScope.WRITE, member_role=MemberRole.OWNER)
    await partner.create(boss, below=True, eventTypes=["thing_created"])
    first = await partner.thing("Below", below)
    await partner.worker.tell()
    assert [each.target for each in partner.receiver.got] == [first]
    # Whoever had it made so has no right there any more.
    person = (await boss.ask("{ viewer { person { id } } }")).at("viewer.person.id")
    demote: Statement[int] = Statement("demote", "MATCH (n:Person {id: $id}) SET n.role = 'org_user' RETURN 1 AS row")
    await partner.world.store.write(lambda transaction: transaction.run(demote, {"id": person}))
    await partner.thing("Hidden", below)
    own = await partner.thing("Own")
    await partner.worker.tell()
    assert [each.target for each in partner.receiver.got] == [first, own]


async def test_a_range_of_time_is_sent_once_more_be_it_from_before_the_webhook(partner: Partner) -> None:
    start = now()
    things = [await partner.thing(f"Thing {number}") for number in range(3)]
    middle = now()
    await partner.thing("Late")
    await partner.create(eventTypes=["thing_created"])
    await partner.worker.tell()
    assert partner.receiver.got == []
    given: dict[str, JSON] = {"from": start.isoformat(), "to": middle.isoformat()}
    assert (await partner.ask("replayWebhook", **given))["__typename"] == "ReplayWebhookSuccess"
    assert (await partner.ask("replayWebhook", **given))["__typename"] == "ConflictError"
    await partner.worker.tell()
    assert sorted(each.target for each in partner.receiver.got) == things  # those of different things have no order
    wrongs: list[dict[str, JSON]] = [
        {},
        {"to": given["to"]},
        {**given, "after": "x"},
        {"from": given["to"], "to": given["from"]},
    ]
    for wrong in wrongs:
        assert (await partner.ask("replayWebhook", **wrong))["__typename"] == "ValidationError", wrong
    assert [type_ for type_, _ in await partner.events()] == ["thing_created", "webhook_replayed"]


async def test_who_may_do_it_how_it_is_written_down_and_that_no_other_mutation_does(partner: Partner) -> None:
    world = partner.world
    editor = await world.member(
        "ed", "shop", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=MemberRole.EDITOR
    )
    before = await world.count()
    assert (await partner.create(editor))["__typename"] == "ForbiddenError"
    generic: JSONObject = {
        "groupId": partner.group,
        "type": "webhook",
        "name": "W",
        "properties": {"url": "https://a.example"},
    }
    refused = await world.api.change("createThing", generic)
    assert refused["field"] == "type"
    assert "createWebhook" in str(refused["message"])
    for url in (
        "http://books.example/hook",
        "https://user:secret@books.example",
        "https://10.0.0.1/",
        "https://printer.local/",
        "https://intranet/",
        "ftp://books.example",
        "https://a.example/#x",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/",
        "",
    ):
        assert (await partner.create(url=url))["field"] == "url", url
    assert (await partner.create(eventTypes=["webhook_failed"]))["field"] == "eventTypes.0"
    assert await world.count() == before

    await partner.create(eventTypes=["thing_created"])
    for mutation, given in (
        ("updateThing", {"name": "Other"}),
        ("moveThing", {"groupId": world.home}),
    ):
        answer = await world.api.change(mutation, {"id": partner.webhook, "version": 1, **given})
        assert "updateWebhook" in str(answer["message"]), answer
    assert (await editor.ask(SHOWN, id=partner.webhook)).codes == ["FORBIDDEN"]
    hidden = await editor.ask(
        "query ($id: ID!) { node(id: $id) { ... on Webhook { state cursor url } } }", id=partner.webhook
    )
    assert hidden.at("node") == {"state": None, "cursor": None, "url": f"{partner.receiver.url}/hook"}
    other = await partner.ask(
        "updateWebhook",
        "webhook { version url eventTypes }",
        version=1,
        url=f"{partner.receiver.url}/other",
        eventTypes=[],
    )
    assert other["webhook"] == {"version": 2, "url": f"{partner.receiver.url}/other", "eventTypes": []}
    assert (await partner.ask("updateWebhook", version=1, name="Late"))["conflict"] == "version"
    await partner.thing("Thing")
    await partner.worker.tell()
    assert [each.told["type"] for each in partner.receiver.got] == ["thing_created"]
    log = await world.api.ask("{ auditLog(first: 1, filter: {types: [thing_updated]}) { nodes { before after } } }")
    [entry] = cast("list[Mapping[str, JSON]]", log.at("auditLog.nodes"))
    was, after = cast("Mapping[str, JSON]", entry["before"]), cast("Mapping[str, JSON]", entry["after"])
    assert (was["eventTypes"], after["eventTypes"]) == (["thing_created"], [])
    assert was["host"] == after["host"] == "127.0.0.1"
    assert partner.receiver.url not in str(entry)
    await partner.ask("pauseWebhook")
    await world.api.change("deleteThing", {"id": partner.webhook, "version": 2})
    assert await world.store.read(ENDPOINTS, {}) == [0]


async def test_the_worker_of_a_server_sends_what_happens_and_stops_when_it_is_told(partner: Partner) -> None:
    await partner.create(eventTypes=["thing_created"])
    async with following(partner.world.store, None, 0.05) as log:
        worker = await Worker.start(partner.world.store, partner.clock)
        fan_out = WebhookFanOut(partner.world.store, partner.clock, log)
        async with telling(fan_out, worker.sending, worker.sender, log), asyncio.timeout(60):
            things = [await partner.thing(name) for name in ("First", "Second")]
            await partner.rename(things[0], 1)
            while len(partner.receiver.taken()) < 2 or (await partner.shown())["waiting"]:
                await log.moved(log.position, 0.05)
    assert sorted(each.target for each in partner.receiver.taken()) == sorted(things)
    assert [each["state"] for each in await partner.deliveries()] == ["delivered"] * 2


async def test_an_imported_webhook_is_sent_nothing_until_it_gets_a_secret_which_is_encrypted_by_the_first_key(
    partner: Partner,
) -> None:
    await partner.create(eventTypes=["thing_created"])
    forget: Statement[int] = Statement("forget", "MATCH (n:WebhookEndpoint) DELETE n RETURN 1 AS row")
    await partner.world.store.write(lambda transaction: transaction.run(forget, {}))
    assert (await partner.shown())["state"] is None
    await partner.thing("Nothing")
    assert await partner.worker.tell() == 0
    for mutation in ("pauseWebhook", "resumeWebhook"):
        answer = await partner.ask(mutation)
        assert "rotateWebhookSecret" in str(answer["message"])
    first = str((await partner.ask("rotateWebhookSecret", "secret"))["secret"])
    second = str((await partner.ask("rotateWebhookSecret", "secret"))["secret"])
    thing = await partner.thing("Something")

    other = bytes(range(100, 132))
    rotated = await rotate(partner.world.store, SecretBox([other, bytes(range(32))]))
    assert (rotated.changed, rotated.kept, rotated.spoilt) == (2, 0, ())
    stored: Statement[list[str]] = Statement(
        "stored", "MATCH (n:WebhookEndpoint) RETURN [n.secret, n.formerSecret, n.keyId, n.formerKeyId] AS row"
    )
    [[*secrets, key_id, former]] = await partner.world.store.read(stored, {})
    assert key_id == former == SecretBox([other]).first
    assert not any(each in str(secrets) for each in (first[6:], second[6:]))
    with pytest.raises(SecretKeyError):
        await require_keys(partner.world.store, BOX)
    worker = await Worker.start(partner.world.store, partner.clock, box=SecretBox([other]))
    assert await worker.tell() == 1
    assert partner.receiver.got[-1].target == thing
    assert partner.receiver.got[-1].signed_by(second, first)


def test_the_example_of_verifying_takes_what_is_signed_and_nothing_else() -> None:
    [example] = [block for block in blocks(Path("docs/webhooks.md")) if "def event_of" in block.text]
    made: dict[str, Callable[[str, Mapping[str, str], bytes], object]] = {}
    exec(example.text, made)
    secret, at, body = "whsec_" + "A" * 43 + "=", datetime.now(UTC), b'{"type": "order_paid"}'
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, body.decode()),
    }
    assert made["event_of"](secret, headers, body) == {"type": "order_paid"}
    assert made["event_of"](secret, headers, b'{"type": "order_refunded"}') is None
    assert made["event_of"](secret, {**headers, "webhook-id": "evt_2"}, body) is None
