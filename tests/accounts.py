"""People who sign up and in through the API, at a time that a test chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import httpx2

from domain.values import JSON, JSONObject, now
from graph.store import Statement, Store, Transaction
from tests.client import Api

PASSWORD = "violet anchor 94 meadow"

SESSION = "session { id userAgent address current } tokens { accessToken refreshToken }"

VERIFY: Statement[int] = Statement(
    "verify", "MATCH (person:Person {email: $email}) SET person.emailVerifiedAt = 1 RETURN 1 AS row"
)
SUSPEND: Statement[int] = Statement(
    "suspend", "MATCH (person:Person {email: $email}) SET person.status = $status RETURN 1 AS row"
)


@dataclass
class TurnedClock:
    """A clock that tests put forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        """The time it tells."""
        return now() + self.ahead

    def forward(self, **by: float) -> None:
        """Put it forward by so many minutes, days or what a timedelta is made of."""
        self.ahead += timedelta(**by)


@dataclass(frozen=True)
class SignedIn:
    """Somebody in a session."""

    api: Api
    session: str
    access: str
    refresh: str


@dataclass
class Accounts:
    """The API of a server as people see it who have nothing but an e-mail address."""

    store: Store
    http: httpx2.AsyncClient
    clock: TurnedClock = field(default_factory=TurnedClock)

    @property
    def api(self) -> Api:
        """The API as nobody."""
        return Api(self.http)

    async def sign_up(self, name: str, password: str = PASSWORD) -> Mapping[str, JSON]:
        """What signing up answers; the address counts as proved afterwards."""
        answer = await self.try_to_sign_up(name, password)
        await self.run(VERIFY, email=f"{name}@one.example".lower())
        return answer

    async def try_to_sign_up(self, name: str, password: str = PASSWORD) -> Mapping[str, JSON]:
        """What signing up answers."""
        email = f"{name}@one.example"
        given: JSONObject = {"email": email, "username": name, "displayName": name.capitalize(), "password": password}
        return await self.api.change("signUp", given, "email")

    async def try_to_sign_in(self, name: str, password: str = PASSWORD) -> Mapping[str, JSON]:
        """What signing in answers."""
        return await self.api.change("signIn", {"email": f"{name}@one.example", "password": password}, SESSION)

    async def sign_in(self, name: str, password: str = PASSWORD) -> SignedIn:
        """Somebody who signed in."""
        return self.signed_in(await self.try_to_sign_in(name, password))

    async def join(self, name: str) -> SignedIn:
        """Somebody new who signed in."""
        assert (await self.sign_up(name))["__typename"] == "SignUpSuccess"
        return await self.sign_in(name)

    async def refresh(self, token: str) -> Mapping[str, JSON]:
        """What refreshing answers."""
        return await self.api.change("refreshSession", {"refreshToken": token}, SESSION)

    def signed_in(self, answer: Mapping[str, JSON]) -> SignedIn:
        """The session that an answer began or went on with."""
        assert "tokens" in answer, answer
        session = cast("Mapping[str, str]", answer["session"])
        tokens = cast("Mapping[str, str]", answer["tokens"])
        access = tokens["accessToken"]
        return SignedIn(self.api.as_holder_of(access), session["id"], access, tokens["refreshToken"])

    async def set_status(self, name: str, status: str) -> None:
        """Suspend somebody, or no longer."""
        await self.run(SUSPEND, email=f"{name}@one.example", status=status)

    async def run(self, statement: Statement[int], **given: str) -> None:
        """Write past every rule."""

        async def work(transaction: Transaction) -> None:
            await transaction.run(statement, given)

        await self.store.write(work)


WHO = "{ viewer { person { username } apiKey { id } sessions { id current userAgent address lastUsedAt } } }"


async def is_out(api: Api) -> bool:
    """Whether an access token is good for nothing."""
    answer = await api.ask(WHO)
    if answer.status == 401:
        assert answer.codes == ["UNAUTHENTICATED"]
        return True
    assert answer.at("viewer.person") is not None
    return False
