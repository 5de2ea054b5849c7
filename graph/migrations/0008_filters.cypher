// The indexes of lists that a filter narrows to one type or role.

// up
CREATE INDEX Group_type_sortKey_index IF NOT EXISTS FOR (n:Group) ON (n.type, n.sortKey);
CREATE INDEX Person_role_sortKey_index IF NOT EXISTS FOR (n:Person) ON (n.role, n.sortKey);
CREATE INDEX Event_type_id_index IF NOT EXISTS FOR (n:Event) ON (n.type, n.id);

// down
DROP INDEX Event_type_id_index IF EXISTS;
DROP INDEX Person_role_sortKey_index IF EXISTS;
DROP INDEX Group_type_sortKey_index IF EXISTS;
