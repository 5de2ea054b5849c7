// All that there is of somebody, for who wants to see it or to have it erased.

// up
CREATE INDEX Mail_personId_index IF NOT EXISTS FOR (n:Mail) ON (n.personId);

// down
DROP INDEX Mail_personId_index IF EXISTS;
