//! API keys and other bearer secrets: random, shown once, kept as a hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::random_bytes;

/// A bearer secret of 256 random bits. It is shown to its owner once; only [`Secret::hash`] is kept.
/// `Debug` does not print it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new secret: `prefix` (such as `flk_`, which lets scanners and people recognise what leaked) and 43
    /// characters of URL-safe base64.
    pub fn generate(prefix: &str) -> Self {
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>())))
    }

    /// A secret that came from outside, such as a setting or a request's header.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up instead of the secret; see [`hash_key`].
    pub fn hash(&self) -> [u8; 32] {
        hash_key(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A new secret as text: [`Secret::generate`] for callers that hand it on at once.
pub fn generate_secret(prefix: &str) -> String {
    Secret::generate(prefix).0
}

/// SHA-256 of a key. A key has 256 random bits, so a slow password hash would add nothing but its slowness.
pub fn hash_key(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Compares two byte strings in a time that depends on their lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let differing = a.iter().zip(b).fold(0_u8, |seen, (x, y)| std::hint::black_box(seen | (x ^ y)));
    std::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognisable_random_and_not_printed() {
        let (one, two) = (Secret::generate("flk_"), Secret::generate("flk_"));
        assert_eq!(one.expose().len(), 4 + 43);
        assert!(one.expose().starts_with("flk_"));
        assert_ne!(one.expose(), two.expose());
        assert_eq!(format!("{one:?}"), "Secret(..)");
        assert_eq!(Secret::from_text(one.expose()).hash(), one.hash());
    }

    #[test]
    fn the_hash_is_plain_sha_256() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let shown: String = hash_key("abc").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn comparison_table() {
        let cases: &[(&[u8], &[u8], bool)] = &[
            (b"", b"", true),
            (b"a", b"a", true),
            (b"a", b"b", false),
            (b"a", b"ab", false),
            (b"abc", b"abd", false),
        ];
        for (a, b, expected) in cases {
            assert_eq!(constant_time_eq(a, b), *expected, "{a:?} {b:?}");
        }
    }
}
