"""Files: what can be done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.file_changes import UploadFileInput, UploadFileResult, UploadFileSuccess
from schema.files import File


@object_type
class FileMutations:
    """Changes of files beyond what can be done to any thing."""

    @mutation
    @answering
    async def upload_file(self, info: Info, input: Annotated[UploadFileInput, INPUT]) -> UploadFileResult:  # noqa: A002
        """Keep a file in a group, once its content was found to be what it is said to be."""
        files = info.context.services.files
        kept = await files.upload(info.context.caller, input.to_domain(), input.idempotency_key)
        return UploadFileSuccess(file=cast("File", kept))
