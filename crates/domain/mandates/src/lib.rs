//! Direct-debit mandates and the collections over them.
