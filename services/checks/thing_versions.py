"""Rules about versions of things. What a thing was is never changed."""

from collections.abc import Iterator, Sequence
from typing import cast

from domain.catalogue import Catalogue
from domain.events import Event
from graph.checks import thing_versions
from graph.checks.thing_versions import VERSIONS, VersionFacts
from graph.history import StoredVersion
from graph.store import Transaction
from services.checks import nodes
from services.checks.rules import Fault, Mend, Section, rule

_LEAVE = "Leave it: what a thing was does not change. Find out what wrote it."


@rule(
    "version_key",
    "The key of a version is the id of its thing and its number.",
    f"{nodes.A_PERSON_DECIDES} Versions do not change.",
)
def _right_key(found: VersionFacts, _types: Catalogue) -> Iterator[Fault]:
    row = found["row"]
    if found["id"] != f"{row['thingId']} {cast('int', row['version']):010}":
        yield Fault("its key is another one", _LEAVE, (str(row["thingId"]),))


@rule(
    "version_thing",
    "A version is of a thing that there is, and that is at a later version.",
    f"A version of nothing is deleted. {nodes.A_PERSON_DECIDES} about one that is ahead of its thing.",
)
def _of_a_thing(found: VersionFacts, _types: Catalogue) -> Iterator[Fault]:
    thing_id = str(found["row"]["thingId"])
    if not found["current"]:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await thing_versions.delete(transaction, found["id"])
            return ()

        yield Fault("its thing is not there", Mend("delete it", apply), (thing_id,))
    elif cast("int", found["row"]["version"]) >= found["current"][0]:
        yield Fault(f"its thing is at version {found['current'][0]}", _LEAVE, (thing_id,))


SECTION: Section[VersionFacts] = Section(
    VERSIONS,
    nodes.form("version", StoredVersion),
    (nodes.no_lock("version", thing_versions.change, key="key"), _right_key, _of_a_thing),
)
