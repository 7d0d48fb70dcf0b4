//! Which engine an application meets.

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Separates this use of the hash from any other.
const DOMAIN: &[u8] = b"florin selector 1";

/// Chooses one of the weighted ids for an application: from the application's id alone, so that the
/// same application always meets the same engine, on every machine and after every restart.
///
/// The first 64 bits of SHA-256 over the application's id are a point of [0, 1); the ids, in their own
/// order (not that of the slice), divide [0, 1) by their weights, and the one on whose part the point
/// lies is chosen. Weights that add up to less than 1 leave the rest to the last id. An id of weight 0
/// (a shadow) is never chosen; none is chosen when no weight is above 0.
pub fn choose(application: Uuid, weights: &[(Uuid, Decimal)]) -> Option<Uuid> {
    let mut parts: Vec<(Uuid, Decimal)> =
        weights.iter().copied().filter(|(_, weight)| *weight > Decimal::ZERO).collect();
    parts.sort_unstable_by_key(|(id, _)| *id);
    let point = point(application);
    let mut end = Decimal::ZERO;
    for (id, weight) in &parts {
        end = end.saturating_add(*weight);
        if end >= Decimal::ONE || point < end * two_to_the_64() {
            return Some(*id);
        }
    }
    parts.last().map(|(id, _)| *id)
}

/// 64 bits, uniform over applications.
fn point(application: Uuid) -> Decimal {
    let hash = Sha256::new().chain_update(DOMAIN).chain_update(application.as_bytes()).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    Decimal::from(u64::from_be_bytes(first))
}

fn two_to_the_64() -> Decimal {
    Decimal::from(u64::MAX) + Decimal::ONE
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Uuid = Uuid::from_u128(0x01);
    const NEW: Uuid = Uuid::from_u128(0x02);
    const SHADOW: Uuid = Uuid::from_u128(0x03);

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// Ids as applications have them: version 7, a millisecond apart.
    fn application(number: u64) -> Uuid {
        let milliseconds = 1_795_000_000_000 + number;
        Uuid::from_u128(
            u128::from(milliseconds) << 80 | 0x7 << 76 | 0b10 << 62 | u128::from(number),
        )
    }

    fn share_of_new(weights: &[(Uuid, Decimal)], applications: u64) -> u64 {
        let chosen = (0..applications).map(|number| choose(application(number), weights));
        chosen.filter(|chosen| *chosen == Some(NEW)).count() as u64
    }

    #[test]
    fn weights_come_out_over_many_applications() {
        // Of 100,000 draws of chance 0.3 the count has a deviation of 145; five of them either way.
        let share = share_of_new(&[(OLD, decimal("0.7")), (NEW, decimal("0.3"))], 100_000);
        assert!((29_275..=30_725).contains(&share), "{share}");
        // Chance 0.001: a deviation of 10.
        let share = share_of_new(&[(OLD, decimal("0.999")), (NEW, decimal("0.001"))], 100_000);
        assert!((50..=150).contains(&share), "{share}");
    }

    #[test]
    fn the_same_application_meets_the_same_engine() {
        let weights = [(OLD, decimal("0.7")), (NEW, decimal("0.3")), (SHADOW, Decimal::ZERO)];
        let mut otherwise = weights;
        otherwise.reverse();
        for number in 0..1_000 {
            let chosen = choose(application(number), &weights);
            assert_eq!(chosen, choose(application(number), &otherwise));
            assert_ne!(chosen, Some(SHADOW));
        }
        // Told once and for all: a change of the function would send applications elsewhere.
        let chosen: String = (0..20)
            .map(
                |number| if choose(application(number), &weights) == Some(OLD) { 'o' } else { 'n' },
            )
            .collect();
        assert_eq!(chosen, "oonooonnonnooooooooo");
    }

    #[test]
    fn the_ends_of_weights() {
        let any = application(5);
        assert_eq!(choose(any, &[]), None);
        assert_eq!(choose(any, &[(SHADOW, Decimal::ZERO)]), None);
        assert_eq!(choose(any, &[(NEW, Decimal::ONE), (OLD, Decimal::ZERO)]), Some(NEW));
        let tiny = Decimal::from_i128_with_scale(1, 28);
        assert_eq!(choose(any, &[(OLD, tiny), (NEW, Decimal::ONE - tiny)]), Some(NEW));
        assert_eq!(choose(any, &[(OLD, Decimal::MAX), (NEW, Decimal::MAX)]), Some(OLD));
    }
}
