//! What reading a word of a closed list needs.

/// What the storage's reader says of a word that it does not know.
pub(crate) const WORD: &str = "a word of its list";
