//! How the surface's paths may be written, and how the door's refusals look on them.
//!
//! The original's clients write paths in small letters, some with a slash more at the beginning, in between or at the
//! end, and leave out what they do not know of a list of transactions: `/transaction/list/1/2//?pageSize=50`.

use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use florin_http::{Face, Refusal, RequestId};
use uuid::Uuid;

use crate::envelope::Refused;

/// What stands in a path for a parameter that is left out; clients that print an unset value write the same.
pub(crate) const ABSENT: &str = "null";

/// The header in which one of the original's clients names its request.
const REQUEST_ID: &str = "x-corepro-requestid";

/// The parameters of a list of transactions, any of which but the first may be left out.
const LIST_PARAMETERS: usize = 5;

/// Every first part of a path, with the second parts that routes know, as the document writes them.
const PATHS: &[(&str, &[&str])] = &[
    (
        "externalAccount",
        &[
            "create",
            "initiate",
            "verify",
            "update",
            "archive",
            "deactivate",
            "get",
            "getByTag",
            "list",
        ],
    ),
    ("customer", &["create", "get", "getByTag"]),
    ("program", &["get"]),
    ("transfer", &["create", "void"]),
    ("transaction", &["get", "list"]),
    ("account", &[]),
    ("card", &[]),
    ("externalAccountDocument", &[]),
    ("statement", &[]),
];

/// Where the original has more operations than Florin (50501). Of external accounts themselves it has every one.
pub(crate) const WITH_OTHERS: &[&str] = &[
    "account",
    "card",
    "customer",
    "externalAccountDocument",
    "program",
    "statement",
    "transaction",
    "transfer",
];

/// The surface, as the door sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExternalAccountsFace;

impl Face for ExternalAccountsFace {
    fn owns(&self, path: &str) -> bool {
        let first = first_part(path);
        PATHS.iter().any(|(known, _)| known.eq_ignore_ascii_case(first))
    }

    fn canonical(&self, uri: &Uri) -> Option<Uri> {
        let path = canonical_path(uri.path())?;
        let path_and_query = match uri.query() {
            Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
            None => PathAndQuery::try_from(path),
        };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(path_and_query.ok()?);
        Uri::from_parts(parts).ok()
    }

    fn takes_http_10(&self) -> bool {
        false
    }

    fn sent_id(&self, headers: &HeaderMap) -> Option<Uuid> {
        headers.get(REQUEST_ID)?.to_str().ok()?.parse().ok()
    }

    fn refuse(&self, refusal: &Refusal, id: RequestId) -> Response {
        let refused = match refusal {
            Refusal::UnknownPath => Refused::not_found(),
            Refusal::WrongMethod(_) => Refused::common(
                StatusCode::METHOD_NOT_ALLOWED,
                50405,
                "The requested HTTP method is not allowed.",
            ),
            Refusal::TooLarge(max_bytes) => Refused::too_large(*max_bytes),
            Refusal::Busy => Refused::unavailable(),
            Refusal::TooSlow => {
                Refused::common(StatusCode::GATEWAY_TIMEOUT, 50504, "Gateway Timeout")
            }
            Refusal::Panicked => {
                Refused::common(StatusCode::INTERNAL_SERVER_ERROR, 50500, "Internal Server Error")
            }
            Refusal::OldProtocol => Refused::common(
                StatusCode::HTTP_VERSION_NOT_SUPPORTED,
                50505,
                "HTTP Version Not Supported",
            ),
        };
        refused.sealed(id)
    }
}

/// What stands before the second slash, not counting slashes at the beginning.
fn first_part(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.split('/').next().unwrap_or_default()
}

/// The path as routes are registered; `None` when it is written so already.
fn canonical_path(path: &str) -> Option<String> {
    let mut parts = path.trim_start_matches('/').split('/').filter(|part| !part.is_empty());
    let (first, operations) = known_first(parts.next()?)?;
    let mut canonical = format!("/{first}");
    let Some(second) = parts.next() else {
        return (canonical != path).then_some(canonical);
    };
    let operation = operations.iter().find(|known| known.eq_ignore_ascii_case(second));
    canonical.push('/');
    match operation {
        Some(operation) => canonical.push_str(operation),
        None => canonical.push_str(&second.to_ascii_lowercase()),
    }
    let is_list = first == "transaction" && operation.is_some_and(|it| *it == "list");
    let rest: Vec<&str> = if is_list { list_parameters(path) } else { parts.collect() };
    for part in rest {
        canonical.push('/');
        canonical.push_str(part);
    }
    (canonical != path).then_some(canonical)
}

/// Whether the second part of a canonical path is an operation that Florin has.
pub(crate) fn is_operation(path: &str) -> bool {
    let mut parts = path.trim_start_matches('/').split('/');
    let known = parts.next().and_then(known_first);
    let second = parts.next().unwrap_or_default();
    known.is_some_and(|(_, operations)| operations.contains(&second))
}

fn known_first(first: &str) -> Option<(&'static str, &'static [&'static str])> {
    PATHS.iter().copied().find(|(known, _)| known.eq_ignore_ascii_case(first))
}

/// The parameters of a list of transactions by their place: one that is left out leaves its slashes.
fn list_parameters(path: &str) -> Vec<&str> {
    let mut rest = path;
    for _ in 0..2 {
        rest = rest.trim_start_matches('/');
        rest = rest.split_once('/').map_or("", |(_, rest)| rest);
    }
    // Slashes before the first parameter are no parameters: a customer is always named.
    let mut parameters: Vec<&str> = rest.trim_start_matches('/').split('/').collect();
    while parameters.len() > LIST_PARAMETERS && parameters.last().is_some_and(|it| it.is_empty()) {
        parameters.pop();
    }
    parameters.resize(parameters.len().max(LIST_PARAMETERS), "");
    parameters.into_iter().map(|it| if it.is_empty() { ABSENT } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_surfaces_whatever_their_capitals_and_slashes() {
        let check = |path: &str, expected: bool| {
            assert_eq!(ExternalAccountsFace.owns(path), expected, "{path}");
        };
        for path in [
            "/externalAccount/list/1",
            "//EXTERNALACCOUNT/list",
            "/customer",
            "/program/x",
            "/Card/get",
        ] {
            check(path, true);
        }
        for path in ["/", "", "/api/v1/loan", "/customers/1", "/platform/v1/events", "/transfers"] {
            check(path, false);
        }
    }

    #[test]
    fn every_way_to_write_a_path_leads_to_its_route() {
        let check = |path: &str, expected: &str| {
            let uri: Uri = path.parse().expect("a URI");
            let canonical = ExternalAccountsFace.canonical(&uri).unwrap_or(uri);
            assert_eq!(canonical.to_string(), expected, "{path}");
        };
        check("/externalAccount/get/231/253", "/externalAccount/get/231/253");
        check("/externalaccount/get/231/253", "/externalAccount/get/231/253");
        check("//externalaccount//GETBYTAG/231/Tag%201/", "/externalAccount/getByTag/231/Tag%201");
        check("/customer/getbytag/?tag=A", "/customer/getByTag?tag=A");
        check("/Customer/", "/customer");
        check("/customer/Update/", "/customer/update");
        check("/PROGRAM/GET", "/program/get");
        check("http://h:443/transfer/CREATE/?x=/", "http://h:443/transfer/create?x=/");
        let list = "/transaction/list/1/2/Settled/2024-01-01/2024-02-01";
        check(list, list);
        check("/transaction/list/1/2/Settled/2024-01-01/2024-02-01/", list);
        check(
            "//Transaction//List/1/2/Settled/2024-01-01/2024-02-01//?pageSize=5",
            &format!("{list}?pageSize=5"),
        );
        check(
            "/transaction/list/1/2//?pageNumber=0",
            "/transaction/list/1/2/null/null/null?pageNumber=0",
        );
        check(
            "/transaction/list/1/2//2024-01-01/2024-02-01",
            "/transaction/list/1/2/null/2024-01-01/2024-02-01",
        );
        check("/transaction/list/1///2024-01-01/", "/transaction/list/1/null/null/2024-01-01/null");
        check("/transaction/list/1", "/transaction/list/1/null/null/null/null");
        check("/transaction/list", "/transaction/list/null/null/null/null/null");
        check("/transaction/list/1/2/3/4/5/6", "/transaction/list/1/2/3/4/5/6");
    }
}
