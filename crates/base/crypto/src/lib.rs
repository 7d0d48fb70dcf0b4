//! Secrets: API keys, sealing of personal data, blind indexes, randomness.
//!
//! The one door to the operating system's random source, apart from ids.

mod keyring;
mod random;
mod secret;

pub use keyring::{KeyRing, KeyRingError, SealError, blind_index};
pub use random::{jitter, random_bytes};
pub use secret::{Secret, constant_time_eq, generate_secret, hash_key};
