"""Which object type shows the things of which type."""

from domain.ids import THING_PREFIXES
from schema.carts import Cart
from schema.creators import Creator
from schema.files import File
from schema.invitations import Invitation
from schema.keys import ApiKey
from schema.node import THING_TYPE_NAMES
from schema.orders import Order
from schema.payments import Payment
from schema.products import Product
from schema.subscriptions import ProductSubscription
from schema.things import GenericThing, Thing
from schema.webhooks import Webhook

BUILT_IN: dict[str, type[Thing]] = {
    "creator": Creator,
    "product": Product,
    "order": Order,
    "payment": Payment,
    "cart": Cart,
    "subscription": ProductSubscription,
    "invitation": Invitation,
    "api_key": ApiKey,
    "webhook": Webhook,
    "file": File,
}
OBJECT_TYPES: tuple[type[Thing], ...] = (*BUILT_IN.values(), GenericThing)

THING_TYPE_NAMES.update((name, cls.__name__) for name, cls in BUILT_IN.items())
if set(BUILT_IN) != set(THING_PREFIXES):
    raise AssertionError("every built-in thing type has an object type, and no other type has")
