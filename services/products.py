"""Products: what is read of them beyond what is read of all things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.things import Thing
from graph import products
from graph.store import Store
from services.access import open_reach_of


@dataclass(frozen=True, slots=True)
class ProductAddress:
    """The slug of a product in a group."""

    group_id: str
    slug: str


class Products:
    """What can be asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def by_slug(self, caller: Caller, asked: Sequence[ProductAddress]) -> Mapping[ProductAddress, Thing]:
        """Those of the products that there are and that the caller sees, as theirs or as everybody does."""
        keys = {products.key_of(each.group_id, each.slug): each for each in asked}
        found = await products.by_slug(self._store, open_reach_of(caller), list(keys))
        return {keys[key]: thing for key, thing in found.items()}

    async def files(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, Mapping[str, Thing]]:
        """For each of the products, which the caller was shown, its files that they may have, by their ids.

        What it shows is for all of them; what it delivers for those who see the file, and for who paid for it.
        """
        found = await products.files(self._store, open_reach_of(caller), ids)
        return {product_id: files for product_id, (_, files) in found.items()}

    async def delivered(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, list[Thing]]:
        """What each of the products delivers, where the caller sees the file or paid for the product.

        They need not see the product any more.
        """
        found = await products.files(self._store, open_reach_of(caller), ids)
        return {
            product_id: [files[each] for each in delivered if each in files]
            for product_id, (delivered, files) in found.items()
        }
