"""Service accounts in the store: `(:Person)` nodes of the kind service, which a group manages."""

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from domain.people import Person, PersonKind
from graph import people
from graph.store import Statement, Store, Transaction


class ManagerRow(TypedDict):
    """A service account, and the group that manages it."""

    id: str
    managedBy: str


_MANAGERS: Final = f"""
    UNWIND $ids AS id
    MATCH (person:Entity:Person {{id: id}}) WHERE person.kind = '{PersonKind.SERVICE}'
    RETURN {{id: person.id, managedBy: person.managedBy}} AS row"""
FETCH_MANAGERS: Statement[ManagerRow] = Statement("fetch_managers", _MANAGERS)
SAVE_SERVICE_ACCOUNT: Statement[bool] = Statement(
    "save_service_account", "MATCH (person:Entity:Person {id: $id}) SET person += $properties RETURN true AS row"
)


async def fetch_managers(store: Store, ids: Sequence[str]) -> dict[str, str | None]:
    """Those of the people that are service accounts, each with the id of the group that manages it."""
    return {row["id"]: row["managedBy"] for row in await store.read(FETCH_MANAGERS, {"ids": list(ids)})}


async def managers_of(transaction: Transaction, ids: Iterable[str]) -> dict[str, str]:
    """The same within a transaction. What somebody is never changes, so that it takes no lock."""
    rows = await transaction.run(FETCH_MANAGERS, {"ids": sorted(set(ids))})
    return {row["id"]: row["managedBy"] for row in rows}


async def save(transaction: Transaction, account: Person) -> None:
    """Write a service account that is locked."""
    await transaction.run(SAVE_SERVICE_ACCOUNT, {"id": account.id, "properties": people.to_row(account)})
