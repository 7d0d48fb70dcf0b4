//! Linked bank accounts: sessions, institutions, members, jobs, aggregated data, microdeposits, consents.
