"""A store that notes what it is asked, and tells which indexes that takes."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from graph.store import Parameters, Statement, Store

R = TypeVar("R")


class Watched(Store):
    """Notes the statements that read, and with what."""

    asked: list[tuple[str, Parameters]]

    def __init__(self, *given: object, **more: object) -> None:
        super().__init__(*given, **more)  # type: ignore[arg-type] # as it is told, whatever that is
        self.asked = []

    async def read(self, statement: Statement[R], parameters: Parameters, *, latest: bool = False) -> list[R]:
        """Run a reading statement, and note it."""
        self.asked.append((statement.text, parameters))
        return await super().read(statement, parameters, latest=latest)

    async def indexes(self) -> list[str]:
        """The indexes that a PROFILE of what was asked shows."""
        found: set[str] = set()
        async with self._driver.session(database=self._database) as session:
            for text, parameters in self.asked:
                result = await session.run(f"PROFILE {text}", dict(parameters))
                profile = (await result.consume()).profile
                found |= set() if profile is None else set(_indexes(cast("Mapping[str, object]", profile)))
        return sorted(found)


def _indexes(step: Mapping[str, object]) -> Iterator[str]:
    """The indexes of a step of a plan and of those below it, such as `RANGE INDEX Thing(groupId, sortKey)`."""
    details = cast("Mapping[str, object]", step.get("args", {})).get("Details")
    if "Index" in str(step["operatorType"]):
        yield re.sub(r"\w+:", "", str(details).partition(" WHERE ")[0])
    for each in cast("list[Mapping[str, object]]", step.get("children", [])):
        yield from _indexes(each)
