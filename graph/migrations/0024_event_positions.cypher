// Events that were there before get their places in order of their ids: graph/event_log.py gives them a thousand at a
// time, before any newer one, since one transaction over all of them would take more memory than a store has.

// up
MERGE (log:Setting {name: 'event_log'}) SET log.position = 0, log.oldAfter = '';

// down
MATCH (log:Setting {name: 'event_log'}) DELETE log;
MATCH (event:Event) WHERE event.position IS NOT NULL REMOVE event.position;
MATCH (event:Unsequenced) REMOVE event:Unsequenced, event.recordedAt;
