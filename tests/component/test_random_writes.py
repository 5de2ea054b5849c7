"""Thousands of writes at once, legal and illegal, of every kind that there is: afterwards no rule is broken."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest
from strawberry.utils.str_converters import to_camel_case

from domain.access import KeyScope
from domain.consistency import Severity
from domain.people import PlatformRole
from domain.values import JSON
from graph.vectors import fix_dimension
from services.access import OPEN, OWN, PROVEN
from services.checking import Checking
from services.ontology import Ontology
from tests.client import Api
from tests.component.random_writes import GENERATORS, WEIGHTS, Pool, corrupted, mutations
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(360)]

SEED = 20261124
CLIENTS = 8
WRITES = 3_000
SECONDS = 180
MOST_SECONDS = 270
"""For so long they go on where the dice left out a mutation, half of the time with what was left out."""
VERSION = """query ($id: ID!) { node(id: $id) {
    ... on Thing { version } ... on Group { version } ... on Knowledge { edition: version }
} }"""


OF_ACCOUNTS = {to_camel_case(action) for action in OPEN | OWN | PROVEN} | {"replayMail", "claimCart", "checkout"}
"""They are about one person each, and have races of their own in the tests of sessions, passwords and mails."""


def test_every_mutation_of_the_schema_takes_part() -> None:
    assert set(GENERATORS) == set(mutations()) - OF_ACCOUNTS


@dataclass
class Run:
    """What all clients share."""

    world: World
    reader: Api
    pool: Pool
    began: float
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def never_refused(self) -> list[str]:
        """The mutations of which not one was refused."""
        refused = {name for name, kind in self.outcomes if kind != "Success"}
        return [each for each in GENERATORS if each not in refused]

    @property
    def missing(self) -> list[str]:
        """The mutations of which not one succeeded or not one was refused."""
        return [each for each in GENERATORS if not self.outcomes[each, "Success"]] + self.never_refused


async def client(run: Run, number: int) -> None:
    world, pool = run.world, run.pool
    dice, selections = random.Random(f"{SEED} {number}"), mutations()
    names, weights = list(WEIGHTS), list(WEIGHTS.values())
    for write in itertools.count():
        enough = write >= WRITES // CLIENTS or time.monotonic() > run.began + SECONDS
        if (enough and not run.missing) or time.monotonic() > run.began + MOST_SECONDS:
            return
        [mutation] = dice.choices(names, weights)
        asker = run.reader if dice.random() < 0.03 else world.api
        if enough and dice.random() < 0.5:  # the other half makes what a missing one is about
            mutation = dice.choice(run.missing)
            asker = run.reader if mutation in run.never_refused else world.api
        given = GENERATORS[mutation](pool, dice)
        if dice.random() < 0.2:
            given = corrupted(mutation, given, dice)
        answer = await asker.change(mutation, given, selections[mutation])
        kind = str(answer["__typename"])
        assert kind.endswith("Success") or answer["message"], (mutation, given, answer)
        assert kind != "NetworkError", (mutation, given, answer)
        assert asker is world.api or not kind.endswith("Success"), (mutation, given, answer)
        run.outcomes[mutation, "Success" if kind.endswith("Success") else kind] += 1
        if kind.endswith("Success"):
            pool.note(mutation, answer)
        elif answer.get("conflict") == "version" and "id" in given:
            await learn(world, pool, str(given["id"]))


async def learn(world: World, pool: Pool, identifier: str) -> None:
    """Read the version of something that somebody else changed."""
    answer = await world.api.ask(VERSION, id=identifier)
    found = cast("Mapping[str, JSON] | None", answer.data["node"])
    if found is None:
        pool.things.pop(identifier, None)
        pool.documents.pop(identifier, None)
    elif identifier in pool.documents:
        pool.documents[identifier] = (cast("int", found["edition"]), pool.documents[identifier][1])
    elif identifier in pool.groups:
        pool.groups[identifier] = cast("int", found["version"])
    elif identifier in pool.things:
        pool.things[identifier] = (pool.things[identifier][0], cast("int", found["version"]))


async def test_no_rule_is_broken_by_what_many_write_at_once(world: World) -> None:
    await fix_dimension(world.store, 3)
    reader = await world.member("reader", "home", role=PlatformRole.CUSTOMER, scope=KeyScope.WRITE)
    people = (await world.api.ask("{ people(first: 9) { nodes { id } } }")).each("people.nodes", "id")
    pool = Pool(people=[str(each) for each in people], groups={world.home: 1})
    aside = await world.group("aside")  # home is somebody else's once its ownership was transferred
    pool.supports.append(await world.support(aside))
    run = Run(world, reader, pool, time.monotonic())
    async with asyncio.TaskGroup() as tasks:
        for number in range(CLIENTS):
            tasks.create_task(client(run, number))
    outcomes = run.outcomes
    assert outcomes.total() >= 1_000, "too few to prove anything"
    kinds = {kind for _, kind in outcomes}
    assert {"ValidationError", "NotFoundError", "ConflictError", "ForbiddenError", "DependedOnError"} <= kinds
    assert run.missing == [], f"not both done and refused: {outcomes}"
    broken = [case.violation async for case in Checking(world.store, Ontology(world.store)).cases()]
    assert [each for each in broken if each.rule.severity is Severity.ERROR] == []
    assert {each.rule.name for each in broken} <= {"knowledge_described"}, "a label may be left without a thing"
