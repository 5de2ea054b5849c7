"""`one check` at a terminal: what breaks a rule, what would mend it, and what did."""

import json
from collections import Counter
from collections.abc import Callable

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from domain.consistency import Outcome, Repaired, Severity, Violation
from graph.store import Store
from services.checking import RULES, Checking
from services.ontology import Ontology

SHOWN = 1_000
"""How many violations the table lists; all are counted, and all are written as JSON."""

MAX_ROUNDS = 5
"""How often to look again for what a repair brought to light, such as the things of a group that it archived."""

Tell = Callable[[Violation, Repaired | None], None]


async def check(store: Store, *, repair: bool, yes: bool, as_json: bool) -> bool:
    """Test every rule, and answer whether none of severity error is broken in the end.

    With `repair` the plan is told, and with `yes` done as well.
    """
    checking = Checking(store, Ontology(store))
    show = Shown(plan=repair, as_json=as_json)
    left = await _round(checking, show.found, mend=repair and yes)
    for _ in range(MAX_ROUNDS):
        if not show.mended:
            break
        show.mended = 0
        left = await _round(checking, show.found, mend=True)
    show.end(left, mended=repair and yes)
    return not any(RULES[name].severity is Severity.ERROR for name, total in left.items() if total)


async def _round(checking: Checking, tell: Tell, *, mend: bool) -> Counter[str]:
    """What is left of each rule, once everything was looked at, and mended where it may be."""
    left: Counter[str] = Counter()
    async for case in checking.cases():
        done = await case.repair() if mend else None
        tell(case.violation, done)
        if done is None or done.outcome is Outcome.LEFT:
            left[case.violation.rule.name] += 1
    return left


class Shown:
    """Tells violations as they are found, as lines of JSON or as a table at the end."""

    def __init__(self, *, plan: bool, as_json: bool) -> None:
        self.mended = 0
        self._plan = plan
        self._as_json = as_json
        self._rows: dict[tuple[str, tuple[str, ...], str], tuple[str, str]] = {}
        self._more = 0

    def found(self, violation: Violation, done: Repaired | None) -> None:
        """Tell one."""
        if done is not None and done.outcome is Outcome.MENDED:
            self.mended += 1
        if self._as_json:
            self._write(violation, done)
            return
        key = (violation.rule.name, violation.ids, violation.detail)
        if key not in self._rows and len(self._rows) >= SHOWN:
            self._more += 1
        else:
            self._rows[key] = (_planned(violation), "" if done is None else _ended(done))

    def _write(self, violation: Violation, done: Repaired | None) -> None:
        line: dict[str, object] = {
            "rule": violation.rule.name,
            "severity": violation.rule.severity,
            "ids": violation.ids,
            "detail": violation.detail,
        }
        if self._plan:
            line |= {"repair": violation.repair.does, "byMachine": violation.repair.by_machine}
        if done is not None:
            line |= {"outcome": done.outcome, "why": done.why}
        typer.echo(json.dumps(line))

    def end(self, left: Counter[str], *, mended: bool) -> None:
        """Tell what it comes to."""
        if self._as_json:
            typer.echo(json.dumps({"rules": len(RULES), "left": dict(left)}))
            return
        if self._rows:
            self._print(mended=mended)
        if self._more:
            typer.echo(f"… and {self._more:,} more")
        errors, warnings = (
            sum(total for name, total in left.items() if RULES[name].severity is severity)
            for severity in (Severity.ERROR, Severity.WARNING)
        )
        state = "are left" if mended else "were found"
        typer.echo(f"{len(RULES)} rules: {errors:,} errors and {warnings:,} warnings {state}.")
        if self._plan and not mended and self._rows:
            typer.echo("Nothing was changed: --yes does it.")

    def _print(self, *, mended: bool) -> None:
        table = Table("rule", "ids", "what is wrong", box=None, pad_edge=False)
        if self._plan:
            table.add_column("repair")
        if mended:
            table.add_column("outcome")
        for (name, ids, detail), (repair, outcome) in self._rows.items():
            cells = [name, " ".join(ids), detail, *([repair] if self._plan else []), *([outcome] if mended else [])]
            table.add_row(*(Text(cell) for cell in cells))
        console = Console()
        if not console.is_terminal:
            console = Console(width=240)
        console.print(table)


def _planned(violation: Violation) -> str:
    return violation.repair.does if violation.repair.by_machine else f"a person decides: {violation.repair.does}"


def _ended(done: Repaired) -> str:
    return f"{done.outcome}: {done.why}" if done.why else str(done.outcome)
