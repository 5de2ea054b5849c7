"""Rules about the types that operators added. What breaks one has a name and no id."""

from collections.abc import AsyncIterator, Iterator
from typing import Final, cast

from domain.connection_types import CONNECTION_TYPES
from domain.consistency import Rule
from domain.errors import ValidationError
from domain.thing_types import THING_TYPES
from graph.checks import types
from graph.checks.types import TypeFacts
from graph.store import Store, Transaction
from graph.things import label_of
from graph.types import ConnectionTypeRow, ThingTypeRow, connection_type_from_row, thing_type_from_row
from services.checks.nodes import A_PERSON_DECIDES, columns, misshapen
from services.checks.whole import WholeFault, WholeMend, WholeTest
from services.json_schemas import filterable_paths, object_schema
from services.type_registration import checked_name

_THING_TYPE: Final = {name: column for name, column in columns(ThingTypeRow).items() if name != "nodeLabel"}
_CONNECTION_TYPE: Final = columns(ConnectionTypeRow)


async def _misshapen(store: Store) -> AsyncIterator[WholeFault]:
    for facts in await types.thing_types(store):
        for wrong in _wrong_thing_type(facts):
            yield WholeFault(f"the thing type {facts['name']}: {wrong}", "Say what the value has to be.")
    for facts in await types.connection_types(store):
        for wrong in _wrong_connection_type(facts):
            yield WholeFault(f"the connection type {facts['name']}: {wrong}", "Say what the value has to be.")


def _wrong_thing_type(facts: TypeFacts) -> Iterator[str]:
    wrong = list(misshapen(facts["row"], _THING_TYPE))
    yield from wrong
    if wrong:
        return
    try:
        thing_type = thing_type_from_row(cast("ThingTypeRow", {"pending": None, **facts["row"]}))
        filterable_paths("filterable", object_schema("schema", thing_type.schema), thing_type.filterable)
        if thing_type.pending is not None:
            object_schema("pending", thing_type.pending)
    except ValidationError as error:
        yield error.message
    except ValueError:
        yield "its schema is no JSON"
    else:
        if not 0 <= thing_type.filters_ready <= len(thing_type.filterable):
            yield f"filtersReady is {thing_type.filters_ready}"


def _wrong_connection_type(facts: TypeFacts) -> Iterator[str]:
    wrong = list(misshapen(facts["row"], _CONNECTION_TYPE))
    yield from wrong
    if wrong:
        return
    try:
        object_schema("schema", connection_type_from_row(cast("ConnectionTypeRow", facts["row"])).schema)
    except ValidationError as error:
        yield error.message
    except ValueError as error:
        yield f"it cannot be read: {error}"


async def _misnamed(store: Store) -> AsyncIterator[WholeFault]:
    for kind, found, standard in (
        ("thing", await types.thing_types(store), THING_TYPES.keys()),
        ("connection", await types.connection_types(store), CONNECTION_TYPES.keys()),
    ):
        for facts in found:
            try:
                taken = checked_name(facts["name"]) in standard
            except ValidationError as error:
                yield WholeFault(f"the {kind} type {facts['name']!r:.70}: {error.message}", "Register it anew.")
            else:
                if taken:
                    yield WholeFault(f"{facts['name']} is a standard {kind} type", "Delete the registered one.")


async def _mislabelled(store: Store) -> AsyncIterator[WholeFault]:
    for facts in await types.thing_types(store):
        name, label = facts["name"], label_of(facts["name"])
        if facts["row"].get("nodeLabel") == label:
            continue

        async def apply(each: Store, name: str = name, label: str = label) -> None:
            async def work(transaction: Transaction) -> None:
                await types.set_node_label(transaction, name, label)

            await each.write(work)

        yield WholeFault(f"the thing type {name} has another label", WholeMend("set nodeLabel", apply))


async def _endless(store: Store) -> AsyncIterator[WholeFault]:
    known = {*THING_TYPES, *(facts["name"] for facts in await types.thing_types(store))}
    for facts in await types.connection_types(store):
        for column in ("sourceTypes", "targetTypes"):
            names = facts["row"].get(column)
            for lost in sorted({str(name) for name in names} - known if isinstance(names, list) else ()):
                yield WholeFault(f"the connection type {facts['name']}: {column} names {lost}", "Register that type.")


TESTS: tuple[WholeTest, ...] = (
    WholeTest(
        Rule(
            "type_form",
            "A registered type has everything that a type needs, its schema would be accepted today, and what is "
            "filterable is in it.",
            f"{A_PERSON_DECIDES} Until then the type counts as unknown.",
        ),
        _misshapen,
    ),
    WholeTest(
        Rule(
            "type_name",
            "A registered type has a name that it could be registered by, and none of a standard type.",
            f"{A_PERSON_DECIDES} What has the type knows it by its name.",
        ),
        _misnamed,
    ),
    WholeTest(
        Rule("type_label", "A registered thing type keeps the label that its things have.", "It is set."),
        _mislabelled,
    ),
    WholeTest(
        Rule(
            "type_ends",
            "The thing types that a registered connection type may join are types.",
            f"{A_PERSON_DECIDES} A connection type does not change.",
        ),
        _endless,
    ),
)
