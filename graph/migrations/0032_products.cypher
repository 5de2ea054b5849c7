// The slugs of products, which are unique in each group, and the index that a group's products are counted by.

// up
CREATE CONSTRAINT Product_productKey_unique IF NOT EXISTS FOR (n:Product) REQUIRE n.productKey IS UNIQUE;
CREATE INDEX Product_groupId_status_filter1_currency_priceNow_inStock_onSale_sortKey_index IF NOT EXISTS FOR (n:Product) ON (n.groupId, n.status, n.filter1, n.currency, n.priceNow, n.inStock, n.onSale, n.sortKey);

// down
DROP INDEX Product_groupId_status_filter1_currency_priceNow_inStock_onSale_sortKey_index IF EXISTS;
DROP CONSTRAINT Product_productKey_unique IF EXISTS;
