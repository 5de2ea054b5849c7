"""Money: an exact decimal with a currency, integer minor units wherever it is stored."""

from dataclasses import dataclass
from decimal import Decimal
from typing import cast

# ISO 4217 currencies whose minor unit is not a hundredth, and the tokens we price in.
_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    "USDC": 6,
}


def minor_digits(currency: str) -> int:
    """How many decimal digits the smallest unit of a currency has: 2 for USD, 0 for JPY, 6 for USDC."""
    return _DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency in its smallest unit; `Decimal` because sums of discounted lines have fractions."""

    minor: Decimal
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount in whole units: 18.00 for 1800 cents, with further digits only where they are not zeros."""
        digits = minor_digits(self.currency)
        shortest = self.minor.scaleb(-digits).normalize()
        return shortest if -cast("int", shortest.as_tuple().exponent) > digits else round(shortest, digits)


def parse_minor(amount: Decimal, currency: str) -> int:
    """`amount` whole units in integer minor units. ValueError where it has more digits than the currency."""
    minor = amount.scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} has more than {minor_digits(currency)} decimal digits, {currency}'s smallest unit")
    return int(minor)
