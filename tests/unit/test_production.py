"""Settings that keep a server from production."""

import json

import pytest

from app.settings import SettingsError, load_settings

GOOD = {
    "production": True,
    "demo": False,
    "store": "neo4j+s://db.example:7687",
    "store_password": "kP3-vQ9-zX1-mN7",
    "secret_keys": "MDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVY=",
    "app_url": "https://app.example",
    "smtp_host": "mail.example",
    "smtp_user": "one",
    "smtp_password": "wT5-bR2-hJ8-cD4",
}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(f"ONE_{name.upper()}", raising=False)


def test_what_is_fit_for_production_starts() -> None:
    assert load_settings(**GOOD).production


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("store_password", None),
        ("store_password", "neo4j"),
        ("store_password", "changemechangeme"),
        ("store_password", "aaaaaaaaaaaaaaaa"),
        ("store_password", "kP3-vQ9-zX1"),
        ("secret_keys", None),
        ("smtp_password", None),
        ("smtp_password", "password"),
        ("smtp_host", None),
        ("smtp_security", "none"),
        ("app_url", None),
        ("app_url", "http://app.example"),
        ("demo", True),
        ("webhook_loopback", True),
    ],
)
def test_a_default_short_or_missing_secret_and_what_else_is_for_development_is_refused(
    setting: str, value: object
) -> None:
    with pytest.raises(SettingsError, match=rf"^Not fit for production\. ONE_{setting.upper()} ") as refused:
        load_settings(**{**GOOD, setting: value})
    assert not isinstance(value, str) or len(value) < 8 or value not in str(refused.value).replace("https://", "")
    # Elsewhere the same is good enough.
    assert not load_settings(**{**GOOD, setting: value, "production": False}).production


def test_resend_is_as_good_as_a_mail_server_and_one_of_them_is_enough() -> None:
    with_resend = {**GOOD, "smtp_host": None, "resend_key": "re_kP3-vQ9-zX1-mN7"}
    settings = load_settings(**with_resend)
    assert "kP3-vQ9-zX1-mN7" not in repr(settings.resend_key)
    with pytest.raises(SettingsError, match=r"ONE_RESEND_KEY has fewer"):
        load_settings(**{**with_resend, "resend_key": "re_kP3"})
    with pytest.raises(SettingsError, match=r"ONE_RESEND_KEY: set it or ONE_SMTP_HOST"):
        load_settings(**{**with_resend, "smtp_host": "mail.example", "production": False})


def provider(kind: str, secret: str | None) -> str:
    about = {"name": "acme", "kind": kind, "issuer": "https://acme.example", "client_id": "one"}
    return json.dumps([about if secret is None else {**about, "client_secret": secret}])


@pytest.mark.parametrize(
    ("kind", "secret", "wrong"),
    [
        ("openid", "changeme", "would try"),
        ("openid", "kP3-vQ9", "fewer"),
        ("openid", "", "missing"),
        ("github", None, "missing"),
    ],
)
def test_a_default_short_or_missing_secret_of_a_provider_is_refused(kind: str, secret: str | None, wrong: str) -> None:
    given = {**GOOD, "sign_in_providers": provider(kind, secret)}
    with pytest.raises(SettingsError, match=rf"ONE_SIGN_IN_PROVIDERS: the client_secret of acme .*{wrong}") as refused:
        load_settings(**given)
    assert not secret or secret not in str(refused.value)
    assert not load_settings(**{**given, "production": False}).production


def test_a_provider_that_gives_no_secret_and_one_with_a_good_one_are_fit_for_production() -> None:
    for secret in (None, "kP3-vQ9-zX1-mN7"):
        settings = load_settings(**{**GOOD, "sign_in_providers": provider("openid", secret)})
        assert settings.sign_in_providers
        assert not secret or secret not in repr(settings)


def test_secrets_are_not_shown_with_the_settings() -> None:
    shown = repr(load_settings(**GOOD))
    assert str(GOOD["store_password"]) not in shown
    assert str(GOOD["smtp_password"]) not in shown
    assert str(GOOD["secret_keys"]) not in shown


def test_the_secret_of_a_webhook_is_for_resend_and_is_not_shown() -> None:
    secret = "whsec_b25lIHNlY3JldCBvZiB0ZXN0cyBmb3Igd2ViaG9va3M="
    with_resend = {**GOOD, "smtp_host": None, "resend_key": "re_kP3-vQ9-zX1-mN7"}
    assert secret not in repr(load_settings(**{**with_resend, "resend_webhook_secret": secret}))
    with pytest.raises(SettingsError, match=r"ONE_RESEND_WEBHOOK_SECRET: only for mails by Resend"):
        load_settings(**{**GOOD, "resend_webhook_secret": secret})
    for wrong in ("whsec_", "whsec_c2hvcnQ=", secret.removeprefix("whsec_"), f"{secret}!"):
        with pytest.raises(SettingsError, match=r"ONE_RESEND_WEBHOOK_SECRET") as told:
            load_settings(**{**with_resend, "resend_webhook_secret": wrong})
        assert wrong.removeprefix("whsec_") not in str(told.value) or wrong == "whsec_"
