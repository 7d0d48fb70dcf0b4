//! The account that a browser keeps for its giver's next gift: the cookie with its token, and what the pages say of it.
//!
//! Forms of any fund of a partner offer it, and they have no path in common but `/`; so that is the cookie's. Each partner
//! has a cookie of its own. Scripts do not see it and forms of other sites do not carry it, nor would they be taken: what is
//! given from it, kept or forgotten takes the proof that every form of these pages carries.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use florin_ids::TenantId;
use florin_savings::SavingsError;
use florin_savings::gift::{GiftState, GiftView, HeldSecret, KeptAccount, Visitor};
use maud::{Markup, html};

use super::form::{self, Fault, Sent};
use super::{SavingsApi, Visit};

const NAME: &str = "florin_kept_";
/// A year, and the month in which the form still says that it is over. What counts is the partner's own calendar.
const SECONDS: u32 = 395 * 86_400;

/// What the page of a gift says of keeping its account.
pub(super) enum Keeping {
    /// Nothing: it cannot be kept here.
    Nothing,
    /// It can be kept, in the place of another one that is.
    Offered(Option<KeptAccount>),
    /// It is kept in this browser.
    Kept(KeptAccount),
}

fn name(tenant: TenantId) -> String {
    format!("{NAME}{}", tenant.uuid().simple())
}

fn cookie(tenant: TenantId, token: &str, seconds: u32, is_https: bool) -> Option<HeaderValue> {
    let (name, secure) = (name(tenant), if is_https { "; Secure" } else { "" });
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // Names and tokens are plain ASCII.
    HeaderValue::from_str(&text).ok()
}

impl Visit {
    /// The browser that asks, now.
    pub(super) fn visitor(&self, api: &SavingsApi) -> Visitor {
        Visitor { browser: self.browser.held(), now: api.http.now() }
    }

    /// The account of this partner's that the browser has kept.
    pub(super) async fn kept(
        &self,
        api: &SavingsApi,
        tenant: TenantId,
    ) -> Result<Option<KeptAccount>, SavingsError> {
        match self.cookies.get(&name(tenant)) {
            Some(token) => api.savings.kept_account(tenant, HeldSecret::of(token)).await,
            None => Ok(None),
        }
    }

    /// Whose fund the page is of, and the token for it that the browser holds.
    pub(super) async fn kept_token(
        &self,
        api: &SavingsApi,
    ) -> Result<(TenantId, Option<String>), SavingsError> {
        let tenant = api.savings.public_fund(self.handle()).await?.tenant;
        Ok((tenant, self.cookies.get(&name(tenant)).map(str::to_owned)))
    }

    /// The answer with the token, for another year.
    pub(super) fn keeping(
        &self,
        mut response: Response,
        tenant: TenantId,
        token: &str,
    ) -> Response {
        if let Some(value) = cookie(tenant, token, SECONDS, self.is_https()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
        response
    }

    /// Forgets what the browser has kept of this partner's, and asks for the page anew.
    pub(super) async fn forget(&self, api: &SavingsApi, tenant: TenantId) -> Response {
        if let Some(token) = self.cookies.get(&name(tenant))
            && let Err(error) = api.savings.forget_account(tenant, HeldSecret::of(token)).await
        {
            return self.refused(&error);
        }
        let mut response = Redirect::to(&self.path).into_response();
        if let Some(value) = cookie(tenant, "", 0, self.is_https()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
        response
    }

    /// Keeps the account of the gift of this page, or forgets it.
    pub(super) async fn keep_or_forget(&self, api: &SavingsApi, sent: &Sent) -> Response {
        let (savings, visitor) = (&api.savings, self.visitor(api));
        let tenant = match savings.gift_behind(&self.name, visitor.now).await {
            Ok(view) => view.tenant,
            Err(error) => return self.refused(&error),
        };
        if sent.get(form::ACT) == form::ACT_FORGET {
            return self.forget(api, tenant).await;
        }
        let before = self.cookies.get(&name(tenant)).map(HeldSecret::of);
        match savings.keep_account(&self.name, visitor, before).await {
            Ok((tenant, token)) => {
                self.keeping(Redirect::to(&self.path).into_response(), tenant, token.expose())
            }
            Err(error) => self.again(api, sent, error).await,
        }
    }

    /// What there is to say of keeping the account of a gift.
    pub(super) async fn keeping_of(
        &self,
        api: &SavingsApi,
        view: &GiftView,
    ) -> Result<Keeping, SavingsError> {
        if !matches!(view.state, GiftState::Pending | GiftState::Settled) {
            return Ok(Keeping::Nothing);
        }
        Ok(match self.kept(api, view.tenant).await? {
            Some(kept) if view.gift.account == Some(kept.account) => Keeping::Kept(kept),
            other if view.can_be_kept_in(self.browser.held()) => Keeping::Offered(other),
            _ => Keeping::Nothing,
        })
    }
}

/// The part of a gift's page that is about the next one.
pub(super) fn next_gift(
    keeping: &Keeping,
    view: &GiftView,
    proof: &str,
    faults: &[Fault],
) -> Markup {
    let act = |act: &str, label: &str| {
        html! {
            form method="post" {
                input type="hidden" name="proof" value=(proof);
                input type="hidden" name=(form::ACT) value=(act);
                button.plain type="submit" { (label) }
            }
        }
    };
    html! {
        (form::summary(faults))
        @match keeping {
            Keeping::Nothing => {},
            Keeping::Offered(other) => section.next aria-labelledby="next" {
                h2 #next { "Your next gift" }
                p {
                    "You need not prove your account again: this browser can keep it, with your name and email address, for gifts \
                     to the funds of " (view.partner) ". Whoever uses this browser can then give from it, so keep it only on a \
                     device of your own. You can have it forgotten whenever you like, and a year without a gift forgets it too."
                }
                @if let Some(other) = other { p { "It takes the place of your " (other.called) "." } }
                (act(form::ACT_KEEP, "Keep this account for my next gift from this device"))
            },
            Keeping::Kept(kept) => section.next aria-labelledby="next" {
                h2 #next { "Your next gift" }
                p role="status" {
                    "Your " strong { (kept.called) } " is kept in this browser. For your next gift to a fund of " (view.partner)
                    ", choose it in the form."
                }
                (act(form::ACT_FORGET, "Forget this account"))
            },
        }
    }
}

/// The form that has the account forgotten which the form of a gift offers; its button stands elsewhere.
pub(super) fn forgetting(proof: &str) -> Markup {
    html! {
        form #forget method="post" {
            input type="hidden" name="proof" value=(proof);
            input type="hidden" name=(form::ACT) value=(form::ACT_FORGET);
        }
    }
}

/// The button of [`forgetting`].
pub(super) fn forget_button() -> Markup {
    html! { p.forget { button.link type="submit" form="forget" { "Forget this account" } } }
}

/// That what was kept cannot be given from, and why.
pub(super) fn unusable(kept: &KeptAccount, why: &str) -> Markup {
    html! {
        div.note role="status" {
            p { "Your " (kept.called) " is kept in this browser, but cannot be given from any more. " (why) }
            p { "Please choose another way to pay." }
            (forget_button())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_cookie_is_one_partner_s_and_for_no_script() {
        let tenant = TenantId::from_uuid(Uuid::from_u128(7));
        let check = |seconds, is_https, expected: &str| {
            let cookie = cookie(tenant, "abc", seconds, is_https).expect("plain ASCII");
            let name = "florin_kept_00000000000000000000000000000007";
            assert_eq!(cookie.to_str().expect("text"), format!("{name}=abc; Path=/; {expected}"));
        };
        check(SECONDS, true, "Max-Age=34128000; HttpOnly; SameSite=Lax; Secure");
        check(0, false, "Max-Age=0; HttpOnly; SameSite=Lax");
    }
}
