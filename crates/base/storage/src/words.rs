//! Closed lists of words, as they stand in the database and on the wire.

/// Declares an enum whose values each have one word, with `ALL`, `as_str`, `parse` and `Display`.
///
/// ```
/// florin_storage::words! {
///     /// Where a thing stands.
///     pub enum Status {
///         /// Not begun.
///         Waiting = "waiting",
///         /// Over.
///         Done = "done",
///     }
/// }
/// assert_eq!(Status::parse("done"), Some(Status::Done));
/// assert_eq!(Status::Waiting.to_string(), "waiting");
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$value_meta:meta])* $value:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_meta])* $value,)+
        }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word in the database and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }

            /// The value of a word; `None` for a word that is not in the list.
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
