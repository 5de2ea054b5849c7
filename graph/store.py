"""The one way to the store: named Cypher statements over Bolt, reads in one round trip, writes as units of work."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, Self, TypeVar, cast

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    Bookmarks,
    Query,
    unit_of_work,
)
from neo4j.exceptions import AuthError as StoreAuthError
from neo4j.exceptions import (
    ClientError,
    ConfigurationError,
    ConstraintError,
    DatabaseError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from domain.errors import ConflictError, DeadlineError, NetworkError, StoreError, ValidationError
from graph import bookmarks, claims, deadlines, versions
from graph.shared_reads import SMALL, Joint, Read, Rows, SharedReads
from graph.versions import UNKNOWN, Version

R = TypeVar("R")
T = TypeVar("T")

Parameters = Mapping[str, object]

_UNREACHABLE = "The store cannot be reached just now. Try again in a few seconds."
_BUSY = "The store is too busy with other changes of the same just now. Try again in a few seconds."
_BEHIND = "The store has not caught up with what you have seen. Try again in a few seconds."
_TOO_LARGE = (
    "This is more than the store can change in one transaction. Do it in parts: the groups below first, and things a "
    "thousand at a time by applyChanges."
)
_MEMORY: Final = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"
_GONE: Final = "Neo.ClientError.Statement.EntityNotFound"
_TIMED_OUT: Final = "Neo.ClientError.Transaction.TransactionTimedOut"
_INVALID_BOOKMARK: Final = "Neo.ClientError.Transaction.InvalidBookmark"
_WAITED_TOO_LONG: Final = "Neo.ClientError.Transaction.LockClientStopped"
_TRIES: Final = 5
_TAKEN = re.compile(r"property `(?P<property>\w+)`")
# What the store calls a property, where that is not what clients call it.
_FIELDS: Final = {
    "usernameKey": "username",
    "liveKey": "toId",
    "sourceKey": "fromId",
    "targetKey": "toId",
    "childId": "parentId",
    "thingId": "groupId",
    "nodeLabel": "name",
    "productKey": "properties.slug",
}

logging.getLogger("neo4j.pool").setLevel(logging.ERROR)
logging.getLogger("neo4j").setLevel(logging.ERROR)  # a retried transaction is ordinary, and counted instead


@dataclass(frozen=True, slots=True)
class Statement(Generic[R]):
    """One whole Cypher statement, which answers records of a single column, each a map of the shape `R`.

    `meant` is the reason why a scan, a cartesian product or an eager operator in its plan is right; a test refuses
    any that is not marked so. One that stands `alone`, as `SHOW` does, is joined with no other by the store. So many
    reads of different requests go `together` that wait at the same time: of one that is short for everybody who asks.
    """

    name: str
    text: str
    meant: str = ""
    alone: bool = False
    together: int = 1


CONFIRM: Final[Statement[None]] = Statement("confirm", "UNWIND [] AS row RETURN row", together=SMALL)
"""Answers nothing by itself."""

STORE_CLOCK: Final = "[clock IN [datetime.realtime()] | clock.epochSeconds * 1000000 + clock.microsecond][0]"
"""The time in microseconds, by the one clock that all writers share."""


def lock_clauses(variable: str) -> str:
    """The clauses that lock a node or a relationship until the transaction ends, and leave no trace on it.

    `REMOVE` alone would do nothing where no node has ever had the property: its name is unknown to the store then.
    """
    return f"SET {variable}._lock = true REMOVE {variable}._lock"


def lock_what_stays(variable: str, column: str = "status") -> str:
    """The same, and nothing more of what somebody erased while we waited for the lock; all else is out of scope then.

    Such a node is found still and has no properties any more; `column` is one that it would have.
    """
    return f"{lock_clauses(variable)} WITH {variable} WHERE {variable}.{column} IS NOT NULL"


class Transaction:
    """The statements of one unit of work; what it read and wrote holds together or not at all."""

    def __init__(
        self, transaction: AsyncManagedTransaction, observe: Callable[[str], None], *, reads: bool = False
    ) -> None:
        self._transaction = transaction
        self.reads = reads
        """Whether it does nothing but read, and so locks nothing."""
        self._observe = observe
        self._last: list[Callable[[], Awaitable[None]]] = []
        self.announces = False
        """Whether it records events, of which those who follow the log are told once it is committed."""

    def before_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something as the last of the transaction: what takes a lock that many want, and holds it shortly."""
        self._last.append(work)

    async def finish(self) -> None:
        """Do what was left for the end."""
        for work in self._last:
            await work()

    async def run(self, statement: Statement[R], parameters: Parameters) -> list[R]:
        """Run a statement and answer all of its rows. ConflictError where a constraint of the store refuses it."""
        self._observe(statement.name)
        try:
            result = await self._transaction.run(statement.text, dict(parameters))
            return cast("list[R]", await result.value())
        except ConstraintError as error:
            raise _conflict(error) from error


class Store:
    """A Neo4j database."""

    def __init__(self, driver: AsyncDriver, *, database: str | None = None, timeout: float = 30) -> None:
        """`timeout` (seconds) bounds every statement and every transaction, on the server's side too."""
        self._driver = driver
        self._database = database
        self._timeout = timeout
        self._shared = SharedReads(self._read, self._read_together)
        self.observe: Callable[[str], None] = lambda _name: None
        """Called with the name of each statement that is about to run: one call, one round trip."""
        self.version: Version = UNKNOWN
        """Of the state that a read saw last."""
        self.announced: Callable[[], None] = lambda: None
        """Called after each commit that recorded events."""

    @classmethod
    async def open(
        cls,
        uri: str,
        user: str,
        password: str,
        *,
        database: str | None = None,
        timeout: float = 30,  # noqa: ASYNC109 - of each statement to come, not of this call
        warn_of: Literal["OFF", "WARNING", "INFORMATION"] = "OFF",
    ) -> Self:
        """Connect and check the credentials. StoreError, in one line, where that cannot be.

        `warn_of` is the least severity of the server's notifications that becomes a Python warning.
        """
        try:
            driver = AsyncGraphDatabase.driver(
                uri,
                auth=(user, password),
                connection_timeout=5,
                connection_acquisition_timeout=15,
                max_transaction_retry_time=15,
                initial_retry_delay=0.02,
                liveness_check_timeout=60,
                fetch_size=1000,
                telemetry_disabled=True,
                warn_notification_severity=warn_of,
                notifications_min_severity=warn_of,
                notifications_disabled_classifications=["UNRECOGNIZED"],
            )
        except (ConfigurationError, ValueError) as error:
            raise StoreError(f"{uri!r} is not a store's address, such as neo4j://localhost:7687: {error}") from error
        try:
            await driver.verify_connectivity()
        except StoreAuthError as error:
            await driver.close()
            raise StoreError(f"The store at {uri} refuses the user {user!r}: check its name and password.") from error
        except (DriverError, Neo4jError, OSError) as error:
            await driver.close()
            raise StoreError(f"No store answers at {uri}: check the address, and that it is running.") from error
        return cls(driver, database=database, timeout=timeout)

    async def close(self) -> None:
        """Close every connection."""
        await self._driver.close()

    async def read(self, statement: Statement[R], parameters: Parameters, *, latest: bool = False) -> list[R]:
        """Run a reading statement in one round trip; one lost connection is made good by a second try.

        Where it must see the `latest` of a cluster, it goes to the member that takes the writes.
        """
        if statement.alone:
            await self.confirm()
        most = 1 if latest else statement.together
        seen, until, reading = bookmarks.current(), deadlines.current(), versions.current()
        if reading is not None and reading.version != UNKNOWN:
            seen = Bookmarks.from_raw_values(reading.version.union(seen.raw_values if seen else ()))
        read = Read(statement.name, statement.text, parameters, most, seen, claims.unconfirmed(), until)
        if most > 1:
            rows = await self._shared.read(read)
        else:
            rows = await self._read(read, WRITE_ACCESS if latest else READ_ACCESS)
        if reading is not None:
            reading.heard(read.version)
        return cast("list[R]", rows)

    async def _read(self, read: Read, mode: str = READ_ACCESS) -> Rows:
        claim = read.claim
        text, given = claim.joined(read.text, read.parameters) if claim else (read.text, read.parameters)
        try:
            try:
                rows = await self._rows(read, text, given, mode, read.until)
            except (ServiceUnavailable, SessionExpired):
                rows = await self._rows(read, text, given, mode, read.until)
        except (DriverError, OSError) as error:
            raise NetworkError(_UNREACHABLE) from error
        except TransientError as error:  # of these a read meets that it waited in vain for what it has to see
            raise NetworkError(_BEHIND) from error
        except ClientError as error:
            raise _foreign(error) from error
        return claim.heard(rows) if claim else rows

    async def _read_together(self, reads: Sequence[Read]) -> Sequence[Rows | Exception]:
        """The answers to reads of one kind, in one round trip."""
        joint = Joint.of(reads)
        rows = await self._rows(reads[0], joint.text, joint.parameters, READ_ACCESS, joint.until)
        for read in reads:
            read.version = reads[0].version
        return joint.answers(rows)

    async def _rows(self, read: Read, text: str, parameters: Parameters, mode: str, until: float | None) -> Rows:
        self.observe(read.name)
        async with self._driver.session(
            database=self._database, default_access_mode=mode, bookmarks=read.bookmarks
        ) as session:
            query = Query(text, timeout=deadlines.seconds_left(until, self._timeout))
            result = await session.run(query, dict(parameters))
            rows = cast("Rows", await result.value())
            read.version = self.version = (await session.last_bookmarks()).raw_values
            return rows

    async def confirm(self) -> None:
        """Ask whether what is claimed of the request holds, if nothing else did. AuthError where it does not."""
        if claims.unconfirmed():
            await self.read(CONFIRM, {})

    async def version_now(self) -> Version:
        """The version of the state that the store is in, who asks being confirmed. AuthError where they are not."""
        with versions.reading(UNKNOWN) as reading:
            await self.read(CONFIRM, {})
        return reading.last

    def _seconds_left(self) -> float:
        return deadlines.seconds_left(deadlines.current(), self._timeout)

    async def consult(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work`, which does nothing but read, in one transaction, and again after a transient failure."""
        versions.lose()
        await self.confirm()

        @unit_of_work(timeout=self._seconds_left())
        async def attempt(transaction: AsyncManagedTransaction) -> T:
            return await work(Transaction(transaction, self.observe, reads=True))

        try:
            async with self._driver.session(
                database=self._database, default_access_mode=READ_ACCESS, bookmarks=bookmarks.current()
            ) as session:
                return await session.execute_read(attempt)
        except TransientError as error:
            raise NetworkError(_BEHIND) from error
        except (DriverError, OSError) as error:
            raise NetworkError(_UNREACHABLE) from error
        except ClientError as error:
            raise _foreign(error) from error

    async def write(self, work: Callable[[Transaction], Awaitable[T]], *, seconds: float | None = None) -> T:
        """Run `work` in one transaction, and again from its start on a transient failure: it must bear that.

        `seconds` bounds one that may take longer than the others. ConflictError where a constraint of the
        store refuses the write, and where it is more than the store has memory for.
        """
        versions.lose()
        await self.confirm()
        announces = False

        @unit_of_work(timeout=seconds or self._seconds_left())
        async def attempt(transaction: AsyncManagedTransaction) -> T:
            nonlocal announces
            unit = Transaction(transaction, self.observe)
            try:
                done = await _whole(work, unit)
            except TransientError as error:
                if error.code == _MEMORY:  # the driver would try the same again
                    raise ConflictError(_TOO_LARGE) from error
                raise
            announces = unit.announces
            return done

        try:
            done = await self._retry_what_is_gone(attempt)
        except ConstraintError as error:
            raise _conflict(error) from error
        except TransientError as error:
            raise (ConflictError(_TOO_LARGE) if error.code == _MEMORY else NetworkError(_BUSY)) from error
        except (ServiceUnavailable, SessionExpired, OSError) as error:
            raise NetworkError(_UNREACHABLE) from error
        if announces:
            self.announced()
        return done

    async def _retry_what_is_gone(self, attempt: Callable[[AsyncManagedTransaction], Awaitable[T]]) -> T:
        """Run a transaction, and again where a node that it had found was deleted before it could lock it."""
        for remaining in range(_TRIES, 0, -1):
            try:
                async with self._driver.session(database=self._database, bookmarks=bookmarks.current()) as session:
                    written = await session.execute_write(attempt)
                    bookmarks.wrote(await session.last_bookmarks())
                    return written
            except ClientError as error:
                if error.code != _GONE or remaining == 1:
                    raise _foreign(error) from error
        raise AssertionError("the last try answers or raises")

    async def define(self, statements: Sequence[str]) -> None:
        """Run statements that change the schema of the store, all or none. StoreError where it refuses one."""
        try:
            async with self._driver.session(database=self._database) as session:
                transaction = await session.begin_transaction()
                async with transaction:
                    for statement in statements:
                        await (await transaction.run(statement)).consume()
                    await transaction.commit()
        except (ClientError, DatabaseError) as error:
            raise StoreError(f"The store refuses a change of its schema: {error.message}") from error

    async def operators(self, statement: Statement[R], parameters: Parameters) -> list[str]:
        """The names of the operators in the plan that the store makes for a statement, without running it."""
        async with self._driver.session(database=self._database) as session:
            result = await session.run(f"EXPLAIN {statement.text}", dict(parameters))
            plan = (await result.consume()).plan
        names: list[str] = []
        pending = [plan] if plan else []
        while pending:
            step = pending.pop()
            names.append(str(step["operatorType"]).partition("@")[0])
            pending.extend(step.get("children", ()))
        return names


async def _whole(work: Callable[[Transaction], Awaitable[T]], unit: Transaction) -> T:
    """A unit of work with what it left for its end."""
    done = await work(unit)
    await unit.finish()
    return done


def _foreign(error: ClientError) -> Exception:
    """The error, or what it means to who asks.

    It took too long; or what the request has to see is nothing of this store, as after another one was restored; or it
    waited for a lock for as long as it may take.
    """
    if (error.code or "").startswith(_TIMED_OUT):
        return DeadlineError()
    if (error.code or "").startswith(_INVALID_BOOKMARK):
        message = f"{bookmarks.HEADER} is of another store, or of before this one was restored: ask without it."
        return ValidationError(bookmarks.HEADER, message)
    if error.code == _WAITED_TOO_LONG:
        return NetworkError(_BUSY)
    return error


def _conflict(error: ClientError) -> ConflictError:
    taken = _TAKEN.search(error.message or "")
    name = taken["property"] if taken else None
    field = _FIELDS.get(name, name) if name else None
    if field is None:
        return ConflictError("This clashes with what is stored.")
    return ConflictError(f"The same {field} is there already.", field=field)
