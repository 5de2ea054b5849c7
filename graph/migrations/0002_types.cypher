// Types that an operator registers, the connections of such types, and the columns of filterable properties.

// up
CREATE CONSTRAINT ThingType_name_unique IF NOT EXISTS FOR (n:ThingType) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT ThingType_nodeLabel_unique IF NOT EXISTS FOR (n:ThingType) REQUIRE n.nodeLabel IS UNIQUE;
CREATE CONSTRAINT ConnectionType_name_unique IF NOT EXISTS FOR (n:ConnectionType) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT RELATED_id_unique IF NOT EXISTS FOR ()-[r:RELATED]-() REQUIRE r.id IS UNIQUE;
CREATE CONSTRAINT RELATED_liveKey_unique IF NOT EXISTS FOR ()-[r:RELATED]-() REQUIRE r.liveKey IS UNIQUE;
CREATE CONSTRAINT RELATED_sourceKey_unique IF NOT EXISTS FOR ()-[r:RELATED]-() REQUIRE r.sourceKey IS UNIQUE;
CREATE CONSTRAINT RELATED_targetKey_unique IF NOT EXISTS FOR ()-[r:RELATED]-() REQUIRE r.targetKey IS UNIQUE;
CREATE INDEX Thing_type_filter1_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter1, n.sortKey);
CREATE INDEX Thing_type_filter2_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter2, n.sortKey);
CREATE INDEX Thing_type_filter3_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter3, n.sortKey);
CREATE INDEX Thing_type_filter4_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter4, n.sortKey);
CREATE INDEX Thing_type_filter5_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter5, n.sortKey);
CREATE INDEX Thing_type_filter6_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter6, n.sortKey);
CREATE INDEX Thing_type_filter7_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter7, n.sortKey);
CREATE INDEX Thing_type_filter8_sortKey_index IF NOT EXISTS FOR (n:Thing) ON (n.type, n.filter8, n.sortKey);

// down
DROP INDEX Thing_type_filter8_sortKey_index IF EXISTS;
DROP INDEX Thing_type_filter7_sortKey_index IF EXISTS;
DROP INDEX Thing_type_filter6_sortKey_index IF EXISTS;
DROP INDEX Thing_type_filter5_sortKey_index IF EXISTS;
DROP INDEX Thing_type_filter4_sortKey_index IF EXISTS;
DROP INDEX Thing_type_filter3_sortKey_index IF EXISTS;
DROP INDEX Thing_type_filter2_sortKey_index IF EXISTS;
DROP INDEX Thing_type_filter1_sortKey_index IF EXISTS;
DROP CONSTRAINT RELATED_targetKey_unique IF EXISTS;
DROP CONSTRAINT RELATED_sourceKey_unique IF EXISTS;
DROP CONSTRAINT RELATED_liveKey_unique IF EXISTS;
DROP CONSTRAINT RELATED_id_unique IF EXISTS;
DROP CONSTRAINT ConnectionType_name_unique IF EXISTS;
DROP CONSTRAINT ThingType_nodeLabel_unique IF EXISTS;
DROP CONSTRAINT ThingType_name_unique IF EXISTS;
