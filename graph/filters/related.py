"""The things that one gets to from a node along connections, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.connections import Direction
from domain.filters import Condition, conjuncts
from domain.things import Thing
from graph.access import entity_visible, thing_visible
from graph.filters.paths import Path, Shape, listing_of
from graph.filters.predicates import Filtered, Musts, Values, predicates
from graph.filters.things import predicate
from graph.things import THING, ThingRow, from_row

_VISIBLE_PARENT = f"MATCH (owner:Entity {{id: parent}}) WHERE {entity_visible('owner')}"
_ARROWS = {Direction.OUTGOING: ("-", "->"), Direction.INCOMING: ("<-", "-"), Direction.BOTH: ("-", "-")}


@dataclass(frozen=True, slots=True)
class Step:
    """Along live connections of these relationship types, one after the other, 1 to `depth` times.

    `types` are the names of the types to keep, for those that share a relationship type; None keeps all.
    """

    direction: Direction
    relationships: frozenset[str]
    types: tuple[str, ...] | None
    depth: int


def related(steps: Sequence[Step], condition: Condition) -> Filtered[ThingRow, Thing]:
    """The things at the end of the steps for which a condition holds, each once; only what is visible is passed."""
    musts, values = Musts(list(conjuncts(condition))), Values()
    musts.bound("createdAt", values)
    clauses, reached, level = [], "[owner]", 0
    for step in steps:
        levels = []
        for _ in range(step.depth):
            level += 1
            clauses.append(_level(step, reached, level, values))
            reached = f"level{level}"
            levels.append(reached)
        reached = " + ".join(levels)
    match = f"{' '.join(clauses)} UNWIND {reached} AS thing"
    tested = predicates(musts.rest, predicate, values)
    where = ("thing:Thing", "thing <> owner", *tested, thing_visible("thing"))
    shape = Shape("related_things", "thing", THING, bool(tested))
    path = Path(match, "thing.sortKey", walk="thing", parent=_VISIBLE_PARENT)
    return Filtered(listing_of(shape, path, where, from_row), values.filters)


def _level(step: Step, reached: str, level: int, values: Values) -> str:
    """The nodes one connection further, each once, so that many ways to one node are gone only once."""
    before, after = _ARROWS[step.direction]
    kept = "" if step.types is None else f" AND (edge.type IS NULL OR edge.type IN {values.hold(step.types)})"
    return f"""
                CALL (*) {{
                    UNWIND {reached} AS node
                    MATCH (node){before}[edge:{"|".join(sorted(step.relationships))}]{after}(found)
                    WHERE edge.validTo IS NULL{kept} AND {entity_visible("found")}
                    RETURN collect(DISTINCT found) AS level{level}
                }}"""
