"""Who asks is looked up in the round trip of the first read; what a process remembers of them counts by that alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import cast

import pytest

from app.cookies import ACCESS
from domain.access import KeyScope
from domain.ids import new_id
from domain.people import PlatformRole
from domain.values import JSON
from graph.store import Statement, Store, Transaction
from tests.accounts import PASSWORD, Accounts, SignedIn
from tests.client import Api
from tests.conftest import served
from tests.snapshots import Snapshot
from tests.worlds import World, new_connection, new_group

pytestmark = [pytest.mark.slow, pytest.mark.once]

GROUPS = "{ groups(first: 5) { edges { node { slug } } } }"
POINT_READ = f'{{ node(id: "{new_id("grp")}") {{ id }} }}'
OWN = "{ viewer { person { username } } }"
PROMOTE: Statement[int] = Statement(
    "promote", "MATCH (person:Person {email: $email}) SET person.role = $role RETURN 1 AS row"
)


@pytest.fixture
async def elsewhere(store: Store) -> AsyncIterator[Accounts]:
    """Another server over the same store, which has memories of its own."""
    async with served(store) as http:
        yield Accounts(store, http)


async def test_a_query_takes_as_many_round_trips_signed_in_as_it_does_of_nobody(
    accounts: Accounts, all_statements: list[str]
) -> None:
    ann = await accounts.join("ann")
    for query in (POINT_READ, f'{{ a: {POINT_READ[1:-1]} b: node(id: "{new_id("vid")}") {{ id }} }}'):
        await ann.api.ask(query)
        all_statements.clear()
        await accounts.api.ask(query)
        of_nobody = list(all_statements)
        all_statements.clear()
        await ann.api.ask(query)
        assert sorted(all_statements) == sorted(of_nobody)
        assert of_nobody


async def test_a_query_takes_as_many_round_trips_with_a_key_as_it_does_of_nobody(
    world: World, all_statements: list[str]
) -> None:
    nobody = Api(world.api.http)
    await world.api.ask(POINT_READ)
    for api in (world.api, nobody):
        all_statements.clear()
        another = f'{{ node(id: "{new_id("grp")}") {{ id }} }}'  # or an answer that was kept would be given again
        assert (await api.ask(another)).data == {"node": None}
        assert all_statements == ["fetch_groups"]


async def test_a_query_takes_as_many_round_trips_with_cookies_as_it_does_of_nobody(
    accounts: Accounts, all_statements: list[str]
) -> None:
    ann = await accounts.join("ann")
    headers = {"Origin": str(accounts.http.base_url).rstrip("/"), "Cookie": f"{ACCESS}={ann.access}"}

    async def ask(query: str) -> JSON:
        response = await accounts.http.post("/graphql", json={"query": query}, headers=headers)
        return cast("Mapping[str, JSON]", response.json())["data"]

    assert await ask(OWN) == {"viewer": {"person": {"username": "ann"}}}
    all_statements.clear()
    assert await ask(POINT_READ) == {"node": None}
    assert all_statements == ["fetch_groups"]


async def test_what_reads_nothing_is_confirmed_by_a_statement_of_its_own(
    accounts: Accounts, all_statements: list[str]
) -> None:
    ann = await accounts.join("ann")
    await ann.api.ask("{ viewer { scope } }")
    all_statements.clear()
    assert (await ann.api.ask("{ viewer { scope } }")).data == {"viewer": {"scope": "write"}}
    assert all_statements == ["confirm"]


async def end(_: Accounts, ann: SignedIn) -> None:
    await ann.api.change("revokeAllSessions", {"keepThis": False})


async def sign_out(_: Accounts, ann: SignedIn) -> None:
    await ann.api.ask("mutation { signOut { __typename } }")


async def refresh(accounts: Accounts, ann: SignedIn) -> None:
    accounts.signed_in(await accounts.refresh(ann.refresh))


async def suspend(accounts: Accounts, _: SignedIn) -> None:
    await accounts.set_status("ann", "suspended")


async def change_password(accounts: Accounts, _: SignedIn) -> None:
    other = await accounts.sign_in("ann")
    given: dict[str, JSON] = {"currentPassword": PASSWORD, "newPassword": f"{PASSWORD} 2"}
    answer = await other.api.change("changePassword", given)
    assert answer["__typename"] == "ChangePasswordSuccess", answer


async def delete(_: Accounts, ann: SignedIn) -> None:
    assert (await ann.api.change("deleteAccount", {"username": "ann"}))["__typename"] == "DeleteAccountSuccess"


@pytest.mark.parametrize("change", [end, sign_out, refresh, suspend, change_password, delete])
async def test_a_session_that_ended_at_another_server_is_over_with_the_next_request(
    accounts: Accounts, elsewhere: Accounts, change: Callable[[Accounts, SignedIn], Awaitable[None]]
) -> None:
    ann = await accounts.join("ann")
    for query in (OWN, GROUPS, "{ __typename }"):
        assert (await ann.api.ask(query)).status == 200
    there = SignedIn(Api(elsewhere.http, ann.access), ann.session, ann.access, ann.refresh)
    await change(elsewhere, there)
    before = await Snapshot.take(accounts.store)
    for query in (GROUPS, OWN, "{ __typename }", "mutation { signOut { __typename } }"):
        answer = await ann.api.ask(query)
        assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
        assert "data" not in answer.body
    assert await Snapshot.take(accounts.store) == before


async def test_a_change_is_made_by_nobody_whose_session_ended_at_another_server(
    accounts: Accounts, elsewhere: Accounts
) -> None:
    ann = await accounts.join("ann")
    await ann.api.ask(OWN)
    await end(elsewhere, SignedIn(Api(elsewhere.http, ann.access), ann.session, ann.access, ann.refresh))
    before = await Snapshot.take(accounts.store)
    answer = await ann.api.ask('mutation { setLocale(input: { locale: "de" }) { __typename } }')
    assert answer.status == 401
    assert await Snapshot.take(accounts.store) == before


async def test_another_role_or_membership_counts_with_the_next_request_and_its_answer_is_whole(
    world: World, store: Store
) -> None:
    at = await world.make(club=new_group("club"))
    ben = await world.member("ben", "club", role=PlatformRole.ORG_USER, scope=KeyScope.WRITE)
    person = str((await ben.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    hidden = await world.group("hidden")

    async def seen() -> set[JSON]:
        return {
            cast("Mapping[str, JSON]", each)["slug"] for each in (await ben.ask(GROUPS)).each("groups.edges", "node")
        }

    async with served(store) as http:
        other = Api(http, world.api.secret)
        before = await seen()
        assert (await seen(), "hidden" in before) == (before, False)
        made = await other.change(*new_connection("member_of", person, hidden, role="viewer"), "relationship { id }")
        assert await seen() == {*before, "hidden"}
        membership = cast("Mapping[str, JSON]", made["relationship"])["id"]
        await other.change("disconnect", {"id": membership})
        assert await seen() == before
        given: dict[str, JSON] = {"toPersonId": person, "onId": hidden, "role": "viewer"}
        made = await other.change("grantAccess", given, "grant { id }")
        assert await seen() == {*before, "hidden"}
        await other.change("revokeAccess", {"grantId": cast("Mapping[str, JSON]", made["grant"])["id"]})
        assert await seen() == before
        refused = await ben.ask("{ checkReport { checkedAt } }")
        assert refused.codes

        async def work(transaction: Transaction) -> None:
            await transaction.run(PROMOTE, {"email": "ben@one.example", "role": "platform_owner"})

        await store.write(work)
        assert "hidden" in await seen()
    assert at["club"]


async def test_many_requests_beside_the_end_of_their_session_are_answered_in_full_or_refused(
    accounts: Accounts, elsewhere: Accounts
) -> None:
    for name in ("ann", "ben", "cleo"):
        someone = await accounts.join(name)
        await someone.api.ask(OWN)
        over = asyncio.Event()

        async def read(api: Api, over: asyncio.Event = over, name: str = name) -> bool:
            ended = over.is_set()
            answer = await api.ask(OWN)
            if answer.status == 200:
                assert answer.at("viewer.person.username") == name
                assert not ended, "it began after the session had ended"
            else:
                assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
            return answer.status == 200

        async def finish(someone: SignedIn = someone, over: asyncio.Event = over) -> None:
            await asyncio.sleep(0.02)
            await end(elsewhere, SignedIn(Api(elsewhere.http, someone.access), "", someone.access, ""))
            over.set()

        async def keep_reading(api: Api = someone.api) -> list[bool]:
            return [await read(api) for _ in range(12)]

        results = await asyncio.gather(finish(), *(keep_reading() for _ in range(5)))
        assert not any(cast("list[bool]", each)[-1] for each in results[1:]) or over.is_set()
        assert not await read(someone.api)


async def test_a_signed_in_subscriber_is_looked_up_by_a_statement_of_its_own(
    accounts: Accounts, all_statements: list[str]
) -> None:
    ann = await accounts.join("ann")
    await ann.api.ask(OWN)
    all_statements.clear()
    headers = {"Authorization": f"Bearer {ann.access}", "Accept": "text/event-stream"}
    response = await accounts.http.post("/graphql", json={"query": OWN}, headers=headers)
    assert response.status_code == 200
    assert all_statements[0] == "authenticate_session"
