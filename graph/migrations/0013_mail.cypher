// The outbox, and the links and codes that its mails carry.

// up
CREATE CONSTRAINT Mail_id_unique IF NOT EXISTS FOR (n:Mail) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT OneTimeToken_key_unique IF NOT EXISTS FOR (n:OneTimeToken) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT OneTimeToken_linkHash_unique IF NOT EXISTS FOR (n:OneTimeToken) REQUIRE n.linkHash IS UNIQUE;
CREATE INDEX Mail_status_dueAt_index IF NOT EXISTS FOR (n:Mail) ON (n.status, n.dueAt);
CREATE INDEX OneTimeToken_expiresAt_index IF NOT EXISTS FOR (n:OneTimeToken) ON (n.expiresAt);

// down
DROP INDEX OneTimeToken_expiresAt_index IF EXISTS;
DROP INDEX Mail_status_dueAt_index IF EXISTS;
DROP CONSTRAINT OneTimeToken_linkHash_unique IF EXISTS;
DROP CONSTRAINT OneTimeToken_key_unique IF EXISTS;
DROP CONSTRAINT Mail_id_unique IF EXISTS;
