"""What speaks like S3 on 127.0.0.1: moto, with packages of its own, since it wants older ones than we have."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx2

from app.local_store.ports import free_port
from tests.conftest import missing

PACKAGES: Final = Path(__file__).parent / "moto.txt"
_UV: Final = Path(sys.executable).with_name("uv")
_SECONDS: Final = 120
"""How long it may take to be there, its packages included."""


@contextlib.asynccontextmanager
async def s3() -> AsyncIterator[str]:
    """Its address for as long as the context lasts. The test is skipped where its packages cannot be had."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        _UV, "run", "--no-project", "--isolated", "--python", sys.executable, "--with-requirements", PACKAGES,
        "moto_server", "--host", "127.0.0.1", "--port", str(port),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(_SECONDS), httpx2.AsyncClient() as client:
            while not await _answers(client, address):
                if process.returncode is not None:
                    missing("no S3: the packages of moto cannot be had")
                await asyncio.sleep(0.1)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(client: httpx2.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/moto-api/data.json")).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False
