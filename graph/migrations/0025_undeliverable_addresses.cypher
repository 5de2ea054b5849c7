// Addresses that no mail goes to, the earliest first.

// up
CREATE INDEX Person_undeliverableAt_index IF NOT EXISTS FOR (n:Person) ON (n.undeliverableAt);

// down
DROP INDEX Person_undeliverableAt_index IF EXISTS;
