"""What every resolver finds beside its arguments."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import strawberry

from domain.access import Caller, Viewer
from domain.errors import RateLimitError
from domain.sessions import Tokens
from domain.trusted_documents import NO_REFERENCE, Reference
from schema.cursors import Cursors
from schema.limits import Limits
from schema.loaders import Loaders
from services.budgets import Budget
from services.services import Services


class TokenCookies(Protocol):
    """Tokens that a browser keeps, where it may use them: `check` says so, with a ForbiddenError where it may not."""

    @property
    def carried(self) -> bool:
        """Whether the session in use came as a cookie."""

    @property
    def refresh_token(self) -> str | None:
        """The refresh token that came with the request."""

    @property
    def attempt_secret(self) -> str | None:
        """The secret of a sign-in at a provider that began in this browser."""

    def check(self) -> None:
        """Refuse a request whose cookies do not count."""

    def set(self, tokens: Tokens) -> None:
        """Hand over tokens."""

    def clear(self) -> None:
        """Take them back."""

    def set_attempt(self, secret: str) -> None:
        """Hand over the secret of a sign-in that begins."""

    def clear_attempt(self) -> None:
        """Take that back."""

    @property
    def cart_token(self) -> str | None:
        """The token of a visitor's cart."""

    def set_cart(self, token: str, seconds: int) -> None:
        """Hand over the token of a visitor's cart that begins."""

    def clear_cart(self) -> None:
        """Take that back."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What an operation was charged before it ran, in points, and what an answer of it costs."""

    requested: int
    actual: Callable[[Mapping[str, object]], int]


@dataclass(slots=True, eq=False)
class Context:
    """One operation's caller and its cookies, the loaders that batch its reads, and how large it may be.

    A subscription that goes on after `cursor` notes there what it delivered last. There is none where the answer is one
    and no stream. `accepted` is called once an operation is found to be right, before it begins. Of its document it
    knows how the request referred to that, and whether an operator registered it. What it costs goes to the caller's
    `budget`, where there is one, and into the answer where the caller wants to know; `refused` is why it may not. It
    runs while the server is `taking_on` it, which it does itself where the answer is one and no stream.
    """

    caller: Caller
    services: Services
    loaders: Loaders
    cursors: Cursors
    limits: Limits
    cookies: TokenCookies
    cursor: str | None = None
    streams: bool = True
    accepted: Callable[[], None] | None = None
    reference: Reference = NO_REFERENCE
    trusted: bool = False
    budget: Budget | None = None
    taking_on: Callable[[], AbstractContextManager[None]] = nullcontext
    tells_cost: bool = False
    charge: Charge | None = None
    refused: RateLimitError | None = None

    def renew(self, viewer: Viewer) -> None:
        """Answer from now on in the name of a viewer as they are now, with nothing read before."""
        self.caller = replace(self.caller, viewer=viewer)
        self.loaders = Loaders(self.services, self.caller)


Info: TypeAlias = strawberry.Info[Context, None]
