// Sessions and passwords.

// up
CREATE CONSTRAINT Session_id_unique IF NOT EXISTS FOR (n:Session) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT Session_accessHash_unique IF NOT EXISTS FOR (n:Session) REQUIRE n.accessHash IS UNIQUE;
CREATE CONSTRAINT Session_familyHash_unique IF NOT EXISTS FOR (n:Session) REQUIRE n.familyHash IS UNIQUE;
CREATE CONSTRAINT Credential_personId_unique IF NOT EXISTS FOR (n:Credential) REQUIRE n.personId IS UNIQUE;
CREATE INDEX Session_personId_index IF NOT EXISTS FOR (n:Session) ON (n.personId);
CREATE INDEX Session_expiresAt_index IF NOT EXISTS FOR (n:Session) ON (n.expiresAt);

// down
DROP INDEX Session_expiresAt_index IF EXISTS;
DROP INDEX Session_personId_index IF EXISTS;
DROP CONSTRAINT Credential_personId_unique IF EXISTS;
DROP CONSTRAINT Session_familyHash_unique IF EXISTS;
DROP CONSTRAINT Session_accessHash_unique IF EXISTS;
DROP CONSTRAINT Session_id_unique IF EXISTS;
