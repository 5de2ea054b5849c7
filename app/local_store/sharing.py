"""Who owns a data folder: an OS lock says whether, connection.json says who and where.

The lock is advisory flock(2), so this works on Linux and macOS.
"""

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from app.local_store.address import StoreAddress
from app.local_store.errors import StoreInUseError

LOCK = "owner.lock"
CONNECTION = "connection.json"
# A reader holds the lock for an instant to see whether it is free; an owner to be does not give up over that.
CLAIM_ATTEMPTS = 10
CLAIM_PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Owner:
    """The process that holds a data folder, in the words it chose for itself, and its store once that answers."""

    pid: int
    description: str
    since: str
    address: StoreAddress | None = None

    @property
    def lives(self) -> bool:
        """Whether a process of that id exists."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True


class Claim:
    """The ownership of a data folder, held until `release` or the end of the process."""

    def __init__(self, data: Path, file: int, owner: Owner) -> None:
        self._data = data
        self._file = file
        self._owner = owner

    @classmethod
    def take(cls, data: Path, description: str) -> Self:
        """Make the folder if need be and own it.

        Raises StoreInUseError where a living process owns it, and OSError where it cannot be written.
        """
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(data / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(data, file)
            claim = cls(data, file, Owner(os.getpid(), description, datetime.now(UTC).isoformat(timespec="seconds")))
            claim._write(claim._owner)
        except BaseException:
            os.close(file)
            raise
        return claim

    def publish(self, address: StoreAddress) -> None:
        """Let other processes find the store."""
        self._write(Owner(self._owner.pid, self._owner.description, self._owner.since, address))

    def release(self) -> None:
        """Give the folder back."""
        (self._data / CONNECTION).unlink(missing_ok=True)
        os.close(self._file)

    def _write(self, owner: Owner) -> None:
        part = self._data / f".{CONNECTION}.part"
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - the mode
            json.dump(asdict(owner), file)
        part.replace(self._data / CONNECTION)


def running_store(data: Path) -> StoreAddress | None:
    """Return the address of the store that a living process runs on this folder, else None.

    A connection file that a killed owner left behind is not believed.
    """
    try:
        file = os.open(data / LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _read(data)
        return owner.address if owner is not None and owner.lives else None
    else:
        return None
    finally:
        os.close(file)


def _lock(data: Path, file: int) -> None:
    for _ in range(CLAIM_ATTEMPTS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(CLAIM_PAUSE_SECONDS)
    owner = _read(data)
    whose = f"process {owner.pid} ({owner.description}, since {owner.since})" if owner else "another process"
    raise StoreInUseError(f"The store in {data} belongs to {whose}. Use it, stop it, or choose another data folder.")


def _read(data: Path) -> Owner | None:
    try:
        found = json.loads((data / CONNECTION).read_text())
        address = StoreAddress(**found["address"]) if found["address"] else None
        return Owner(found["pid"], found["description"], found["since"], address)
    except (OSError, ValueError, KeyError, TypeError):
        return None
