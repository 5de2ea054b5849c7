// Accounts elsewhere that people sign in with, and sign-ins there that have begun.

// up
CREATE CONSTRAINT Identity_id_unique IF NOT EXISTS FOR (n:Identity) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT Identity_key_unique IF NOT EXISTS FOR (n:Identity) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT SignInAttempt_stateHash_unique IF NOT EXISTS FOR (n:SignInAttempt) REQUIRE n.stateHash IS UNIQUE;
CREATE INDEX Identity_personId_index IF NOT EXISTS FOR (n:Identity) ON (n.personId);
CREATE INDEX SignInAttempt_expiresAt_index IF NOT EXISTS FOR (n:SignInAttempt) ON (n.expiresAt);

// down
DROP INDEX SignInAttempt_expiresAt_index IF EXISTS;
DROP INDEX Identity_personId_index IF EXISTS;
DROP CONSTRAINT SignInAttempt_stateHash_unique IF EXISTS;
DROP CONSTRAINT Identity_key_unique IF EXISTS;
DROP CONSTRAINT Identity_id_unique IF EXISTS;
