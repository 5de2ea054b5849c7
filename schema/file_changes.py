"""Uploading files: the input, and what the mutation answers."""

from typing import Annotated, NewType, TypeAlias, cast

import strawberry
from starlette.datastructures import UploadFile

from schema.arguments import IDEMPOTENCY_KEY
from schema.define import input_type, object_type
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.files import File
from services.files import NewFile, Received


def _uploaded(value: object) -> UploadFile:
    if not isinstance(value, UploadFile):
        raise ValueError("Upload takes a file that comes with the request, as a form of the type multipart/form-data.")  # noqa: TRY004 - what graphql-core expects
    return value


def _never(_value: object) -> str:
    raise ValueError("An Upload is never answered.")


Upload = NewType("Upload", object)
UPLOAD = strawberry.scalar(
    name="Upload",
    description="A file that comes with the request, of the type multipart/form-data, as the GraphQL multipart request "
    "specification says. In the operation its variable is null.",
    specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
    serialize=_never,
    parse_value=_uploaded,
)


@input_type
class UploadFileInput:
    """A file to keep."""

    group_id: strawberry.ID = strawberry.field(description="The group that it belongs to.")
    file: Upload = strawberry.field(description="The file, with its name and its media type.")
    name: str | None = strawberry.field(
        description="What to call it: 1 to 200 characters; null for the name of the file.", default=None
    )
    idempotency_key: str | None = strawberry.field(description=IDEMPOTENCY_KEY, default=None)

    def to_domain(self) -> NewFile:
        """As the services take it."""
        return NewFile(self.group_id, cast("Received", self.file), self.name)


@object_type
class UploadFileSuccess:
    """The file is kept."""

    file: File = strawberry.field(description="The new file.")


UploadFileResult: TypeAlias = Annotated[
    UploadFileSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("UploadFileResult", description="What uploadFile answers."),
]
