"""What a mutation that must write nothing answers: each kind of error without its message."""

from domain.values import JSON, JSONObject
from tests.worlds import World


async def refused(world: World, field: str, given: JSONObject) -> dict[str, JSON]:
    """What a mutation that must write nothing answered, without its message."""
    before, denied = await world.count(), await world.denials()
    answer = dict(await world.api.change(field, given))
    assert await world.count() == before
    is_denial = answer["__typename"] in {"ForbiddenError", "NotFoundError", "ReauthenticationError"}
    assert await world.denials() == denied + is_denial or answer["__typename"] == "ItemError"
    assert answer.pop("message")
    return answer


def invalid(field: str) -> dict[str, JSON]:
    return {"__typename": "ValidationError", "field": field}


def conflict(field: str | None) -> dict[str, JSON]:
    return {"__typename": "ConflictError", "conflict": field}


def not_found(resource: str, identifier: str) -> dict[str, JSON]:
    return {"__typename": "NotFoundError", "resource": resource, "id": identifier}
