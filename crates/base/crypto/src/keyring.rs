//! Sealing of personal data with keys that rotate, and blind indexes over it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::random_bytes;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;
/// Format byte, key id, nonce.
const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES;

/// Several numbered 256-bit keys. The one with the greatest number seals; every one opens what it sealed.
///
/// To rotate, add a key with a greater number and keep the old ones until nothing sealed with them is left.
/// The key with the smallest number also makes the blind indexes, which cannot change without being rebuilt:
/// it is the last one to go. `Debug` prints the numbers only.
#[derive(Clone)]
pub struct KeyRing {
    /// Ascending by number, never empty.
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: u32,
    material: [u8; 32],
}

/// What is wrong with the text of a key ring. Never repeats the text, which is secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// There is no key in the text.
    #[error("the key ring is empty: expected NUMBER:BASE64 of 32 bytes, separated by commas")]
    Empty,
    /// The entry at this position, counted from 1, is not `NUMBER:BASE64` of exactly 32 bytes.
    #[error("entry {0} of the key ring is not NUMBER:BASE64 of 32 bytes")]
    Malformed(usize),
    /// Two entries have the same number.
    #[error("key {0} appears twice in the key ring")]
    Duplicate(u32),
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The value was not sealed by this code.
    #[error("not a sealed value")]
    Malformed,
    /// The value was sealed with a key that is not on the ring.
    #[error("sealed with key {0}, which is not on the key ring")]
    UnknownKey(u32),
    /// The value was changed, or belongs to another row or column.
    #[error("the sealed value was changed or moved")]
    Forged,
}

impl KeyRing {
    /// A ring with one new random key, number 1.
    pub fn generate() -> Self {
        Self { keys: vec![Key { id: 1, material: random_bytes() }] }
    }

    /// Reads `1:BASE64,2:BASE64`, 32 bytes each, standard base64 with padding.
    ///
    /// # Errors
    /// [`KeyRingError`], naming the entry at fault by position.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys = Vec::new();
        for (index, entry) in text.split(',').map(str::trim).enumerate() {
            if entry.is_empty() {
                continue;
            }
            keys.push(parse_key(entry).ok_or(KeyRingError::Malformed(index + 1))?);
        }
        keys.sort_by_key(|key: &Key| key.id);
        if let Some(pair) = keys.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(KeyRingError::Duplicate(pair[0].id));
        }
        if keys.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self { keys }) }
    }

    /// The ring as text that [`KeyRing::parse`] reads: secret, for the operator's settings only.
    pub fn to_secret_text(&self) -> String {
        let show = |key: &Key| format!("{}:{}", key.id, STANDARD.encode(key.material));
        self.keys.iter().map(show).collect::<Vec<_>>().join(",")
    }

    /// This ring with one more random key, which seals from now on.
    pub fn rotated(&self) -> Self {
        let mut keys = self.keys.clone();
        keys.push(Key { id: self.newest().id.saturating_add(1), material: random_bytes() });
        Self { keys }
    }

    /// Seals `plaintext` (XChaCha20-Poly1305, random nonce) for one place: `context` names the column
    /// (`end_user.national_id`), `row` is the row's id. It opens at that place only.
    pub fn seal(&self, context: &str, row: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let key = self.newest();
        let nonce = random_bytes::<NONCE_BYTES>();
        let aad = associated_data(context, row);
        let sealed = key
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad: &aad })
            .expect("only texts of more than 256 GB cannot be sealed");
        let mut value = Vec::with_capacity(HEADER_BYTES + sealed.len());
        value.push(FORMAT);
        value.extend_from_slice(&key.id.to_be_bytes());
        value.extend_from_slice(&nonce);
        value.extend_from_slice(&sealed);
        value
    }

    /// Opens what [`KeyRing::seal`] sealed for the same `context` and `row`.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, context: &str, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (header, ciphertext) =
            sealed.split_first_chunk::<HEADER_BYTES>().ok_or(SealError::Malformed)?;
        let [FORMAT, a, b, c, d, nonce @ ..] = *header else { return Err(SealError::Malformed) };
        let id = u32::from_be_bytes([a, b, c, d]);
        let found = self.keys.iter().find(|key| key.id == id).ok_or(SealError::UnknownKey(id))?;
        let payload = Payload { msg: ciphertext, aad: &associated_data(context, row) };
        found.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Forged)
    }

    /// True when `sealed` was made with an older key and should be sealed anew.
    pub fn needs_resealing(&self, sealed: &[u8]) -> bool {
        sealed.get(1..5) != Some(&self.newest().id.to_be_bytes()[..])
    }

    fn newest(&self) -> &Key {
        self.keys.last().expect("a key ring is never empty: both constructors see to it")
    }

    fn oldest(&self) -> &Key {
        self.keys.first().expect("a key ring is never empty: both constructors see to it")
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| key.id)).finish()
    }
}

impl Key {
    /// Sealing and indexing use keys derived apart, so that neither says anything about the other.
    fn derived(&self, purpose: &str) -> [u8; 32] {
        mac(&self.material, &[purpose.as_bytes()])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derived("florin sealing v1").into())
    }
}

/// A keyed fingerprint of `value` that finds equal values without telling what they are. `domain` names the
/// column, so that equal values of two columns do not look alike. Stable while the ring's oldest key stays.
///
/// The caller normalises the value first (case, spaces): fingerprints of unequal bytes never meet.
pub fn blind_index(ring: &KeyRing, domain: &str, value: &str) -> [u8; 32] {
    mac(&ring.oldest().derived("florin blind index v1"), &[domain.as_bytes(), value.as_bytes()])
}

/// HMAC-SHA256 over the parts, each led by its length so that no two lists of parts give the same input.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn associated_data(context: &str, row: &[u8]) -> Vec<u8> {
    [&(context.len() as u64).to_be_bytes()[..], context.as_bytes(), row].concat()
}

fn parse_key(entry: &str) -> Option<Key> {
    let (id, encoded) = entry.split_once(':')?;
    let material = STANDARD.decode(encoded.trim()).ok()?;
    Some(Key { id: id.trim().parse().ok()?, material: material.try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u32, byte: u8) -> String {
        format!("{id}:{}", STANDARD.encode([byte; 32]))
    }

    #[test]
    fn parse_table() {
        let cases = [
            (String::new(), Err(KeyRingError::Empty)),
            (" , ".to_string(), Err(KeyRingError::Empty)),
            (entry(1, 7), Ok(vec![1])),
            (format!("{}, {}", entry(9, 7), entry(2, 8)), Ok(vec![2, 9])),
            (format!("{},{}", entry(2, 7), entry(2, 8)), Err(KeyRingError::Duplicate(2))),
            ("1".to_string(), Err(KeyRingError::Malformed(1))),
            ("1:AAAA".to_string(), Err(KeyRingError::Malformed(1))),
            (format!("{},x:{}", entry(1, 1), "A"), Err(KeyRingError::Malformed(2))),
            (format!("-1{}", &entry(1, 1)[1..]), Err(KeyRingError::Malformed(1))),
        ];
        for (text, expected) in cases {
            let ids =
                KeyRing::parse(&text).map(|ring| ring.keys.iter().map(|key| key.id).collect());
            assert_eq!(ids, expected, "{text}");
        }
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_only() {
        let ring = KeyRing::generate();
        let sealed = ring.seal("user.ssn", b"row 1", b"078-05-1120");
        assert_eq!(ring.open("user.ssn", b"row 1", &sealed).as_deref(), Ok(&b"078-05-1120"[..]));
        assert_eq!(ring.open("user.ssn", b"row 2", &sealed), Err(SealError::Forged));
        assert_eq!(ring.open("user.iban", b"row 1", &sealed), Err(SealError::Forged));
        assert_eq!(ring.open("user.ss", b"nrow 1", &sealed), Err(SealError::Forged));
        assert_ne!(ring.seal("user.ssn", b"row 1", b"078-05-1120"), sealed, "nonces are random");
        assert_eq!(ring.open("a", b"b", &ring.seal("a", b"b", b"")).as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ring = KeyRing::generate();
        let sealed = ring.seal("c", b"r", b"secret");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ring.open("c", b"r", &changed).is_err(), "byte {at}");
            assert!(ring.open("c", b"r", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn rotation_seals_with_the_new_key_and_opens_with_the_old() {
        let old = KeyRing::generate();
        let sealed = old.seal("c", b"r", b"secret");
        let new = old.rotated();
        assert_eq!(new.open("c", b"r", &sealed).as_deref(), Ok(&b"secret"[..]));
        assert!(new.needs_resealing(&sealed) && !old.needs_resealing(&sealed));
        let resealed = new.seal("c", b"r", b"secret");
        assert!(!new.needs_resealing(&resealed));
        assert_eq!(old.open("c", b"r", &resealed), Err(SealError::UnknownKey(2)));
        assert_eq!(blind_index(&old, "d", "v"), blind_index(&new, "d", "v"));
    }

    #[test]
    fn text_round_trips_and_debug_does_not_tell() {
        let ring = KeyRing::generate().rotated();
        let again = KeyRing::parse(&ring.to_secret_text()).unwrap();
        let sealed = ring.seal("c", b"r", b"secret");
        assert_eq!(again.open("c", b"r", &sealed).as_deref(), Ok(&b"secret"[..]));
        assert_eq!(format!("{ring:?}"), "[1, 2]");
    }

    #[test]
    fn blind_indexes_tell_domains_values_and_rings_apart() {
        let ring = KeyRing::parse(&entry(1, 7)).unwrap();
        let index = blind_index(&ring, "user.ssn", "078051120");
        assert_eq!(index, blind_index(&ring, "user.ssn", "078051120"));
        assert_ne!(index, blind_index(&ring, "user.ssn", "078051121"));
        assert_ne!(index, blind_index(&ring, "user.ss", "n078051120"));
        assert_ne!(index, blind_index(&KeyRing::generate(), "user.ssn", "078051120"));
    }
}
