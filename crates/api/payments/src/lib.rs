//! Hosted mandate pages and the providers' webhooks.
