"""What the things of a type name, gone through a page at a time when the type's schema comes to mark other ids."""

from collections.abc import Mapping

from domain.access import EVERYTHING
from domain.errors import Misfit, ValidationError
from domain.references import named_by
from domain.thing_types import ThingType
from domain.values import JSON
from graph import locks, references, types
from graph.store import Store, Transaction
from graph.values import from_json
from services import validation
from services.places import check_named


async def note_page(
    transaction: Transaction, wanted: ThingType, after: str, limit: int
) -> tuple[list[Misfit], str | None]:
    """Note what the next things name by the schema that is wanted, so that it stays; those that do not fit it.

    The second answer is the last one's sort key, None after all.
    """
    rows = await types.lock_page_of_type(transaction, wanted.name, after, limit)
    things = {row["id"]: from_json(row["properties"]) for row in rows}
    misfits: list[Misfit] = []
    fits: dict[str, Mapping[str, str]] = {}
    for identifier, properties in things.items():
        try:
            validation.properties("properties", wanted.schema, properties)
            check_named(named := named_by(wanted, properties))
        except ValidationError as error:
            misfits.append(Misfit(identifier, error.field, error.message))
        else:
            fits[identifier] = named
    locked = await locks.lock(transaction, EVERYTHING, {each for named in fits.values() for each in named.values()})
    noted: list[references.Mentions] = []
    for identifier, names in fits.items():
        lost = [path for path, each in names.items() if each not in locked]
        misfits += [Misfit(identifier, path, f"{path} names {names[path]}, which is not there.") for path in lost]
        if not lost:
            noted.append({"id": identifier, "ids": sorted(set(names.values()))})
    await references.add(transaction, noted)
    return misfits, rows[-1]["sortKey"] if rows else None


async def keep_pages(store: Store, name: str, limit: int) -> None:
    """Note of all things of a registered type what they name, as its schema is by now, and nothing else."""
    after: str | None = ""
    while after is not None:
        start: str = after

        async def keep(transaction: Transaction, start: str = start) -> str | None:
            thing_type = await types.lock_thing_type(transaction, name)
            if thing_type is None:
                return None
            rows = await types.lock_page_of_type(transaction, name, start, limit)
            named: list[tuple[str, Mapping[str, JSON]]] = [(row["id"], from_json(row["properties"])) for row in rows]
            await references.keep_only(
                transaction,
                [{"id": each, "ids": sorted(set(named_by(thing_type, given).values()))} for each, given in named],
            )
            return rows[-1]["sortKey"] if rows else None

        after = await store.write(keep)
