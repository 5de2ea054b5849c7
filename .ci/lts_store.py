"""Run a Neo4j 5.26 LTS that no test started, until SIGTERM: `lts_store.py DATA JAVA_HOME CONNECTION`.

Once it answers, CONNECTION is a file of shell assignments, readable by its owner only, that says how to reach it.
"""

import asyncio
import os
import shlex
import signal
import sys
from pathlib import Path

from app.local_store.releases import LTS_RELEASE
from domain.errors import StoreError
from tests.stores import store_of_tests


async def main(data: Path, java_home: Path, connection: Path) -> None:
    """Run the store; raises StoreError where it does not start."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with store_of_tests(data, LTS_RELEASE, java_home, short_lived=False) as address:
        os.umask(0o077)
        part = connection.with_suffix(".part")
        part.write_text(
            f"uri={shlex.quote(address.uri)}\n"
            f"export ONE_STORE_USER={shlex.quote(address.user)}\n"
            f"export ONE_STORE_PASSWORD={shlex.quote(address.password)}\n"
        )
        part.replace(connection)
        await stop.wait()


if __name__ == "__main__":
    try:
        asyncio.run(main(*map(Path, sys.argv[1:])))
    except StoreError as error:
        sys.exit(str(error))
