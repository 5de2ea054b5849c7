"""How fast an import is, as a ratio to a bare driver loop that makes the same writes in the same batches."""

import asyncio
import pickle
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar, cast

from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction

from benchmarks.figures import Figure
from graph.store import Statement, Store, Transaction
from services.importing.mapping import ImportMapping
from services.importing.run import import_folder

R = TypeVar("R")
T = TypeVar("T")

Batch = list[tuple[str, Mapping[str, object]]]

WIPE = (
    "MATCH ()-[r]->() WITH r LIMIT 20000 DELETE r RETURN count(*) AS deleted",
    "MATCH (n) WHERE NOT n:Migration WITH n LIMIT 20000 DELETE n RETURN count(*) AS deleted",
)


class Recorder(Store):
    """A store that notes every writing statement of every transaction that commits."""

    def __init__(self, driver: AsyncDriver, file: Path) -> None:
        super().__init__(driver)
        self._file = file.open("wb")

    async def write(self, work: Callable[[Transaction], Awaitable[T]], *, seconds: float | None = None) -> T:
        """Run the unit of work, and note what it wrote."""
        batch: Batch = []

        async def noted(transaction: Transaction) -> T:
            batch.clear()
            return await work(cast("Transaction", _Noting(transaction, batch)))

        result = await super().write(noted, seconds=seconds)
        pickle.dump(batch, self._file)
        return result

    def finish(self) -> None:
        """Close the notes."""
        self._file.close()


class _Noting:
    def __init__(self, transaction: Transaction, batch: Batch) -> None:
        self._transaction = transaction
        self._batch = batch

    async def run(self, statement: Statement[R], parameters: Mapping[str, object]) -> list[R]:
        if any(word in statement.text for word in ("CREATE ", "MERGE ")):
            self._batch.append((statement.text, dict(parameters)))
        return await self._transaction.run(statement, parameters)


def _batches(file: Path) -> Iterator[Batch]:
    with file.open("rb") as notes:
        while True:
            try:
                yield cast("Batch", pickle.load(notes))
            except EOFError:
                return


async def measure(
    address: tuple[str, str, str], what: str, mapping: ImportMapping, folder: Path, scratch: Path, *, rounds: int
) -> Figure:
    """The best of some rounds of each, in turn, after one that warms the store; it holds the world afterwards."""
    uri, user, password = address
    driver = AsyncGraphDatabase.driver(uri, auth=(user, password), warn_notification_severity="OFF")
    notes = scratch / "batches"
    recorder = Recorder(driver, notes)
    await _wipe(driver)
    report = await import_folder(recorder, mapping, folder)
    recorder.finish()
    if report.refused_total:
        raise SystemExit(f"{report.refused_total} rows were refused: {report.refused[:3]}")
    store = await Store.open(*address)
    ours, bare = [], []
    for _ in range(rounds):
        await _wipe(driver)
        bare.append(await _replay(driver, notes))
        await _wipe(driver)
        began = time.perf_counter()
        await import_folder(store, mapping, folder)
        ours.append(time.perf_counter() - began)
    await store.close()
    await driver.close()
    ratios = sorted(b / o for b, o in zip(bare, ours, strict=True))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    return Figure(
        f"import of {what}",
        f"{min(ours):.1f} s",
        f"{ratios[len(ratios) // 2]:.2f} ({spread}) of the speed of a bare loop, {min(bare):.1f} s; at least 0.6",
    )


async def _wipe(driver: AsyncDriver) -> None:
    async with driver.session() as session:
        for statement in WIPE:
            while (await (await session.run(statement)).value())[0]:
                pass
    await asyncio.sleep(1)


async def _replay(driver: AsyncDriver, notes: Path) -> float:
    seconds = 0.0
    async with driver.session() as session:
        for batch in _batches(notes):

            async def work(transaction: AsyncManagedTransaction, batch: Batch = batch) -> None:
                for text, parameters in batch:
                    await (await transaction.run(text, dict(parameters))).consume()

            began = time.perf_counter()
            await session.execute_write(work)
            seconds += time.perf_counter() - began
    return seconds
