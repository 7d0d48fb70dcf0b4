//! The signed key in an establishment URL: which fund, until when. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use florin_crypto::{KeyRing, blind_index, constant_time_eq};
use florin_ids::{FundId, TenantId};
use jiff::Timestamp;
use uuid::Uuid;

const PURPOSE: &str = "savings.establishment_url";
const SECONDS_A_DAY: i64 = 86_400;
/// A key is good for one to two of these, and is the same within one.
const DAYS: i64 = 30;
const BODY_BYTES: usize = 16 + 16 + 4;
const MAC_BYTES: usize = 32;

/// The key of a fund's establishment URL, good for 30 to 60 days from `now`.
pub(super) fn issue(keys: &KeyRing, tenant: TenantId, fund: FundId, now: Timestamp) -> String {
    let expires = (now.as_second().div_euclid(SECONDS_A_DAY * DAYS) + 2) * DAYS;
    let expires = u32::try_from(expires).unwrap_or_default();
    let mut body = Vec::with_capacity(BODY_BYTES + MAC_BYTES);
    body.extend_from_slice(tenant.uuid().as_bytes());
    body.extend_from_slice(fund.uuid().as_bytes());
    body.extend_from_slice(&expires.to_be_bytes());
    let mac = mac(keys, &body);
    body.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(body)
}

/// Whose fund a key is for; `None` when it is not ours, was changed or has expired.
pub(super) fn read(keys: &KeyRing, key: &str, now: Timestamp) -> Option<(TenantId, FundId)> {
    let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
    let bytes: &[u8; BODY_BYTES + MAC_BYTES] = bytes.as_slice().try_into().ok()?;
    let (body, mac_sent) = bytes.split_at(BODY_BYTES);
    if !constant_time_eq(&mac(keys, body), mac_sent) {
        return None;
    }
    let (tenant, rest) = body.split_at(16);
    let (fund, expires) = rest.split_at(16);
    let expires = i64::from(u32::from_be_bytes(expires.try_into().ok()?));
    if now.as_second().div_euclid(SECONDS_A_DAY) >= expires {
        return None;
    }
    let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).ok();
    Some((TenantId::from_uuid(uuid(tenant)?), FundId::from_uuid(uuid(fund)?)))
}

fn mac(keys: &KeyRing, body: &[u8]) -> [u8; MAC_BYTES] {
    blind_index(keys, PURPOSE, &URL_SAFE_NO_PAD.encode(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn a_key_opens_its_fund_until_it_expires() {
        let (keys, tenant, fund) = (KeyRing::generate(), TenantId::new(), FundId::new());
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().expect("a time");
        let key = issue(&keys, tenant, fund, now);
        let after = |days: i64| now + SignedDuration::from_hours(24 * days);
        assert_eq!(read(&keys, &key, now), Some((tenant, fund)));
        assert_eq!(read(&keys, &key, after(30)), Some((tenant, fund)));
        assert_eq!(read(&keys, &key, after(60)), None);
        assert_eq!(read(&KeyRing::generate(), &key, now), None);
        assert_eq!(read(&keys.rotated(), &key, now), Some((tenant, fund)));
        assert_ne!(key, issue(&keys, tenant, FundId::new(), now));
    }

    #[test]
    fn every_change_is_noticed() {
        let (keys, now) = (KeyRing::generate(), Timestamp::UNIX_EPOCH);
        let key = issue(&keys, TenantId::new(), FundId::new(), now);
        for at in 0..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("text");
            assert_eq!(read(&keys, &changed, now), None, "{at}");
        }
        for key in ["", "A", "🎓", &"A".repeat(10_000)] {
            assert_eq!(read(&keys, key, now), None);
        }
    }
}
