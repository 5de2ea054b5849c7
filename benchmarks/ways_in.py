"""Many people who sign in at once, in each way that there is.

What a server does is watched; what a browser, a mailbox, a provider, a device or a wallet does in between is not, and
neither is what each of them was given before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_account.signers.local import LocalAccount

from benchmarks.held import Held
from domain.values import JSON
from tests import authenticator, passkey_device, visits, wallets
from tests.accounts import SESSION, Accounts
from tests.authenticator import STEP, Authenticator
from tests.letters import Letters
from tests.passkey_device import Device
from tests.provider import FakeProvider
from tests.visits import Visit


@dataclass
class Somebody:
    """Who has everything to sign in with."""

    name: str
    elsewhere: dict[str, JSON]
    """What a provider says of them."""
    device: Device
    wallet: LocalAccount
    app: Authenticator | None = None


@dataclass
class Crowd:
    """Those who sign in at once, and a server that knows them."""

    accounts: Accounts
    letters: Letters
    provider: FakeProvider
    people: Sequence[Somebody] = ()

    async def gather(self, number: int) -> None:
        """So many people, who link everything but an app."""
        names = [f"person{each}" for each in range(number)]
        await asyncio.gather(*(self.accounts.sign_up(name) for name in names))
        self.people = [await self._somebody(name) for name in names]

    async def _somebody(self, name: str) -> Somebody:
        someone = await self.accounts.sign_in(name)
        device, _ = await passkey_device.equip(someone)
        wallet, _ = await wallets.linked(someone)
        elsewhere: dict[str, JSON] = {"sub": name, "email": f"{name}@one.example", "email_verified": True}
        self.provider.person = elsewhere
        linked = await visits.link(someone, self.provider)
        assert linked["__typename"] == "CompleteLinkingWithSuccess", linked
        return Somebody(name, elsewhere, device, wallet)

    async def turn_on_second_factors(self) -> None:
        """Give each an app, whose codes every other way in but a passkey takes from then on."""
        for each in self.people:
            someone = await self.accounts.sign_in(each.name)
            begun = await authenticator.begin(someone)
            each.app = Authenticator(str(begun["uri"]), self.accounts.clock)
            answer = await authenticator.confirm(someone, each.app.code())
            assert answer["__typename"] == "ConfirmTotpSuccess", answer


async def by_password(crowd: Crowd, held: Held) -> None:
    """E-mail and password."""
    _all_in(await held.together(crowd.accounts.try_to_sign_in(each.name) for each in crowd.people))


async def by_mail(crowd: Crowd, held: Held) -> None:
    """A link by mail, from asking for it; the server writes the mails meanwhile."""
    api = crowd.accounts.api
    asked = [api.change("requestSignInLink", {"email": f"{each.name}@one.example"}) for each in crowd.people]
    await held.together(asked)
    await held.together([crowd.letters.deliver()])
    tokens = [await crowd.letters.token(each.name) for each in crowd.people]
    _all_in(await held.together(api.change("signInByMail", {"proof": {"token": each}}, SESSION) for each in tokens))


async def by_provider(crowd: Crowd, held: Held) -> None:
    """An account at a provider."""
    begun = await held.together(visits.begin(crowd.accounts.api, "beginSignInWith") for _ in crowd.people)
    back = []
    for each, beginning in zip(crowd.people, begun, strict=True):
        crowd.provider.person = each.elsewhere
        back.append(Visit(await crowd.provider.visit(str(beginning["url"])), str(beginning["secret"])))
    _all_in(await held.together(visits.complete(crowd.accounts, each) for each in back))


async def by_passkey(crowd: Crowd, held: Held) -> None:
    """A passkey."""
    options = await held.together(passkey_device.options(crowd.accounts.api) for _ in crowd.people)
    signed = [each.device.sign(option) for each, option in zip(crowd.people, options, strict=True)]
    _all_in(await held.together(passkey_device.sign_in(crowd.accounts, each) for each in signed))


async def by_wallet(crowd: Crowd, held: Held) -> None:
    """A wallet."""
    messages = await held.together(
        wallets.message_for(crowd.accounts.api, each.wallet.address) for each in crowd.people
    )
    signed = [wallets.signed(each.wallet, message) for each, message in zip(crowd.people, messages, strict=True)]
    pairs = zip(messages, signed, strict=True)
    _all_in(await held.together(wallets.sign_in(crowd.accounts, *each) for each in pairs))


async def by_second_factor(crowd: Crowd, held: Held) -> None:
    """E-mail and password, and then a code of an app."""
    crowd.accounts.clock.forward(seconds=2 * STEP)  # no code of the round before is good any more
    answers = await held.together(crowd.accounts.try_to_sign_in(each.name) for each in crowd.people)
    codes = [each.app.code() for each in crowd.people if each.app is not None]
    ends = [
        authenticator.complete(crowd.accounts, str(answer["challenge"]), code)
        for answer, code in zip(answers, codes, strict=True)
    ]
    _all_in(await held.together(ends))


Way = Callable[[Crowd, Held], Awaitable[None]]
ONE_FACTOR: Final[Mapping[str, Way]] = {
    "a password": by_password,
    "a link by mail": by_mail,
    "a provider": by_provider,
    "a passkey": by_passkey,
    "a wallet": by_wallet,
}
TWO_FACTORS: Final[Mapping[str, Way]] = {"a password and a code of an app": by_second_factor}


def _all_in(answers: Sequence[Mapping[str, JSON]]) -> None:
    """Nothing is measured where somebody was not let in."""
    refused = [answer for answer in answers if "tokens" not in answer]
    assert not refused, refused[0]
