// Orders of a group by their state, by the time they were placed, and by what they cost; and of everybody by that.

// up
CREATE INDEX Order_groupId_filter2_sortKey_index IF NOT EXISTS FOR (n:Order) ON (n.groupId, n.filter2, n.sortKey);
CREATE INDEX Order_groupId_filter4_sortKey_index IF NOT EXISTS FOR (n:Order) ON (n.groupId, n.filter4, n.sortKey);
CREATE INDEX Order_groupId_total_sortKey_index IF NOT EXISTS FOR (n:Order) ON (n.groupId, n.total, n.sortKey);
CREATE INDEX Thing_type_total_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.total, n.sortKey);

// down
DROP INDEX Thing_type_total_sortKey_index IF EXISTS;
DROP INDEX Order_groupId_total_sortKey_index IF EXISTS;
DROP INDEX Order_groupId_filter4_sortKey_index IF EXISTS;
DROP INDEX Order_groupId_filter2_sortKey_index IF EXISTS;
