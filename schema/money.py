"""Money as clients see it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

import strawberry

from domain import money as domain
from domain.values import JSON
from schema.define import input_type, object_type
from services.money import GivenMoney


@object_type
class Money:
    """An exact amount of one currency."""

    amount: Decimal = strawberry.field(description="In whole units, as a decimal string: `18.00`. Never a float.")
    currency: str = strawberry.field(description="ISO 4217, such as `USD`, or a token such as `USDC`.")


def stored_money(value: JSON) -> Money | None:
    """The money that properties hold as `{amount, currency}` in minor units."""
    if not isinstance(value, Mapping):
        return None
    return money(Decimal(str(value["amount"])), str(value["currency"]))


def money(minor: Decimal, currency: str) -> Money:
    """An amount in minor units."""
    return cast("Money", domain.Money(minor, currency))


@input_type
class MoneyInput:
    """An exact amount of one currency, as `Money` answers it."""

    amount: Decimal = strawberry.field(description="In whole units, as a decimal string: `18.00`.")
    currency: str = strawberry.field(description="ISO 4217, such as `USD`, or a token such as `USDC`.")

    def to_domain(self) -> GivenMoney:
        """As the services take it."""
        return GivenMoney(self.amount, self.currency)
