"""Wallets with keys of their own, and people who link them and sign in with them."""

from collections.abc import Mapping
from typing import cast

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from domain.values import JSON, JSONObject
from tests.accounts import SESSION, Accounts, SignedIn
from tests.client import Api


def new() -> LocalAccount:
    """A wallet."""
    return cast("LocalAccount", Account.create())


def signed(wallet: LocalAccount, message: str) -> str:
    """What it signs by `personal_sign`."""
    return str(wallet.sign_message(encode_defunct(text=message)).signature.to_0x_hex())


async def begin(
    api: Api, address: str, mutation: str = "beginWalletSignIn", chain: int = 1, **more: JSON
) -> Mapping[str, JSON]:
    """What beginning answers."""
    return await api.change(mutation, {"address": address, "chainId": chain, **more}, "message expiresAt")


async def message_for(api: Api, address: str, mutation: str = "beginWalletSignIn", chain: int = 1) -> str:
    """The message to sign."""
    answer = await begin(api, address, mutation, chain)
    assert set(answer) >= {"message", "expiresAt"}, answer
    return str(answer["message"])


async def sign_in(accounts: Accounts, message: str, signature: str) -> Mapping[str, JSON]:
    """What signing in by a signature answers."""
    return await accounts.api.change("signInWithWallet", {"message": message, "signature": signature}, SESSION)


async def enter(accounts: Accounts, wallet: LocalAccount) -> Mapping[str, JSON]:
    """What signing in with a wallet answers, from its beginning."""
    message = await message_for(accounts.api, wallet.address)
    return await sign_in(accounts, message, signed(wallet, message))


async def complete(someone: SignedIn, message: str, signature: str) -> Mapping[str, JSON]:
    """What linking by a signature answers."""
    given: JSONObject = {"message": message, "signature": signature}
    return await someone.api.change("completeLinkingWallet", given, "method { id kind address provider }")


async def link(someone: SignedIn, wallet: LocalAccount) -> Mapping[str, JSON]:
    """What linking a wallet answers, from its beginning."""
    message = await message_for(someone.api, wallet.address, "beginLinkingWallet")
    return await complete(someone, message, signed(wallet, message))


async def linked(someone: SignedIn) -> tuple[LocalAccount, str]:
    """A wallet that somebody linked, and the id of that."""
    wallet = new()
    answer = await link(someone, wallet)
    assert answer["__typename"] == "CompleteLinkingWalletSuccess", answer
    return wallet, str(cast("Mapping[str, JSON]", answer["method"])["id"])
