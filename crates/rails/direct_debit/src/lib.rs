//! The direct-debit rail: a GoCardless client, its webhook and a simulated provider. No database.
