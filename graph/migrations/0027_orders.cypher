// Orders that are placed: whose they are, their numbers without gaps for each group, and when those that are not paid end.

// up
CREATE CONSTRAINT OrderCounter_groupId_unique IF NOT EXISTS FOR (n:OrderCounter) REQUIRE n.groupId IS UNIQUE;
CREATE CONSTRAINT Order_orderKey_unique IF NOT EXISTS FOR (n:Order) REQUIRE n.orderKey IS UNIQUE;
CREATE INDEX Order_expiresAt_index IF NOT EXISTS FOR (n:Order) ON (n.expiresAt);
CREATE INDEX Thing_customerId_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.customerId, n.sortKey);

// down
DROP INDEX Thing_customerId_sortKey_index IF EXISTS;
DROP INDEX Order_expiresAt_index IF EXISTS;
DROP CONSTRAINT Order_orderKey_unique IF EXISTS;
DROP CONSTRAINT OrderCounter_groupId_unique IF EXISTS;
