"""Providers that people sign in with, as an operator sets them up."""

import json
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from domain.identities import WALLET

GITHUB: Final = "https://github.com"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def is_secure(url: str) -> bool:
    """Whether nobody on the way can read what goes to an address: by HTTPS, or on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _issuer(value: str) -> str:
    if not is_secure(value) or "?" in value or "#" in value:
        raise ValueError("takes an address that begins with https://, without ? and #")
    return value


class ProviderSettings(BaseModel):
    """One provider: any that speaks OpenID Connect, or GitHub, which speaks OAuth only."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern="^[a-z][a-z0-9-]{0,29}$", description="What stands for it; never change it.")
    kind: Literal["openid", "github"] = Field("openid", description="How it is spoken to.")
    title: str | None = Field(None, min_length=1, max_length=60, description="What people read; its name if not given.")
    issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        None, description="Its issuer, below which its discovery document is; of GitHub, where it is."
    )
    client_id: str = Field(min_length=1, description="What it knows this server by.")
    client_secret: SecretStr | None = Field(None, description="The secret that it gave this server.")

    @property
    def secret(self) -> str | None:
        """The secret in clear."""
        return None if self.client_secret is None else self.client_secret.get_secret_value()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.name == WALLET:
            raise ValueError(f"no provider may be called {WALLET}, under which wallets are kept")
        if self.kind == "openid" and self.issuer is None:
            raise ValueError("a provider of the kind openid needs its issuer")
        return self


def read_providers(text: str) -> object:
    """What a JSON list says. ValueError where it is none, or names a provider twice."""
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError("takes a JSON list of providers") from None  # the error would hold secrets
    names = [each.get("name") for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    if len(set(names)) < len(names):
        raise ValueError("names a provider twice")
    return found
