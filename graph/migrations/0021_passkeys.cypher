// Passkeys, and what is given out to be signed.

// up
CREATE CONSTRAINT Passkey_id_unique IF NOT EXISTS FOR (n:Passkey) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT Passkey_credentialId_unique IF NOT EXISTS FOR (n:Passkey) REQUIRE n.credentialId IS UNIQUE;
CREATE CONSTRAINT SignInChallenge_hash_unique IF NOT EXISTS FOR (n:SignInChallenge) REQUIRE n.hash IS UNIQUE;
CREATE INDEX Passkey_personId_index IF NOT EXISTS FOR (n:Passkey) ON (n.personId);
CREATE INDEX SignInChallenge_expiresAt_index IF NOT EXISTS FOR (n:SignInChallenge) ON (n.expiresAt);

// down
DROP INDEX SignInChallenge_expiresAt_index IF EXISTS;
DROP INDEX Passkey_personId_index IF EXISTS;
DROP CONSTRAINT SignInChallenge_hash_unique IF EXISTS;
DROP CONSTRAINT Passkey_credentialId_unique IF EXISTS;
DROP CONSTRAINT Passkey_id_unique IF EXISTS;
