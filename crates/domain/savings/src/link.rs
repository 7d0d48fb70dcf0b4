//! The signed key in a link: for what, whose, which thing, until when. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use florin_crypto::{KeyRing, blind_index, constant_time_eq};
use florin_ids::TenantId;
use jiff::Timestamp;
use uuid::Uuid;

const SECONDS_A_DAY: i64 = 86_400;
/// A key is good for one to two of these, and is the same within one.
const DAYS: i64 = 30;
const BODY_BYTES: usize = 16 + 16 + 4;
const MAC_BYTES: usize = 32;

/// The key of a link, good for 30 to 60 days from `now` and for nothing but `purpose`.
pub(crate) fn issue(
    keys: &KeyRing,
    purpose: &str,
    (tenant, id): (TenantId, Uuid),
    now: Timestamp,
) -> String {
    let expires = (now.as_second().div_euclid(SECONDS_A_DAY * DAYS) + 2) * DAYS;
    let expires = u32::try_from(expires).unwrap_or_default();
    let mut body = Vec::with_capacity(BODY_BYTES + MAC_BYTES);
    body.extend_from_slice(tenant.uuid().as_bytes());
    body.extend_from_slice(id.as_bytes());
    body.extend_from_slice(&expires.to_be_bytes());
    let mac = mac(keys, purpose, &body);
    body.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(body)
}

/// What a key is for; `None` when it is not ours, was changed or has expired.
pub(crate) fn read(
    keys: &KeyRing,
    purpose: &str,
    key: &str,
    now: Timestamp,
) -> Option<(TenantId, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
    let bytes: &[u8; BODY_BYTES + MAC_BYTES] = bytes.as_slice().try_into().ok()?;
    let (body, mac_sent) = bytes.split_at(BODY_BYTES);
    if !constant_time_eq(&mac(keys, purpose, body), mac_sent) {
        return None;
    }
    let (tenant, rest) = body.split_at(16);
    let (id, expires) = rest.split_at(16);
    let expires = i64::from(u32::from_be_bytes(expires.try_into().ok()?));
    if now.as_second().div_euclid(SECONDS_A_DAY) >= expires {
        return None;
    }
    Some((TenantId::from_uuid(Uuid::from_slice(tenant).ok()?), Uuid::from_slice(id).ok()?))
}

fn mac(keys: &KeyRing, purpose: &str, body: &[u8]) -> [u8; MAC_BYTES] {
    blind_index(keys, purpose, &URL_SAFE_NO_PAD.encode(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const PURPOSE: &str = "test.link";

    #[test]
    fn a_key_opens_its_thing_until_it_expires() {
        let (keys, whose) = (KeyRing::generate(), (TenantId::new(), Uuid::from_u128(7)));
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().expect("a time");
        let key = issue(&keys, PURPOSE, whose, now);
        let after = |days: i64| now + SignedDuration::from_hours(24 * days);
        let read = |keys: &KeyRing, purpose: &str, at| read(keys, purpose, &key, at);
        assert_eq!(read(&keys, PURPOSE, now), Some(whose));
        assert_eq!(read(&keys, PURPOSE, after(30)), Some(whose));
        assert_eq!(read(&keys, PURPOSE, after(60)), None);
        assert_eq!(read(&KeyRing::generate(), PURPOSE, now), None);
        assert_eq!(read(&keys, "test.other", now), None);
        assert_eq!(read(&keys.rotated(), PURPOSE, now), Some(whose));
        assert_ne!(key, issue(&keys, PURPOSE, (whose.0, Uuid::from_u128(8)), now));
    }

    #[test]
    fn every_change_is_noticed() {
        let (keys, now) = (KeyRing::generate(), Timestamp::UNIX_EPOCH);
        let key = issue(&keys, PURPOSE, (TenantId::new(), Uuid::nil()), now);
        for at in 0..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("text");
            assert_eq!(read(&keys, PURPOSE, &changed, now), None, "{at}");
        }
        for key in ["", "A", "🎓", &"A".repeat(10_000)] {
            assert_eq!(read(&keys, PURPOSE, key, now), None);
        }
    }
}
