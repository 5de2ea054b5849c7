"""What every resolver finds beside its arguments."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from domain.access import Caller
from schema.cursors import Cursors
from schema.limits import Limits
from schema.loaders import Loaders
from services.services import Services


@dataclass(frozen=True, slots=True)
class Context:
    """One operation's caller, the loaders that batch its reads, and how large it may be."""

    caller: Caller
    services: Services
    loaders: Loaders
    cursors: Cursors
    limits: Limits


Info: TypeAlias = strawberry.Info[Context, None]
