//! `/mandates/{token}`: the page on which an end user gives a mandate.
//!
//! Details -> check -> confirm, all on one path: what was entered travels in the page itself, sealed once it is
//! complete, so nothing is kept here before the end user has confirmed it. A confirmed form leads on to `/wait`, which
//! looks until it is settled and leads on to `/continue`, which leads to the partner. The step between is a page of its
//! own, because browsers hold the answers to a form to the policy's `form-action`, wherever they lead.

mod answer;
mod form;
mod guard;
mod html;
mod onward;
mod visit;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::map_response_with_state;
use axum::response::Response;
use axum::routing::get;
use florin_http::body;
use florin_mandates::{FlowState, MandateFlow, MandatesError, Pages, PayerDetails};

use crate::PaymentsApi;
use answer::{Trouble, page, see_other};
use form::{Entries, Fault, Sent};
use visit::Visit;

/// The longest form in bytes: every field full.
const FORM_BYTES_MAX: usize = 32 * 1024;
/// How often the waiting page looks.
const LOOK_EVERY_SECONDS: u32 = 2;

pub(crate) fn routes() -> Router<PaymentsApi> {
    let pages = Router::new()
        .route("/{token}", get(show).post(submit))
        .route("/{token}/wait", get(wait))
        .route("/{token}/continue", get(onward))
        .route("/{token}/return", get(returned))
        .route("/{token}/exit", get(left))
        .fallback(answer::unknown)
        .method_not_allowed_fallback(answer::wrong_method);
    let secured = map_response_with_state(answer::policy(html::STYLE), answer::secured);
    Router::new().nest("/mandates", pages.layer(secured))
}

/// The form; where there is none any more, why.
async fn show(State(api): State<PaymentsApi>, visit: Visit) -> Result<Response, Trouble> {
    let flow = &visit.flow;
    match flow.state {
        FlowState::Open | FlowState::Failed if flow.takes_details() => {}
        FlowState::Submitted => return Ok(see_other(&visit.path("/wait"))),
        _ => return Ok(over(&visit)),
    }
    match flow.pages {
        Pages::Own => {
            let entries = Entries::prefilled(&flow.prefilled);
            Ok(details_page(&api, &visit, StatusCode::OK, &entries, &refusal(flow)))
        }
        Pages::Provider => {
            let urls = (visit.url("/return"), visit.url("/exit"));
            let beginning = api.mandates.begin_at_provider(&visit.token, &urls.0, &urls.1);
            let place = answer::in_time(&api, beginning).await?;
            Ok(see_other(&place))
        }
    }
}

/// One of the form's buttons.
async fn submit(
    State(api): State<PaymentsApi>,
    visit: Visit,
    request: Request,
) -> Result<Response, Trouble> {
    let sent = read(request).await?;
    if visit.is_cross_site || !visit.browser.has_sent(&api.keys, &visit.token, sent.get("proof")) {
        return Err(Trouble::NotOurs);
    }
    if sent.get("action") == "cancel" {
        return match api.mandates.exit_flow(&visit.token).await {
            Ok(_) | Err(MandatesError::Conflict(_)) => Ok(see_other(&visit.path("/wait"))),
            Err(error) => Err(error.into()),
        };
    }
    if !visit.flow.takes_details() || visit.flow.pages == Pages::Provider {
        // Somebody was quicker, perhaps the same person by a second click.
        return Ok(see_other(&visit.path(if is_over(&visit.flow) { "" } else { "/wait" })));
    }
    match sent.get("action") {
        "check" => {
            let entries = Entries::sent(&sent);
            let details = match entries.checked() {
                Ok(details) => details,
                Err(faults) => return Ok(refused(&api, &visit, &entries, &faults)),
            };
            match api.mandates.check_account(&details).await {
                Ok(()) => Ok(check_page(&api, &visit, &details)),
                Err(MandatesError::Invalid(faults)) => {
                    Ok(refused(&api, &visit, &entries, &form::in_words(&faults)))
                }
                Err(error) => Err(error.into()),
            }
        }
        "change" => match guard::open_details(&api.keys, &visit.token, sent.get("details")) {
            Some(details) => {
                Ok(details_page(&api, &visit, StatusCode::OK, &Entries::of(details), &[]))
            }
            None => Ok(see_other(&visit.path(""))),
        },
        "confirm" => match guard::open_details(&api.keys, &visit.token, sent.get("details")) {
            Some(details) => confirm(&api, &visit, details).await,
            None => Ok(see_other(&visit.path(""))),
        },
        _ => Err(Trouble::Malformed),
    }
}

async fn confirm(
    api: &PaymentsApi,
    visit: &Visit,
    details: PayerDetails,
) -> Result<Response, Trouble> {
    let entries = Entries::of(details.clone());
    let (mandates, token) = (api.mandates.clone(), visit.token.clone());
    // On a task of its own: it goes on when the page no longer waits for it.
    let submitting = tokio::spawn(async move { mandates.submit_flow(&token, details).await });
    let Ok(submitted) = tokio::time::timeout(api.patience, submitting).await else {
        return Ok(see_other(&visit.path("/wait")));
    };
    match submitted.map_err(|error| Trouble::internal(&error))? {
        Ok(flow) if flow.state == FlowState::Failed && flow.takes_details() => {
            Ok(refused(api, visit, &entries, &refusal(&flow)))
        }
        Ok(_) | Err(MandatesError::Conflict(_)) => Ok(see_other(&visit.path("/wait"))),
        Err(MandatesError::Invalid(faults)) => {
            Ok(refused(api, visit, &entries, &form::in_words(&faults)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Looks whether it is settled.
async fn wait(State(api): State<PaymentsApi>, visit: Visit) -> Response {
    let frame = visit.frame(&api);
    let flow = &visit.flow;
    let markup = match (flow.goes_on_to(), flow.state) {
        (Some(_), state) => {
            html::leaving(&frame, &visit.path("/continue"), state == FlowState::Completed)
        }
        (None, FlowState::Submitted) => {
            html::waiting(&frame, &visit.path("/wait"), LOOK_EVERY_SECONDS)
        }
        (None, _) => return see_other(&visit.path("")),
    };
    page(StatusCode::OK, markup)
}

/// Leads to the partner, with what came of it.
async fn onward(visit: Visit) -> Response {
    match onward::destination(&visit.flow) {
        Some(url) => see_other(&url),
        None => see_other(&visit.path("")),
    }
}

/// The end user comes back from the provider's page, having finished there.
async fn returned(State(api): State<PaymentsApi>, visit: Visit) -> Result<Response, Trouble> {
    let looking = api.mandates.return_from_provider(&visit.token);
    let flow = answer::in_time(&api, looking).await?;
    if flow.state == FlowState::Open {
        // The provider has not settled it yet.
        let markup = html::waiting(&visit.frame(&api), &visit.path("/return"), LOOK_EVERY_SECONDS);
        return Ok(page(StatusCode::OK, markup));
    }
    Ok(see_other(&visit.path("/wait")))
}

/// The end user comes back from the provider's page without having finished.
async fn left(State(api): State<PaymentsApi>, visit: Visit) -> Response {
    if !visit.flow.takes_details() {
        return see_other(&visit.path("/wait"));
    }
    let markup = html::unfinished(&visit.frame(&api), &visit.sending(&api));
    visit.remembered(page(StatusCode::OK, markup))
}

/// Reads a form.
async fn read(request: Request) -> Result<Sent, Trouble> {
    let (parts, body) = request.into_parts();
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Trouble::NoForm);
    }
    let bytes = body::read(&parts.headers, body, FORM_BYTES_MAX).await;
    Ok(Sent::read(&bytes.map_err(Trouble::Unread)?))
}

/// Whether the link is of no use any more.
fn is_over(flow: &MandateFlow) -> bool {
    matches!(flow.state, FlowState::Expired | FlowState::Exited)
}

/// Why the details before were refused, for the form's summary.
fn refusal(flow: &MandateFlow) -> Vec<Fault> {
    if flow.state != FlowState::Failed {
        return Vec::new();
    }
    let reason = flow.reason.trim_end_matches('.');
    let message = match reason {
        "" => "Your bank details were not accepted. Check them and try again".to_owned(),
        reason => format!("Your details were not accepted: {reason}"),
    };
    vec![Fault { field: "", message }]
}

fn details_page(
    api: &PaymentsApi,
    visit: &Visit,
    status: StatusCode,
    entries: &Entries,
    faults: &[Fault],
) -> Response {
    // The account number is typed anew each time: it is on no page.
    let mut entries = entries.clone();
    entries.details.account_number.clear();
    let markup = html::details(&visit.frame(api), &visit.sending(api), &entries, faults);
    visit.remembered(page(status, markup))
}

fn refused(api: &PaymentsApi, visit: &Visit, entries: &Entries, faults: &[Fault]) -> Response {
    details_page(api, visit, StatusCode::UNPROCESSABLE_ENTITY, entries, faults)
}

fn check_page(api: &PaymentsApi, visit: &Visit, details: &PayerDetails) -> Response {
    let sealed = guard::seal_details(&api.keys, &visit.token, details);
    let markup = html::check(&visit.frame(api), &visit.sending(api), &sealed, details);
    page(StatusCode::OK, markup)
}

/// The page of a link that is of no use any more.
fn over(visit: &Visit) -> Response {
    let (title, text) = match visit.flow.state {
        FlowState::Completed => (
            "This link has been used",
            "Your Direct Debit is set up. There is nothing left to do here.",
        ),
        FlowState::Expired => (
            "This link has expired",
            "Nobody used it in time, and no Direct Debit was set up. Ask for a new link.",
        ),
        FlowState::Exited => (
            "This link was cancelled",
            "No Direct Debit was set up. If you want one after all, ask for a new link.",
        ),
        _ => (
            "This link cannot be used any more",
            "The details were refused too often, and no Direct Debit was set up. Ask for a new link.",
        ),
    };
    let path = visit.path("/continue");
    let label = format!("Go to {}", visit.lender);
    let frame = html::Frame { lender: &visit.lender, is_sandbox: false };
    page(StatusCode::GONE, html::notice(&frame, title, text, Some((&path, &label))))
}
