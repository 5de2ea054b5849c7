// Carts: one for each holder, which ends with its person, or when it was not touched for long.

// up
CREATE CONSTRAINT ShoppingCart_key_unique IF NOT EXISTS FOR (n:ShoppingCart) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT ShoppingCart_personId_unique IF NOT EXISTS FOR (n:ShoppingCart) REQUIRE n.personId IS UNIQUE;
CREATE INDEX ShoppingCart_expiresAt_index IF NOT EXISTS FOR (n:ShoppingCart) ON (n.expiresAt);

// down
DROP INDEX ShoppingCart_expiresAt_index IF EXISTS;
DROP CONSTRAINT ShoppingCart_personId_unique IF EXISTS;
DROP CONSTRAINT ShoppingCart_key_unique IF EXISTS;
