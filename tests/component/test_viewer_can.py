"""What `viewerCan` says of connections, people, keys, orders and groups to join: it is what a change then meets."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import cast

import pytest

from domain.access import KeyScope
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from tests.accounts import Accounts
from tests.client import Api
from tests.worlds import World, new_connection, new_group, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once]

DENIED = {"ForbiddenError", "NotFoundError"}
CAN = "query ($id: ID!, $action: Action!) { node(id: $id) { viewerCan(action: $action) viewerPermissions } }"


async def can(api: Api, node: str, action: str) -> bool:
    """What the API says; an object that somebody does not see they cannot change."""
    answer = await api.ask(CAN, id=node, action=action)
    if answer.data["node"] is None:
        return False
    told = cast("Mapping[str, JSON]", answer.at("node"))
    assert (action in cast("list[str]", told["viewerPermissions"])) is told["viewerCan"]
    return told["viewerCan"] is True


@dataclass(frozen=True)
class Club:
    """A group `club` with a `branch` below it, a member of each role, and strangers."""

    world: World
    at: Mapping[str, str]
    apis: Mapping[str, Api]


@pytest.fixture(scope="module")
async def club(shared_world: World) -> Club:
    world = shared_world
    at = await world.make(club=new_group("club"), strange=new_group("strange"))
    at |= await world.make(branch=new_group("branch", at["club"]))
    apis = {"platform": world.api}
    people = {
        **{role.value: (PlatformRole.ORG_USER, role, "club") for role in MemberRole},
        "above": (PlatformRole.ORG_OWNER, MemberRole.ADMIN, "club"),
        "second": (PlatformRole.ORG_USER, MemberRole.OWNER, "branch"),
        "stranger": (PlatformRole.ORG_OWNER, MemberRole.OWNER, "strange"),
        "buyer": (PlatformRole.CUSTOMER, MemberRole.VIEWER, "strange"),
    }
    for name, (platform, role, slug) in people.items():
        apis[name] = await world.member(f"club-{name}", slug, role=platform, scope=KeyScope.WRITE, member_role=role)
    apis["reader"] = await world.member("reader", "club", member_role=MemberRole.OWNER)
    for name, api in apis.items():
        at[name] = str((await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    at |= await world.make(video=new_thing(at["club"], "video", "V"), other=new_thing(at["branch"], "video", "O"))
    return Club(world, at, apis)


def kinds(at: Mapping[str, str], group: str) -> Mapping[str, tuple[str, JSONObject]]:
    """A connection of each kind that has a rule of its own: the mutation that makes it, with its input."""
    return {
        "things": new_connection("references", at["video"], at["other"]),
        "people": new_connection("collaborates_with", at["editor"], at["second"]),
        "own": new_connection("following", at["viewer"], at["editor"]),
        "to_thing": new_connection("following", at["editor"], at["video"]),
        **{f"member_{role}": new_connection("member_of", at["buyer"], group, role=role.value) for role in MemberRole},
        "granted": ("grantAccess", {"toPersonId": at["second"], "onId": at["video"], "role": "editor"}),
    }


async def made(club: Club, change: tuple[str, JSONObject]) -> str:
    """The id of a connection."""
    field, given = change
    what = "grant" if field == "grantAccess" else "relationship"
    answer = await club.world.api.change(field, given, f"{what} {{ id }}")
    return str(cast("Mapping[str, JSON]", answer[what])["id"])


@pytest.mark.parametrize(
    "kind", kinds(dict.fromkeys(("video", "other", "editor", "second", "viewer", "buyer"), ""), "")
)
async def test_of_a_connection_it_is_what_changing_and_ending_it_meet(club: Club, kind: str) -> None:
    group = await club.world.group(f"of-{kind}".replace("_", "-"), club.at["club"])
    for name in ("owner", "admin", "editor", "viewer", "above"):  # so that they hold their roles here as well
        role = "admin" if name == "above" else name
        await club.world.connect("member_of", club.at[name], group, {"role": role})
    change = kinds(club.at, group)[kind]
    connection, said = await made(club, change), set()
    for who, api in club.apis.items():
        ways: dict[str, tuple[str, JSONObject]] = {
            "update_connection": ("updateConnection", {"id": connection, "strength": 0.5}),
            "disconnect": ("disconnect", {"id": connection}),
        }
        if kind == "granted":
            ways = {**ways, "grant_access": change, "revoke_access": ("revokeAccess", {"grantId": connection})}
        for action, (field, given) in ways.items():
            if who == "platform" and action == "disconnect" and kind.startswith("member"):
                continue
            told = await can(api, connection, action)
            answer = await api.change(field, given)
            assert (answer["__typename"] not in DENIED) is told, (who, action, answer)
            said.add(told)
            if told and action in {"disconnect", "revoke_access"}:
                assert "Success" in str(answer["__typename"])
                connection = await made(club, change)
                ways = {key: (name, {**of, "id": connection}) for key, (name, of) in ways.items()}
    assert said == {True, False}
    await club.world.api.change(
        "revokeAccess" if kind == "granted" else "disconnect", {"grantId" if kind == "granted" else "id": connection}
    )


async def test_of_a_person_it_is_what_connecting_them_to_another_meets(club: Club) -> None:
    said = []
    for (who, api), whom in product(club.apis.items(), ("editor", "second", "viewer", "buyer")):
        told = await can(api, club.at[whom], "connect")
        other = next(each for each in ("owner", "admin") if each != who)
        given: JSONObject = {"type": "collaborates_with", "fromId": club.at[whom], "toId": club.at[other]}
        answer = await api.change("connect", given, "relationship { id }")
        if answer["__typename"] == "NotFoundError" and answer["id"] == club.at[other]:
            continue  # the other end is hidden from them
        assert (answer["__typename"] not in DENIED) is told, (who, whom, answer)
        said.append(told)
        if answer["__typename"] == "ConnectSuccess":
            made_id = cast("Mapping[str, JSON]", answer["relationship"])["id"]
            await club.world.api.change("disconnect", {"id": made_id})
    assert {True, False} == set(said)


async def test_who_bought_an_order_may_cancel_it_and_ask_for_money_back_and_so_may_its_seller(club: Club) -> None:
    price: JSON = {"amount": 100, "currency": "USD"}
    product_id = await club.world.thing(
        "P", club.at["club"], "product", properties={"category": "course", "price": price}
    )
    line: JSON = {"productId": product_id, "name": "P", "unitPrice": 100, "quantity": 1}

    async def order(number: int, state: str) -> str:
        given: JSONObject = {
            "number": str(number), "state": state, "currency": "USD", "placedAt": "2026-01-01T00:00:00Z",
            "customerId": club.at["buyer"], "lines": [line],
        }  # fmt: skip
        return await club.world.thing("O", club.at["club"], "order", properties=given)

    allowed = set()
    for number, (who, api) in enumerate(club.apis.items()):
        pending, paid = await order(2 * number, "pending"), await order(2 * number + 1, "paid")
        told = await can(api, pending, "cancel_order"), await can(api, paid, "request_refund")
        cancelled = await api.change("cancelOrder", {"orderId": pending})
        refund: JSONObject = {"orderId": paid, "of": {"whole": True}, "idempotencyKey": f"refund-{number}"}
        asked = await api.change("requestRefund", refund)
        assert tuple(each["__typename"] not in DENIED for each in (cancelled, asked)) == told, (who, cancelled, asked)
        allowed |= {who} if all(told) else set()
    assert allowed == {"platform", "owner", "buyer"}


@pytest.mark.parametrize("policy", ["open", "approval_required", "invite_only"])
async def test_of_a_group_it_is_what_joining_and_leaving_meet(club: Club, policy: str) -> None:
    slug = f"policy-{policy}".replace("_", "-")
    group = await club.world.group(slug, club.at["club"], visibility="public", joinPolicy=policy)
    await club.world.connect("member_of", club.at["editor"], group, {"role": "viewer", "status": "pending"})
    said = set()
    for who, api in club.apis.items():
        if who == "platform":
            continue  # who made the group owns it
        told = await can(api, group, "join_group")
        answer = await api.change("joinGroup", {"groupId": group})
        assert (answer["__typename"] == "JoinGroupSuccess") is told, (who, answer)
        said.add(told)
        assert await can(api, group, "leave_group") is told
        left = await api.change("leaveGroup", {"groupId": group})
        assert (left["__typename"] == "LeaveGroupSuccess") is told, (who, left)
        assert not await can(api, group, "leave_group")
    assert said == {True, False}


ACCOUNT = "{ viewer { person { id viewerPermissions } apiKeys { id viewerPermissions } } }"


async def test_what_is_ones_own_takes_a_session_and_is_nobody_elses(accounts: Accounts) -> None:
    ann, bob = (await accounts.join("ann")).api, (await accounts.join("bob")).api
    answer = await ann.ask(ACCOUNT)
    own = cast("list[str]", answer.at("viewer.person.viewerPermissions"))
    assert {"change_password", "delete_account", "revoke_session", "create_api_key"} <= set(own)
    assert not {"update_service_account", "revoke_api_key"} & set(own)
    person = str(answer.at("viewer.person.id"))
    assert (await bob.ask(CAN, id=person, action="delete_account")).data == {"node": None}


async def test_whoever_manages_a_service_account_may_change_it_and_its_keys(world: World) -> None:
    at = await world.make(org=new_group("org"))
    at |= await world.make(team=new_group("team", at["org"]))
    answer = await world.api.change(
        "createServiceAccount", {"groupId": at["team"], "name": "S"}, "serviceAccount { id }"
    )
    account = str(cast("Mapping[str, JSON]", answer["serviceAccount"])["id"])
    for role, expected in ((MemberRole.ADMIN, True), (MemberRole.EDITOR, False)):
        api = await world.member(role.value, "team", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE, member_role=role)
        assert await can(api, account, "delete_service_account") is expected
        assert not await can(api, account, "create_api_key"), "that takes a session"
        found = await api.change("updateServiceAccount", {"id": account, "version": 1, "name": "N"})
        assert ("Success" in str(found["__typename"])) is expected


async def test_a_page_of_objects_takes_as_many_round_trips_as_one(world: World, statements: list[str]) -> None:
    api = await world.member("lead", "home", scope=KeyScope.WRITE, member_role=MemberRole.ADMIN)
    query = """{ groups(first: 9) { nodes { viewerPermissions
        people(first: 50) { nodes { viewerPermissions connections(first: 9) { nodes { viewerPermissions } } } }
        events(first: 9) { nodes { viewerPermissions } } } } }"""
    asked: list[list[str]] = []
    for number in range(3):
        await world.member(f"member{number}", "home")
        statements.clear()
        answer = await api.ask(query)
        people = cast("list[Mapping[str, JSON]]", answer.at("groups.nodes.0.people.nodes"))
        assert len(people) == number + 3
        asked.append(sorted(statements))
    assert asked[0] == asked[1] == asked[2]


async def test_every_object_says_what_may_be_done_to_it(world: World) -> None:
    answer = await world.api.ask(
        '{ interface: __type(name: "Node") { fields { name } possibleTypes { name fields { name } } } }'
    )
    assert {"viewerCan", "viewerPermissions"} <= set(answer.each("interface.fields"))
    events = await world.api.ask("{ events(first: 1) { nodes { viewerPermissions viewerCan(action: update_thing) } } }")
    assert events.at("events.nodes") == [{"viewerPermissions": [], "viewerCan": False}]
