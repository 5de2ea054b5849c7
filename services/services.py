"""All services of one store, as a request finds them."""

from dataclasses import dataclass

from graph.store import Store
from services.checking import Checking
from services.connections import Connections
from services.events import Events
from services.groups import Groups
from services.keys import Keys
from services.lists import Lists
from services.ontology import Ontology
from services.people import People
from services.things import Things


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    checking: Checking
    connections: Connections
    events: Events
    groups: Groups
    keys: Keys
    lists: Lists
    ontology: Ontology
    people: People
    things: Things

    @classmethod
    def of(cls, store: Store) -> "Services":
        """The services that work on a store."""
        ontology = Ontology(store)
        return cls(
            checking=Checking(store, ontology),
            connections=Connections(store, ontology),
            events=Events(store),
            groups=Groups(store),
            keys=Keys(store),
            lists=Lists(store),
            ontology=ontology,
            people=People(store),
            things=Things(store, ontology),
        )
