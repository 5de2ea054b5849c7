// Versions of things, idempotency keys, and the list of the things of a label.

// up
CREATE CONSTRAINT ThingVersion_key_unique IF NOT EXISTS FOR (n:ThingVersion) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT Idempotency_key_unique IF NOT EXISTS FOR (n:Idempotency) REQUIRE n.key IS UNIQUE;
CREATE INDEX Idempotency_at_index IF NOT EXISTS FOR (n:Idempotency) ON (n.at);
CREATE INDEX HAS_KNOWLEDGE_label_sortKey_index IF NOT EXISTS FOR ()-[r:HAS_KNOWLEDGE]-() ON (r.label, r.sortKey);

// down
DROP INDEX HAS_KNOWLEDGE_label_sortKey_index IF EXISTS;
DROP INDEX Idempotency_at_index IF EXISTS;
DROP CONSTRAINT Idempotency_key_unique IF EXISTS;
DROP CONSTRAINT ThingVersion_key_unique IF EXISTS;
