//! External accounts: programs, customers, their accounts elsewhere, trial deposits, transfers.
