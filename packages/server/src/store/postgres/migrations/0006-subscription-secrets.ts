/**
 * Urls and headers are sealed like the secrets; a url is then found by its digest. Each change draws a
 * new `changed_seq`, so that a node reads only the subscriptions that others have changed.
 */
export const subscriptionSecrets = `
CREATE SEQUENCE millrace.push_changes;

ALTER TABLE millrace.push_subscriptions
  ADD COLUMN url_digest text,
  ADD COLUMN allowed_message_headers text,
  ADD COLUMN changed_seq bigint NOT NULL DEFAULT 0;

CREATE INDEX push_subscriptions_by_change ON millrace.push_subscriptions (changed_seq);
`;
