"""Doing changes, each in a transaction of its own, and once under a key where the caller gives one."""

from typing import Final, TypeVar

from domain.access import Caller, Reach
from domain.connections import Connection
from domain.errors import NotFoundError
from domain.groups import Group
from domain.knowledge import Knowledge
from domain.things import Thing
from graph import connections, documents, groups, things
from graph.access import reach_parameters
from graph.store import Store, Transaction
from services.access import reach_of
from services.connection_changes import ChangesOfConnections
from services.connections import NewConnection
from services.group_changes import creating
from services.groups import NewGroup
from services.idempotency import Claim, Making, Purge, once
from services.knowledge_changes import ChangesOfKnowledge, NewDocument, NewVector
from services.ontology import Ontology
from services.thing_changes import ChangesOfThings
from services.thing_creation import CreationOfThings
from services.things import NewThing
from services.vectors import Dimension
from services.work import Work

T = TypeVar("T")
M = TypeVar("M")


class Changes:
    """Everything that can be done."""

    def __init__(self, store: Store, ontology: Ontology, dimension: Dimension) -> None:
        self._store = store
        self.knowledge = ChangesOfKnowledge(dimension)
        self.things = ChangesOfThings(ontology)
        self.creations = CreationOfThings(ontology)
        self.connections = ChangesOfConnections(ontology)
        self.purge = Purge(store)

    async def do(self, work: Work[T], *, seconds: float | None = None) -> T:
        """Do one change; `seconds` bounds one that may take longer than the others."""
        return await self._store.write(work, seconds=seconds)

    async def create_thing(self, caller: Caller, new: NewThing, key: str | None = None) -> Thing:
        """Add a thing to a group."""
        work = await self.creations.creating(caller, new)
        return await self.do_once(caller, CREATE_THING, key, new, work)

    async def create_group(self, caller: Caller, new: NewGroup, key: str | None = None) -> Group:
        """Add a group, below its parent or as a root."""
        return await self.do_once(caller, CREATE_GROUP, key, new, creating(caller, new))

    async def connect(self, caller: Caller, new: NewConnection, key: str | None = None) -> Connection:
        """Make a connection."""
        work = await self.connections.connecting(caller, new)
        return await self.do_once(caller, CONNECT, key, new, work)

    async def add_document(self, caller: Caller, new: NewDocument, key: str | None = None) -> Knowledge:
        """Add a document to a thing."""
        work = await self.knowledge.adding_document(caller, new)
        return await self.do_once(caller, ADD_DOCUMENT, key, new, work)

    async def add_vector(self, caller: Caller, new: NewVector, key: str | None = None) -> Knowledge:
        """Add a vector to a thing."""
        work = await self.knowledge.adding_vector(caller, new)
        return await self.do_once(caller, ADD_VECTOR, key, new, work)

    async def do_once(self, caller: Caller, making: Making[M], key: str | None, new: object, work: Work[M]) -> M:
        """Do a change that makes something of what is new, once under the key that came with it, if one did.

        ConflictError where another input came under the key before.
        """
        if key is None:
            return await self.do(work)
        made = await self.do(once(Claim.of(caller, making.mutation, key, new), reach_of(caller), work, making))
        await self.purge()
        return made


async def thing_again(transaction: Transaction, reach: Reach, identifier: str) -> Thing:
    """What was made before, as it is now. NotFoundError where it is gone."""
    rows = await transaction.run(things.FETCH_THINGS, {"ids": [identifier], **reach_parameters(reach)})
    if not rows:
        raise NotFoundError("thing", identifier)
    return things.from_row(rows[0])


async def group_again(transaction: Transaction, reach: Reach, identifier: str) -> Group:
    """What was made before, as it is now. NotFoundError where it is gone."""
    rows = await transaction.run(groups.FETCH_GROUPS, {"ids": [identifier], **reach_parameters(reach)})
    if not rows:
        raise NotFoundError("group", identifier)
    return groups.from_row(rows[0])


async def connection_again(transaction: Transaction, reach: Reach, identifier: str) -> Connection:
    """What was made before, as it is now."""
    found = await connections.lock(transaction, reach, identifier)
    if found is None:
        raise NotFoundError("connection", identifier)
    return found


async def knowledge_again(transaction: Transaction, reach: Reach, identifier: str) -> Knowledge:
    """What was made before, as it is now. NotFoundError where it is gone."""
    found = await documents.find(transaction, reach, identifier)
    if found is None:
        raise NotFoundError("knowledge", identifier)
    return found


CREATE_THING: Final[Making[Thing]] = Making("createThing", lambda made: made.id, thing_again)
CREATE_GROUP: Final[Making[Group]] = Making("createGroup", lambda made: made.id, group_again)
CONNECT: Final[Making[Connection]] = Making("connect", lambda made: made.id, connection_again)
ADD_DOCUMENT: Final[Making[Knowledge]] = Making("addDocument", lambda made: made.id, knowledge_again)
ADD_VECTOR: Final[Making[Knowledge]] = Making("addVector", lambda made: made.id, knowledge_again)
