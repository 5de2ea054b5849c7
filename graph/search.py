"""Full-text search over groups, people and things, in one index so that one ranking holds for all of them.

The index is of words that `domain.words` cut, and leaves them as they are. Its query language is written here alone,
around words that hold nothing which that language could read as its own.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypedDict, cast

from domain.access import Reach
from domain.errors import BroadFilterError
from domain.groups import Group
from domain.ids import NodeKind
from domain.people import Person
from domain.things import Thing
from domain.words import runs
from graph import groups, people, things
from graph.access import below_visible, entity_in, entity_public, entity_visible, group_shown, reach_parameters
from graph.groups import GROUP, GroupRow
from graph.people import PERSON, PersonRow
from graph.store import Statement, Store
from graph.things import THING, ThingRow
from graph.values import whole

Found: TypeAlias = Group | Person | Thing

MAX_WORDS: Final = 16
"""How many words of a text are looked for."""
MAX_HITS: Final = 1_000
"""How many of the best hits that a viewer may see are answered."""
STEPS: Final = (5_000, 20_000, 100_000)
"""How many of the best hits are looked at to find those that are wanted and that the viewer may see: as many as it
takes, in a round trip for each step, and no more than the last."""

INDEX: Final = "Search_fulltext"
_COLUMNS: Final = ("nameWords", "labelWords", "textWords")
_WEIGHTS: Final = {"nameWords": 8, "labelWords": 4, "textWords": 2}
_FUZZY_FROM: Final = 4
# Each word that may be misspelt becomes up to 50 others in each column, of 1,024 that a query may have in all.
_FUZZY_EVERYWHERE: Final = 5
_PREFIXES: Final = {NodeKind.GROUP: "grp_", NodeKind.PERSON: "per_"}
_FEW_GROUPS: Final = 100
_MANY_GROUPS: Final = 1_000
_SPARSE: Final = 10  # where fewer than one in so many candidates is wanted, many groups in the query are worth it
_CHUNK: Final = 50  # ids in one regular expression, of which the index takes apart no more than some 10,000 states
_ADVICE: Final = "add groupId, inSubtreeOf, type, status or kinds, or a rarer word"


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: words, and what every hit has to be. All filters but `kinds` and `public` are about things.

    Where it is for what is `public`, it finds that alone, and not what is somebody's otherwise.
    """

    text: str
    kinds: frozenset[NodeKind]
    type: str | None = None
    group_id: str | None = None
    in_subtree_of: str | None = None
    label: str | None = None
    status: str | None = None
    public: bool = False


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

    score: float
    group: GroupRow | None
    person: PersonRow | None
    thing: ThingRow | None


class HitsRow(TypedDict):
    """A page of hits, how many candidates were looked at, and how many of them are wanted, up to MAX_HITS.

    `least` is the score of the last candidate, if there is any: others that were not looked at may have it too.
    """

    looked: int
    least: float | None
    wanted: int
    hits: list[HitRow]


def _either(ids: str) -> str:
    """The ids of a list as regular expressions of the index, each of some of them."""
    either = f"reduce(either = '/none', id IN {ids}[start..start + {_CHUNK}] | either + '|' + id) + '/'"
    return f"[start IN range(0, size({ids}) - 1, {_CHUNK}) | {either}]"


# The groups that hits can be of, and what is the viewer's own wherever it is, go into the query where they are no more
# than $narrow, so that none is lost behind better ones of other groups: a few at once, and many, which take the index a
# while, where few of the first candidates were wanted. Each hit is still tested, as the index may be behind and people
# are in it without their groups. While hardly anybody has bought anything the planner would as well read the whole
# index of customers.
_WANTED = f"""
    CALL () {{
        WITH * WHERE NOT $onlyPublic AND ($within IS NOT NULL OR NOT $everything)
        UNWIND CASE WHEN $within IS NULL THEN $roots ELSE [$within] END AS id
        MATCH (top:Entity:Group {{id: id}}) WHERE {group_shown("top")}
        MATCH (top)-[:PARENT_OF*0..]->(group:Group) WHERE {below_visible("group")}
        WITH DISTINCT group LIMIT {_MANY_GROUPS} + 1
        RETURN collect(group.id) AS below
    }}
    CALL (below) {{
        WITH * WHERE NOT $onlyPublic AND NOT $everything
        CALL (below) {{
            MATCH (thing:Thing) USING INDEX SEEK thing:Thing(customerId, sortKey)
            WHERE thing.customerId = $actorId AND thing.sortKey > ''
            RETURN thing.id AS id LIMIT {_MANY_GROUPS} + 1
            UNION
            MATCH (:Entity:Person {{id: $actorId}})-[:OWNS]->(key:ApiKey) WHERE key.privateTo = $actorId
            RETURN key.id AS id
        }}
        RETURN collect(id) + $grantedThings AS own
    }}
    WITH below, own, {_either("below")} AS groups, {_either("own")} AS others
    WITH below, $query + CASE
        WHEN $onlyPublic OR ($within IS NULL AND $everything) OR size(below) + size(own) > $narrow THEN ''
        ELSE reduce(narrowed = ' +(', each IN groups | narrowed + ' groupId:' + each + ' id:' + each) +
            reduce(narrowed = '', each IN others | narrowed + ' id:' + each) + ' id:per_*)^0'
    END AS query
    CALL (query) {{
        CALL db.index.fulltext.queryNodes('{INDEX}', query, {{limit: $candidates}}) YIELD node, score
        RETURN collect({{node: node, score: score}}) AS found
    }}
    CALL (found, below) {{
        UNWIND found AS hit
        WITH hit, hit.node AS node
        WHERE CASE
            WHEN $onlyPublic THEN {entity_public("node")}
            WHEN $everything OR size(below) > {_MANY_GROUPS} THEN {entity_visible("node")}
            ELSE {entity_in("node", "below")}
        END
            AND (node.privateTo IS NULL OR node.privateTo = $personId)
            AND ($label IS NULL OR $label IN node.labels)
            AND ($within IS NULL OR EXISTS {{
                MATCH (node)-[:IN_GROUP]->(home:Group)<-[:PARENT_OF*0..]-(top:Group)
                WHERE top.id = $within AND {group_shown("top")} AND {group_shown("home")}
            }})
        WITH hit LIMIT {MAX_HITS}
        RETURN collect(hit) AS wanted
    }}"""
SEARCH: Statement[HitsRow] = Statement(
    "search",
    f"""{_WANTED}
    CALL (wanted) {{
        UNWIND wanted AS hit
        WITH hit.node AS node, hit.score AS score
        WHERE score < $score OR (score = $score AND node.id > $id)
        WITH node AS thing, node AS group, node AS person, score ORDER BY score DESC, node.id LIMIT $limit
        RETURN collect({{
            score: score,
            group: CASE WHEN group:Group THEN {GROUP} END,
            person: CASE WHEN person:Person THEN {PERSON} END,
            thing: CASE WHEN thing:Thing THEN {THING} END
        }}) AS hits
    }}
    RETURN {{looked: size(found), least: found[-1].score, wanted: size(wanted), hits: hits}} AS row""",
)
COUNT_HITS: Statement[HitsRow] = Statement(
    "count_hits",
    f"{_WANTED} RETURN {{looked: size(found), least: found[-1].score, wanted: size(wanted), hits: []}} AS row",
)


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
    if search.public:
        yield '+(status:"published" id:grp_*)'
    if search.label is not None:
        for run in runs(search.label):
            yield f'+labelWords:"{" ".join(run)}"'


async def _look(store: Store, statement: Statement[HitsRow], search: Search, page: Mapping[str, object]) -> HitsRow:
    """As many candidates as it takes to find a page, or all that are answered at most."""
    query = query_of(search)
    if query is None or not search.kinds:
        return {"looked": 0, "least": None, "wanted": 0, "hits": []}
    given = {**page, "query": query, "label": search.label, "within": search.in_subtree_of}
    given["onlyPublic"] = search.public
    narrow = _FEW_GROUPS
    for candidates in STEPS:
        row = (await store.read(statement, {**given, "candidates": candidates, "narrow": narrow}))[0]
        if row["looked"] < candidates or row["wanted"] >= MAX_HITS:
            return row
        # Of equals the order is by id, which the index does not know: all that have the last score must be there.
        if len(row["hits"]) == page.get("limit") and row["hits"][-1]["score"] > cast("float", row["least"]):
            return row
        if row["wanted"] * _SPARSE < row["looked"]:
            narrow = _MANY_GROUPS
    raise BroadFilterError(STEPS[-1], _ADVICE)


async def hits(store: Store, reach: Reach, search: Search, after: Place, limit: int) -> list[Hit]:
    """The best hits after a place that the viewer may see, in order.

    BroadFilterError where they are not among as many of the best as are looked at.
    """
    page = {"score": after.score, "id": after.id, "limit": limit}
    found = await _look(store, SEARCH, search, {**reach_parameters(reach), **page})
    return [Hit(node, Place(row["score"], node.id)) for row in found["hits"] for node in _node(row)]


async def count(store: Store, reach: Reach, search: Search) -> int:
    """How many hits there are that the viewer may see, up to MAX_HITS. BroadFilterError as above."""
    return (await _look(store, COUNT_HITS, search, reach_parameters(reach)))["wanted"]


def _node(row: HitRow) -> list[Found]:
    """The one node of a hit; none where it was erased meanwhile."""
    if row["group"] is not None:
        return [groups.from_row(each) for each in whole([row["group"]], groups.from_row)]
    if row["person"] is not None:
        return [people.from_row(each) for each in whole([row["person"]], people.from_row)]
    return [things.from_row(each) for each in whole([cast("ThingRow", row["thing"])], things.from_row)]
