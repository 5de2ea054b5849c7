"""Commands, run as an operator runs them, in a process of their own."""

import asyncio
import os
import sys
from typing import Final

from tests.conftest import CHECKOUT

SECONDS: Final = 100
"""How long one may take; its process ends with that."""


async def one(address: tuple[str, str, str], *arguments: str) -> tuple[int, str, str]:
    """What `scripts/one` becomes once it has seen to .venv, with a store: the exit code and what was written."""
    uri, user, password = address
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "app", *arguments, "--store", uri,
        env={**os.environ, "ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "PYTHONPATH": str(CHECKOUT)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, error = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode or 0, out.decode(), error.decode()
