"""What changes products: inputs with fields and money of a type, and what each mutation answers."""

from typing import Annotated, TypeAlias, TypeVar

import strawberry

from domain.changes import KEEP, Change
from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.enums import ProductCategory, ThingStatus
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.given import Given, given, required
from schema.money import MoneyInput
from schema.product_details import ProductDetailsInput
from schema.products import Product
from services.money import GivenMoney
from services.product_changes import Details, NewProduct, Picture, ProductChange, ProductFields

T = TypeVar("T")


@input_type
class ProductImageInput:
    """A picture of a product."""

    file_id: strawberry.ID = strawberry.field(description="The file: a picture that you may change.")
    alt: str | None = strawberry.field(
        description="What is on it, in words, for those who do not see it: at most 500 characters.", default=None
    )

    def to_domain(self) -> Picture:
        """As the services take it."""
        return Picture(self.file_id, self.alt)


@input_type
class CreateProductInput:
    """A product to create."""

    group_id: strawberry.ID = strawberry.field(description="The group that sells it.")
    name: str = strawberry.field(description="Its name: 1 to 200 characters.")
    category: ProductCategory = strawberry.field(description="What sort of product it is.")
    price: MoneyInput = strawberry.field(description="What one costs.")
    status: ThingStatus = strawberry.field(description="How far along it is.", default=ThingStatus.DRAFT)
    slug: str | None = strawberry.field(
        description="Its name in addresses: a-z, digits and single hyphens; null for one that its name makes.",
        default=None,
    )
    description: str | None = strawberry.field(description="What it is: at most 10,000 characters.", default=None)
    sku: str | None = strawberry.field(description="Your number for it.", default=None)
    sale_price: MoneyInput | None = strawberry.field(
        description="What one costs for now, if less, in the currency of the price.", default=None
    )
    stock: int | None = strawberry.field(description="How many there are; null for an unlimited number.", default=None)
    unit: str | None = strawberry.field(description="What one of it is, such as `10 boxes x 20 bags`.", default=None)
    images: list[ProductImageInput] = strawberry.field(
        description="Its pictures, in order: at most 20.", default_factory=list
    )
    files: list[strawberry.ID] = strawberry.field(
        description="What a buyer gets: at most 20 files that you may change.", default_factory=list
    )
    details: ProductDetailsInput | None = strawberry.field(
        description="What can be said of its category alone.", default=None
    )
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewProduct:
        """As the services take it."""
        fields = ProductFields(
            category=self.category.value,
            description=_unless_null(self.description),
            sku=_unless_null(self.sku),
            slug=_unless_null(self.slug),
            price=self.price.to_domain(),
            sale_price=KEEP if self.sale_price is None else self.sale_price.to_domain(),
            stock=_unless_null(self.stock),
            unit=_unless_null(self.unit),
            images=[each.to_domain() for each in self.images],
            files=list(self.files),
            details=KEEP if self.details is None else self.details.to_domain(),
        )
        return NewProduct(self.group_id, self.name, self.status, fields)


@input_type
class UpdateProductInput:
    """What to change of a product. What is left out stays; null says nothing of it any more, where that can be."""

    id: strawberry.ID = strawberry.field(description="The product.")
    version: int = strawberry.field(description="The version that you read.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="A new name.")
    category: strawberry.Maybe[ProductCategory | None] = strawberry.field(
        description="Another category, with the details of that one."
    )
    price: strawberry.Maybe[MoneyInput | None] = strawberry.field(description="What one costs from now on.")
    status: strawberry.Maybe[ThingStatus | None] = strawberry.field(
        description="How far along it is now; `published` puts it on sale."
    )
    slug: strawberry.Maybe[str | None] = strawberry.field(description="Another name in addresses.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="What it is.")
    sku: strawberry.Maybe[str | None] = strawberry.field(description="Your number for it.")
    sale_price: strawberry.Maybe[MoneyInput | None] = strawberry.field(
        description="What one costs for now, if less; null ends the sale."
    )
    stock: strawberry.Maybe[int | None] = strawberry.field(
        description="How many there are with those that were sold since; null for an unlimited number."
    )
    unit: strawberry.Maybe[str | None] = strawberry.field(description="What one of it is.")
    images: strawberry.Maybe[list[ProductImageInput] | None] = strawberry.field(
        description="All its pictures, in order."
    )
    files: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(description="All that a buyer gets.")
    details: strawberry.Maybe[ProductDetailsInput | None] = strawberry.field(
        description="All that can be said of its category alone."
    )

    def to_domain(self) -> ProductChange:
        """As the services take it."""
        category: Change[ProductCategory] = required("category", self.category)
        price: Change[MoneyInput] = required("price", self.price)
        images: Change[list[ProductImageInput] | None] = given(self.images)
        files: Change[list[strawberry.ID] | None] = given(self.files)
        fields = ProductFields(
            category=KEEP if category is KEEP else category.value,
            description=given(self.description),
            sku=given(self.sku),
            slug=required("slug", self.slug),
            price=KEEP if price is KEEP else price.to_domain(),
            sale_price=_sale_price(self.sale_price),
            stock=given(self.stock),
            unit=given(self.unit),
            images=KEEP if images is KEEP else [each.to_domain() for each in images or ()],
            files=KEEP if files is KEEP else list(files or ()),
            details=_details(self.details),
        )
        name: Change[str] = required("name", self.name)
        status: Change[ThingStatus] = required("status", self.status)
        return ProductChange(self.id, self.version, name, status, fields)


def _unless_null(value: T | None) -> Change[T]:
    return KEEP if value is None else value


def _sale_price(price: Given[MoneyInput | None] | None) -> Change[GivenMoney | None]:
    value = given(price)
    return value if value is KEEP or value is None else value.to_domain()


def _details(details: Given[ProductDetailsInput | None] | None) -> Change[Details | None]:
    value = given(details)
    return value if value is KEEP or value is None else value.to_domain()


@object_type
class CreateProductSuccess:
    """The product was created."""

    product: Product = strawberry.field(description="The new product.")


@object_type
class UpdateProductSuccess:
    """The product was changed."""

    product: Product = strawberry.field(description="The product after the change.")


CreateProductResult: TypeAlias = Annotated[
    CreateProductSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("CreateProductResult", description="What createProduct answers."),
]
UpdateProductResult: TypeAlias = Annotated[
    UpdateProductSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("UpdateProductResult", description="What updateProduct answers."),
]
