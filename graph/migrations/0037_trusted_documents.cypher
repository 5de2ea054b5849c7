// Documents that clients refer to by their ids.

// up
CREATE CONSTRAINT TrustedDocument_id_unique IF NOT EXISTS FOR (n:TrustedDocument) REQUIRE n.id IS UNIQUE;

// down
DROP CONSTRAINT TrustedDocument_id_unique IF EXISTS;
