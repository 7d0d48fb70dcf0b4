//! Random bytes and spread.

use std::time::Duration;

/// `N` bytes from the operating system's random source.
///
/// # Panics
/// When that source fails, which leaves no safe way on.
#[expect(clippy::disallowed_methods, reason = "the door behind which randomness is drawn")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect(
        "the operating system's random source works; nothing secret can be made without it",
    );
    bytes
}

/// `base` lengthened or shortened at random by up to a fifth, so that what failed together is not retried
/// together.
pub fn jitter(base: Duration) -> Duration {
    let draw = u32::from(u16::from_le_bytes(random_bytes()));
    // 80 % plus 0 to 40 % in steps of 1/65535 of it.
    base.saturating_mul(4).saturating_add(base.saturating_mul(2 * draw) / u32::from(u16::MAX)) / 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_fifth() {
        for _ in 0..1_000 {
            let spread = jitter(Duration::from_secs(10));
            assert!(
                (Duration::from_secs(8)..=Duration::from_secs(12)).contains(&spread),
                "{spread:?}"
            );
        }
        assert_eq!(jitter(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn bytes_differ() {
        assert_ne!(random_bytes::<32>(), random_bytes::<32>());
    }
}
