CREATE TABLE webhooks_deliveries (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    failed_at BIGINT,
    last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX webhooks_deliveries_due ON webhooks_deliveries (endpoint, due_at) WHERE failed_at IS NULL;
CREATE INDEX webhooks_deliveries_failed ON webhooks_deliveries (failed_at) WHERE failed_at IS NOT NULL;
