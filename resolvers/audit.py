"""The audit log: what can be asked."""

from typing import cast

from schema.audit import AuditEntry, AuditFilter, AuditVerification, OfAudit
from schema.context import Info
from schema.define import field, object_type
from schema.enums import CreationOrder
from schema.paging import Connection, listed, paged


@object_type
class AuditQueries:
    """Questions about who was given or refused what."""

    @paged(CreationOrder.NEWEST_FIRST)
    async def audit_log(self, info: Info, filter: OfAudit = None) -> Connection[AuditEntry]:  # noqa: A002
        """Every change of who may do what, and everything that was refused, each with who it was and by what right.

        For administrators and owners of a group, which they name. An org_owner reads what is below as well, and a
        platform_owner everything.
        """
        wanted = (filter or AuditFilter()).to_domain()
        of, parent = await info.context.services.audit.listing(info.context.caller, wanted)
        return listed(of, parent)

    @field
    async def audit_verification(self, info: Info) -> AuditVerification | None:
        """Look whether anybody changed, removed, moved or inserted entries behind the server's back.

        For platform owners. It reads the whole audit log, and one runs at a time.
        """
        return cast("AuditVerification", await info.context.services.audit.verification(info.context.caller))
