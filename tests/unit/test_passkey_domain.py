"""For which domain passkeys are, and that no other is taken for it."""

import pytest

from app.passkeys import page_origins, relying_party
from app.settings import SettingsError, load_settings
from services.passkey_proofs import RelyingParty

OTHERS = (
    "https://admin.app.example",
    "https://app.example:8443",
    "https://notapp.example",
    "https://app.example.evil.example",
    "http://localhost:3000",
)


def test_passkeys_are_for_the_host_of_the_pages_and_origins_in_it() -> None:
    party = relying_party("https://app.example", None, OTHERS)
    assert party == RelyingParty("app.example", ("https://app.example", *OTHERS[:2]))


def test_passkeys_may_be_for_a_domain_above() -> None:
    party = relying_party("https://www.app.example:444", "app.example", ("https://app.example",))
    assert party == RelyingParty("app.example", ("https://www.app.example:444", "https://app.example"))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://localhost:8000"),
        ("http://0.0.0.0", "http://localhost"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_an_address_in_numbers_is_no_domain_to_browsers(url: str, origin: str) -> None:
    assert relying_party(url, None, OTHERS) == RelyingParty("localhost", (origin, "http://localhost:3000"))


def test_wallets_sign_for_the_pages_and_for_their_name_on_this_machine() -> None:
    assert page_origins("https://app.example", OTHERS[:1]) == ("https://app.example", OTHERS[0])
    assert page_origins("http://127.0.0.1:8000", ()) == ("http://127.0.0.1:8000", "http://localhost:8000")


@pytest.mark.parametrize("domain", ["evil.example", "pp.example", "www.app.example", "app.example.", "App.example"])
def test_a_domain_that_the_pages_are_not_below_is_refused(domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_APP_URL", "https://app.example")
    monkeypatch.setenv("ONE_PASSKEY_DOMAIN", domain)
    with pytest.raises(SettingsError, match="ONE_PASSKEY_DOMAIN"):
        load_settings()
    monkeypatch.setenv("ONE_PASSKEY_DOMAIN", "app.example")
    assert load_settings().passkey_domain == "app.example"


def test_a_domain_takes_an_address_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_PASSKEY_DOMAIN", "app.example")
    with pytest.raises(SettingsError, match="ONE_APP_URL"):
        load_settings()
