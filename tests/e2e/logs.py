"""What servers wrote into their logs."""

from collections.abc import Iterable
from typing import Final

from tests.e2e.servers import Served

LOUD: Final = {"ONE_LOG_LEVEL": "debug", "ONE_LOG_FORMAT": "json"}
"""Settings with which a server tells all that it can."""


async def logs_of(served: Served, requests: int) -> str:
    """All that a server printed, which is stopped by that, and told of so many requests at the least."""
    assert await served.stop() == 0
    assert served.process.stdout is not None
    logged = "\n".join(served.printed) + (await served.process.stdout.read()).decode()
    told = logged.count('{"event":"request"')
    assert told >= requests, logged[-2_000:]
    return logged


def told(logged: str, secrets: Iterable[str]) -> list[str]:
    """Those of the secrets that stand in there, of which there has to be something to look for."""
    looked_for = list(secrets)
    assert all(looked_for), "an empty secret stands everywhere"
    return [secret for secret in looked_for if secret in logged]
