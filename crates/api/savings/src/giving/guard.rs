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
use florin_savings::gift::HeldSecret;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The cookie that a browser proves with that the form was shown to it.
const NAME: &str = "florin_giver";
const VALUE_LENGTH: usize = 43;
const PROOF_CONTEXT: &str = "savings_giving.proof";
const ID_BYTES: usize = 16;

/// The cookies of a request.
pub(super) struct Cookies(Vec<String>);

impl Cookies {
    /// Those of a request's headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        Self(sent.map(str::to_owned).collect())
    }

    /// The value of one that is a secret of ours; `None` when it cannot be one.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter().flat_map(|text| text.split(';'));
        pairs.find_map(|pair| ours(pair, name))
    }
}

/// What one browser is recognised by while it fills in a form.
pub(super) struct Browser {
    value: String,
    is_new: bool,
}

impl Browser {
    /// The browser of a request; a new one when it sends no cookie of ours.
    pub(super) fn of(cookies: &Cookies) -> Self {
        match cookies.get(NAME) {
            Some(value) => Self { value: value.to_owned(), is_new: false },
            None => Self { value: Secret::generate("").expose().to_owned(), is_new: true },
        }
    }

    /// What the browser is known by where gifts are.
    pub(super) fn held(&self) -> HeldSecret {
        HeldSecret::of(&self.value)
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

/// The value of a cookie when it is the one of this name.
fn ours<'a>(pair: &'a str, wanted: &str) -> Option<&'a str> {
    let (name, value) = pair.trim().split_once('=')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_ours = name == wanted && value.len() == VALUE_LENGTH && value.chars().all(is_plain);
    is_ours.then_some(value)
}

/// Forms a minute from one network.
const FORMS: (u32, SignedDuration) = (30, SignedDuration::from_mins(1));
/// Pages an hour that there are not, asked for from one network: whoever mistypes an address is far below, and whoever
/// tries all the handles that a name can have does not get through them.
const MISSES: (u32, SignedDuration) = (30, SignedDuration::from_hours(1));
/// How many networks are remembered.
const NETWORKS_MAX: usize = 10_000;

/// Counts what each network does within a span of time.
#[derive(Clone)]
pub(crate) struct Turnstile {
    most: u32,
    window: SignedDuration,
    seen: Arc<Mutex<HashMap<IpAddr, (Timestamp, u32)>>>,
}

impl Turnstile {
    /// For forms.
    pub(crate) fn forms() -> Self {
        Self::new(FORMS)
    }

    /// For pages that there are not.
    pub(crate) fn misses() -> Self {
        Self::new(MISSES)
    }

    fn new((most, window): (u32, SignedDuration)) -> Self {
        Self { most, window, seen: Arc::default() }
    }

    /// Whether another one would be let through; the error is after how many seconds the next one is.
    pub(super) fn check(&self, address: IpAddr, now: Timestamp) -> Result<(), i64> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(&network(address)) {
            Some((began, count)) if *count >= self.most && !self.is_over(*began, now) => {
                Err(self.seconds_left(*began, now))
            }
            _ => Ok(()),
        }
    }

    /// Counts one, and lets it through; the error is after how many seconds the next one is.
    pub(super) fn pass(&self, address: IpAddr, now: Timestamp) -> Result<(), i64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= NETWORKS_MAX {
            seen.retain(|_, (began, _)| !self.is_over(*began, now));
        }
        if seen.len() >= NETWORKS_MAX {
            // A flood from many networks: start counting again rather than grow.
            seen.clear();
        }
        let window = seen.entry(network(address)).or_insert((now, 0));
        if self.is_over(window.0, now) {
            *window = (now, 0);
        }
        window.1 = window.1.saturating_add(1);
        if window.1 <= self.most { Ok(()) } else { Err(self.seconds_left(window.0, now)) }
    }

    fn is_over(&self, began: Timestamp, now: Timestamp) -> bool {
        now.duration_since(began) >= self.window
    }

    fn seconds_left(&self, began: Timestamp, now: Timestamp) -> i64 {
        self.window.saturating_sub(now.duration_since(began)).as_secs().max(1)
    }
}

/// What one customer of a provider has: an address, or the first half of one of version 6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::from((address.to_bits() >> 64 << 64).to_be_bytes()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn with(cookie: &str) -> Browser {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookie).expect("a header"));
        Browser::of(&Cookies::of(&headers))
    }

    fn without() -> Browser {
        Browser::of(&Cookies::of(&HeaderMap::new()))
    }

    #[test]
    fn a_form_is_of_one_browser_and_one_page() {
        let (keys, id) = (KeyRing::generate(), GiftId::new());
        let first = without();
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
        let other = without().set_cookie(false).expect("new");
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
        let (gate, now) = (Turnstile::forms(), Timestamp::UNIX_EPOCH);
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..FORMS.0 {
            assert_eq!(gate.pass(one, now), Ok(()));
        }
        assert_eq!(gate.pass(one, now), Err(60));
        assert_eq!(gate.pass(two, now), Ok(()));
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(gate.pass(one, later(59)), Err(1));
        assert_eq!(gate.pass(one, later(60)), Ok(()));
    }

    #[test]
    fn a_network_is_asked_to_wait_once_it_has_missed_much() {
        let (gate, now) = (Turnstile::misses(), Timestamp::UNIX_EPOCH);
        let address = |text: &str| -> IpAddr { text.parse().expect("an address") };
        for host in 1..=MISSES.0 {
            let one = address(&format!("2001:db8:1:2::{host:x}"));
            assert_eq!((gate.check(one, now), gate.pass(one, now)), (Ok(()), Ok(())));
        }
        assert_eq!(gate.check(address("2001:db8:1:2:ffff::1"), now), Err(3_600));
        assert_eq!(gate.check(address("2001:db8:1:3::1"), now), Ok(()));
        assert_eq!(gate.check(address("::ffff:10.0.0.1"), now), Ok(()));
        assert_eq!(gate.check(address("2001:db8:1:2::1"), now + MISSES.1), Ok(()));
    }
}
