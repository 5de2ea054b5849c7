"""Where the bytes of files are: a folder, or a bucket of S3 or of what speaks like it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from domain.errors import NetworkError
from services.file_inspection import PIECE

_PART: Final = 8 * 1024 * 1024  # S3 takes parts of 5 MiB at least, and 10,000 of them
_PARTS_AT_ONCE: Final = 2
_UNREACHABLE: Final = "The place where files are kept cannot be used just now: try again."


class ObjectContents:
    """Keeps bytes as objects, each under its key."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    @classmethod
    def at(cls, address: str) -> "ObjectContents":
        """In the folder of a file: URL, or in the bucket of an s3: URL, below its path.

        The environment says how to sign in to S3: AWS_ACCESS_KEY_ID and so on, or the role of the machine.
        """
        if urlsplit(address).scheme == "s3":
            return cls(S3Store.from_url(address))
        folder = folder_of(address)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(folder))

    async def put(self, key: str, file: BinaryIO) -> None:
        """Keep all bytes of a file, whole or not at all. NetworkError."""
        file.seek(0)
        try:
            await obstore.put_async(self._objects, key, _pieces(file), chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)
        except (BaseError, OSError) as error:
            raise NetworkError(_UNREACHABLE) from error

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes] | None:
        """The bytes from `start` to before `end`, piece by piece; None where there are none. NetworkError."""
        try:
            found = await obstore.get_async(self._objects, key, options={"range": (start, end)})
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise NetworkError(_UNREACHABLE) from error
        return _read(found)

    async def erase(self, key: str) -> None:
        """Keep the bytes no more. NetworkError."""
        try:
            await obstore.delete_async(self._objects, key)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise NetworkError(_UNREACHABLE) from error


def folder_of(address: str) -> Path:
    """The folder of a file: URL."""
    return Path(unquote(urlsplit(address).path))


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece


async def _read(found: "obstore.GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=PIECE):
        yield bytes(piece)
