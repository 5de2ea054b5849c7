"""When a webhook that did not take an event is asked again, when it is given up, and when a webhook is paused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

MAX_ATTEMPTS: Final = 14
"""How often an event is tried before it is given up: over about three days."""

FIRST_REST: Final = timedelta(seconds=10)
"""How long an event rests after the first failure; three times as long after each further one, up to half a day."""

LONGEST_REST: Final = timedelta(hours=12)

LONGEST_WISH: Final = timedelta(hours=24)
"""How long a webhook may want to be left alone at the most, by `Retry-After`."""

PAUSE_AFTER: Final = timedelta(hours=48)
"""How long every try has to fail before a webhook is paused, unless an operator says otherwise."""

FEW: Final = 3
"""How many tries in a row may fail before a webhook gets one event at a time."""

_JITTER: Final = 0.2


def rest_after(attempts: int, wish: float | None, dice: Callable[[], float]) -> timedelta:
    """How long to wait after so many failures, or as long as the webhook wishes (in seconds) where that is longer.

    `dice` gives numbers from 0 to 1, so that what failed together does not come back together.
    """
    rest = min(FIRST_REST * int(3 ** min(attempts - 1, 20)), LONGEST_REST) * (1 + _JITTER * (2 * dice() - 1))
    return rest if wish is None else max(rest, min(timedelta(seconds=wish), LONGEST_WISH))
