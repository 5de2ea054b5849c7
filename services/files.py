"""Files whose bytes this server keeps: taken in, handed out, and erased once nothing needs them.

The bytes are written before the file is, under its id. Between the two stands a note that they are to be erased in an
hour, which the transaction that makes the file takes away: so a crash leaves nothing behind for good.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Final, Protocol

from domain.access import Caller
from domain.errors import ConflictError, ValidationError
from domain.events import EventType
from domain.files import FILE, STORED, Content, content_of, is_stored
from domain.ids import NodeKind, new_id, thing_prefix
from domain.thing_types import THING_TYPES
from domain.things import Thing, ThingStatus
from domain.values import JSON, Clock, now, to_micros
from graph import files, locks
from graph.store import Store, Transaction
from graph.things import from_row
from services import validation
from services.access import Action, open_reach_of
from services.changes import Changes, thing_again
from services.file_inspection import inspect, media_type_of
from services.file_links import FileLinks
from services.idempotency import Claim, Making, recall
from services.ontology import check_properties
from services.places import check_active
from services.rights import Rights
from services.storage import require_room
from services.thing_changes import happened
from services.thing_creation import Creation
from services.work import Work, done

KEPT_WITHOUT_FILE: Final = timedelta(hours=1)
"""How long bytes are kept that no file names: for as long as an upload may take to be made one."""


class Received(Protocol):
    """A file as it came in, in a place where it can be read again from its start."""

    @property
    def filename(self) -> str | None:
        """The name that its sender gave it."""

    @property
    def content_type(self) -> str | None:
        """The media type that its sender says it has."""

    @property
    def size(self) -> int | None:
        """How many bytes came."""

    @property
    def file(self) -> BinaryIO:
        """Its bytes."""


class FileContents(Protocol):
    """Where bytes are kept, by keys. Each raises NetworkError where that place cannot be reached."""

    async def put(self, key: str, file: BinaryIO) -> None:
        """Keep all bytes of a file, whole or not at all."""

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes] | None:
        """The bytes from `start` to before `end`, piece by piece; None where there are none under the key."""

    async def erase(self, key: str) -> None:
        """Keep the bytes no more; it is no error where there are none."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to keep; `name` is that of the thing, where it is not the file's."""

    group_id: str
    received: Received
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Readable:
    """A file that somebody may read, and whether everybody may."""

    thing: Thing
    content: Content
    public: bool


class Files:
    """What can be done with files."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        changes: Changes,
        links: FileLinks,
        *,
        contents: FileContents | None,
        most: int,
    ) -> None:
        """Files have at most so many bytes. Without `contents` none can be kept."""
        self._store = store
        self._clock = clock
        self._changes = changes
        self.links = links
        self._contents = contents
        self._most = most

    async def upload(self, caller: Caller, new: NewFile, key: str | None = None) -> Thing:
        """Keep a file in a group. ConflictError where the group's storage has no room for it."""
        rights = Rights.of(caller, Action.UPLOAD_FILE)
        validation.identifier("groupId", new.group_id, NodeKind.GROUP)
        if self._contents is None:
            raise ConflictError("This server keeps no files.", field="file")
        file_name = _file_name(new.received.filename)
        name = validation.name("name", new.name if new.name is not None else file_name)
        size = new.received.size or 0
        if size > self._most:
            raise ValidationError("file", f"file takes at most {self._most:,} bytes; this has {size:,}.")
        media_type = media_type_of("file", new.received.content_type)
        content = await asyncio.to_thread(inspect, "file", media_type, new.received.file)
        thing = _thing(new.group_id, name, file_name, content)

        given = {"groupId": new.group_id, "name": name, "properties": thing.properties}
        claim = None if key is None else Claim.of(caller, UPLOAD_FILE.mutation, key, given)

        async def begin(transaction: Transaction) -> Thing | None:
            [results] = [None] if claim is None else await recall(transaction, [claim])
            if results is not None:
                return await UPLOAD_FILE.again(transaction, rights.reach, results[0])
            await _require_room(transaction, rights, new.group_id, content.size)
            await files.leave(transaction, thing.id, to_micros(self._clock() + KEPT_WITHOUT_FILE))
            return None

        if (before := await self._changes.do(begin)) is not None:
            return before
        await self._contents.put(thing.id, new.received.file)
        work = self._finishing(caller, rights, thing, content)
        return await self._changes.do_once(caller, UPLOAD_FILE, key, given, work)

    def _finishing(self, caller: Caller, rights: Rights, thing: Thing, content: Content) -> Work[Thing]:
        told = happened(caller, EventType.THING_CREATED, thing, {"type": FILE})
        wanted = Creation(rights, thing, THING_TYPES[FILE], told)

        async def work(transaction: Transaction) -> Thing:
            await _require_room(transaction, rights, thing.group_id, content.size)
            if not await files.take(transaction, thing.id):
                raise ConflictError("It took too long to keep this file: send it again.", field="file")
            return done((await self._changes.creations.create_all(transaction, [wanted]))[0])

        return work

    async def readable(self, caller: Caller, file_id: str, *, signed: bool = False) -> Readable | None:
        """A file that this server keeps, where the caller may read it.

        They may where they see it, where a published product shows it, where a product delivers it which they paid
        for, and where they have a `signed` link.
        """
        found = await files.fetch(self._store, open_reach_of(caller), file_id, signed=signed)
        if found is None or self._contents is None:
            return None
        thing = from_row(found["thing"])
        return Readable(thing, content_of(thing.properties), found["public"]) if is_stored(thing) else None

    async def read(self, file: Readable, start: int, end: int) -> AsyncIterator[bytes] | None:
        """The bytes of a file from `start` to before `end`; None where they are lost."""
        return None if self._contents is None else await self._contents.read(file.thing.id, start, end)


async def _require_room(transaction: Transaction, rights: Rights, group_id: str, size: int) -> None:
    """Lock a group, and refuse where the caller may keep no file there, or none of that size."""
    locked = await locks.lock(transaction, rights.reach, [group_id])
    check_active(locked, "groupId", group_id)
    await rights.require(transaction, group_id)
    await require_room(transaction, group_id, size)


def _thing(group_id: str, name: str, file_name: str, content: Content) -> Thing:
    at = now()
    properties: Mapping[str, JSON] = {
        "fileName": file_name,
        "contentType": content.media_type,
        "size": content.size,
        "sha256": content.sha256,
        STORED: True,
    }
    return Thing(
        id=new_id(thing_prefix(FILE)),
        type=FILE,
        name=name,
        status=ThingStatus.ACTIVE,
        group_id=group_id,
        properties=check_properties(THING_TYPES[FILE], properties),
        created_at=at,
        updated_at=at,
        archived_at=None,
        version=1,
    )


def _file_name(given: str | None) -> str:
    """The name of a file without the folders that some programs send with it."""
    base = (given or "").replace("\\", "/").rpartition("/")[2]
    return validation.name("file", base or "file")


UPLOAD_FILE: Final[Making[Thing]] = Making("uploadFile", lambda made: made.id, thing_again)
