"""What a server in production must not be started with."""

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import SecretStr

from app.provider_settings import ProviderSettings

SHORTEST_SECRET: Final = 12
"""How many characters a secret of a server in production has at least."""

COMMON: Final = frozenset(
    "changeme changeit password passw0rd secret default example neo4j neo4jneo4j admin administrator letmein "
    "correcthorse one-password onepassword testtesttest passwordpassword secretsecret changemechangeme".split()
)
"""Words from examples, which are no secrets."""


def weakness(secret: SecretStr | None) -> str | None:
    """What is wrong with a secret, without the secret; None where nothing is."""
    value = "" if secret is None else secret.get_secret_value()
    if not value:
        return "is missing"
    if value.lower() in COMMON or len(set(value)) < SHORTEST_SECRET // 2:
        return "is one that anybody would try"
    if len(value) < SHORTEST_SECRET:
        return f"has fewer than {SHORTEST_SECRET} characters"
    return None


def problems(  # noqa: C901 - one line for each setting
    *,
    store: str | None,
    store_password: SecretStr | None,
    demo: bool,
    has_secret_keys: bool,
    app_url: str | None,
    smtp_host: str | None,
    resend_key: SecretStr | None,
    smtp_security: str,
    smtp_user: str | None,
    smtp_password: SecretStr | None,
    providers: Sequence[ProviderSettings],
    webhook_loopback: bool,
) -> Iterator[str]:
    """What keeps a server with these settings from production, one line for each setting."""
    if store is not None and (weak := weakness(store_password)):
        yield f"ONE_STORE_PASSWORD {weak}"
    if demo:
        yield "ONE_DEMO has to be false: a demo world has accounts that are no secret"
    if not has_secret_keys:
        yield "ONE_SECRET_KEYS is missing: `one secrets new-key` makes one"
    if app_url is None or not app_url.startswith("https://"):
        yield "ONE_APP_URL has to be an address that begins with https://"
    if resend_key is not None:
        if weak := weakness(resend_key):
            yield f"ONE_RESEND_KEY {weak}"
    elif smtp_host is None:
        yield "ONE_SMTP_HOST is missing, or ONE_RESEND_KEY: nobody could prove an address"
    elif smtp_security == "none":
        yield "ONE_SMTP_SECURITY has to be starttls or tls: mails carry secrets"
    if smtp_user is not None and (weak := weakness(smtp_password)):
        yield f"ONE_SMTP_PASSWORD {weak}"
    for each in providers:
        # A provider of OpenID Connect may give none, and rest on PKCE alone: https://www.rfc-editor.org/rfc/rfc9700 .
        has_secret = each.client_secret is not None or each.kind == "github"
        if has_secret and (weak := weakness(each.client_secret)):
            yield f"ONE_SIGN_IN_PROVIDERS: the client_secret of {each.name} {weak}"
    if webhook_loopback:
        yield "ONE_WEBHOOK_LOOPBACK has to be false: webhooks would reach what is on this machine alone"
