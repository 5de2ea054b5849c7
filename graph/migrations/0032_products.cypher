// The slugs of products, which are unique in each group.

// up
CREATE CONSTRAINT Product_productKey_unique IF NOT EXISTS FOR (n:Product) REQUIRE n.productKey IS UNIQUE;

// down
DROP CONSTRAINT Product_productKey_unique IF EXISTS;
