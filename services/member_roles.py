"""The role of a member in a filter of people: it is that of a membership in one certain group, or below it."""

from dataclasses import replace

from domain.errors import ValidationError
from domain.filters import All, Comparison, Condition, Either, Not, Operator

ROLE = "memberRole"
"""The comparison of a role; of a list that is of a group's members, it stays one."""
_TOGETHER = {"groupId": "roleIn", "inSubtreeOf": "roleBelow"}


def with_groups(condition: Condition, *, of_a_group: bool) -> Condition:
    """A filter in which each role of a member stands together with the group beside it, as a pair of both.

    ValidationError where there is none, unless the list is `of_a_group` itself.
    """
    match condition:
        case Comparison(field="memberRole") if not of_a_group:
            at, prefix = condition.at, condition.at.removesuffix(ROLE)
            raise ValidationError(at, f"{at} needs {prefix}groupId or {prefix}inSubtreeOf beside it.")
        case Comparison():
            return condition
        case Not(part=part):
            return Not(with_groups(part, of_a_group=of_a_group))
        case Either(parts=parts):
            return Either(tuple(with_groups(part, of_a_group=of_a_group) for part in parts))
        case All(parts=parts):
            role, group = _of(parts, ROLE), _of(parts, *_TOGETHER)
            if role is None or group is None:
                return All(tuple(with_groups(part, of_a_group=of_a_group) for part in parts))
            pair = (str(group.value), str(role.value))
            both = replace(role, field=_TOGETHER[group.field], operator=Operator.ONE_OF, value=pair)
            rest = (part for part in parts if part is not role and part is not group)
            return All((both, *(with_groups(part, of_a_group=of_a_group) for part in rest)))


def _of(parts: tuple[Condition, ...], *fields: str) -> Comparison | None:
    """The comparison of the first of these fields that there is one of."""
    found = {part.field: part for part in parts if isinstance(part, Comparison)}
    return next((found[field] for field in fields if field in found), None)
