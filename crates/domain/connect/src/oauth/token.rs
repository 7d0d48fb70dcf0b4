//! The signed state that goes to a bank's page and comes back: which way through it, of which tenant. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use florin_crypto::{KeyRing, blind_index, constant_time_eq};
use florin_ids::{OauthStateId, TenantId};
use uuid::Uuid;

const PURPOSE: &str = "connect.oauth_state";
const BODY_BYTES: usize = 16 + 16;
const MAC_BYTES: usize = 32;

pub(super) fn issue(keys: &KeyRing, tenant: TenantId, state: OauthStateId) -> String {
    let mut body = Vec::with_capacity(BODY_BYTES + MAC_BYTES);
    body.extend_from_slice(tenant.uuid().as_bytes());
    body.extend_from_slice(state.uuid().as_bytes());
    let mac = mac(keys, &body);
    body.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(body)
}

/// `None` for what we have not signed.
pub(super) fn read(keys: &KeyRing, token: &str) -> Option<(TenantId, OauthStateId)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let bytes: &[u8; BODY_BYTES + MAC_BYTES] = bytes.as_slice().try_into().ok()?;
    let (body, mac_sent) = bytes.split_at(BODY_BYTES);
    if !constant_time_eq(&mac(keys, body), mac_sent) {
        return None;
    }
    let (tenant, state) = body.split_at(16);
    let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).ok();
    Some((TenantId::from_uuid(uuid(tenant)?), OauthStateId::from_uuid(uuid(state)?)))
}

fn mac(keys: &KeyRing, body: &[u8]) -> [u8; MAC_BYTES] {
    blind_index(keys, PURPOSE, &URL_SAFE_NO_PAD.encode(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_signed_is_read() {
        let (keys, tenant, state) = (KeyRing::generate(), TenantId::new(), OauthStateId::new());
        let token = issue(&keys, tenant, state);
        assert_eq!(read(&keys, &token), Some((tenant, state)));
        assert_eq!(read(&keys.rotated(), &token), Some((tenant, state)));
        assert_eq!(read(&KeyRing::generate(), &token), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("text");
            assert_eq!(read(&keys, &changed), None, "{at}");
        }
        for bad in ["", "A", "🎓", &"A".repeat(10_000)] {
            assert_eq!(read(&keys, bad), None);
        }
    }
}
