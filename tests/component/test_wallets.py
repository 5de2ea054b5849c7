"""Wallets: linking one, signing in with it and unlinking it, by keys and by contracts on a real chain."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest
from pydantic import SecretStr

from app.chain_rpc import asking_chains
from domain.values import JSON, JSONObject
from domain.wallets import MAX_WALLETS
from graph.store import Statement, Store
from tests.accounts import Accounts, SignedIn, TurnedClock
from tests.authenticator import enrol
from tests.chain.anvil import BOASTFUL, CHAIN, ENDLESS, Anvil, owned_by, running_anvil
from tests.conftest import served
from tests.letters import Letters
from tests.snapshots import Snapshot
from tests.wallets import begin, complete, enter, link, linked, message_for, new, sign_in, signed

pytestmark = [pytest.mark.slow, pytest.mark.once]

SESSIONS: Statement[int] = Statement("count_sessions", "RETURN COUNT { (:Session) } AS row")
WALLETS: Statement[int] = Statement("count_wallets", "RETURN COUNT { (:Identity {provider: 'ethereum'}) } AS row")
FORGET: Statement[int] = Statement("forget", "MATCH (n:Credential) DELETE n RETURN 1 AS row")
DEAD, OTHER = 4_242, 10


def kind(answer: Mapping[str, JSON]) -> str:
    return str(answer["__typename"])


async def unlink(someone: SignedIn, identifier: str) -> str:
    return kind(await someone.api.change("unlinkWallet", {"id": identifier}))


async def profile(someone: SignedIn) -> list[JSON]:
    answer = await someone.api.ask("{ viewer { person { wallets { address verifiedAt } } } }")
    assert None not in answer.each("viewer.person.wallets", "verifiedAt")
    return answer.each("viewer.person.wallets", "address")


async def test_a_wallet_is_linked_and_signs_in(accounts: Accounts, letters: Letters) -> None:
    ann = await accounts.join("ann")
    wallet = new()
    message = await message_for(ann.api, wallet.address.lower(), "beginLinkingWallet", 137)
    assert re.fullmatch(
        rf"localhost:8000 wants you to sign in with your Ethereum account:\n{wallet.address}\n\n"
        r"Sign in to ONE with this wallet from now on\. This costs nothing and moves nothing\.\n\n"
        r"URI: http://localhost:8000\nVersion: 1\nChain ID: 137\nNonce: [0-9a-f]{64}\n"
        r"Issued At: \S+Z\nExpiration Time: \S+Z",
        message,
    )
    answer = await complete(ann, message, signed(wallet, message))
    method = cast("Mapping[str, JSON]", answer["method"])
    assert (method["kind"], method["address"], method["provider"]) == ("wallet", wallet.address, None)
    assert await profile(ann) == [wallet.address]
    assert "another way, or one less" in (await letters.last("ann")).text
    again = await link(ann, wallet)
    assert again["method"] == method  # once more changes nothing
    other = accounts.signed_in(await enter(accounts, wallet))
    seen = await other.api.ask("{ viewer { person { username } accountActivity(first: 9) { nodes { type } } } }")
    assert seen.at("viewer.person.username") == "ann"
    assert seen.each("viewer.accountActivity.nodes", "type").count("wallet_connected") == 1


async def test_a_wallet_is_one_factor(accounts: Accounts) -> None:
    who = await enrol(accounts, "ann")
    wallet, _ = await linked(who.api)
    assert kind(await enter(accounts, wallet)) == "SecondFactorRequired"


async def test_a_wallet_that_nobody_linked_makes_no_account(accounts: Accounts) -> None:
    before = await Snapshot.take(accounts.store)
    answer = await enter(accounts, new())
    assert kind(answer) == "AuthError"
    assert "link the wallet" in str(answer["message"])
    assert await Snapshot.take(accounts.store) == before


async def test_what_was_signed_otherwise_than_it_should_lets_nobody_in(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    wallet, _ = await linked(ann)
    stranger = new()
    before = await accounts.store.read(SESSIONS, {})

    async def asked() -> str:
        return await message_for(accounts.api, wallet.address)

    async def refused(message: str, signature: str) -> bool:
        return kind(await sign_in(accounts, message, signature)) == "AuthError"

    good = await asked()
    for changed in (
        good.replace("localhost:8000 wants", "evil.example wants"),
        good.replace("URI: http://localhost:8000", "URI: http://evil.example"),
        good.replace("localhost:8000", "evil.example"),
        good.replace("Chain ID: 1", "Chain ID: 10"),
        good.replace(wallet.address, stranger.address),
        re.sub(r"Nonce: \w+", f"Nonce: {'0' * 64}", good),
    ):
        assert changed != good
        assert await refused(changed, signed(wallet, changed))
        assert await refused(changed, signed(stranger, changed))
    for times in (
        "Issued At: 2036-01-01T00:00:00Z",
        "Issued At: 2020-01-01T00:00:00Z",
        f"{re.findall('Issued At: .*', good)[0]}\nExpiration Time: 2020-01-01T00:00:00Z",
        f"{re.findall('Issued At: .*', good)[0]}\nNot Before: 2036-01-01T00:00:00Z",
    ):
        message = re.sub(r"Issued At: .*\nExpiration Time: .*", times, await asked())
        assert await refused(message, signed(wallet, message))
    for signature in ("0x00", f"0x{'00' * 65}", f"0x{'ff' * 65}", f"0x{'11' * 200}"):
        assert await refused(await asked(), signature)
    message = await asked()
    assert await refused(message, signed(stranger, message))
    assert await refused(message, signed(wallet, message))  # used up by the wrong one
    message = await asked()
    assert await refused(message, signed(wallet, await asked()))
    message = await message_for(ann.api, wallet.address, "beginLinkingWallet")
    assert await refused(message, signed(wallet, message))
    message = await asked()
    accounts.clock.forward(minutes=5)
    assert await refused(message, signed(wallet, message))
    await accounts.set_status("ann", "suspended")
    message = await asked()
    assert await refused(message, signed(wallet, message))
    assert await accounts.store.read(SESSIONS, {}) == before


async def test_what_is_no_message_signature_wallet_or_page_is_told(accounts: Accounts) -> None:
    wallet = new()
    message = await message_for(accounts.api, wallet.address)
    before = await Snapshot.take(accounts.store)
    right = signed(wallet, message)
    for given, field in (
        ((f"{message}\n", right), "message"),
        (("", right), "message"),
        ((message.replace(wallet.address, wallet.address.lower()), right), "message"),
        ((message, right[2:]), "signature"),
        ((message, ""), "signature"),
        ((message, "0xé"), "signature"),
        ((message, f"0x{'00' * 4_097}"), "signature"),
    ):
        answer = await sign_in(accounts, *given)
        assert (kind(answer), answer["field"]) == ("ValidationError", field)
    wrong: list[tuple[JSONObject, str]] = [
        ({"address": "0x1", "chainId": 1}, "address"),
        ({"address": wallet.address.swapcase(), "chainId": 1}, "address"),
        ({"address": wallet.address, "chainId": 0}, "chainId"),
        ({"address": wallet.address, "chainId": 1, "origin": "https://evil.example"}, "origin"),
    ]
    for begun, field in wrong:
        answer = await accounts.api.change("beginWalletSignIn", begun)
        assert (kind(answer), answer["field"]) == ("ValidationError", field)
    assert await Snapshot.take(accounts.store) == before


async def test_what_was_signed_is_good_once_also_for_two_at_once(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    wallet, _ = await linked(ann)
    message = await message_for(accounts.api, wallet.address)
    signature = signed(wallet, message)
    answers = await asyncio.gather(*(sign_in(accounts, message, signature) for _ in range(4)))
    assert sorted(kind(answer) for answer in answers) == ["AuthError"] * 3 + ["SignInWithWalletSuccess"]
    assert kind(await sign_in(accounts, message, signature)) == "AuthError"


async def test_a_wallet_is_of_one_person_also_where_two_link_it_at_once(accounts: Accounts) -> None:
    people = [await accounts.join(name) for name in ("ann", "ben")]
    for together in (False, True):
        wallet = new()
        tries = [link(each, wallet) for each in people]
        answers = await asyncio.gather(*tries) if together else [await each for each in tries]
        assert sorted(kind(answer) for answer in answers) == ["CompleteLinkingWalletSuccess", "ConflictError"]
    assert await accounts.store.read(WALLETS, {}) == [2]
    assert sum([len(await profile(each)) for each in people]) == 2


async def test_linking_takes_a_proof_of_late_and_the_same_person(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    wallet = new()
    message = await message_for(ann.api, wallet.address, "beginLinkingWallet")
    assert kind(await complete(ben, message, signed(wallet, message))) == "AuthError"
    assert kind(await complete(ann, message, signed(wallet, message))) == "AuthError"  # used up by that
    message = await message_for(ann.api, wallet.address)
    assert kind(await complete(ann, message, signed(wallet, message))) == "AuthError"
    assert await accounts.store.read(WALLETS, {}) == [0]
    accounts.clock.forward(minutes=11)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert kind(await begin(ann.api, wallet.address, "beginLinkingWallet")) == "ReauthenticationError"
    assert await unlink(ann, "x") == "ReauthenticationError"


async def test_a_wallet_is_unlinked_by_its_person_and_the_last_way_in_stays(
    accounts: Accounts, letters: Letters
) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    (wallet, one), (other, two) = await linked(ann), await linked(ann)
    assert await profile(ann) == [wallet.address, other.address]
    for wrong in ("x", ""):
        assert await unlink(ann, wrong) == "NotFoundError"
    assert await unlink(ben, one) == "NotFoundError"
    assert kind(await ann.api.change("unlinkProvider", {"id": one})) == "NotFoundError"
    await accounts.run(FORGET)
    assert sorted(await asyncio.gather(unlink(ann, one), unlink(ann, two))) == ["ConflictError", "UnlinkWalletSuccess"]
    assert len(await profile(ann)) == 1
    kinds = [kind(await enter(accounts, each)) for each in (wallet, other)]
    assert sorted(kinds) == ["AuthError", "SignInWithWalletSuccess"]
    assert "another way, or one less" in (await letters.last("ann")).text
    activity = await ann.api.ask("{ viewer { accountActivity(first: 9) { nodes { type } } } }")
    assert activity.each("viewer.accountActivity.nodes", "type").count("wallet_disconnected") == 1


async def test_nobody_has_more_wallets_than_there_may_be(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    for _ in range(MAX_WALLETS - 1):
        await linked(ann)
    answers = await asyncio.gather(link(ann, new()), link(ann, new()))
    assert sorted(kind(answer) for answer in answers) == ["CompleteLinkingWalletSuccess", "ConflictError"]
    assert await accounts.store.read(WALLETS, {}) == [MAX_WALLETS]


@pytest.fixture(scope="module")
async def anvil() -> AsyncIterator[Anvil]:
    async with running_anvil() as anvil:
        yield anvil


@pytest.fixture
async def holders(store: Store, clock: TurnedClock, anvil: Anvil) -> AsyncIterator[Accounts]:
    """A server that knows a chain, one that nobody answers for, and one for which another chain answers."""
    urls = {CHAIN: anvil.url, DEAD: "http://127.0.0.1:9", OTHER: anvil.url}
    async with (
        asking_chains({chain: SecretStr(url) for chain, url in urls.items()}) as chains,
        served(store, clock=clock, chains=chains) as http,
    ):
        yield Accounts(store, http, clock)


async def test_a_wallet_that_is_a_contract_is_asked_on_its_chain(holders: Accounts, anvil: Anvil) -> None:
    ann = await holders.join("ann")
    key, stranger = new(), new()
    address = await anvil.deploy(owned_by(key.address))
    message = await message_for(ann.api, address, "beginLinkingWallet", CHAIN)
    answer = await complete(ann, message, signed(key, message))
    assert kind(answer) == "CompleteLinkingWalletSuccess", answer
    assert [str(each).lower() for each in await profile(ann)] == [address]

    async def asked(chain: int = CHAIN) -> str:
        return await message_for(holders.api, address, chain=chain)

    message = await asked()
    holders.signed_in(await sign_in(holders, message, signed(key, message)))
    before = await holders.store.read(SESSIONS, {})
    message = await asked()
    assert kind(await sign_in(holders, message, signed(stranger, message))) == "AuthError"
    message = await asked()
    assert kind(await sign_in(holders, message, signed(key, await asked()))) == "AuthError"
    message = await asked()
    assert kind(await sign_in(holders, message, f"0x{'22' * 500}")) == "AuthError"
    # On a chain that the server does not know it cannot be asked, and where nobody can be asked now that is told.
    for chain, expected in ((1, "AuthError"), (DEAD, "NetworkError"), (OTHER, "NetworkError")):
        message = await asked(chain)
        assert kind(await sign_in(holders, message, signed(key, message))) == expected
    assert await holders.store.read(SESSIONS, {}) == before


async def test_a_contract_that_does_not_say_the_word_signs_nothing(holders: Accounts, anvil: Anvil) -> None:
    ann = await holders.join("ann")
    key = new()
    for address in (await anvil.deploy(ENDLESS), await anvil.deploy(BOASTFUL), new().address):
        message = await message_for(ann.api, address, "beginLinkingWallet", CHAIN)
        assert kind(await complete(ann, message, signed(key, message))) == "AuthError", address
    # A key goes before the chain, which is not asked then.
    message = await message_for(ann.api, key.address, "beginLinkingWallet", DEAD)
    assert kind(await complete(ann, message, signed(key, message))) == "CompleteLinkingWalletSuccess"
    assert await holders.store.read(WALLETS, {}) == [1]
