// Second factors.

// up
CREATE CONSTRAINT SecondFactor_personId_unique IF NOT EXISTS FOR (n:SecondFactor) REQUIRE n.personId IS UNIQUE;
CREATE INDEX SecondFactor_keyId_index IF NOT EXISTS FOR (n:SecondFactor) ON (n.keyId);

// down
DROP INDEX SecondFactor_keyId_index IF EXISTS;
DROP CONSTRAINT SecondFactor_personId_unique IF EXISTS;
