"""The types that there are, on every server of a store at once.

A process keeps the catalogue that it read last, and reads it again when it meets a name that is not in there: types
are never taken away, so that what it knows stays right. What may change of a registered thing type is read again, and
locked, in the transaction that depends on it.
"""

from collections.abc import Mapping, Sequence

from domain.access import Caller
from domain.catalogue import Catalogue
from domain.connection_types import ConnectionType
from domain.errors import ValidationError
from domain.filterable import MAX_TEXT, value_at
from domain.thing_types import THING_TYPES, ThingType
from domain.values import JSON, JSONObject
from graph import types
from graph.store import Store, Transaction
from services import validation
from services.access import viewer_of

_NAMED_AT_MOST = 60


def check_properties(thing_type: ThingType, properties: Mapping[str, JSON]) -> JSONObject:
    """The properties, which fit a type. ValidationError where they do not, or would not once it has evolved."""
    checked = validation.properties("properties", thing_type.schema, properties)
    if thing_type.pending is not None:
        validation.properties("properties", thing_type.pending, checked)
    for path in thing_type.filterable:
        value = value_at(checked, path)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            field = f"properties.{path}"
            raise ValidationError(field, f"{field} takes at most {MAX_TEXT:,} characters, for things are found by it.")
    return checked


class Ontology:
    """Finds types by their names."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = Catalogue.of()

    async def catalogue(self) -> Catalogue:
        """All types as they are in the store now."""
        self._known = Catalogue.of(await types.thing_types(self._store), await types.connection_types(self._store))
        return self._known

    async def described(self, caller: Caller) -> Catalogue:
        """All types as they are now, for anybody who says who they are."""
        viewer_of(caller)
        return await self.catalogue()

    async def thing_type(self, field: str, name: str) -> ThingType:
        """The thing type of that name. ValidationError of `field` where there is none."""
        found = self._known.thing_types.get(name) or (await self.catalogue()).thing_types.get(name)
        if found is None:
            known = ", ".join(self._known.thing_types)
            raise ValidationError(field, f"There is no thing type {name[:_NAMED_AT_MOST]!r}. Known: {known}.")
        return found

    async def connection_type(self, field: str, name: str) -> ConnectionType:
        """The connection type of that name. ValidationError of `field` where there is none."""
        found = self._known.connection_types.get(name) or (await self.catalogue()).connection_types.get(name)
        if found is None:
            known = ", ".join(self._known.connection_types)
            raise ValidationError(field, f"There is no connection type {name[:_NAMED_AT_MOST]!r}. Known: {known}.")
        return found

    async def connection_types(self, field: str, names: Sequence[str]) -> list[ConnectionType]:
        """The connection types of those names, of which there is at least one."""
        if not names:
            raise ValidationError(field, f"{field} takes at least one connection type, or nothing for all.")
        return [await self.connection_type(field, name) for name in names]

    async def lock_thing_type(self, transaction: Transaction, name: str) -> ThingType:
        """The thing type of a thing that there is, or of that name at least, as it stays until the transaction ends."""
        standard = THING_TYPES.get(name)
        found = standard or await types.lock_thing_type(transaction, name)
        if found is None:
            raise ValidationError("type", f"There is no thing type {name[:_NAMED_AT_MOST]!r}.")
        return found
