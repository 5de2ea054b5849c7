// Orders that were there name their customer in a filterable property, the fifth of their type: it is their column too.

// up
MATCH (thing:Order) WHERE thing.filter5 IS NOT NULL SET thing.customerId = thing.filter5;

// down
MATCH (thing:Order) WHERE thing.customerId IS NOT NULL REMOVE thing.customerId;
MATCH (counter:OrderCounter) DELETE counter;
