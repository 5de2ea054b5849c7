"""The types of the ontology: what can be asked and done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.ontology import ConnectionType, Ontology, ThingType
from schema.ontology_changes import (
    EvolveThingTypeInput,
    EvolveThingTypeResult,
    EvolveThingTypeSuccess,
    RegisterConnectionTypeInput,
    RegisterConnectionTypeResult,
    RegisterConnectionTypeSuccess,
    RegisterThingTypeInput,
    RegisterThingTypeResult,
    RegisterThingTypeSuccess,
)


@object_type
class OntologyQueries:
    """Questions about types."""

    @field
    async def ontology(self, info: Info) -> Ontology:
        """The types of things, connections and events that there are."""
        return cast("Ontology", await info.context.services.ontology.described(info.context.caller))


@object_type
class OntologyMutations:
    """Changes of types."""

    @mutation
    @answering
    async def register_thing_type(
        self,
        info: Info,
        input: Annotated[RegisterThingTypeInput, INPUT],  # noqa: A002
    ) -> RegisterThingTypeResult:
        """Add a type of thing. It is there at once, in every query and on every server."""
        types = info.context.services.type_registration
        added = await types.register_thing_type(info.context.caller, input.to_domain(), input.idempotency_key)
        return RegisterThingTypeSuccess(thing_type=cast("ThingType", added))

    @mutation
    @answering
    async def evolve_thing_type(
        self,
        info: Info,
        input: Annotated[EvolveThingTypeInput, INPUT],  # noqa: A002
    ) -> EvolveThingTypeResult:
        """Change a registered thing type, if all things that there are fit. Things can be written meanwhile."""
        evolved = await info.context.services.type_changes.evolve_thing_type(
            info.context.caller, input.name, input.version, input.to_domain()
        )
        return EvolveThingTypeSuccess(thing_type=cast("ThingType", evolved))

    @mutation
    @answering
    async def register_connection_type(
        self,
        info: Info,
        input: Annotated[RegisterConnectionTypeInput, INPUT],  # noqa: A002
    ) -> RegisterConnectionTypeResult:
        """Add a type of connection. It is there at once, in every query and on every server."""
        types = info.context.services.type_registration
        added = await types.register_connection_type(info.context.caller, input.to_domain(), input.idempotency_key)
        return RegisterConnectionTypeSuccess(connection_type=cast("ConnectionType", added))
