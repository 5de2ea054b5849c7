"""The chain of the audit log: whole whoever writes at once, and broken by whatever is done behind the server's back."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.store import Statement, Transaction
from graph.store import Store as GraphStore
from services import denials
from tests.client import Api
from tests.commands import one
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

VERIFY = """{ auditVerification {
    intact checked broken head { sequence hash } faults { sequence what eventId }
} }"""


async def run(world: World, text: str) -> None:
    """Do something behind the server's back."""

    async def work(transaction: Transaction) -> None:
        statement: Statement[JSON] = Statement("tamper", text)
        await transaction.run(statement, {})

    await world.store.write(work)


async def verified(world: World) -> tuple[JSON, list[tuple[JSON, JSON]]]:
    answer = await world.api.ask(VERIFY)
    faults = cast("list[Mapping[str, JSON]]", answer.at("auditVerification.faults"))
    assert answer.at("auditVerification.broken") == len(faults)
    return answer.at("auditVerification.intact"), [(each["sequence"], each["what"]) for each in faults]


@pytest.fixture
async def twelve(world: World) -> World:
    """A world whose audit log has twelve entries."""
    for name in ("ann", "bob", "cid"):
        await world.member(name, "home")
    assert (await world.api.ask(VERIFY)).at("auditVerification.head.sequence") == 12
    return world


def at(place: int) -> str:
    return f"MATCH (n:Event {{auditKey: '{place:016}'}}) "


@pytest.mark.parametrize(
    ("tampering", "faults"),
    [
        (at(5) + "SET n.actor = 'other'", [(5, "changed")]),
        (at(5) + "SET n.audit = replace(n.audit, 'viewer', 'owner')", [(5, "changed")]),
        (at(5) + "SET n.at = n.at + 1", [(5, "changed")]),
        (at(5) + "SET n.properties = '{}'", [(5, "changed")]),
        (at(5) + "SET n.auditGroupId = 'grp_x'", [(5, "changed")]),
        (at(5) + "SET n.audit = 'x'", [(5, "changed")]),
        (at(5) + "SET n.actor = 'x', n.hash = 'forged'", [(5, "changed"), (6, "detached")]),
        (at(5) + "DELETE n", [(5, "missing")]),
        (at(5) + "REMOVE n.auditKey", [(5, "missing")]),
        (
            at(5)
            + f"MATCH (m:Event {{auditKey: '{6:016}'}}) SET n.auditKey = 'x', m.auditKey = '{5:016}' "
            + f"SET n.auditKey = '{6:016}'",
            [(5, "detached"), (5, "changed"), (6, "detached"), (6, "changed"), (7, "detached")],
        ),
        (f"MATCH (n:Event) WHERE n.auditKey > '{10:016}' DELETE n", [(11, "cut_off")]),
        ("MATCH (n:Event) WHERE n.auditKey > '' DELETE n", [(1, "cut_off")]),
        (
            at(12) + f"CREATE (m:Event) SET m = n {{.*, id: n.id + '0', auditKey: '{13:016}'}}",
            [(13, "detached"), (13, "changed"), (13, "beyond_end")],
        ),
        ("MATCH (n:Setting {name: 'audit_chain'}) SET n.hash = 'x'", [(12, "head_differs")]),
        ("MATCH (n:Setting {name: 'audit_chain'}) SET n.sequence = 11", [(11, "head_differs"), (12, "beyond_end")]),
        ("MATCH (n:Setting {name: 'audit_chain'}) DELETE n", [(1, "beyond_end")]),
    ],
)
async def test_tampering_is_found(twelve: World, tampering: str, faults: list[tuple[int, str]]) -> None:
    assert await verified(twelve) == (True, [])
    await run(twelve, tampering)
    assert await verified(twelve) == (False, faults)


async def test_access_that_changes_and_is_refused_at_once_makes_one_chain(world: World) -> None:
    owner = MemberRole.OWNER
    groups = [await world.group(f"group-{index}") for index in range(4)]
    guest = await world.member("guest", "home", scope=KeyScope.WRITE)
    boss = await world.member("boss", "home", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=owner)
    person = (await guest.ask("{ viewer { person { id } } }")).at("viewer.person.id")
    before = int(cast("int", (await world.api.ask(VERIFY)).at("auditVerification.head.sequence")))

    async def join(group: str) -> None:
        given: Mapping[str, JSON] = {
            "type": "member_of", "fromId": person, "toId": group, "properties": {"role": "viewer"},
        }  # fmt: skip
        made = await world.api.change("connect", given, "relationship { id }")
        connection = cast("Mapping[str, JSON]", made["relationship"])["id"]
        for role in ("editor", "admin", "viewer"):
            given = {"id": connection, "properties": {"role": role}}
            assert (await world.api.change("updateConnection", given))["__typename"] == "UpdateConnectionSuccess"
        assert (await world.api.change("disconnect", {"id": connection}))["__typename"] == "DisconnectSuccess"

    async def knock(api: Api) -> None:
        for index in range(5):
            given: Mapping[str, JSON] = {"slug": f"mine-{index}", "name": "Mine", "type": "business"}
            assert (await api.change("createGroup", given))["__typename"] == "ForbiddenError"

    await asyncio.gather(*map(join, groups), knock(guest), knock(boss))
    answer = await world.api.ask(VERIFY)
    assert answer.at("auditVerification.intact") is True
    assert answer.at("auditVerification.head.sequence") == before + 5 * len(groups) + 2 * 5


async def test_whoever_asks_whether_it_is_whole_is_a_platform_owner(world: World) -> None:
    guest = await world.member("guest", "home", role=PlatformRole.ORG_OWNER, member_role=MemberRole.OWNER)
    assert (await guest.ask(VERIFY)).codes == ["FORBIDDEN"]
    assert (await Api(world.api.http).ask(VERIFY)).codes == ["UNAUTHENTICATED"]


async def test_a_denial_that_cannot_be_recorded_is_answered_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    guest = await world.member("guest", "home", scope=KeyScope.WRITE)
    thing = await world.thing("Poster")

    async def unreachable(_store: GraphStore, *_: object, **__: object) -> None:
        raise ConnectionError("no store")

    monkeypatch.setattr(denials.Denials, "_record", unreachable)
    answer = await guest.change("archiveThing", {"id": thing, "version": 1})
    assert answer["__typename"] == "ForbiddenError"
    assert "a denial could not be recorded" in caplog.text
    assert await world.denials() == 0


class TestTheCommand:
    async def test_a_head_that_was_kept_finds_out_what_the_chain_alone_does_not(
        self, twelve: World, store_address: tuple[str, str, str], tmp_path: Path
    ) -> None:
        code, head, _ = await one(store_address, "audit", "head")
        assert (code, head.partition(":")[0]) == (0, "12")
        code, told, _ = await one(store_address, "audit", "verify", "--head", head.strip())
        assert (code, told) == (0, f"12 entries: the chain is intact. Head: {head}")

        code, told, _ = await one(store_address, "audit", "export", str(tmp_path / "audit.jsonl"))
        assert (code, told) == (0, "12 entries\n")
        last = "0" * 64
        for place, line in enumerate((tmp_path / "audit.jsonl").read_text().splitlines(), 1):
            entry = json.loads(line)
            own = entry.pop("hash")
            assert (entry["sequence"], entry["previousHash"]) == (place, last)
            text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            last = hashlib.sha256(text.encode()).hexdigest()
            assert own == last
            assert "@" not in line, "no address, and no name"
        assert head.strip() == f"12:{last}"

        # Whoever cuts off the end and sets the head back leaves a chain that is whole.
        await run(twelve, f"MATCH (n:Event) WHERE n.auditKey > '{10:016}' DELETE n")
        await run(
            twelve,
            at(10) + "MATCH (head:Setting {name: 'audit_chain'}) SET head.sequence = 10, head.hash = n.hash",
        )
        code, told, _ = await one(store_address, "audit", "verify")
        assert code == 0
        code, _, error = await one(store_address, "audit", "verify", "--head", head.strip())
        assert code == 1
        assert "The entry 12 is not the one whose hash you kept" in error
        await run(twelve, at(3) + "SET n.actor = 'x'")
        code, told, _ = await one(store_address, "audit", "verify")
        assert code == 1
        assert told.startswith("3\tchanged\tevt_")
        assert "the chain is broken at 1 places" in told

    @pytest.mark.usefixtures("world")
    async def test_a_head_that_is_none_is_refused(self, store_address: tuple[str, str, str]) -> None:
        code, _, error = await one(store_address, "audit", "verify", "--head", "12")
        assert code == 1
        assert "A head is a number, a colon" in error
