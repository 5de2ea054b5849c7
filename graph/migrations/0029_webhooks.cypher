// How webhooks work, and what is on its way to them.

// up
CREATE CONSTRAINT WebhookEndpoint_webhookId_unique IF NOT EXISTS FOR (n:WebhookEndpoint) REQUIRE n.webhookId IS UNIQUE;
CREATE CONSTRAINT WebhookDelivery_id_unique IF NOT EXISTS FOR (n:WebhookDelivery) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT WebhookDelivery_key_unique IF NOT EXISTS FOR (n:WebhookDelivery) REQUIRE n.key IS UNIQUE;
CREATE INDEX WebhookEndpoint_groupId_index IF NOT EXISTS FOR (n:WebhookEndpoint) ON (n.groupId);
CREATE INDEX WebhookEndpoint_state_dueAt_index IF NOT EXISTS FOR (n:WebhookEndpoint) ON (n.state, n.dueAt);
CREATE INDEX WebhookEndpoint_state_stale_index IF NOT EXISTS FOR (n:WebhookEndpoint) ON (n.state, n.stale);
CREATE INDEX WebhookEndpoint_keyId_index IF NOT EXISTS FOR (n:WebhookEndpoint) ON (n.keyId);
CREATE INDEX WebhookEndpoint_formerKeyId_index IF NOT EXISTS FOR (n:WebhookEndpoint) ON (n.formerKeyId);
CREATE INDEX WebhookDelivery_webhookId_id_index IF NOT EXISTS FOR (n:WebhookDelivery) ON (n.webhookId, n.id);
CREATE INDEX WebhookDelivery_webhookId_state_dueAt_index IF NOT EXISTS FOR (n:WebhookDelivery) ON (n.webhookId, n.state, n.dueAt);
CREATE INDEX WebhookDelivery_webhookId_state_position_index IF NOT EXISTS FOR (n:WebhookDelivery) ON (n.webhookId, n.state, n.position);
CREATE INDEX WebhookDelivery_lane_state_position_index IF NOT EXISTS FOR (n:WebhookDelivery) ON (n.lane, n.state, n.position);
CREATE INDEX WebhookDelivery_forgetAt_index IF NOT EXISTS FOR (n:WebhookDelivery) ON (n.forgetAt);
CREATE INDEX Event_groupId_position_index IF NOT EXISTS FOR (n:Event) ON (n.groupId, n.position);

// down
DROP INDEX Event_groupId_position_index IF EXISTS;
DROP INDEX WebhookDelivery_forgetAt_index IF EXISTS;
DROP INDEX WebhookDelivery_lane_state_position_index IF EXISTS;
DROP INDEX WebhookDelivery_webhookId_state_position_index IF EXISTS;
DROP INDEX WebhookDelivery_webhookId_state_dueAt_index IF EXISTS;
DROP INDEX WebhookDelivery_webhookId_id_index IF EXISTS;
DROP INDEX WebhookEndpoint_formerKeyId_index IF EXISTS;
DROP INDEX WebhookEndpoint_keyId_index IF EXISTS;
DROP INDEX WebhookEndpoint_state_stale_index IF EXISTS;
DROP INDEX WebhookEndpoint_state_dueAt_index IF EXISTS;
DROP INDEX WebhookEndpoint_groupId_index IF EXISTS;
DROP CONSTRAINT WebhookDelivery_key_unique IF EXISTS;
DROP CONSTRAINT WebhookDelivery_id_unique IF EXISTS;
DROP CONSTRAINT WebhookEndpoint_webhookId_unique IF EXISTS;
