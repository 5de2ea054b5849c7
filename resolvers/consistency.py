"""Consistency: what can be asked."""

from typing import Annotated, cast

import strawberry

from schema.consistency import ConsistencyResult
from schema.context import Info
from schema.define import field, object_type


@object_type
class ConsistencyQueries:
    """Questions about the store as a whole."""

    @field
    async def consistency(
        self,
        info: Info,
        rules: Annotated[
            list[str] | None, strawberry.argument(description="Only these rules, by their names; null for all.")
        ] = None,
        show: Annotated[
            int, strawberry.argument(description="How many violations of each rule to list: 0 to 100.")
        ] = 20,
    ) -> list[ConsistencyResult] | None:
        """Test every rule over the whole store. For platform owners.

        It reads everything that there is, so that it takes long where there is much, and one runs at a time.
        """
        found = await info.context.services.checking.report(info.context.caller, rules, show)
        return cast("list[ConsistencyResult]", found)
