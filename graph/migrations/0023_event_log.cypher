// The log of events: each has a place of its own, once it has one; those that wait for theirs are found by when they were
// recorded.

// up
CREATE CONSTRAINT Event_position_unique IF NOT EXISTS FOR (n:Event) REQUIRE n.position IS UNIQUE;
CREATE INDEX Unsequenced_recordedAt_id_index IF NOT EXISTS FOR (n:Unsequenced) ON (n.recordedAt, n.id);

// down
DROP INDEX Unsequenced_recordedAt_id_index IF EXISTS;
DROP CONSTRAINT Event_position_unique IF EXISTS;
