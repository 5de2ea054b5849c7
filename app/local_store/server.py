import asyncio
from collections.abc import Sequence
from typing import Self

from app.local_store.address import StoreAddress
from app.local_store.bolt import BoltError, run_statements
from app.local_store.errors import StoreEndedError
from app.local_store.home import Home
from app.local_store.supervision import GuardedProcess
from domain.errors import StoreError

POLL_SECONDS = 0.05
ANSWER_SECONDS = 5.0
UNAUTHORIZED = "Neo.ClientError.Security.Unauthorized"


class Server:
    """One run of Neo4j that has answered a query."""

    def __init__(self, process: GuardedProcess) -> None:
        self.process = process

    @classmethod
    async def start(
        cls,
        home: Home,
        command: Sequence[str],
        address: StoreAddress,
        *,
        grace_seconds: float,
        patience_seconds: float = 90.0,
        nice: int = 0,
    ) -> Self:
        """Start Neo4j and wait until it answers.

        Raises StoreError with the reason where it does not (StoreEndedError where Java ended); nothing is left running.
        """
        since = home.debug_log_size()
        process = await GuardedProcess.start(
            command, lock=home.lock, output=home.console, grace_seconds=grace_seconds, nice=nice
        )
        try:
            async with asyncio.timeout(patience_seconds):
                await _answer(process, home, address, since)
        except TimeoutError:
            await process.stop()
            raise StoreError(_failed(home, f"no answer in {patience_seconds:.0f} s ({home.failure()})")) from None
        except BaseException:
            await process.stop()
            raise
        return cls(process)


async def _answer(process: GuardedProcess, home: Home, address: StoreAddress, since: int) -> None:
    while True:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await run_statements(address, ["RETURN 1"])
        except BoltError as error:
            if UNAUTHORIZED in str(error):
                raise StoreError(_failed(home, f"{home.folder / 'password'} is not its password")) from error
        except (OSError, EOFError):
            pass
        else:
            return
        if process.ended:
            raise StoreEndedError(_failed(home, home.failure()))
        if reason := home.standstill(since):
            raise StoreError(_failed(home, reason))
        await asyncio.sleep(POLL_SECONDS)


def _failed(home: Home, reason: str) -> str:
    return f"Neo4j does not start: {reason}. See {home.console} and {home.debug_log}."
