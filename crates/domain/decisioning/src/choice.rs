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
