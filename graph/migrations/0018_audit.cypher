// The audit log: a place in the chain is taken once, and each group's part of it is read in that order.

// up
CREATE CONSTRAINT Event_auditKey_unique IF NOT EXISTS FOR (n:Event) REQUIRE n.auditKey IS UNIQUE;
CREATE INDEX Event_auditGroupId_auditKey_index IF NOT EXISTS FOR (n:Event) ON (n.auditGroupId, n.auditKey);

// down
DROP INDEX Event_auditGroupId_auditKey_index IF EXISTS;
DROP CONSTRAINT Event_auditKey_unique IF EXISTS;
