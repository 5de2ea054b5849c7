"""What a mutation that must write nothing answers: each kind of error without its message."""

from strawberry.utils.str_converters import to_camel_case

from domain.values import JSON, JSONObject
from services.access import OPEN
from tests.worlds import World

FOR_ANYBODY = {to_camel_case(action) for action in OPEN}
"""Nobody is denied these."""


async def refused(world: World, field: str, given: JSONObject) -> dict[str, JSON]:
    """What a mutation that must write nothing answered, without its message."""
    before, denied = await world.count(), await world.denials()
    answer = dict(await world.api.change(field, given))
    assert await world.count() == before
    is_denial = answer["__typename"] in {"ForbiddenError", "NotFoundError", "ReauthenticationError"}
    is_recorded = is_denial and field not in FOR_ANYBODY
    assert await world.denials() == denied + is_recorded or answer["__typename"] == "ItemError"
    assert answer.pop("message")
    return answer


def invalid(field: str) -> dict[str, JSON]:
    return {"__typename": "ValidationError", "field": field}


def conflict(field: str | None) -> dict[str, JSON]:
    return {"__typename": "ConflictError", "conflict": field}


def not_found(resource: str, identifier: str) -> dict[str, JSON]:
    return {"__typename": "NotFoundError", "resource": resource, "id": identifier}
