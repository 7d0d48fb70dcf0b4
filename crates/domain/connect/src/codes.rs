//! Closed lists whose values have a number on the wire and a name for people.

/// Declares an enum whose values each have an integer code and a name, with `ALL`, `code`, `as_str`, `from_code` and
/// `Display`.
macro_rules! codes {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$value_meta:meta])* $value:ident = $code:literal $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$value_meta])* $value,)+
        }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The number on the wire and in the database.
            pub const fn code(self) -> i64 {
                match self {
                    $(Self::$value => $code,)+
                }
            }

            /// The name, in capitals.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }

            /// The value of a number; `None` for one that is not in the list.
            pub fn from_code(code: i64) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }

            /// The value of a name; `None` for one that is not in the list.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use codes;

use florin_storage::{Row, StorageError};

/// What the storage's reader says of a word or a number that it does not know.
pub(crate) const WORD: &str = "a word of its list";

/// The value of a column that holds a code.
pub(crate) fn read_code<T>(
    row: &Row<'_>,
    column: &str,
    from_code: impl Fn(i64) -> Option<T>,
) -> Result<T, StorageError> {
    let code: i64 = row.get(column)?;
    from_code(code).ok_or_else(|| StorageError::Column {
        column: column.to_owned(),
        expected: WORD,
        found: code.to_string(),
    })
}
