//! Text of bounded length in the characters that a NACHA file may hold.

use std::fmt;
use std::str::FromStr;

/// At most `N` printable ASCII characters, kept without trailing spaces: an alphameric field of `N` columns
/// (Appendix Three, "Character set": 0-9, A-Z, a-z, space and the special characters of ASCII above 0x1F).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const N: usize> {
    /// Filled with spaces, as it stands in the file.
    padded: [u8; N],
    len: u8,
}

/// Why text does not fit a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// More characters than the field has columns.
    #[error("has {found} characters, at most {limit} fit")]
    TooLong {
        /// Columns of the field.
        limit: usize,
        /// Bytes of the text.
        found: usize,
    },
    /// A character outside printable ASCII.
    #[error("has a character at place {place} that a NACHA file may not hold")]
    Unprintable {
        /// Counted from 1, in bytes.
        place: usize,
    },
}

const fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

impl<const N: usize> Text<N> {
    /// No text: a field of spaces.
    pub const EMPTY: Self = Self { padded: [b' '; N], len: 0 };

    /// Text without the spaces around it.
    ///
    /// # Errors
    /// When it is too long or holds a character that is not printable ASCII.
    pub fn new(text: &str) -> Result<Self, TextError> {
        Self::from_field(text.trim_matches(' ').as_bytes())
    }

    /// Text whose leading spaces count, as in the addenda information of a return.
    ///
    /// # Errors
    /// As [`Text::new`].
    pub fn keeping_indent(text: &str) -> Result<Self, TextError> {
        Self::from_field(text.as_bytes())
    }

    /// The columns of a record, trailing spaces dropped.
    pub(crate) fn from_field(bytes: &[u8]) -> Result<Self, TextError> {
        let len = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        if len > N || N > u8::MAX as usize {
            return Err(TextError::TooLong { limit: N, found: len });
        }
        let bytes = &bytes[..len];
        if !bytes.iter().fold(true, |sound, byte| sound & is_printable(*byte)) {
            let place = bytes.iter().position(|byte| !is_printable(*byte)).map_or(0, |at| at + 1);
            return Err(TextError::Unprintable { place });
        }
        let mut padded = [b' '; N];
        padded[..len].copy_from_slice(bytes);
        Ok(Self { padded, len: len as u8 })
    }

    /// Whatever of `text` fits: accents of western European letters are dropped, other characters that the file
    /// may not hold become spaces, which do not count at either end, and what is too long is cut. For names, never for numbers.
    pub fn fit(text: &str) -> Self {
        let folded: String = text.chars().flat_map(|letter| fold(letter).chars()).collect();
        let folded = folded.trim();
        let cut = &folded.as_bytes()[..folded.len().min(N)];
        Self::from_field(cut).unwrap_or(Self::EMPTY)
    }

    /// The text without padding.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.padded[..usize::from(self.len)]).unwrap_or_default()
    }

    /// The text filled with spaces to `N` columns.
    pub fn padded(&self) -> &[u8; N] {
        &self.padded
    }

    /// Whether there is nothing but spaces.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The ASCII spelling of a letter; a space for what has none.
fn fold(letter: char) -> &'static str {
    const ASCII: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`\
                         abcdefghijklmnopqrstuvwxyz{|}~";
    match letter {
        ' '..='~' => {
            let at = letter as usize - ' ' as usize;
            &ASCII[at..=at]
        }
        'À'..='Å' => "A",
        'Æ' => "AE",
        'Ç' => "C",
        'È'..='Ë' => "E",
        'Ì'..='Ï' => "I",
        'Ñ' => "N",
        'Ò'..='Ö' | 'Ø' => "O",
        'Ù'..='Ü' => "U",
        'Ý' => "Y",
        'ß' => "ss",
        'à'..='å' => "a",
        'æ' => "ae",
        'ç' => "c",
        'è'..='ë' => "e",
        'ì'..='ï' => "i",
        'ñ' => "n",
        'ò'..='ö' | 'ø' => "o",
        'ù'..='ü' => "u",
        'ý' | 'ÿ' => "y",
        '\u{2018}' | '\u{2019}' => "'",
        '\u{2013}' | '\u{2014}' => "-",
        _ => " ",
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> FromStr for Text<N> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl<const N: usize> TryFrom<&str> for Text<N> {
    type Error = TextError;

    fn try_from(text: &str) -> Result<Self, TextError> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_or_says_why() {
        assert_eq!(Text::<5>::new(" ab  ").unwrap().as_str(), "ab");
        assert_eq!(Text::<5>::new("ab").unwrap().padded(), b"ab   ");
        assert_eq!(Text::<5>::keeping_indent(" ab").unwrap().as_str(), " ab");
        assert_eq!(Text::<5>::new("abcdef"), Err(TextError::TooLong { limit: 5, found: 6 }));
        assert_eq!(Text::<5>::new("a\tb"), Err(TextError::Unprintable { place: 2 }));
        assert_eq!(Text::<5>::new("aé"), Err(TextError::Unprintable { place: 2 }));
        assert_eq!(Text::<5>::new("").unwrap(), Text::EMPTY);
    }

    #[test]
    fn names_are_made_to_fit() {
        let check = |name: &str, fitted: &str| assert_eq!(Text::<12>::fit(name).as_str(), fitted);
        check("\u{202e}\u{1f600}abc\u{1f600}", "abc");
        check("José Muñoz", "Jose Munoz");
        check("Jürgen Groß", "Jurgen Gross");
        check("O\u{2019}Brien", "O'Brien");
        check("A very long name", "A very long");
        check("山田 Ltd", "Ltd");
        check("", "");
    }
}
