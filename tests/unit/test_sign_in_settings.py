"""What settings ask of whoever signs in."""

from datetime import timedelta

import pytest

from app.server import sign_in_policy
from app.settings import SettingsError, load_settings
from domain.errors import StoreError
from domain.people import PlatformRole
from domain.sign_in_policy import LENIENT, SignInPolicy
from services.sealing import NewKey, SecretBox, read_key

BOX = SecretBox([read_key(NewKey.make().text)])


def test_nothing_is_asked_for_unless_it_is_set() -> None:
    assert sign_in_policy(load_settings(), SecretBox()) == LENIENT
    assert SignInPolicy(timedelta(days=30), frozenset(), ()) == LENIENT


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        ("all", set(PlatformRole)),
        ("platform_owner", {PlatformRole.PLATFORM_OWNER}),
        (" org_owner , platform_owner,", {PlatformRole.ORG_OWNER, PlatformRole.PLATFORM_OWNER}),
    ],
)
def test_roles_that_need_a_second_factor_are_named(
    monkeypatch: pytest.MonkeyPatch, value: str, roles: set[PlatformRole]
) -> None:
    monkeypatch.setenv("ONE_SECOND_FACTOR_OF", value)
    monkeypatch.setenv("ONE_SESSION_DAYS", "1")
    monkeypatch.setenv("ONE_PASSWORD_WORDS", "Umbrella, zephyr")
    expected = SignInPolicy(timedelta(days=1), frozenset(roles), ("Umbrella", "zephyr"))
    assert sign_in_policy(load_settings(), BOX) == expected
    with pytest.raises(StoreError, match="ONE_SECRET_KEYS"):
        sign_in_policy(load_settings(), SecretBox())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ONE_SECOND_FACTOR_OF", "everybody"),
        ("ONE_SECOND_FACTOR_OF", "all,customer"),
        ("ONE_SESSION_DAYS", "0"),
        ("ONE_SESSION_DAYS", "366"),
    ],
)
def test_what_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings()
