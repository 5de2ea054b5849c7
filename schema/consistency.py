"""Consistency as clients see it: the rules that always hold, and what breaks one."""

import strawberry

from domain.consistency import Severity
from schema.define import enum, object_type

enum(
    Severity,
    {
        Severity.ERROR: "Something is wrong: what relies on the rule may answer wrong, or not at all.",
        Severity.WARNING: "Something is left over, and does no harm.",
    },
)


@object_type
class ConsistencyRule:
    """Something that always holds, whoever writes."""

    name: str = strawberry.field(description="Its name, such as `thing_group`, to ask for it alone.")
    says: str = strawberry.field(description="What holds.")
    remedy: str = strawberry.field(description="What a repair does where it does not, or what a person has to decide.")
    severity: Severity = strawberry.field(description="How much it matters.")


@object_type
class ConsistencyRepair:
    """What would mend one violation."""

    does: str = strawberry.field(description="What would be done, or what a person has to decide.")
    by_machine: bool = strawberry.field(description="Whether `one check --repair --yes` does it.")


@object_type
class ConsistencyViolation:
    """Something that breaks a rule."""

    ids: list[strawberry.ID] = strawberry.field(description="What breaks it first, then what else is involved.")
    detail: str = strawberry.field(description="What is wrong.")
    repair: ConsistencyRepair = strawberry.field(description="What would mend it.")


@object_type
class ConsistencyResult:
    """How it stands with one rule."""

    rule: ConsistencyRule = strawberry.field(description="The rule that was tested.")
    total: int = strawberry.field(description="How many violations there are.")
    violations: list[ConsistencyViolation] = strawberry.field(
        description="The first of them, as many as you asked for."
    )
