"""Money as callers write it."""

from dataclasses import dataclass
from decimal import Decimal

from domain.errors import ValidationError
from domain.money import Money, parse_minor
from services.validation import MAX_SAFE_INTEGER


@dataclass(frozen=True, slots=True)
class GivenMoney:
    """An amount in whole units, and what should be a currency."""

    amount: Decimal
    currency: str

    def checked(self, field: str) -> Money:
        """The amount in minor units. ValidationError where it is no amount of that currency that can be paid."""
        try:
            minor = parse_minor(self.amount, self.currency)
        except (ValueError, ArithmeticError) as error:
            path = f"{field}.amount"
            raise ValidationError(path, f"{path} takes an amount of {self.currency[:5]!r}.") from error
        if not 0 <= minor <= MAX_SAFE_INTEGER:
            raise ValidationError(f"{field}.amount", f"{field}.amount takes an amount that can be paid.")
        return Money(Decimal(minor), self.currency)
