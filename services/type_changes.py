"""Types that an operator added: letting thing types evolve while things of them are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.access import Caller
from domain.changes import KEEP, Change, changed
from domain.errors import ConflictError, Misfit, MisfitError, NotFoundError, ValidationError
from domain.events import EventType
from domain.filterable import filter_kind
from domain.references import names_nodes
from domain.thing_types import THING_TYPES, ThingType
from domain.values import JSON, JSONObject
from graph import types
from graph.store import Store, Transaction
from graph.values import from_json
from services import validation
from services.access import Action, authorize
from services.journal import changed_names
from services.json_schemas import filterable_paths, object_schema
from services.type_references import keep_pages, note_page
from services.type_registration import checked_description, checked_name, tell

MAX_MISFITS: Final = 20
"""How many of the things that do not fit are named."""

_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class ThingTypeChanges:
    """What to change of a thing type."""

    description: Change[str] = KEEP
    schema: Change[JSONObject] = KEEP
    filterable: Change[Sequence[str]] = KEEP


class TypeChanges:
    """What can be done about types."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def evolve_thing_type(self, caller: Caller, name: str, version: int, changes: ThingTypeChanges) -> ThingType:
        """Change a registered thing type. MisfitError where things do not fit the new schema: it stays as it was.

        Things are written meanwhile, and have to fit both schemas. A property that becomes filterable is ready once
        all things were gone through; where that is broken off, asking for the same again goes on with it.
        """
        authorize(caller, Action.EVOLVE_TYPE)
        validation.version(version)
        checked_name(name)
        if name in THING_TYPES:
            raise ValidationError("name", f"{name} is a standard type, and stays as it is: register one of your own.")
        schema = changes.schema if changes.schema is KEEP else object_schema("schema", changes.schema)
        description = changes.description if changes.description is KEEP else checked_description(changes.description)

        async def announce(transaction: Transaction) -> tuple[ThingType, ThingType]:
            current = await _lock(transaction, name, version)
            wanted = replace(current, schema=changed(schema, current.schema), pending=None)
            if changes.filterable is not KEEP:
                wanted = replace(wanted, filterable=filterable_paths("filterable", wanted.schema, changes.filterable))
            _check_filterable(current, wanted)
            await types.save_thing_type(transaction, replace(current, pending=wanted.schema))
            return current, wanted

        before, wanted = await self._store.write(announce)
        misfits, total = await self._misfits(wanted)

        async def settle(transaction: Transaction) -> ThingType:
            current = await _lock(transaction, name, version)
            if current.pending != wanted.schema:
                raise ConflictError("Somebody else evolves this type just now.", field="version")
            if total:
                await types.save_thing_type(transaction, replace(current, pending=None))
                return current
            evolved = replace(
                wanted,
                description=changed(description, current.description),
                filters_ready=current.filters_ready,
                pending=None,
                version=current.version + 1,
            )
            await types.save_thing_type(transaction, evolved)
            told: Mapping[str, JSON] = {
                "name": name,
                "version": evolved.version,
                "changed": changed_names(changes),
            }
            await tell(transaction, caller, EventType.THING_TYPE_EVOLVED, told)
            return evolved

        evolved = await self._store.write(settle)
        if names_nodes(wanted.schema) or names_nodes(before.schema):
            await keep_pages(self._store, name, _PAGE)
        if total:
            raise MisfitError(misfits, total)
        return await fill_filters(self._store, evolved)

    async def _misfits(self, wanted: ThingType) -> tuple[list[Misfit], int]:
        """The first misfits, and how many things do not fit. What the others name is noted."""
        misfits: list[Misfit] = []
        total = 0
        after: str | None = ""
        while after is not None:
            found, after = await self._misfits_of_page(wanted, after)
            total += len({each.thing_id for each in found})
            misfits += found[: MAX_MISFITS - len(misfits)]
        return misfits, total

    async def _misfits_of_page(self, wanted: ThingType, after: str) -> tuple[list[Misfit], str | None]:
        if names_nodes(wanted.schema):
            return await self._store.write(lambda transaction: note_page(transaction, wanted, after, _PAGE))
        misfits = []
        page = await types.page_of_type(self._store, wanted.name, after, _PAGE)
        for row in page:
            try:
                validation.properties("properties", wanted.schema, from_json(row["properties"]))
            except ValidationError as error:
                misfits.append(Misfit(row["id"], error.field, error.message))
        return misfits, page[-1]["sortKey"] if page else None


async def fill_filters(store: Store, thing_type: ThingType) -> ThingType:
    """Make all things of a registered type found by its filterable properties; the type, which says so then."""
    if thing_type.filters_ready == len(thing_type.filterable):
        return thing_type
    await fill_pages(store, thing_type)

    async def finish(transaction: Transaction) -> ThingType:
        current = await types.lock_thing_type(transaction, thing_type.name)
        if current is None or current.filterable != thing_type.filterable:
            raise ConflictError("Somebody else evolves this type just now.", field="version")
        ready = replace(current, filters_ready=len(current.filterable))
        await types.save_thing_type(transaction, ready)
        return ready

    return await store.write(finish)


async def fill_pages(store: Store, thing_type: ThingType) -> None:
    """Write the columns of filterable properties of all things of a type, a page at a time."""
    after: str | None = ""
    while after is not None:
        start: str = after

        async def fill(transaction: Transaction, start: str = start) -> str | None:
            return await types.fill_page_of_type(transaction, thing_type, start, _PAGE)

        after = await store.write(fill)


async def _lock(transaction: Transaction, name: str, version: int) -> ThingType:
    current = await types.lock_thing_type(transaction, name)
    if current is None:
        raise NotFoundError("thing type", name)
    if current.version != version:
        raise ConflictError(
            f"Somebody changed this type since you read it: it is at version {current.version}. Read it again.",
            field="version",
        )
    return current


def _check_filterable(current: ThingType, wanted: ThingType) -> None:
    """Columns are filled already: what is filterable stays so, in its place and as what it is."""
    if wanted.filterable[: len(current.filterable)] != current.filterable:
        kept = ", ".join(current.filterable)
        raise ValidationError("filterable", f"filterable begins with what it is now ({kept}); add to its end.")
    for path in current.filterable:
        if filter_kind(wanted.schema, path) is not filter_kind(current.schema, path):
            raise ValidationError("schema", f"{path} is filterable, and has to stay what it is in the schema.")
