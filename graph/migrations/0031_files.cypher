// Bytes of files that are to be erased, and when.

// up
CREATE CONSTRAINT Leftover_fileId_unique IF NOT EXISTS FOR (n:Leftover) REQUIRE n.fileId IS UNIQUE;
CREATE INDEX Leftover_dueAt_index IF NOT EXISTS FOR (n:Leftover) ON (n.dueAt);

// down
DROP INDEX Leftover_dueAt_index IF EXISTS;
DROP CONSTRAINT Leftover_fileId_unique IF EXISTS;
