"""What permissions cost: questions with them, and the same statements without, asked in turns of two processes.

The world has 10,000 groups below one, eight deep, ten people in each and as many things as are asked for. Without
permissions is an application whose statements were made with predicates that say yes, asked by a platform owner.
"""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast
from uuid import uuid4

from app.local_store.address import StoreAddress
from app.local_store.instance import LocalStore
from benchmarks.figures import Figure
from benchmarks.viewers import add_viewer
from domain.access import KeyScope
from domain.ids import new_id, thing_prefix
from domain.people import PlatformRole
from domain.thing_types import THING_TYPES
from domain.things import Thing, ThingStatus
from graph import things as things_of
from graph.bulk import CREATE_THINGS
from graph.migrate import read_migrations, up
from graph.store import Statement, Store, Transaction
from services.importing.mapping import parse_mapping
from services.importing.run import import_folder

TREES: Final = 100
IN_A_TREE: Final = 100
PEOPLE: Final = 10
"""In each group."""

WARM: Final = 15
SAMPLES: Final = 150
MOST: Final = 1.15
"""How many times as long a question may take with permissions."""

DEEP: Final = 5_000
_PAGE: Final = "nodes { id name type status }"
QUESTIONS: Final[Mapping[str, str]] = {
    "a point read": "query ($thing: ID!) { node(id: $thing) { ... on Thing { id name status } } }",
    "a first page": f"query ($top: ID!) {{ things(first: 50, filter: {{ inSubtreeOf: $top }}) {{ {_PAGE} }} }}",
    "a deep page": "query ($top: ID!, $deep: String!) { "
    f"things(first: 50, after: $deep, filter: {{ inSubtreeOf: $top }}) {{ {_PAGE} }} }}",
    "a search": "query ($top: ID!, $words: String!) { "
    "search(text: $words, first: 20, inSubtreeOf: $top) { nodes { ... on Thing { id name } } } }",
    "a nested read": "query ($top: ID!) { node(id: $top) { ... on Group { name "
    "things(first: 20, includeDescendants: true) { nodes { "
    "name group { name parent { name } } connections(first: 5) { nodes { id } } } } } } }",
}
DECISIONS: Final = """query ($top: ID!) { things(first: 50, filter: { inSubtreeOf: $top }) { nodes {
    update: viewerCan(action: update_thing) label: viewerCan(action: label_thing)
    archive: viewerCan(action: archive_thing) delete: viewerCan(action: delete_thing)
} } }"""
DECISION: Final = "query ($thing: ID!) { node(id: $thing) { ... on Thing { viewerCan(action: update_thing) } } }"
_OF_DECISIONS: Final = 200

AT_ONCE: Final = 5_000
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
VIDEO: Final = THING_TYPES["video"]
GROUP_IDS: Final[Statement[str]] = Statement(
    "group_ids", "MATCH (group:Group) WHERE group.slug STARTS WITH 'a' RETURN group.id AS row ORDER BY group.slug"
)

_MAPPING: Final[Mapping[str, object]] = {
    "source": "access",
    "steps": [
        {
            "step": "groups", "make": "group", "from": "groups.jsonl", "key": {"column": "slug"},
            "set": {
                "slug": {"column": "slug"}, "name": {"column": "slug"}, "type": "business",
                "parent": {"ref": "groups", "key": {"column": "parent"}},
            },
        },
        {
            "step": "people", "make": "person", "from": "people.jsonl", "key": {"column": "name"},
            "set": {
                "email": {"column": "email"}, "username": {"column": "name"}, "displayName": {"column": "name"},
                "role": "org_user",
            },
        },
        {
            "step": "members", "make": "connection", "from": "people.jsonl", "key": {"column": "name"},
            "set": {
                "type": "member_of", "from": {"ref": "people", "key": {"column": "name"}},
                "to": {"ref": "groups", "key": {"column": "group"}},
                "properties": {"object": {"role": "viewer", "status": "active"}},
            },
        },
    ],
}  # fmt: skip

Row = Mapping[str, object]


def _slug(number: int) -> str:
    return f"a{number // IN_A_TREE}-{number % IN_A_TREE}"


def _groups() -> Iterator[Row]:
    """The root, and below it trees in which each group has two below it."""
    yield {"slug": "root"}
    for number in range(TREES * IN_A_TREE):
        tree, place = divmod(number, IN_A_TREE)
        yield {"slug": _slug(number), "parent": f"a{tree}-{(place - 1) // 2}" if place else "root"}


def _people() -> Iterator[Row]:
    for number in range(TREES * IN_A_TREE * PEOPLE):
        group = _slug(number % (TREES * IN_A_TREE))
        yield {"name": f"reader.{number}", "email": f"reader.{number}@access.example", "group": group}


def _write(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


async def _make(store: Store, folder: Path, things: int) -> None:
    world = folder / "world"
    world.mkdir(exist_ok=True)
    _write(world / "groups.jsonl", _groups())
    _write(world / "people.jsonl", _people())
    report = await import_folder(store, parse_mapping(_MAPPING), world)
    if report.refused_total:
        raise SystemExit(f"{report.refused_total} rows were refused: {report.refused[:3]}")
    groups = await store.read(GROUP_IDS, {})
    for start in range(0, things, AT_ONCE):
        rows = [
            things_of.to_row(_thing(number, groups), VIDEO) for number in range(start, min(things, start + AT_ONCE))
        ]

        async def work(transaction: Transaction, rows: Sequence[Row] = rows) -> None:
            await transaction.run(CREATE_THINGS, {"rows": rows, "label": things_of.label_of(VIDEO.name)})

        await store.write(work)


def _thing(number: int, groups: Sequence[str]) -> Thing:
    """A thing of the group whose turn it is, as an import makes one, without its event."""
    at = BEGAN + timedelta(milliseconds=number)
    return Thing(
        id=new_id(thing_prefix(VIDEO.name)),
        type=VIDEO.name,
        name=f"Thing number {number} of this world",
        status=ThingStatus.PUBLISHED,
        group_id=groups[number % len(groups)],
        properties={},
        created_at=at,
        updated_at=at,
        archived_at=None,
        version=1,
    )


class Asking:
    """An application in a process of its own, that tells how long each of its answers took."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, secret: str, query: str, variables: Row) -> tuple[float, Row]:
        """The seconds of an answer, and its data."""
        answer = await self._ask(secret, query, variables, profile=False)
        return cast("float", answer["seconds"]), cast("Row", answer["data"])

    async def indexes(self, secret: str, query: str, variables: Row) -> set[str]:
        """The indexes that the store takes for an answer."""
        return set(cast("list[str]", (await self._ask(secret, query, variables, profile=True))["indexes"]))

    async def _ask(self, secret: str, query: str, variables: Row, *, profile: bool) -> Row:
        given, told = self._process.stdin, self._process.stdout
        if given is None or told is None:
            raise SystemExit("the application cannot be asked")
        line = {"secret": secret, "query": query, "variables": variables, "profile": profile}
        given.write(json.dumps(line).encode() + b"\n")
        await given.drain()
        return cast("Row", json.loads(await told.readline()))


@asynccontextmanager
async def _asking(address: StoreAddress, *, checked: bool) -> AsyncIterator[Asking]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.asked", address.uri, address.user, "checked" if checked else "open",
        env=os.environ | {"ONE_STORE_PASSWORD": address.password},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )  # fmt: skip
    try:
        yield Asking(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


@dataclass(frozen=True)
class _Viewer:
    """Somebody, with what they ask about; `top` is the uppermost group that they read."""

    reaches: str
    secret: str
    variables: Row


async def measure(worlds: Path, things: int) -> list[Figure]:
    """The figures of a world that is kept in `worlds`."""
    folder = worlds / f"access-{things}"
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(LocalStore(folder / "data", owner="scripts/bench"))
        store = await Store.open(address.uri, address.user, address.password, timeout=600)
        stack.push_async_callback(store.close)
        await up(store, read_migrations())
        if not (folder / "made").exists():
            await _make(store, folder, things)
            (folder / "made").touch()
        await store.define(["CALL db.prepareForReplanning(300)"])
        checked = await stack.enter_async_context(_asking(address, checked=True))
        opened = await stack.enter_async_context(_asking(address, checked=False))
        name = uuid4().hex
        everybody = await add_viewer(store, f"owner{name}", PlatformRole.PLATFORM_OWNER, "root", KeyScope.WRITE)
        figures: list[Figure] = []
        for reaches, role, group in (
            ("1 group", PlatformRole.ORG_USER, "a42-99"),
            ("100 groups", PlatformRole.ORG_OWNER, "a42-0"),
            ("all groups", PlatformRole.ORG_OWNER, "root"),
        ):
            secret = await add_viewer(store, f"{reaches.replace(' ', '')}{name}", role, group, KeyScope.WRITE)
            viewer = _Viewer(reaches, secret, await _variables(opened, everybody, group))
            for question, query in QUESTIONS.items():
                figures.append(await _compared(question, query, viewer, checked, opened, everybody))
            figures.append(await _decisions(viewer, checked))
        figures.append(await _change(store, checked, opened, everybody, name))
    return figures


async def _variables(opened: Asking, everybody: str, group: str) -> Row:
    """What is asked about of a group: its id, a thing in it, the end of a page far into what is below it, words."""
    query = """query ($slug: String!) { group(slug: $slug) {
        id things(first: 1, includeDescendants: true) { nodes { id name } } } }"""
    _, data = await opened.ask(everybody, query, {"slug": group})
    found = cast("Mapping[str, object]", data["group"])
    things = cast("Mapping[str, list[Mapping[str, str]]]", found["things"])["nodes"]
    page = """query ($top: ID!, $after: String) { things(first: 50, after: $after, filter: { inSubtreeOf: $top }) {
        pageInfo { endCursor hasNextPage } } }"""
    after: str | None = None
    for _ in range(DEEP // 50):
        _, data = await opened.ask(everybody, page, {"top": found["id"], "after": after})
        info = cast("Mapping[str, Mapping[str, object]]", data["things"])["pageInfo"]
        if not info["hasNextPage"] and after is not None:
            break
        after = cast("str | None", info["endCursor"])
    if not things or after is None:
        raise SystemExit("this takes at least 20,000 things, so that each group has some")
    words = f"number {things[0]['name'].split()[2]}"
    return {"top": found["id"], "thing": things[0]["id"], "deep": after, "words": words}


async def _compared(  # noqa: PLR0917 - what is asked, by whom, and of whom
    question: str, query: str, viewer: _Viewer, checked: Asking, opened: Asking, everybody: str
) -> Figure:
    with_rights: list[float] = []
    without: list[float] = []
    variables = {name: value for name, value in viewer.variables.items() if f"${name}:" in query}
    for _ in range(WARM + SAMPLES):
        with_rights.append((await checked.ask(viewer.secret, query, variables))[0])
        without.append((await opened.ask(everybody, query, variables))[0])
    mine, plain = with_rights[WARM:], without[WARM:]
    ratios = sorted(one / other for one, other in zip(mine, plain, strict=True))
    ratio = statistics.median(mine) / statistics.median(plain)
    missing = await opened.indexes(everybody, query, variables)
    missing -= await checked.indexes(viewer.secret, query, variables)
    indexes = f"not by {', '.join(sorted(missing))}" if missing else "by the same indexes"
    spread = f"{ratios[len(ratios) // 4]:.2f} to {ratios[3 * len(ratios) // 4]:.2f}"
    return Figure(
        f"{question}, who reads {viewer.reaches}",
        f"{ratio:.2f} times as long as without permissions",
        f"at most {MOST}; half of the pairs {spread}; p50 {statistics.median(mine) * 1000:.1f} ms; {indexes}",
    )


async def _decisions(viewer: _Viewer, checked: Asking) -> Figure:
    """How many decisions a second: 200 in a request, for which one look at the store does, and one in a request."""

    async def rate(query: str, decided: int) -> float:
        variables = {name: value for name, value in viewer.variables.items() if f"${name}:" in query}
        took = [(await checked.ask(viewer.secret, query, variables))[0] for _ in range(WARM + SAMPLES)]
        return decided / statistics.median(took[WARM:])

    return Figure(
        f"decisions a second about things, who reads {viewer.reaches}",
        f"{await rate(DECISIONS, _OF_DECISIONS):,.0f}",
        f"{await rate(DECISION, 1):,.0f} where each is a request of its own; one request at a time",
    )


async def _change(store: Store, checked: Asking, opened: Asking, everybody: str, name: str) -> Figure:
    """What it costs somebody known to two processes that a membership of theirs changed."""
    secret = await add_viewer(store, f"moved{name}", PlatformRole.ORG_USER, "a7-0", KeyScope.WRITE)
    question = "{ viewer { person { id connections(first: 5) { nodes { id type } } } } }"
    _, told = await checked.ask(secret, question, {})
    person = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", told["viewer"])["person"]
    _, group = await opened.ask(everybody, '{ group(slug: "a8-0") { id } }', {})
    target = cast("Mapping[str, object]", group["group"])["id"]
    connect = """mutation ($person: ID!, $group: ID!) {
        connect(input: {type: "member_of", fromId: $person, toId: $group, properties: {role: "viewer"}}) {
            ... on ConnectSuccess { relationship { id } } } }"""
    end = "mutation ($id: ID!) { disconnect(input: {id: $id}) { __typename } }"
    first: list[float] = []
    later: list[float] = []
    for _ in range(30):
        _, made = await opened.ask(everybody, connect, {"person": person["id"], "group": target})
        edge = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", made)["connect"]["relationship"]["id"]
        first.append((await checked.ask(secret, question, {}))[0])
        later += [(await checked.ask(secret, question, {}))[0] for _ in range(3)]
        await opened.ask(everybody, end, {"id": edge})
        first.append((await checked.ask(secret, question, {}))[0])
    return Figure(
        "the first request after a change of who asks, made by another process",
        f"{statistics.median(first) / statistics.median(later):.2f} times as long as the next ones",
        "once for each process that knows them; no message is sent to any",
    )
