"""Passwords: changing one ends what the old one began."""

import asyncio

import pytest

from domain.values import JSON
from graph.store import Statement
from tests.accounts import PASSWORD, SESSION, Accounts, is_out

pytestmark = [pytest.mark.slow, pytest.mark.once]

NEW = "copper lantern 58 harbour"
TOLD: Statement[str] = Statement(
    "told", "MATCH (event:Event) WHERE event.actor <> 'system' RETURN event.type AS row ORDER BY event.id"
)


def change(current: str = PASSWORD, new: str = NEW) -> dict[str, JSON]:
    return {"currentPassword": current, "newPassword": new}


async def test_another_password_ends_every_other_session_with_the_next_request(accounts: Accounts) -> None:
    ann, other = await accounts.join("ann"), await accounts.sign_in("ann")
    answer = await ann.api.change("changePassword", change(), SESSION)
    assert answer["__typename"] == "ChangePasswordSuccess"
    kept = accounts.signed_in(answer)
    assert (kept.session, await is_out(kept.api), await is_out(ann.api)) == (ann.session, False, True)
    assert await is_out(other.api)
    assert (await accounts.refresh(other.refresh))["__typename"] == "AuthError"
    assert (await accounts.try_to_sign_in("ann"))["__typename"] == "AuthError"
    assert not await is_out((await accounts.sign_in("ann", NEW)).api)
    told = await accounts.store.read(TOLD, {})
    assert told == ["user_registered", "user_login", "user_login", "password_changed", "session_revoked", "user_login"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (change("another one 7"), "currentPassword"),
        (change("p" * 129), "currentPassword"),
        (change(new="short"), "newPassword"),
        (change(new="password1234"), "newPassword"),
        (change(new="ann@one.example2026"), "newPassword"),
        (change(new="p" * 129), "newPassword"),
    ],
)
async def test_a_wrong_or_a_weak_password_changes_nothing(
    accounts: Accounts, given: dict[str, JSON], field: str
) -> None:
    ann, other = await accounts.join("ann"), await accounts.sign_in("ann")
    answer = await ann.api.change("changePassword", given)
    assert (answer["__typename"], answer["field"]) == ("ValidationError", field)
    assert not await is_out(other.api)
    assert not await is_out((await accounts.sign_in("ann")).api)


async def test_of_two_changes_at_once_one_is_made(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    passwords = [f"{NEW} {number}" for number in range(3)]
    answers = await asyncio.gather(*(ann.api.change("changePassword", change(new=each)) for each in passwords))
    assert sorted(str(answer["__typename"]) for answer in answers) == [
        "ChangePasswordSuccess",
        *["ValidationError"] * 2,
    ]
    signed_in = [(await accounts.try_to_sign_in("ann", each))["__typename"] for each in passwords]
    assert sorted(map(str, signed_in)) == ["AuthError", "AuthError", "SignInSuccess"]


async def test_a_sign_in_beside_a_change_leaves_no_session_of_the_old_password(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    answers = await asyncio.gather(
        *(accounts.try_to_sign_in("ann") for _ in range(4)), ann.api.change("changePassword", change())
    )
    assert answers[-1]["__typename"] == "ChangePasswordSuccess"
    for answer in answers[:-1]:
        assert answer["__typename"] == "AuthError" or await is_out(accounts.signed_in(answer).api)


@pytest.mark.parametrize("length", [64, 128])
async def test_a_password_of_64_characters_and_more_counts_to_its_last_letter(accounts: Accounts, length: int) -> None:
    password = ("violet anchor 94 meadow " * 6)[:length]
    assert (await accounts.sign_up("ann", password))["__typename"] == "SignUpSuccess"
    ann = await accounts.sign_in("ann", password)
    for wrong in (password[:-1], f"{password[:-1]}!"):
        assert (await accounts.try_to_sign_in("ann", wrong))["__typename"] == "AuthError"
    longer = await ann.api.change(
        "changePassword", {"currentPassword": password, "newPassword": f"{password}{'x' * (129 - length)}"}
    )
    assert (longer["__typename"], longer["field"]) == ("ValidationError", "newPassword")
    other = password[::-1]
    assert (await ann.api.change("changePassword", {"currentPassword": password, "newPassword": other}))[
        "__typename"
    ] == "ChangePasswordSuccess"
    await accounts.sign_in("ann", other)
