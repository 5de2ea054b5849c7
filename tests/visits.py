"""Going to a provider and coming back, as a page in a browser does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from domain.values import JSON, JSONObject
from tests.accounts import SESSION, Accounts, SignedIn
from tests.client import Api
from tests.provider import FakeProvider

METHOD = "method { id kind provider }"


@dataclass(frozen=True)
class Visit:
    """Somebody who is back from a provider: what the browser brings, and the secret that it kept."""

    back: Mapping[str, str]
    secret: str

    @property
    def given(self) -> dict[str, JSON]:
        """As an input takes it."""
        return {**self.back, "secret": self.secret}


async def begin(api: Api, field: str, provider: str = "acme", **more: JSON) -> Mapping[str, JSON]:
    """What beginning answers."""
    return await api.change(field, {"provider": provider, **more}, "url secret expiresAt")


async def visit(api: Api, provider: FakeProvider, field: str = "beginSignInWith", name: str = "acme") -> Visit:
    """Begin, go there, agree, and come back."""
    begun = await begin(api, field, name)
    assert "url" in begun, begun
    return Visit(await provider.visit(str(begun["url"])), str(begun["secret"]))


async def complete(accounts: Accounts, visit: Visit, **other: JSON) -> Mapping[str, JSON]:
    """What ending it answers."""
    given: JSONObject = {**visit.given, **other}
    return await accounts.api.change("completeSignInWith", given, SESSION)


async def sign_in(accounts: Accounts, provider: FakeProvider, name: str = "acme") -> SignedIn:
    """Somebody who signed in with their account at a provider."""
    return accounts.signed_in(await complete(accounts, await visit(accounts.api, provider, name=name)))


async def link(someone: SignedIn, provider: FakeProvider, name: str = "acme") -> Mapping[str, JSON]:
    """What linking a provider to an account answers."""
    back = await visit(someone.api, provider, "beginLinkingWith", name)
    return await someone.api.change("completeLinkingWith", back.given, METHOD)


async def methods(someone: SignedIn) -> list[tuple[str, str | None]]:
    """What somebody can sign in with: the kind and the provider of each."""
    answer = await someone.api.ask("{ viewer { signInMethods { kind provider } } }")
    found = cast("list[Mapping[str, str]]", answer.at("viewer.signInMethods"))
    return [(each["kind"], each["provider"]) for each in found]
