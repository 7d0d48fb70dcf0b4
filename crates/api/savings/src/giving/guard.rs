//! What keeps the forms of givers theirs: a form is of one browser and one page, is taken once, and not too often from
//! one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use florin_crypto::{KeyRing, Secret, constant_time_eq, hash_key};
use florin_ids::GiftId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The cookie that a browser proves with that the form was shown to it.
const NAME: &str = "florin_giver";
const VALUE_LENGTH: usize = 43;
const PROOF_CONTEXT: &str = "savings_giving.proof";
const ID_BYTES: usize = 16;

/// What one browser is recognised by while it fills in a form.
pub(super) struct Browser {
    value: String,
    is_new: bool,
}

impl Browser {
    /// The browser of a request; a new one when it sends no cookie of ours.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        match cookies.flat_map(|text| text.split(';')).find_map(ours) {
            Some(value) => Self { value: value.to_owned(), is_new: false },
            None => Self { value: Secret::generate("").expose().to_owned(), is_new: true },
        }
    }

    /// The cookie to set; none when the browser has it already. Scripts do not see it, and forms of other sites do not
    /// carry it.
    pub(super) fn set_cookie(&self, is_https: bool) -> Option<String> {
        let secure = if is_https { "; Secure" } else { "" };
        let text = || format!("{NAME}={}; Path=/; HttpOnly; SameSite=Lax{secure}", self.value);
        self.is_new.then(text)
    }

    /// The hidden field of a form of the page at `path`; it names what the form makes, so that it is made once.
    pub(super) fn proof(&self, keys: &KeyRing, path: &str, id: GiftId) -> String {
        let plain = [id.uuid().as_bytes().as_slice(), self.value.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode(keys.seal(PROOF_CONTEXT, &hash_key(path), &plain))
    }

    /// What a form makes, when it was shown to this browser on this page.
    pub(super) fn proven(&self, keys: &KeyRing, path: &str, proof: &str) -> Option<GiftId> {
        let sealed = URL_SAFE_NO_PAD.decode(proof).ok()?;
        let plain = keys.open(PROOF_CONTEXT, &hash_key(path), &sealed).ok()?;
        let (id, value) = plain.split_at_checked(ID_BYTES)?;
        let is_same = !self.is_new && constant_time_eq(value, self.value.as_bytes());
        is_same.then(|| Uuid::from_slice(id).ok().map(GiftId::from_uuid)).flatten()
    }
}

/// The value of a cookie when it is ours.
fn ours(pair: &str) -> Option<&str> {
    let (name, value) = pair.trim().split_once('=')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_ours = name == NAME && value.len() == VALUE_LENGTH && value.chars().all(is_plain);
    is_ours.then_some(value)
}

/// Forms a minute from one address.
const FORMS_MAX: u32 = 30;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// How many addresses are remembered.
const ADDRESSES_MAX: usize = 10_000;

/// Counts the forms of each address.
#[derive(Clone, Default)]
pub(crate) struct Turnstile(Arc<Mutex<HashMap<IpAddr, (Timestamp, u32)>>>);

impl Turnstile {
    /// Lets a form through; the error is after how many seconds the next one is.
    pub(super) fn pass(&self, address: IpAddr, now: Timestamp) -> Result<(), i64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |began: Timestamp| now.duration_since(began) >= WINDOW;
        if seen.len() >= ADDRESSES_MAX {
            seen.retain(|_, (began, _)| !is_over(*began));
        }
        if seen.len() >= ADDRESSES_MAX {
            // A flood from many addresses: start counting again rather than grow.
            seen.clear();
        }
        let window = seen.entry(address).or_insert((now, 0));
        if is_over(window.0) {
            *window = (now, 0);
        }
        window.1 = window.1.saturating_add(1);
        let left = WINDOW.saturating_sub(now.duration_since(window.0)).as_secs().max(1);
        if window.1 <= FORMS_MAX { Ok(()) } else { Err(left) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn with(cookie: &str) -> Browser {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookie).expect("a header"));
        Browser::of(&headers)
    }

    #[test]
    fn a_form_is_of_one_browser_and_one_page() {
        let (keys, id) = (KeyRing::generate(), GiftId::new());
        let first = Browser::of(&HeaderMap::new());
        let proof = first.proof(&keys, "/one", id);
        assert_eq!(first.proven(&keys, "/one", &proof), None, "the cookie has not come back yet");
        let set = first.set_cookie(true).expect("a new browser");
        assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");
        let cookie = set.split(';').next().expect("a pair");
        let again = with(&format!("a=b; {cookie}; c=d"));
        assert!(again.set_cookie(true).is_none());
        assert_eq!(again.proven(&keys, "/one", &proof), Some(id));
        assert_eq!(again.proven(&keys, "/two", &proof), None, "another page");
        assert_eq!(again.proven(&KeyRing::generate(), "/one", &proof), None, "another server's");
        let other = Browser::of(&HeaderMap::new()).set_cookie(false).expect("new");
        let other = with(other.split(';').next().expect("a pair"));
        assert_eq!(other.proven(&keys, "/one", &proof), None, "another browser");
        for bad in ["", "x", "%", &proof[1..]] {
            assert_eq!(again.proven(&keys, "/one", bad), None, "{bad}");
        }
        for bad in ["florin_giver=", "florin_giver=short", &format!("x{cookie}")] {
            assert!(with(bad).set_cookie(false).is_some(), "{bad}");
        }
    }

    #[test]
    fn one_address_cannot_send_forms_without_end() {
        let (gate, now) = (Turnstile::default(), Timestamp::UNIX_EPOCH);
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..FORMS_MAX {
            assert_eq!(gate.pass(one, now), Ok(()));
        }
        assert_eq!(gate.pass(one, now), Err(60));
        assert_eq!(gate.pass(two, now), Ok(()));
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(gate.pass(one, later(59)), Err(1));
        assert_eq!(gate.pass(one, later(60)), Ok(()));
    }
}
