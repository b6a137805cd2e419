/** Urls and headers are sealed like the secrets; a url is then found by its digest. */
export const subscriptionSecrets = `
ALTER TABLE push_subscriptions ADD COLUMN url_digest TEXT;
ALTER TABLE push_subscriptions ADD COLUMN allowed_message_headers TEXT;
`;
