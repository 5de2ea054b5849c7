"""Chains as a server asks them: JSON-RPC at an address of the operator's, briefly and without redirects."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Final, cast

import httpx2
import orjson
from pydantic import SecretStr

from domain.errors import NetworkError
from domain.values import JSON
from services.wallet_proofs import Chains

log = logging.getLogger("one.chains")

SECONDS: Final = 5.0
"""How long one answer may take, from the first byte sent to the last one read."""

GAS: Final = 5_000_000
"""How much a contract may use up to tell whether a signature is right."""

_LONGEST: Final = 100_000  # bytes
_REVERTED: Final = 3  # a code for a contract that refuses, and for nothing else
_REFUSALS: Final = ("revert", "outofgas", "invalidopcode", "opcodenotfound", "stackunderflow", "invalidjump")
_UNREACHABLE: Final = "The chain of this wallet cannot be asked just now. Try again later, or sign in in another way."


class ChainRpc:
    """One chain. No error of it, and no log, holds its address, which may have a secret in it."""

    def __init__(self, client: httpx2.AsyncClient, chain_id: int, url: SecretStr) -> None:
        self._client = client
        self._chain_id = chain_id
        self._url = url
        self._is_right = False

    async def call(self, address: str, data: bytes) -> bytes:
        """What a contract answers at the latest block; empty where it answers nothing, or refuses to.

        NetworkError where nobody answers, or somebody for another chain.
        """
        if not self._is_right:
            answered = await self._ask("eth_chainId", [])
            if answered != hex(self._chain_id):
                log.error(
                    "the address that is set for a chain answers for another one", extra={"chain": self._chain_id}
                )
                raise NetworkError(_UNREACHABLE)
            self._is_right = True
        asked: Mapping[str, JSON] = {"to": address, "data": f"0x{data.hex()}", "gas": hex(GAS)}
        answered = await self._ask("eth_call", [asked, "latest"])
        try:
            return bytes.fromhex(answered.removeprefix("0x"))
        except ValueError as error:
            raise NetworkError(_UNREACHABLE) from error

    async def _ask(self, method: str, params: list[JSON]) -> str:
        """The result, which is empty where a contract refused."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        content = bytearray()
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._client.stream("POST", self._url.get_secret_value(), json=body) as response,
            ):
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > _LONGEST:
                        raise NetworkError(_UNREACHABLE)
            found = cast("JSON", orjson.loads(content))
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise NetworkError(_UNREACHABLE) from error
        if isinstance(found, Mapping):
            result, refused = found.get("result"), found.get("error")
            if isinstance(result, str):
                return result
            if method == "eth_call" and isinstance(refused, Mapping) and _is_reverted(refused):
                return ""
        raise NetworkError(_UNREACHABLE)


def _is_reverted(error: Mapping[str, JSON]) -> bool:
    # Some nodes give it a code that other failures have too; then the text tells.
    message = str(error.get("message", "")).lower().replace(" ", "")
    return error.get("code") == _REVERTED or any(word in message for word in _REFUSALS)


@contextlib.asynccontextmanager
async def asking_chains(urls: Mapping[int, SecretStr]) -> AsyncIterator[Chains]:
    """The chains at these addresses, by their ids."""
    async with httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
        yield {chain_id: ChainRpc(client, chain_id, url) for chain_id, url in urls.items()}
