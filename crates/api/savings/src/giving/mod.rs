//! What everybody sees: a fund's public page (`/{handle}`), the form of a gift (`/{handle}/gift`), and the page behind a
//! gift's link (`/gifts/{key}`).
//!
//! The pages need no script and fetch nothing from elsewhere but the photo that a partner has named, whose origin alone
//! their policy lets in. Forms carry a sealed proof that they were shown to the browser that sends them.

mod card;
mod chart;
mod find;
mod form;
mod guard;
mod html;
mod kept;
mod photo;
mod thanks;
mod words;

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts, Path, RawQuery, Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use florin_http::{ApiError, HttpState, Mode, base_url, body, client_address};
use florin_ids::GiftId;
use florin_savings::SavingsError;
use florin_savings::gift::{GiftView, HeldSecret};
use florin_savings::page::PublicFund;
use maud::Markup;

use crate::SavingsApi;
use form::{Fault, Sent};
use guard::{Browser, Cookies};
use html::Frame;
use photo::Photo;

pub(crate) use guard::Turnstile;

/// No form of these pages is longer.
const FORM_BYTES_MAX: usize = 16_384;
/// No handle is longer; nor is a key.
const HANDLE_CHARS_MAX: usize = 60;
const KEY_CHARS_MAX: usize = 200;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The pages' routes. What stands at the root of the address is a handle when it is nothing else.
pub(crate) fn routes() -> Router<SavingsApi> {
    Router::new()
        .route("/{handle}", get(show).fallback(nothing))
        .route("/{handle}/card.png", get(share))
        .route("/{handle}/gift", get(ask).post(give))
        .route("/gifts/{key}", get(look).post(confirm))
        .route("/funds/style.css", get(style))
}

/// A request for one of these pages.
struct Visit {
    /// What clients type before the path.
    base: String,
    /// The path of the page.
    path: String,
    /// The handle or the key in it.
    name: String,
    browser: Browser,
    cookies: Cookies,
    address: Option<IpAddr>,
    /// Whether the browser says that another site has sent it here.
    is_cross_site: bool,
    /// Whether it is a browser that asks, or a program that reads JSON.
    takes_html: bool,
    /// What tells in which form a program is refused.
    extensions: Extensions,
    is_sandbox: bool,
}

impl FromRequestParts<SavingsApi> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &SavingsApi) -> Result<Self, Response> {
        let http = HttpState::from_ref(api);
        let header = |name: &HeaderName| parts.headers.get(name).and_then(|it| it.to_str().ok());
        let takes_html = header(&ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        let is_cross_site =
            header(&FETCH_SITE).is_some_and(|site| matches!(site, "cross-site" | "same-site"));
        let base = base_url(parts, &http);
        let address = client_address(parts, http.options().behind_proxy);
        let cookies = Cookies::of(&parts.headers);
        let browser = Browser::of(&cookies);
        let path = parts.uri.path().to_owned();
        let name = Path::<String>::from_request_parts(parts, api).await;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let most = if path.starts_with("/gifts/") { KEY_CHARS_MAX } else { HANDLE_CHARS_MAX };
        let name = name.ok().map(|Path(name)| name);
        let name = name.filter(|name| name.len() <= most && name.bytes().all(is_plain));
        let is_sandbox = http.mode() == Mode::Sandbox;
        let extensions = parts.extensions.clone();
        let Some(name) = name else {
            return Err(unknown(takes_html, is_sandbox, &parts.extensions));
        };
        Ok(Self {
            base,
            path,
            name,
            browser,
            cookies,
            address,
            is_cross_site,
            takes_html,
            extensions,
            is_sandbox,
        })
    }
}

impl Visit {
    /// The handle, whose capitals do not matter.
    fn handle(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    fn is_https(&self) -> bool {
        self.base.starts_with("https://")
    }

    fn frame(&self) -> Frame<'static> {
        Frame { partner: "", is_sandbox: self.is_sandbox }
    }

    /// The answer with the browser's cookie, where it has none yet.
    fn remembered(&self, mut response: Response) -> Response {
        let cookie = self.browser.set_cookie(self.is_https());
        if let Some(value) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
        response
    }

    fn refused(&self, error: &SavingsError) -> Response {
        match error {
            SavingsError::NotFound(_) => {
                unknown(self.takes_html, self.is_sandbox, &self.extensions)
            }
            error => {
                // What it was stands in the log.
                let status = ApiError::internal(error).status();
                let text = "Something went wrong on our side. Please try again in a moment.";
                page(status, None, html::notice(self.frame(), "Please try again", text))
            }
        }
    }

    /// What a form that was sent here says, and what it makes, when it was shown to this browser.
    async fn sent(&self, api: &SavingsApi, request: Request) -> Result<(GiftId, Sent), Response> {
        let http = HttpState::from_ref(api);
        let refuse =
            |status, title, text| page(status, None, html::notice(self.frame(), title, text));
        if let Some(Err(seconds)) =
            self.address.map(|address| api.turnstile.pass(address, http.now()))
        {
            let text = "Too many forms were sent from your network. Please wait a minute.";
            return Err(self.throttled(text, seconds));
        }
        let (parts, body): (Parts, Body) = request.into_parts();
        let Ok(bytes) = body::read(&parts.headers, body, FORM_BYTES_MAX).await else {
            let text = "What arrived is not the form of this page. Nothing was sent.";
            return Err(refuse(StatusCode::BAD_REQUEST, "Please open the page again", text));
        };
        let sent = Sent::read(&bytes);
        let keys = api.savings.keys();
        match self.browser.proven(keys, &self.path, sent.get("proof")) {
            Some(id) if !self.is_cross_site => Ok((id, sent)),
            _ => {
                let text = "This form was opened in another browser, or your browser does not keep cookies. Nothing was sent.";
                Err(refuse(StatusCode::FORBIDDEN, "Please open the page again", text))
            }
        }
    }

    async fn gift_page(
        &self,
        api: &SavingsApi,
        status: StatusCode,
        found: &PublicFund,
        sent: Sent,
        faults: &[Fault],
    ) -> Response {
        let kept = match self.kept(api, found.tenant).await {
            Ok(kept) => kept,
            Err(error) => return self.refused(&error),
        };
        let offered = kept.as_ref().filter(|kept| kept.obstacle.is_none());
        // A form that was sent says itself who gives.
        let sent = match offered.filter(|_| faults.is_empty()) {
            Some(kept) => sent.with_giver(kept),
            None => sent,
        };
        let proof = self.browser.proof(api.savings.keys(), &self.path, GiftId::new());
        let markup = form::gift(found, kept.as_ref(), &proof, &sent, faults, self.is_sandbox);
        self.remembered(page(status, None, markup))
    }

    async fn thanks_page(
        &self,
        api: &SavingsApi,
        status: StatusCode,
        view: &GiftView,
        sent: &Sent,
        faults: &[Fault],
    ) -> Response {
        let keeping = match self.keeping_of(api, view).await {
            Ok(keeping) => keeping,
            Err(error) => return self.refused(&error),
        };
        let proof = self.browser.proof(api.savings.keys(), &self.path, view.gift.id);
        let markup = thanks::gift(view, &keeping, &proof, sent, faults, self.is_sandbox);
        self.remembered(page(status, None, markup))
    }
}

impl Visit {
    /// Leads the giver to the page on which banks are linked, for the gift of this key and no other.
    async fn to_bank(&self, api: &SavingsApi, key: &str) -> Response {
        let back = format!("{}/gifts/{key}", self.base);
        match api.savings.link_gift(key, back, self.visitor(api)).await {
            Ok(page) => Redirect::to(&page).into_response(),
            // The gift's own page has the other way.
            Err(SavingsError::Impossible(_)) => {
                Redirect::to(&format!("/gifts/{key}?status=error")).into_response()
            }
            Err(error) => self.refused(&error),
        }
    }

    /// The gift's page with what is wrong with the form that was sent.
    async fn again(&self, api: &SavingsApi, sent: &Sent, error: SavingsError) -> Response {
        let (status, told) = match error {
            SavingsError::Invalid(told) => (StatusCode::BAD_REQUEST, told),
            SavingsError::Impossible(told) => (StatusCode::UNPROCESSABLE_ENTITY, told),
            error => return self.refused(&error),
        };
        match api.savings.gift_behind(&self.name, api.http.now()).await {
            Ok(view) => self.thanks_page(api, status, &view, sent, &form::faults(&told)).await,
            Err(error) => self.refused(&error),
        }
    }
}

/// A fund's page.
async fn show(State(api): State<SavingsApi>, visit: Visit) -> Response {
    match visit.fund(&api).await {
        Ok(found) => {
            let photo = found.fund.photo_url.as_deref().and_then(Photo::of);
            let markup = html::fund(&found, &visit.base, photo.as_ref(), visit.is_sandbox);
            page(StatusCode::OK, photo.as_ref(), markup)
        }
        Err(response) => response,
    }
}

/// The picture that is shown beside a link to it.
async fn share(State(api): State<SavingsApi>, visit: Visit) -> Response {
    let found = match visit.fund(&api).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    match tokio::task::spawn_blocking(move || card::card(&found)).await {
        Ok(Some(png)) => {
            let headers = [
                (CONTENT_TYPE, "image/png"),
                (CACHE_CONTROL, "public, max-age=3600"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, png).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The form of a gift, with the amount that the link names (`?amount=50`).
async fn ask(State(api): State<SavingsApi>, RawQuery(query): RawQuery, visit: Visit) -> Response {
    match visit.fund(&api).await {
        Ok(found) if found.takes_gifts => {
            let sent = Sent::of_link(query.as_deref());
            visit.gift_page(&api, StatusCode::OK, &found, sent, &[]).await
        }
        Ok(found) => Redirect::to(&format!("/{}", found.fund.handle)).into_response(),
        Err(response) => response,
    }
}

/// A form of a gift that was sent; or the one beside it, which has the kept account forgotten.
async fn give(State(api): State<SavingsApi>, visit: Visit, request: Request) -> Response {
    let (id, sent) = match visit.sent(&api, request).await {
        Ok(sent) => sent,
        Err(refused) => return refused,
    };
    let kept = match sent.is_about_kept() {
        true => match visit.kept_token(&api).await {
            Ok((tenant, _)) if sent.get(form::ACT) == form::ACT_FORGET => {
                return visit.forget(&api, tenant).await;
            }
            Ok((tenant, token)) => token.map(|token| (tenant, token)),
            Err(error) => return visit.refused(&error),
        },
        false => None,
    };
    let (handle, visitor) = (visit.handle(), visit.visitor(&api));
    let pages = format!("{}/gifts/", visit.base);
    let fields = sent.fields(kept.as_ref().map(|(_, token)| HeldSecret::of(token)));
    let (status, told) =
        match api.savings.ask_gift(handle.clone(), id, fields, pages, visitor).await {
            Ok(key) => {
                let given = Redirect::to(&format!("/gifts/{key}")).into_response();
                return match kept {
                    Some((tenant, token)) => visit.keeping(given, tenant, &token),
                    None => given,
                };
            }
            Err(SavingsError::Invalid(told)) => (StatusCode::BAD_REQUEST, told),
            Err(SavingsError::Impossible(told)) => (StatusCode::UNPROCESSABLE_ENTITY, told),
            Err(error) => return visit.refused(&error),
        };
    match api.savings.public_fund(handle).await {
        Ok(found) => visit.gift_page(&api, status, &found, sent, &form::faults(&told)).await,
        Err(error) => visit.refused(&error),
    }
}

/// What has become of a gift. Whoever comes back from their bank brings word of how it went (`?status=cancelled`).
async fn look(State(api): State<SavingsApi>, RawQuery(query): RawQuery, visit: Visit) -> Response {
    match api.savings.gift_behind(&visit.name, api.http.now()).await {
        Ok(view) => {
            let sent = Sent::of_return(query.as_deref());
            visit.thanks_page(&api, StatusCode::OK, &view, &sent, &[]).await
        }
        Err(error) => visit.refused(&error),
    }
}

/// What a giver does with a gift: links a bank, gives from what is linked, types in numbers, tells the amounts of the
/// deposits, keeps the account or has it forgotten.
async fn confirm(State(api): State<SavingsApi>, visit: Visit, request: Request) -> Response {
    let sent = match visit.sent(&api, request).await {
        Ok((_, sent)) => sent,
        Err(refused) => return refused,
    };
    let (savings, key, visitor) = (&api.savings, visit.name.as_str(), visit.visitor(&api));
    let done = match sent.get(form::ACT) {
        form::ACT_LINK => return visit.to_bank(&api, key).await,
        form::ACT_KEEP | form::ACT_FORGET => return visit.keep_or_forget(&api, &sent).await,
        form::ACT_GIVE => {
            let account = sent.get(form::LINKED).parse().unwrap_or_default();
            savings.give_linked(key, account, visitor).await
        }
        form::ACT_NUMBERS => {
            savings.prove_gift(key, sent.numbers(), sent.is_authorised(), visitor).await
        }
        _ => {
            let amounts = (sent.get(form::AMOUNT_1), sent.get(form::AMOUNT_2));
            let amounts = (amounts.0.to_owned(), amounts.1.to_owned());
            savings.confirm_gift(key, amounts, visitor).await
        }
    };
    match done {
        // The page is asked for anew, so that loading it again tells nothing twice.
        Ok(_) => Redirect::to(&visit.path).into_response(),
        Err(error) => visit.again(&api, &sent, error).await,
    }
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, html::STYLE).into_response()
}

/// The root of the address in a way that no page is asked for: as without pages.
async fn nothing(request: Request) -> Response {
    florin_http::refused(request.extensions(), &florin_http::Refusal::UnknownPath)
}

/// No such page. Programs are told so as everywhere else.
fn unknown(takes_html: bool, is_sandbox: bool, extensions: &Extensions) -> Response {
    if !takes_html {
        return florin_http::refused(extensions, &florin_http::Refusal::UnknownPath);
    }
    let text = "Check that the address is complete, or ask whoever sent it to you for a new one.";
    let frame = Frame { partner: "", is_sandbox };
    page(StatusCode::NOT_FOUND, None, html::notice(frame, "There is no such page", text))
}

/// A page, in no frame, which tells nobody by which link it was reached and fetches no more than a photo.
fn page(status: StatusCode, photo: Option<&Photo>, markup: Markup) -> Response {
    const HEADERS: [(HeaderName, HeaderValue); 7] = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static(
                "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
        ),
    ];
    let photo = photo.map_or("'none'", |photo| photo.origin.as_str());
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src {photo}; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let mut response = (status, HEADERS, markup.into_string()).into_response();
    // An origin is plain ASCII.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
