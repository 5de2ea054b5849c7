// Grants: each is found by its id, and a pair has one that is live.

// up
CREATE CONSTRAINT GRANTED_id_unique IF NOT EXISTS FOR ()-[r:GRANTED]-() REQUIRE r.id IS UNIQUE;
CREATE CONSTRAINT GRANTED_liveKey_unique IF NOT EXISTS FOR ()-[r:GRANTED]-() REQUIRE r.liveKey IS UNIQUE;

// down
DROP CONSTRAINT GRANTED_liveKey_unique IF EXISTS;
DROP CONSTRAINT GRANTED_id_unique IF EXISTS;
