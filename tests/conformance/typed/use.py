"""What a program makes of the client that ariadne-codegen writes. mypy has to need each of the comments that ignore."""

from collections.abc import AsyncIterator
from decimal import Decimal

from generated import Client, ThingFilter, ThingStatus, UpdateThingInput
from generated.things import ThingsThingsNodesProduct
from generated.update_thing import UpdateThingUpdateThingUpdateThingSuccess, UpdateThingUpdateThingValidationError

client = Client("http://127.0.0.1:8000/graphql", headers={"Authorization": "Bearer one_…"})


async def prices() -> list[Decimal]:
    answer = await client.things(first=10, filter=ThingFilter(status=ThingStatus.published))
    products = [node for node in answer.things.nodes if isinstance(node, ThingsThingsNodesProduct)]
    return [each.price.amount for each in products if each.price]


async def rename(thing: str, version: int) -> str:
    answer = await client.update_thing(UpdateThingInput(id=thing, version=version, name="Another name"))
    match answer.update_thing:
        case UpdateThingUpdateThingUpdateThingSuccess(thing=changed):
            return changed.name
        case UpdateThingUpdateThingValidationError(field=field, message=message):
            return f"{field}: {message}"
        case _:
            return "something else"


async def follow() -> AsyncIterator[str | None]:
    async for answer in client.follow():
        yield answer.events.event.target_id


async def wrong() -> None:
    await client.things(first="ten")  # type: ignore[arg-type]
    UpdateThingInput(id="prd_1", name="Another name")  # type: ignore[call-arg]
