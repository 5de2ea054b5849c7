"""An app that makes codes, by its own reading of RFC 6238 and RFC 4226, and people who have one."""

import base64
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

from domain.values import JSON, now
from tests.accounts import SESSION, Accounts, SignedIn, TurnedClock

STEP = 30


@dataclass
class StandingClock(TurnedClock):
    """A clock that stands until a test puts it forward, a few seconds into a time step."""

    start: datetime = field(
        default_factory=lambda: datetime.fromtimestamp(now().timestamp() // STEP * STEP + 5, now().tzinfo)
    )

    def __call__(self) -> datetime:
        """The time it tells."""
        return self.start + self.ahead


@dataclass(frozen=True)
class Authenticator:
    """An app with one secret, as an address said it."""

    uri: str
    clock: TurnedClock

    @property
    def parameters(self) -> Mapping[str, str]:
        """What the address says."""
        return dict(parse_qsl(urlsplit(self.uri).query))

    @property
    def label(self) -> str:
        """Whose it is, as people read it."""
        return unquote(urlsplit(self.uri).path.removeprefix("/"))

    def code(self, steps: int = 0) -> str:
        """The code that it shows so many time steps from now."""
        key = base64.b32decode(self.parameters["secret"])
        counter = int(self.clock().timestamp()) // STEP + steps
        digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
        start = digest[-1] & 15
        return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"

    def next(self) -> str:
        """A code that it never showed before: the time goes on."""
        self.clock.forward(seconds=STEP)
        return self.code()

    def wrong(self) -> str:
        """A code that is of no time step near."""
        near = {self.code(steps) for steps in range(-3, 4)}
        return next(code for code in (f"{number:06}" for number in range(10)) if code not in near)


@dataclass(frozen=True)
class Enrolled:
    """Somebody with a second factor."""

    name: str
    app: Authenticator
    recovery: list[str]
    api: SignedIn


async def begin(someone: SignedIn) -> Mapping[str, JSON]:
    """What beginning answers."""
    asked = """mutation { answer: beginTotp { __typename
        ... on BeginTotpSuccess { uri secret expiresAt } ... on AppError { message } } }"""
    return cast("Mapping[str, JSON]", (await someone.api.ask(asked)).at("answer"))


async def confirm(someone: SignedIn, code: str) -> Mapping[str, JSON]:
    """What confirming answers."""
    return await someone.api.change("confirmTotp", {"code": code}, "recoveryCodes secondFactor { enabled }")


async def enrol(accounts: Accounts, name: str, someone: SignedIn | None = None) -> Enrolled:
    """Somebody, new if nobody is given, who turned a second factor on."""
    someone = someone or await accounts.join(name)
    accounts.clock.forward(minutes=1)  # so that the mail about it is not of the same time as others
    begun = await begin(someone)
    assert "uri" in begun, begun
    app = Authenticator(str(begun["uri"]), accounts.clock)
    answer = await confirm(someone, app.code())
    assert answer["__typename"] == "ConfirmTotpSuccess", answer
    return Enrolled(name, app, cast("list[str]", answer["recoveryCodes"]), someone)


async def challenged(accounts: Accounts, name: str) -> str:
    """The challenge of somebody who signs in with their password."""
    answer = await accounts.try_to_sign_in(name)
    assert answer["__typename"] == "SecondFactorRequired", answer
    return str(answer["challenge"])


async def complete(
    accounts: Accounts, challenge: str, code: str | None = None, recovery: str = ""
) -> Mapping[str, JSON]:
    """What ending a sign-in answers, by a code or else by a recovery code."""
    proof: JSON = {"recoveryCode": recovery} if code is None else {"code": code}
    return await accounts.api.change("completeSecondFactor", {"challenge": challenge, "proof": proof}, SESSION)


async def standing(someone: SignedIn) -> JSON:
    """What somebody is told of their second factor."""
    answer = await someone.api.ask("{ viewer { secondFactor { enabled recoveryCodesLeft } } }")
    return answer.at("viewer.secondFactor")
