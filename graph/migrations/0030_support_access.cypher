// Support access: each is found by its id, and a pair has one that is live.

// up
CREATE CONSTRAINT SUPPORTS_id_unique IF NOT EXISTS FOR ()-[r:SUPPORTS]-() REQUIRE r.id IS UNIQUE;
CREATE CONSTRAINT SUPPORTS_liveKey_unique IF NOT EXISTS FOR ()-[r:SUPPORTS]-() REQUIRE r.liveKey IS UNIQUE;

// down
DROP CONSTRAINT SUPPORTS_liveKey_unique IF EXISTS;
DROP CONSTRAINT SUPPORTS_id_unique IF EXISTS;
