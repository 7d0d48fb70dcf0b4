//! What the hidden fields of a page carry: the proof that the form was shown to this browser, and the details that
//! are to be confirmed. Both are sealed, so that neither can be made or read by anyone else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use florin_crypto::{KeyRing, Secret, constant_time_eq, hash_key};
use florin_mandates::PayerDetails;

/// The cookie that a browser proves with that the page was shown to it.
const COOKIE: &str = "florin_mandate";
const COOKIE_LENGTH: usize = 43;
const PROOF_CONTEXT: &str = "mandate_page.proof";
const DETAILS_CONTEXT: &str = "mandate_page.details";

/// What one browser is recognised by while it fills in a page.
pub(super) struct Browser {
    value: String,
    is_new: bool,
}

impl Browser {
    /// The browser of the cookies that were sent; a new one when there is no cookie of ours.
    pub(super) fn of(cookies: Option<&str>) -> Self {
        match cookies.and_then(ours) {
            Some(value) => Self { value: value.to_owned(), is_new: false },
            None => Self { value: Secret::generate("").expose().to_owned(), is_new: true },
        }
    }

    /// The cookie to set; none when the browser has it already. It ends with the browser's session, scripts do not
    /// see it, and forms of other sites do not carry it; a link in a message does, so that a link that is opened twice
    /// finds the same browser.
    pub(super) fn set_cookie(&self, is_https: bool) -> Option<String> {
        let secure = if is_https { "; Secure" } else { "" };
        let text =
            || format!("{COOKIE}={}; Path=/mandates; HttpOnly; SameSite=Lax{secure}", self.value);
        self.is_new.then(text)
    }

    /// The hidden field of a form for this browser and this link.
    pub(super) fn proof(&self, keys: &KeyRing, token: &str) -> String {
        let sealed = keys.seal(PROOF_CONTEXT, &hash_key(token), self.value.as_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Whether the hidden field is of a form that was shown to this browser for this link.
    pub(super) fn has_sent(&self, keys: &KeyRing, token: &str, proof: &str) -> bool {
        let sealed = URL_SAFE_NO_PAD.decode(proof).unwrap_or_default();
        let opened = keys.open(PROOF_CONTEXT, &hash_key(token), &sealed);
        !self.is_new && opened.is_ok_and(|value| constant_time_eq(&value, self.value.as_bytes()))
    }
}

/// The value of our cookie among those that were sent.
fn ours(cookies: &str) -> Option<&str> {
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (value.len() == COOKIE_LENGTH && value.chars().all(is_plain)).then_some(value)
}

/// The details for a hidden field of the page that asks to confirm them.
pub(super) fn seal_details(keys: &KeyRing, token: &str, details: &PayerDetails) -> String {
    // Texts always serialise; an empty text is not opened again.
    let plain = serde_json::to_vec(details).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(keys.seal(DETAILS_CONTEXT, &hash_key(token), &plain))
}

/// The details out of the hidden field; none when it is not what was sealed for this link.
pub(super) fn open_details(keys: &KeyRing, token: &str, field: &str) -> Option<PayerDetails> {
    let sealed = URL_SAFE_NO_PAD.decode(field).ok()?;
    let plain = keys.open(DETAILS_CONTEXT, &hash_key(token), &sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie_of(browser: &Browser) -> String {
        let set = browser.set_cookie(true).expect("a new browser");
        let pair = set.split(';').next().expect("a pair").to_owned();
        assert!(set.ends_with("; Path=/mandates; HttpOnly; SameSite=Lax; Secure"), "{set}");
        pair
    }

    #[test]
    fn a_form_is_of_one_browser_and_one_link() {
        let keys = KeyRing::generate();
        let first = Browser::of(None);
        let proof = first.proof(&keys, "one");
        assert!(!first.has_sent(&keys, "one", &proof), "the cookie has not come back yet");
        let cookie = cookie_of(&first);
        let again = Browser::of(Some(&format!("a=b; {cookie}; c=d")));
        assert!(again.set_cookie(true).is_none());
        assert!(again.has_sent(&keys, "one", &proof));
        assert!(!again.has_sent(&keys, "two", &proof), "another link");
        assert!(!again.has_sent(&KeyRing::generate(), "one", &proof), "another server's");
        let other = cookie_of(&Browser::of(None));
        assert!(!Browser::of(Some(&other)).has_sent(&keys, "one", &proof), "another browser");
        for bad in ["", "x", "%", &proof[1..]] {
            assert!(!again.has_sent(&keys, "one", bad), "{bad}");
        }
        for bad in ["florin_mandate=", "florin_mandate=short", &format!("x{cookie}")] {
            assert!(Browser::of(Some(bad)).set_cookie(false).is_some(), "{bad}");
        }
    }

    #[test]
    fn details_are_of_one_link_and_cannot_be_read() {
        let keys = KeyRing::generate();
        let account_number = "55779911".to_owned();
        let details = PayerDetails { account_number, ..PayerDetails::default() };
        let field = seal_details(&keys, "one", &details);
        assert!(!field.contains("5577"));
        assert!(open_details(&keys, "one", &field) == Some(details));
        assert!(open_details(&keys, "two", &field).is_none());
        assert!(open_details(&keys, "one", "").is_none());
        assert!(open_details(&keys, "one", &field[4..]).is_none());
    }
}
