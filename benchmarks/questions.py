"""Every question of the API in two worlds: how long it takes in each, how much longer in the larger, and round trips.

Asked in turns of the application in this process, in the name of a platform owner; each world has a store of its own.
"""

import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from benchmarks.application import Asker, asking
from graph.store import Store

WARM = 10
SAMPLES = 60

GROUPS = "nodes { id slug name }"
THINGS = "nodes { id name type status }"
EDGES = "nodes { id type }"
PEOPLE = "nodes { id displayName }"

Names = Mapping[str, object]


@dataclass(frozen=True)
class Question:
    """A question, what it is called in the table, and the names of the ids in it."""

    name: str
    query: str
    names: tuple[str, ...] = ()


def of(what: str, *names: str) -> str:
    """An operation with those ids as variables."""
    declared = ", ".join(f"${name}: ID!" for name in names)
    return f"query ({declared}) {{ {what} }}" if names else f"{{ {what} }}"


def ask(name: str, what: str, *names: str) -> Question:
    """A question in the table."""
    return Question(name, of(what, *names), names)


QUESTIONS: Sequence[Question] = (
    ask("viewer", "viewer { person { id } }"),
    ask("group by slug", 'group(slug: "world-7") { id name }'),
    ask("node by id", "node(id: $thing) { id ... on Thing { name } }", "thing"),
    ask("groups of a type", f"groups(first: 50, filter: {{ type: business }}) {{ {GROUPS} }}"),
    ask("children of a group", f"node(id: $root) {{ ... on Group {{ children(first: 50) {{ {GROUPS} }} }} }}", "root"),
    ask("subtree", f"node(id: $root) {{ ... on Group {{ descendants(first: 50) {{ {GROUPS} }} }} }}", "root"),
    ask("path to the root", "node(id: $deep) { ... on Group { ancestors { id } } }", "deep"),
    ask("is a group below another", "node(id: $deep) { ... on Group { isDescendantOf(id: $root) } }", "deep", "root"),
    ask("things", f"things(first: 50) {{ {THINGS} }}"),
    ask("things of a type", f'things(first: 50, filter: {{ type: "video" }}) {{ {THINGS} }}'),
    ask(
        "things of a type in a group",
        f'things(first: 50, filter: {{ type: "video", groupId: $deep }}) {{ {THINGS} }}',
        "deep",
    ),
    ask(
        "things of a type and a status",
        f'things(first: 50, filter: {{ type: "product", status: published }}) {{ {THINGS} }}',
    ),
    ask("things of a subtree", f"things(first: 50, filter: {{ inSubtreeOf: $root }}) {{ {THINGS} }}", "root"),
    ask("things of a small subtree", f"things(first: 50, filter: {{ inSubtreeOf: $deep }}) {{ {THINGS} }}", "deep"),
    ask("things with a label", f'things(first: 50, filter: {{ label: "topic:t7" }}) {{ {THINGS} }}'),
    ask("things of an owner", f"things(first: 50, filter: {{ ownerId: $person }}) {{ {THINGS} }}", "person"),
    ask(
        "things by an equal property",
        'things(first: 50, filter: { type: "product", properties: [{ name: "category", equals: "physical" }] }) '
        f"{{ {THINGS} }}",
    ),
    ask(
        "things by a range of a property",
        'things(first: 50, filter: { type: "product", properties: [{ name: "stock", atLeast: 50 }] }) '
        f"{{ {THINGS} }}",
    ),
    ask(
        "things of a group by and, or, not",
        "things(first: 50, filter: { groupId: $deep, "
        'or: [{ type: "video" }, { and: [{ type: "lesson" }, { not: { status: draft } }] }] })'
        f" {{ {THINGS} }}",
        "deep",
    ),
    ask(
        "things updated lately",
        f'things(first: 50, filter: {{ updatedAt: {{ from: "2026-01-01T00:00:00Z" }} }}) {{ {THINGS} }}',
    ),
    ask("related things", f"node(id: $post) {{ ... on Thing {{ related(first: 50) {{ {THINGS} }} }} }}", "post"),
    ask(
        "connections of a thing",
        f"node(id: $post) {{ ... on Thing {{ connections(first: 50) {{ {EDGES} }} }} }}",
        "post",
    ),
    ask(
        "connections between two",
        f"connections(first: 50, filter: {{ between: [$post, $other] }}) {{ {EDGES} }}",
        "post",
        "other",
    ),
    ask("people by role", f"people(first: 50, filter: {{ role: org_user }}) {{ {PEOPLE} }}"),
    ask("people by text", f'people(first: 50, filter: {{ text: "person 19" }}) {{ {PEOPLE} }}'),
    ask("events", "events(first: 50) { nodes { id type } }"),
    ask(
        "events by type and target",
        "events(first: 50, filter: { type: thing_created, targetId: $thing }) { nodes { id } }",
        "thing",
    ),
    ask("events of a group", "node(id: $deep) { ... on Group { events(first: 50) { nodes { id } } } }", "deep"),
    ask("statistics of a group", "node(id: $deep) { ... on Group { statistics { thingTotal } } }", "deep"),
    ask("knowledge of a type", "knowledge(first: 50, type: label) { nodes { id } }"),
    ask("labels in use", "labels(first: 50) { nodes { label count } }"),
    ask("search", 'search(text: "number 4711", first: 20) { edges { score } }'),
    ask(
        "history of a thing", "node(id: $thing) { ... on Thing { history(first: 10) { nodes { version } } } }", "thing"
    ),
)


@dataclass(frozen=True)
class Answered:
    """What a question took: least, median and 95th percentile in seconds, and its round trips to the store."""

    least: float
    p50: float
    p95: float
    round_trips: int


class World:
    """A world that questions are asked of, and the round trips that answers take."""

    def __init__(self, asker: Asker, names: Names, trips: list[str]) -> None:
        self._asker = asker
        self._names = names
        self._trips = trips

    async def seconds(self, question: Question) -> tuple[float, int]:
        """How long one answer took, and its round trips."""
        variables = {name: self._names[name] for name in question.names}
        self._trips.clear()
        began = time.perf_counter()
        await self._asker.ask(question.query, **variables)
        return time.perf_counter() - began, len(self._trips)


@asynccontextmanager
async def opened(store: Store, secret: str) -> AsyncIterator[World]:
    """The world that the store holds, asked with an API key."""
    trips: list[str] = []
    store.observe = trips.append
    async with asking(store, secret) as asker:
        yield World(asker, await _names(asker), trips)


async def measure(worlds: Sequence[World]) -> list[dict[str, Answered]]:
    """Every question by its name, in each world; asked of them in turns, so that other work on the machine hits all."""
    answered: list[dict[str, Answered]] = [{} for _ in worlds]
    for question in QUESTIONS:
        rounds = [[await world.seconds(question) for world in worlds] for _ in range(WARM + SAMPLES)][WARM:]
        for number, found in enumerate(answered):
            ordered = sorted(each[number][0] for each in rounds)
            found[question.name] = Answered(
                ordered[0], statistics.median(ordered), ordered[int(SAMPLES * 0.95)], rounds[-1][number][1]
            )
    return answered


async def _names(asker: Asker) -> Names:
    """The ids that questions ask about."""
    found = await asker.ask(
        """{
            root: group(slug: "world-0") { id }
            deep: group(slug: "world-7") { id }
            things(first: 1) { nodes { id } }
            posts: things(first: 1, filter: { type: "blog_post" }) {
                nodes { id related(first: 1, path: [{ types: ["references"] }]) { nodes { id } } }
            }
            people(first: 1) { nodes { id } }
        }"""
    )
    node = cast("Mapping[str, Mapping[str, Sequence[Mapping[str, object]]]]", found)
    single = cast("Mapping[str, Mapping[str, object]]", found)
    post = node["posts"]["nodes"][0]
    related = cast("Mapping[str, Sequence[Mapping[str, object]]]", post["related"])
    return {
        "root": single["root"]["id"],
        "deep": single["deep"]["id"],
        "thing": node["things"]["nodes"][0]["id"],
        "post": post["id"],
        "other": related["nodes"][0]["id"],
        "person": node["people"]["nodes"][0]["id"],
    }


def table(sizes: tuple[int, int], small: Mapping[str, Answered], large: Mapping[str, Answered]) -> str:
    """Both worlds side by side, in Markdown."""
    columns = ("question", *(f"{size:,} things" for size in sizes), "growth of p50", "of the least", "round trips")
    head = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"
    rows = (
        f"| {name} | {_shown(few)} | {_shown(many)} | {many.p50 / few.p50:.2f} | {many.least / few.least:.2f} | "
        f"{few.round_trips if few.round_trips == many.round_trips else f'{few.round_trips}, then {many.round_trips}'} |"
        for name, few in small.items()
        for many in (large[name],)
    )
    return "\n".join((head, *rows))


def _shown(answered: Answered) -> str:
    return f"p50 {answered.p50 * 1000:.1f} ms, p95 {answered.p95 * 1000:.1f} ms"
