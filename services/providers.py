"""What a provider does for us, and the secrets of one sign-in there.

All that a sign-in needs to be ended follows from its `state`, which the provider sends back, and from a secret that
only the browser has that began it. So the store keeps hashes of the two alone, and whoever has the one without the
other can neither redeem a code (RFC 7636) nor make an ID token fit.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from domain.identities import ProvidedIdentity

_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class AttemptSecrets:
    """The secrets of one sign-in; `browser` is the one that stays in the browser."""

    state: str = field(repr=False)
    browser: str = field(repr=False)

    @classmethod
    def make(cls) -> "AttemptSecrets":
        """New ones."""
        return cls(secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES))

    @property
    def verifier(self) -> str:
        """What the code is redeemed with: https://www.rfc-editor.org/rfc/rfc7636#section-4.1 ."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider learns of the verifier before that, by S256."""
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())

    @property
    def nonce(self) -> str:
        """What an ID token has to repeat."""
        return self._derived("nonce")

    def _derived(self, what: str) -> str:
        return _base64url(hmac.digest(self.browser.encode(), f"{what} {self.state}".encode(), "sha256"))


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a provider sent back with the browser: the code, and who it is where it says so (RFC 9207)."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    issuer: str | None = None


class Provider(Protocol):
    """Somewhere people have accounts."""

    @property
    def name(self) -> str:
        """What stands for it."""

    @property
    def title(self) -> str:
        """What people read."""

    async def authorization_url(self, attempt: AttemptSecrets) -> str:
        """Where to send a browser. NetworkError where the provider cannot be reached."""

    async def identify(self, answer: ProviderAnswer, attempt: AttemptSecrets, at: datetime) -> ProvidedIdentity:
        """Who came back. AuthError where that cannot be believed, NetworkError where the provider is not reached."""


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
