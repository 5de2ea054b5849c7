// The index that a group's products are tested, sorted and counted by.

// up
CREATE INDEX Product_groupId_status_filter1_currency_priceNow_inStock_onSale_sortKey_index IF NOT EXISTS FOR (n:Product) ON (n.groupId, n.status, n.filter1, n.currency, n.priceNow, n.inStock, n.onSale, n.sortKey);

// down
DROP INDEX Product_groupId_status_filter1_currency_priceNow_inStock_onSale_sortKey_index IF EXISTS;
