"""What somebody can sign in with: linking, unlinking, and that the last way in stays."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from domain.values import JSON
from graph.store import Statement
from tests.accounts import PASSWORD, Accounts, SignedIn
from tests.letters import Letters
from tests.provider import FakeProvider
from tests.visits import begin, complete, link, methods, sign_in, visit

pytestmark = [pytest.mark.slow, pytest.mark.once]

IDENTITIES: Statement[int] = Statement("count_identities", "MATCH (n:Identity) RETURN count(n) AS row")
PASSWORDS: Statement[int] = Statement("count_passwords", "MATCH (n:Credential) RETURN count(n) AS row")


async def ids(someone: SignedIn) -> list[str]:
    """The ids of the accounts elsewhere that somebody signs in with."""
    answer = await someone.api.ask("{ viewer { signInMethods { id } } }")
    found = cast("list[Mapping[str, str | None]]", answer.at("viewer.signInMethods"))
    return [each["id"] for each in found if each["id"] is not None]


async def unlink(someone: SignedIn, identifier: str) -> str:
    return str((await someone.api.change("unlinkProvider", {"id": identifier}))["__typename"])


async def set_password(someone: SignedIn, password: str = PASSWORD) -> Mapping[str, JSON]:
    return await someone.api.change("setPassword", {"newPassword": password}, "methods { kind }")


async def test_a_provider_is_linked_to_an_account_and_signs_in_to_it(guests: Accounts, provider: FakeProvider) -> None:
    ann = await guests.join("ann")
    assert await methods(ann) == [("password", None)]
    answer = await link(ann, provider)
    assert answer["__typename"] == "CompleteLinkingWithSuccess"
    assert await methods(ann) == [("password", None), ("provider", "acme")]
    other = await sign_in(guests, provider)
    seen = await other.api.ask("{ viewer { person { username } } }")
    assert seen.at("viewer.person.username") == "ann"
    assert (await link(ann, provider))["method"] == answer["method"]  # once more changes nothing
    letters = Letters(guests.store, guests.clock)
    assert "another way, or one less" in (await letters.last("ann")).text
    activity = await ann.api.ask("{ viewer { accountActivity(first: 20) { nodes { type } } } }")
    assert activity.each("viewer.accountActivity.nodes", "type").count("provider_linked") == 1


async def test_linking_takes_a_proof_of_late_and_the_same_person_in_the_same_browser(
    guests: Accounts, provider: FakeProvider
) -> None:
    ann, ben = await guests.join("ann"), await guests.join("ben")
    back = await visit(ann.api, provider, "beginLinkingWith")
    assert (await ben.api.change("completeLinkingWith", back.given))["__typename"] == "AuthError"
    assert (await ann.api.change("completeLinkingWith", back.given))["__typename"] == "AuthError"  # used up by that
    # What was begun to sign in links nothing, nor the other way round.
    back = await visit(ann.api, provider)
    assert (await ann.api.change("completeLinkingWith", back.given))["__typename"] == "AuthError"
    assert (await complete(guests, await visit(ann.api, provider, "beginLinkingWith")))["__typename"] == "AuthError"
    assert await guests.store.read(IDENTITIES, {}) == [0]
    guests.clock.forward(minutes=11)
    ann = guests.signed_in(await guests.refresh(ann.refresh))
    assert (await begin(ann.api, "beginLinkingWith"))["__typename"] == "ReauthenticationError"
    assert await unlink(ann, "x") == "ReauthenticationError"
    assert (await set_password(ann))["__typename"] == "ReauthenticationError"


async def test_an_account_elsewhere_is_of_one_person_also_where_two_link_it_at_once(
    guests: Accounts, provider: FakeProvider
) -> None:
    people = [await guests.join(name) for name in ("ann", "ben")]
    answers = await asyncio.gather(*(link(each, provider) for each in people))
    kinds = sorted(str(answer["__typename"]) for answer in answers)
    assert kinds == ["CompleteLinkingWithSuccess", "ConflictError"]
    assert await guests.store.read(IDENTITIES, {}) == [1]


async def test_the_last_way_in_stays(guests: Accounts, provider: FakeProvider) -> None:
    nia = await sign_in(guests, provider)
    [identifier] = await ids(nia)
    assert await unlink(nia, identifier) == "ConflictError"
    answer = await set_password(nia)
    assert answer["methods"] == [{"kind": "password"}, {"kind": "provider"}]
    await guests.sign_in("nia")
    assert await unlink(nia, identifier) == "UnlinkProviderSuccess"
    assert await unlink(nia, identifier) == "NotFoundError"
    assert await methods(nia) == [("password", None)]
    answer = await complete(guests, await visit(guests.api, provider))
    assert answer["__typename"] == "ConflictError"  # it is nobody's now, and the address has an account


async def test_of_two_that_take_the_last_two_ways_at_once_one_is_refused(
    guests: Accounts, provider: FakeProvider
) -> None:
    nia = await sign_in(guests, provider)
    for round_ in range(3):
        provider.person = {**provider.person, "sub": f"another {round_}"}
        assert (await link(nia, provider))["__typename"] == "CompleteLinkingWithSuccess"
        both = await ids(nia)
        assert len(both) == 2
        kinds = await asyncio.gather(*(unlink(nia, each) for each in both))
        assert sorted(kinds) == ["ConflictError", "UnlinkProviderSuccess"]
        assert len(await ids(nia)) == 1


async def test_nobody_unlinks_what_is_somebody_elses(guests: Accounts, provider: FakeProvider) -> None:
    nia = await sign_in(guests, provider)
    await set_password(nia)
    ann = await guests.join("ann")
    [identifier] = await ids(nia)
    for wrong in (identifier, "x", ""):
        assert await unlink(ann, wrong) == "NotFoundError"
    assert await ids(nia) == [identifier]


async def test_a_first_password_is_set_once_and_has_to_be_strong(guests: Accounts, provider: FakeProvider) -> None:
    nia = await sign_in(guests, provider)
    for weak in ("password1234", "nia@one.example2026"):
        refused = await set_password(nia, weak)
        assert (refused["__typename"], refused["field"]) == ("ValidationError", "newPassword")
    assert await guests.store.read(PASSWORDS, {}) == [0]
    passwords = [f"{PASSWORD} {number}" for number in range(3)]
    answers = await asyncio.gather(*(set_password(nia, each) for each in passwords))
    assert sorted(str(answer["__typename"]) for answer in answers) == ["ConflictError"] * 2 + ["SetPasswordSuccess"]
    assert await guests.store.read(PASSWORDS, {}) == [1]
    assert (await set_password(nia))["__typename"] == "ConflictError"
