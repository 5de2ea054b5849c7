// What 0004 rests on, for the things that were there before: labels on the thing and on the edge that leads to each,
// and an edge to every node that the properties of a built-in type name. In JSON an id stands between two quotes.

// up
MATCH (thing:Thing) SET thing.labels = [];
MATCH (thing:Thing)-[edge:HAS_KNOWLEDGE {role: 'label'}]->(knowledge:Knowledge)
SET edge.label = knowledge.label, edge.sortKey = thing.sortKey
WITH thing, knowledge.label AS label ORDER BY label
WITH thing, collect(label) AS labels
SET thing.labels = labels;
MATCH (thing:Order|Payment|Cart|Subscription|Invitation)
UNWIND split(thing.properties, '"') AS part
WITH DISTINCT thing, part WHERE part =~ '[a-z]{3}_[0-9a-f]{32}'
MATCH (named:Entity {id: part})
MERGE (thing)-[:MENTIONS]->(named);

// down
MATCH (version:ThingVersion) DELETE version;
MATCH (memo:Idempotency) DELETE memo;
MATCH ()-[edge:MENTIONS]->() DELETE edge;
MATCH ()-[edge:HAS_KNOWLEDGE]->() REMOVE edge.label, edge.sortKey;
MATCH (thing:Thing) REMOVE thing.labels, thing.eventId;
