"""A chain on 127.0.0.1, by Foundry's Anvil, and contracts on it that are wallets."""

import asyncio
import contextlib
import platform
import shutil
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx2

from domain.values import JSON
from tests.conftest import missing

FOLDER = Path(__file__).parent
ANVIL = FOLDER / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
CHAIN = 31_337
INSTALL_SECONDS = 120
TRIES = 200

_HEAD = "6020600460003760 0160a4603f37 6040606460403760 206080608060006001 5afa50 608051 73".replace(" ", "")
_TAIL = "14 6043 57 60006000fd 5b 63 1626ba7e 60e01b 600052 60206000f3".replace(" ", "")

ENDLESS = "5b600056"
"""A contract that jumps to its beginning for ever."""

BOASTFUL = "60016000526020 6000f3".replace(" ", "")
"""A contract that answers 1 to everything."""


def owned_by(address: str) -> str:
    """The code of a wallet for which one key signs: isValidSignature(bytes32, bytes), whatever the selector.

    It asks the precompile ecrecover whose the signature is, which are 65 bytes of r, s and v. In Yul:

        calldatacopy(0x00, 0x04, 0x20)  // the hash
        calldatacopy(0x3f, 0xa4, 0x01)  // v, as the last byte of its word
        calldatacopy(0x40, 0x64, 0x40)  // r and s
        pop(staticcall(gas(), 1, 0x00, 0x80, 0x80, 0x20))
        if iszero(eq(mload(0x80), owner)) { revert(0, 0) }
        mstore(0, shl(0xe0, 0x1626ba7e))
        return(0, 0x20)
    """
    return _HEAD + address.removeprefix("0x").lower() + _TAIL


@dataclass
class Anvil:
    """A chain that answers at an address."""

    url: str
    process: asyncio.subprocess.Process

    async def ask(self, method: str, *params: JSON) -> JSON:
        """What a question answers."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        async with httpx2.AsyncClient() as client:
            answer = (await client.post(self.url, json=body)).json()
        assert "result" in answer, answer
        return cast("JSON", answer["result"])

    async def deploy(self, code: str) -> str:
        """The address of a new contract with this code."""
        size = len(code) // 2
        # Copy what follows these eleven bytes, and return it.
        creation = f"0x60{size:02x}80600b6000396000f3{code}"
        [sender, *_] = cast("Sequence[str]", await self.ask("eth_accounts"))
        sent = await self.ask("eth_sendTransaction", {"from": sender, "data": creation})
        receipt = cast("Mapping[str, str]", await self.ask("eth_getTransactionReceipt", sent))
        assert await self.ask("eth_getCode", receipt["contractAddress"], "latest") == f"0x{code}"
        return receipt["contractAddress"]


async def install() -> None:
    """Have the program there, or leave the test out."""
    if ANVIL.exists():
        return
    npm = shutil.which("npm")
    if npm is None or platform.system() != "Linux" or platform.machine() not in {"x86_64", "AMD64"}:
        missing("no chain: Anvil comes by npm, and for Linux on x86-64 only")
    installing = await asyncio.create_subprocess_exec(npm, "ci", "--ignore-scripts", cwd=FOLDER)
    assert await asyncio.wait_for(installing.wait(), INSTALL_SECONDS) == 0, "Anvil could not be installed"


@contextlib.asynccontextmanager
async def running_anvil() -> AsyncIterator[Anvil]:
    """A chain for as long as the context lasts."""
    await install()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        ANVIL, "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN), "--quiet",
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    anvil = Anvil(f"http://127.0.0.1:{port}", process)
    try:
        for _ in range(TRIES):
            with contextlib.suppress(httpx2.HTTPError):
                assert await anvil.ask("eth_chainId") == hex(CHAIN)
                break
            await asyncio.sleep(0.05)
        yield anvil
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
