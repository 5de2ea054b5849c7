"""All services of one store, as a request finds them."""

from dataclasses import dataclass

from graph.store import Store
from services.bulk import Bulk
from services.changes import Changes
from services.checking import Checking
from services.connections import Connections
from services.events import Events
from services.groups import Groups
from services.keys import Keys
from services.lists import SCAN_LIMIT, Lists
from services.ontology import Ontology
from services.people import People
from services.things import Things
from services.type_changes import TypeChanges
from services.type_registration import TypeRegistration


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    bulk: Bulk
    changes: Changes
    checking: Checking
    connections: Connections
    events: Events
    groups: Groups
    keys: Keys
    lists: Lists
    ontology: Ontology
    people: People
    things: Things
    type_changes: TypeChanges
    type_registration: TypeRegistration

    @classmethod
    def of(cls, store: Store, scan_limit: int = SCAN_LIMIT) -> "Services":
        """The services that work on a store; a list looks at `scan_limit` rows for a page at the most."""
        ontology = Ontology(store)
        changes = Changes(store, ontology)
        return cls(
            bulk=Bulk(store, changes),
            changes=changes,
            checking=Checking(store, ontology),
            connections=Connections(store, ontology),
            events=Events(store),
            groups=Groups(store),
            keys=Keys(store),
            lists=Lists(store, scan_limit),
            ontology=ontology,
            people=People(store),
            things=Things(store, ontology),
            type_changes=TypeChanges(store),
            type_registration=TypeRegistration(changes, ontology),
        )
