//! The page at a requisition's link, where an end user consents: plain HTML, no scripts.
//!
//! The real provider shows two or three pages, its own and the bank's; here they are one.

use std::collections::BTreeMap;

use axum::http::Method;
use axum::response::Response;
use reqwest::Url;
use uuid::Uuid;

use super::answer::{lost, page, see_other};
use super::institutions::Bank;
use super::journal::Change;
use super::state::RequisitionRow;
use super::{Simulator, Visit};
use crate::wire::RequisitionStatus;

const USER_CHARS_MAX: usize = 60;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;\
    color:#111;background:#fff}label{display:block;margin-top:1rem;font-weight:600}input{font:inherit;width:100%;\
    box-sizing:border-box;padding:.5rem;border:1px solid #555}button{font:inherit;padding:.6rem 1.2rem;\
    margin:1.5rem 1rem 0 0}aside{border:1px solid #555;padding:0 1rem;margin-top:2rem;font-size:.9rem}";

/// How it ends: the provider's word for what went wrong, its text, and where the requisition stands then.
struct End {
    error: &'static str,
    details: &'static str,
    status: RequisitionStatus,
}

const CANCELLED: End = End {
    error: "UserCancelledSession",
    details: "User cancelled the session.",
    status: RequisitionStatus::GivingConsent,
};
const REJECTED: End = End {
    error: "UserSessionRejected",
    details: "User session rejected due to incorrect credentials or a business exception.",
    status: RequisitionStatus::Rejected,
};
const BANK_DOWN: End = End {
    error: "InstitutionTechnicalError",
    details: "A technical error occurred while trying to connect to the institution, please try again.",
    status: RequisitionStatus::UndergoingAuthentication,
};
const REUSED: End = End {
    error: "RequisitionLinkReused",
    details: "This link has already been used for authorization and is no longer valid.",
    status: RequisitionStatus::Linked,
};

/// `{requisition}/{institution}`: shown, or its form taken in.
pub(super) fn handle(simulator: &Simulator, link: &str, method: &Method, body: &[u8]) -> Response {
    let id = link.split('/').next().and_then(|id| id.parse().ok());
    let Some((org, row)) = id.and_then(|id| simulator.by_link(id)) else { return gone() };
    let Some(bank) = row.bank() else { return gone() };
    if !row.status.is_under_way() && row.status != RequisitionStatus::Rejected {
        return back(&row, Some(&REUSED));
    }
    if *method != Method::POST {
        if row.status == RequisitionStatus::Created {
            simulator.stand(&org, &row, RequisitionStatus::GivingConsent);
        }
        return form_page(bank, &row);
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), value.chars().take(USER_CHARS_MAX).collect()))
        .collect();
    let user = form.get("user").map(|user| user.trim()).filter(|user| !user.is_empty());
    let user = user.unwrap_or("demo");
    let end = match form.get("answer").map(String::as_str) {
        Some("agree") if user == "rejected" => &REJECTED,
        Some("agree") => return simulator.consent(&org, &row, user),
        Some("reject") => &REJECTED,
        Some("bank_down") => &BANK_DOWN,
        _ => &CANCELLED,
    };
    simulator.stand(&org, &row, end.status);
    back(&row, Some(end))
}

/// The same without a browser: the address that one would be sent to.
pub(super) fn visit(simulator: &Simulator, link: &str, visit: Visit<'_>) -> Option<String> {
    let (answer, user) = match visit {
        Visit::Agree(user) => ("agree", user),
        Visit::Cancel => ("cancel", ""),
        Visit::Reject => ("reject", ""),
        Visit::BankDown => ("bank_down", ""),
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("answer", answer).append_pair("user", user);
    let response = handle(simulator, link, &Method::POST, form.finish().as_bytes());
    let to = response.headers().get(axum::http::header::LOCATION)?;
    to.to_str().ok().map(str::to_owned)
}

impl Simulator {
    fn by_link(&self, id: Uuid) -> Option<(String, RequisitionRow)> {
        let now = self.now();
        let state = self.state();
        let org = state.owner(id)?;
        let row = state.organisations.get(&org)?.requisition(id, now)?;
        Some((org, row))
    }

    fn stand(&self, org: &str, row: &RequisitionRow, status: RequisitionStatus) {
        let row = RequisitionRow { status, ..row.clone() };
        // What cannot be written stays as it was; the page says the same either way.
        let _ = self.change(org, Change::Requisition(row));
    }

    /// The end user agrees: the accounts can be read from now on, unless their name says otherwise.
    fn consent(&self, org: &str, row: &RequisitionRow, user: &str) -> Response {
        let now = self.now();
        let agreement = {
            let state = self.state();
            let held = state.organisations.get(org);
            held.and_then(|found| found.agreements.get(&row.agreement).cloned())
        };
        let Some(mut agreement) = agreement else { return gone() };
        agreement.accepted = Some(now);
        let status = match user {
            "suspended" => RequisitionStatus::Suspended,
            "expired" => RequisitionStatus::Expired,
            _ => RequisitionStatus::Linked,
        };
        let row = RequisitionRow { status, user: Some(user.to_owned()), ..row.clone() };
        let written = self
            .change(org, Change::Agreement(agreement))
            .and_then(|()| self.change(org, Change::Requisition(row.clone())));
        match written {
            Ok(()) => back(&row, None),
            Err(_) => message("Something went wrong", "Nothing was set up. Please try again."),
        }
    }
}

/// Back to whoever sent the end user here.
fn back(row: &RequisitionRow, end: Option<&End>) -> Response {
    let to = Url::parse(&row.redirect).ok().and_then(|mut url| {
        url.query_pairs_mut().append_pair("ref", &row.reference);
        if let Some(end) = end {
            let pairs = [("error", end.error), ("details", end.details)];
            url.query_pairs_mut().extend_pairs(pairs);
        }
        see_other(url.as_str())
    });
    to.unwrap_or_else(|| message("That is all", "You can close this page."))
}

fn form_page(bank: &Bank, row: &RequisitionRow) -> Response {
    let host = Url::parse(&row.redirect).ok();
    let host = host.as_ref().and_then(Url::host_str).unwrap_or("An application");
    let body = format!(
        "<h1>{bank}</h1><p>{host} asks to read the details, balances and transactions of your accounts at {bank}. \
         This is a simulated provider: no bank is asked.</p><form method=\"post\"><label for=\"user\">User name at \
         {bank}</label><input id=\"user\" name=\"user\" value=\"demo\" autocomplete=\"off\" maxlength=\"60\"><button \
         type=\"submit\" name=\"answer\" value=\"agree\">I agree</button><button type=\"submit\" name=\"answer\" \
         value=\"cancel\" formnovalidate>Cancel</button><aside><h2>For tests</h2><p><button type=\"submit\" \
         name=\"answer\" value=\"reject\">Let the bank reject it</button><button type=\"submit\" name=\"answer\" \
         value=\"bank_down\">Let the bank fail</button></p></aside></form>",
        bank = escape(bank.name),
        host = escape(host),
    );
    page(document(&format!("Consent - {}", bank.name), &body))
}

fn message(title: &str, text: &str) -> Response {
    page(document(title, &format!("<h1>{title}</h1><p>{text}</p>")))
}

/// The page for a link that leads nowhere.
fn gone() -> Response {
    let text = "<h1>This link leads nowhere</h1><p>It was deleted, or it was never made.</p>";
    lost(document("This link leads nowhere", text))
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>",
        escape(title)
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
