"""Full-text search over groups, people and things, in one index so that one ranking holds for all of them.

The index is of words that `domain.words` cut, and leaves them as they are. Its query language is written here alone,
around words that hold nothing which that language could read as its own.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypedDict, cast

from domain.access import Reach
from domain.groups import Group
from domain.ids import NodeKind
from domain.people import Person
from domain.things import Thing
from domain.words import runs
from graph import groups, people, things
from graph.access import entity_visible, reach_parameters
from graph.groups import GROUP, GroupRow
from graph.people import PERSON, PersonRow
from graph.store import Statement, Store
from graph.things import THING, ThingRow

Found: TypeAlias = Group | Person | Thing

MAX_WORDS: Final = 16
"""How many words of a text are looked for."""
MAX_HITS: Final = 1_000
"""How many of the best hits that a viewer may see are answered."""
MAX_CANDIDATES: Final = 10_000
"""How many of the best hits are looked at to find those that the viewer may see."""

INDEX: Final = "Search_fulltext"
_COLUMNS: Final = ("nameWords", "labelWords", "textWords")
_WEIGHTS: Final = {"nameWords": 8, "labelWords": 4, "textWords": 2}
_FUZZY_FROM: Final = 4
# Each word that may be misspelt becomes up to 50 others in each column, of 1,024 that a query may have in all.
_FUZZY_EVERYWHERE: Final = 5
_PREFIXES: Final = {NodeKind.GROUP: "grp_", NodeKind.PERSON: "per_"}


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: words, and what every hit has to be. All filters but `kinds` are about things."""

    text: str
    kinds: frozenset[NodeKind]
    type: str | None = None
    group_id: str | None = None
    label: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of hits: by score downwards, then by id."""

    score: float
    id: str


START: Final = Place(math.inf, "")


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found, and how well it fits."""

    node: Found
    place: Place


class HitRow(TypedDict):
    """A hit as the store answers it; one of the three is there."""

    id: str
    score: float
    group: GroupRow | None
    person: PersonRow | None
    thing: ThingRow | None


_HITS = f"""
    CALL db.index.fulltext.queryNodes('{INDEX}', $query, {{limit: $candidates}}) YIELD node, score
    WITH node, score
    WHERE {entity_visible("node")}
        AND (node.privateTo IS NULL OR node.privateTo = $personId)
        AND ($label IS NULL OR $label IN node.labels)
    WITH node, score LIMIT $most"""
SEARCH: Statement[HitRow] = Statement(
    "search",
    f"""{_HITS}
    WITH node, score WHERE score < $score OR (score = $score AND node.id > $id)
    WITH node AS thing, node AS group, node AS person, score ORDER BY score DESC, node.id LIMIT $limit
    RETURN {{
        id: thing.id,
        score: score,
        group: CASE WHEN group:Group THEN {GROUP} END,
        person: CASE WHEN person:Person THEN {PERSON} END,
        thing: CASE WHEN thing:Thing THEN {THING} END
    }} AS row""",
)
COUNT_HITS: Statement[int] = Statement("count_hits", f"{_HITS} RETURN count(*) AS row")


def query_of(search: Search) -> str | None:
    """The search in the language of the index; None where its text has no word."""
    wanted = runs(search.text)[:MAX_WORDS]
    if not wanted:
        return None
    everywhere = sum(map(_may_be_misspelt, wanted)) <= _FUZZY_EVERYWHERE
    clauses = [_clause(run, everywhere=everywhere) for run in wanted]
    return " ".join((*clauses, *_narrowed(search)))


def _may_be_misspelt(run: Sequence[str]) -> bool:
    return len(run) == 1 and len(run[0]) >= _FUZZY_FROM and not any(map(str.isnumeric, run[0]))


def _clause(run: Sequence[str], *, everywhere: bool) -> str:
    """That a hit has a word, one that begins so, or one that is spelt almost so; or characters in this order."""
    ways: list[str] = []
    for column in _COLUMNS:
        weight = _WEIGHTS[column]
        ways.append(f'{column}:"{" ".join(run)}"^{weight}')
        if len(run) == 1:
            ways.append(f"{column}:{run[0]}*^{weight / 4}")
        if _may_be_misspelt(run) and (everywhere or column == _COLUMNS[0]):
            ways.append(f"{column}:{run[0]}~1^{weight / 8}")
    return f"+({' '.join(ways)})"


def _narrowed(search: Search) -> Iterable[str]:
    """What the index itself can leave out, so that no hit is lost behind the many that are not wanted."""
    for kind, prefix in _PREFIXES.items():
        if kind not in search.kinds:
            yield f"-id:{prefix}*"
    if NodeKind.THING not in search.kinds:
        yield f"+({' '.join(f'id:{_PREFIXES[kind]}*' for kind in sorted(search.kinds))})"
    for column, value in (("type", search.type), ("groupId", search.group_id), ("status", search.status)):
        if value is not None:
            yield f'+{column}:"{value}"'
    if search.label is not None:
        for run in runs(search.label):
            yield f'+labelWords:"{" ".join(run)}"'


def _parameters(search: Search, query: str, reach: Reach) -> Mapping[str, object]:
    return {
        "query": query,
        "label": search.label,
        "candidates": MAX_CANDIDATES,
        "most": MAX_HITS,
        **reach_parameters(reach),
    }


async def hits(store: Store, reach: Reach, search: Search, after: Place, limit: int) -> list[Hit]:
    """The best hits after a place that the viewer may see, in order."""
    query = query_of(search)
    if query is None or not search.kinds:
        return []
    place = {"score": after.score, "id": after.id, "limit": limit}
    rows = await store.read(SEARCH, {**_parameters(search, query, reach), **place})
    return [Hit(_node(row), Place(row["score"], row["id"])) for row in rows if row["id"]]


async def count(store: Store, reach: Reach, search: Search) -> int:
    """How many hits there are that the viewer may see, up to MAX_HITS."""
    query = query_of(search)
    if query is None or not search.kinds:
        return 0
    return (await store.read(COUNT_HITS, _parameters(search, query, reach)))[0]


def _node(row: HitRow) -> Found:
    if row["group"] is not None:
        return groups.from_row(row["group"])
    if row["person"] is not None:
        return people.from_row(row["person"])
    return things.from_row(cast("ThingRow", row["thing"]))
