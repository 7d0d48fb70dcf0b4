//! Numbered SQL files.

/// One crate's migrations.
#[derive(Debug, Clone, Copy)]
pub struct MigrationSet {
    /// Name.
    pub name: &'static str,
    /// Files: name such as `0001_accounts.sql`, and text.
    pub files: &'static [(&'static str, &'static str)],
}
