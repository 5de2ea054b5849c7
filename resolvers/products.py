"""Products: what can be done, with fields and money of a type. All else is done as to any thing."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.product_changes import (
    CreateProductInput,
    CreateProductResult,
    CreateProductSuccess,
    UpdateProductInput,
    UpdateProductResult,
    UpdateProductSuccess,
)
from schema.products import Product


@object_type
class ProductMutations:
    """Changes of products."""

    @mutation
    @answering
    async def create_product(
        self,
        info: Info,
        input: Annotated[CreateProductInput, INPUT],  # noqa: A002
    ) -> CreateProductResult:
        """Add a product to a group, as createThing does."""
        products = info.context.services.product_changes
        product = await products.create(info.context.caller, input.to_domain(), input.idempotency_key)
        return CreateProductSuccess(product=cast("Product", product))

    @mutation
    @answering
    async def update_product(
        self,
        info: Info,
        input: Annotated[UpdateProductInput, INPUT],  # noqa: A002
    ) -> UpdateProductResult:
        """Change some of a product, publish it or take it off sale, as updateThing does. Others stay as they are."""
        product = await info.context.services.product_changes.update(info.context.caller, input.to_domain())
        return UpdateProductSuccess(product=cast("Product", product))
