"""Servers that die between two steps: after a statement, or after a commit."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from graph.store import Parameters, Statement, Store, Transaction


class Crash(Exception):  # noqa: N818 - it is none of our errors
    """The server dies."""


class Killed(BaseException):
    """The same, where nobody may catch it."""


@dataclass
class Fault:
    """Has the server die after the statement of that number, or once all is committed and nothing is answered yet."""

    monkeypatch: pytest.MonkeyPatch
    error: type[BaseException] = Crash
    number: int = 0
    lose_answer: bool = False
    seen: int = 0

    def __post_init__(self) -> None:
        run, write = Transaction.run, Store.write

        async def run_and_die(
            transaction: Transaction, statement: Statement[object], given: Parameters
        ) -> list[object]:
            rows = await run(transaction, statement, given)
            self.seen += 1
            if self.seen == self.number:
                raise self.error
            return rows

        async def write_and_die(
            store: Store, work: Callable[[Transaction], Awaitable[object]], *, seconds: float | None = None
        ) -> object:
            written = await write(store, work, seconds=seconds)
            if self.lose_answer:
                self.lose_answer = False
                raise Crash
            return written

        self.monkeypatch.setattr(Transaction, "run", run_and_die)
        self.monkeypatch.setattr(Store, "write", write_and_die)

    def arm(self, number: int, *, lose_answer: bool = False) -> None:
        """Choose when to die next."""
        self.number, self.lose_answer, self.seen = number, lose_answer, 0
