//! The simulated provider's own page, where a payer gives a mandate: plain HTML, no scripts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, Fault, Refusal, lost, page, see_other};
use super::organisation::Organisation;
use super::request::{ApiRequest, Params};
use crate::wire::BillingRequestStatus;

/// Name of the field, label, hint for the browser's memory, and whether it may stay empty.
const FIELDS: &[(&str, &str, &str, bool)] = &[
    ("given_name", "First name", "given-name", false),
    ("family_name", "Last name", "family-name", false),
    ("email", "Email address", "email", false),
    ("address_line1", "Address, first line", "address-line1", false),
    ("address_line2", "Address, second line", "address-line2", true),
    ("city", "Town or city", "address-level2", false),
    ("postal_code", "Postcode", "postal-code", false),
    ("account_holder_name", "Name on the account", "off", false),
    ("branch_code", "Sort code", "off", false),
    ("account_number", "Account number", "off", false),
];

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;\
    color:#111;background:#fff}label{display:block;margin-top:1rem;font-weight:600}input{font:inherit;width:100%;\
    box-sizing:border-box;padding:.5rem;border:1px solid #555}button{font:inherit;padding:.6rem 1.2rem;\
    margin:1.5rem 1rem 0 0}.fault{color:#a00;margin:.2rem 0 0}aside{border:1px solid #555;padding:0 1rem;\
    margin-top:2rem;font-size:.9rem}";

/// What the Direct Debit Guarantee says, in short; a simulator makes no promises of its own.
const GUARANTEE: &str = "<aside><h2>The Direct Debit Guarantee</h2><p>This page belongs to a simulated provider: no \
    money moves. At a real one, the Guarantee is offered by all banks and building societies that accept instructions \
    to pay Direct Debits: you are told in advance of changes to amount, date or frequency, you are entitled to a full \
    and immediate refund of what was taken in error, and you can cancel at any time by contacting your bank.</p></aside>";

/// What a payer has sent.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Form(BTreeMap<String, String>);

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form(..)")
    }
}

impl Form {
    /// Reads the fields that the page has; texts of at most 200 characters.
    pub fn read(body: &[u8]) -> Self {
        let params = Params::parse(std::str::from_utf8(body).ok());
        let names = FIELDS.iter().map(|field| field.0).chain(["give_up"]);
        let pairs = names.filter_map(|name| {
            // In forms a plus is a blank; the query's reader knows that too.
            let value: String = params.get(name)?.trim().chars().take(200).collect();
            Some((name.to_owned(), value))
        });
        Self(pairs.collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn gives_up(&self) -> bool {
        self.0.contains_key("give_up")
    }
}

impl Organisation {
    /// A payer has sent the form: their details are collected, and the billing request is fulfilled when the flow says
    /// so.
    pub fn take_form(&mut self, flow: &str, form: &Form) -> Result<Answer, Refusal> {
        let (flow, request) = self.open_flow(flow, self.now()).ok_or(Refusal::NotFound)?;
        let (id, auto_fulfil) = (request.id.clone(), flow.auto_fulfil);
        if matches!(
            request.status,
            BillingRequestStatus::Fulfilled | BillingRequestStatus::Cancelled
        ) {
            // Sent twice.
            return Ok(Answer::ok(json!({})));
        }
        if form.gives_up() {
            self.tell_request(&id, "flow_exited", "payer", "billing_request_flow_exited")?;
            return Ok(Answer::ok(json!({})));
        }
        let blank = |field: &&(&str, &str, &str, bool)| !field.3 && form.get(field.0).is_empty();
        let faults: Vec<Fault> = FIELDS
            .iter()
            .filter(blank)
            .map(|field| Fault::new("form", field.0, "can't be blank"))
            .collect();
        if !faults.is_empty() {
            return Err(Refusal::Invalid(faults));
        }
        let text = |name: &str| form.get(name).to_owned();
        let details = json!({
            "customer": {
                "given_name": text("given_name"),
                "family_name": text("family_name"),
                "email": text("email"),
            },
            "customer_billing_detail": {
                "address_line1": text("address_line1"),
                "address_line2": text("address_line2"),
                "city": text("city"),
                "postal_code": text("postal_code"),
                "country_code": "GB",
            },
        });
        let account = json!({
            "account_holder_name": text("account_holder_name"),
            "branch_code": text("branch_code"),
            "account_number": text("account_number"),
            "country_code": "GB",
        });
        let with = |data: serde_json::Value| ApiRequest {
            method: "POST".to_owned(),
            path: String::new(),
            query: None,
            key: None,
            body: json!({ "data": data }),
        };
        self.collect_customer_details(&id, &with(details))?;
        self.collect_bank_account(&id, &with(account))?;
        self.confirm_payer_details(&id)?;
        if auto_fulfil {
            self.fulfil(&id)?;
        }
        Ok(Answer::ok(json!({})))
    }
}

/// The page of a flow: the form, or where the payer goes from here. `None` when there is no such flow.
pub(super) fn show(
    organisation: &Organisation,
    id: &str,
    form: Option<&Form>,
    faults: &[Fault],
) -> Option<Response> {
    let (flow, request) = organisation.open_flow(id, organisation.now())?;
    let is_finished = matches!(
        request.status,
        BillingRequestStatus::ReadyToFulfil | BillingRequestStatus::Fulfilled
    );
    if form.is_some_and(Form::gives_up) && !is_finished {
        let leave = flow.exit_uri.as_deref().and_then(see_other);
        return Some(
            leave.unwrap_or_else(|| message("Nothing was set up", "You can close this page.")),
        );
    }
    if is_finished && (form.is_some() && faults.is_empty()) {
        let back = flow.redirect_uri.as_deref().and_then(|uri| {
            let mut url = reqwest::Url::parse(uri).ok()?;
            url.query_pairs_mut().append_pair("outcome", "success").append_pair("id", id);
            see_other(url.as_str())
        });
        return Some(back.unwrap_or_else(|| {
            message("Your Direct Debit is set up", "You can close this page.")
        }));
    }
    if is_finished || request.status == BillingRequestStatus::Cancelled {
        return Some(message("This link was used", "There is nothing left to do here."));
    }
    let customer = &organisation.customers.get(request.links.customer.as_deref()?).ok()?.customer;
    let known = |name: &str| {
        let field = match name {
            "given_name" => &customer.given_name,
            "family_name" => &customer.family_name,
            "email" => &customer.email,
            "address_line1" => &customer.address_line1,
            "address_line2" => &customer.address_line2,
            "city" => &customer.city,
            "postal_code" => &customer.postal_code,
            _ => &None,
        };
        field.as_deref().unwrap_or_default()
    };
    let value = |name: &str| form.map_or_else(|| known(name), |form| form.get(name));
    Some(page(form_page(&organisation.creditor.name, value, faults)))
}

fn form_page<'a>(creditor: &str, value: impl Fn(&str) -> &'a str, faults: &[Fault]) -> String {
    let mut fields = String::new();
    for (name, label, memory, optional) in FIELDS {
        let fault = faults.iter().find(|fault| fault.field == *name);
        let (described, text) = match fault {
            Some(fault) => (
                format!(" aria-invalid=\"true\" aria-describedby=\"{name}-fault\""),
                format!(
                    "<p class=\"fault\" id=\"{name}-fault\">{label} {}</p>",
                    escape(&fault.message)
                ),
            ),
            None => Default::default(),
        };
        let required = if *optional { "" } else { " required" };
        let _ = write!(
            fields,
            "<label for=\"{name}\">{label}</label><input id=\"{name}\" name=\"{name}\" autocomplete=\"{memory}\" \
             value=\"{}\"{required}{described}>{text}",
            escape(value(name)),
        );
    }
    let summary = if faults.is_empty() {
        String::new()
    } else {
        "<p class=\"fault\" role=\"alert\">Something is not right yet: see below.</p>".to_owned()
    };
    let body = format!(
        "<h1>Set up a Direct Debit with {}</h1><p>You allow them to collect from your account. This is a simulated \
         provider.</p>{summary}<form method=\"post\">{fields}<button type=\"submit\">Set up this Direct Debit</button>\
         <button type=\"submit\" name=\"give_up\" value=\"yes\" formnovalidate>Go back</button></form>{GUARANTEE}",
        escape(creditor),
    );
    document("Set up a Direct Debit", &body)
}

fn message(title: &str, text: &str) -> Response {
    page(document(title, &format!("<h1>{title}</h1><p>{text}</p>")))
}

/// The page for a link that leads nowhere.
pub(super) fn gone() -> Response {
    let text = "<h1>This link leads nowhere</h1><p>It has expired, or it was never made.</p>";
    lost(document("This link leads nowhere", text))
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>"
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
