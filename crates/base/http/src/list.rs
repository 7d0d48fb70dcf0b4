//! Lists: from a query string to a [`ListQuery`] and from a page to its envelope.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{ACCEPT, HOST};
use axum::http::request::Parts;
use florin_money::{Currency, Money, Rate};
use florin_storage::{Field, Filter, Kind, ListQuery, Op, Page, Value};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, Message};
use crate::faults::{Faults, not_a_choice};
use crate::input::{DATE_MESSAGE, parse_bool, parse_date, parse_integer, parse_uuid};
use crate::state::HttpState;

/// Items on a page unless the client says otherwise.
pub const LIMIT_DEFAULT: u32 = 20;
/// The most items on a page.
pub const LIMIT_MAX: u32 = 1_000;
/// From here on the link to the next page tells where that page begins: skipping so many rows takes time.
const DEEP: u64 = 1_000;
/// The most values of one filter.
const VALUES_MAX: usize = 1_000;

/// The parameters that every list takes, for the OpenAPI documents.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub struct ListParams {
    /// Number of results to return per page, 1 to 1000.
    #[param(default = 20, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The initial index from which to return the results.
    #[param(default = 0, minimum = 0)]
    offset: Option<u64>,
    /// Begin behind the result with this id, in the order of ids; `next` has it where it saves time.
    after: Option<String>,
    /// Fields to order by, separated by commas; a minus in front means descending.
    #[param(example = "-created_at")]
    ordering: Option<String>,
    /// `csv` streams the whole filtered list without paging; so does `Accept: text/csv`.
    format: Option<String>,
}

/// The envelope of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBody<T> {
    /// Number of results in the query.
    #[schema(example = 1)]
    pub count: u64,
    /// URL of the next page, null on the last one.
    #[schema(example = json!(null))]
    pub next: Option<String>,
    /// URL of the previous page, null on the first one.
    #[schema(example = json!(null))]
    pub previous: Option<String>,
    /// The items of this page.
    pub results: Vec<T>,
}

/// A request for a list.
#[derive(Debug, Clone)]
pub struct ListRequest {
    pairs: Vec<(String, String)>,
    /// Scheme, host and path, with a slash at the end.
    url: String,
    accepts_csv: bool,
}

impl<S> FromRequestParts<S> for ListRequest
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let state = HttpState::from_ref(state);
        let query = axum::extract::Query::try_from_uri(&parts.uri)
            .map_err(|_| ApiError::bad_request("The query string is malformed."))?;
        let accept = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        let path = parts.uri.path().trim_end_matches('/');
        Ok(Self {
            pairs: query.0,
            url: format!("{}{path}/", base_url(parts, &state)),
            accepts_csv: accept.is_some_and(|accept| accept.contains("text/csv")),
        })
    }
}

/// What clients type before the path: configured, or from the `Host` header.
pub fn base_url(parts: &Parts, state: &HttpState) -> String {
    let options = state.options();
    if let Some(url) = &options.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST.as_str()).filter(|host| {
        let is_safe = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        host.chars().all(is_safe)
    });
    let is_forwarded_https = options.behind_proxy && text("x-forwarded-proto") == Some("https");
    let is_https = options.tls || is_forwarded_https;
    let scheme = if is_https { "https" } else { "http" };
    host.map_or_else(String::new, |host| format!("{scheme}://{host}"))
}

impl ListRequest {
    /// Whether the client wants the whole list as CSV.
    pub fn is_csv(&self) -> bool {
        match self.value("format") {
            Some(format) => format == "csv",
            None => self.accepts_csv,
        }
    }

    /// The same request with other texts of some parameters, by their names, for values that clients write otherwise than
    /// they are kept. The pages' URLs are made of the request as it came.
    #[must_use]
    pub fn with_texts(&self, text: impl Fn(&str, &str) -> String) -> Self {
        let pairs = self.pairs.iter().map(|(name, told)| (name.clone(), text(name, told)));
        Self { pairs: pairs.collect(), ..self.clone() }
    }

    /// The filters, order and page, over the fields that may be used for it; amounts are read in
    /// `currency`. All bad parameters are named at once; unknown ones are ignored.
    pub fn query(&self, fields: &[Field], currency: Currency) -> Result<ListQuery, ApiError> {
        let mut faults = Faults::new();
        let mut filters: Vec<Filter> = Vec::new();
        for (name, text) in &self.pairs {
            match filter(fields, name, text, currency) {
                Ok(Some(filter)) => filters.push(filter),
                Ok(None) => {}
                Err(message) => faults.add(name.clone(), message),
            }
        }
        let order = self.order(fields, &mut faults);
        if let Some(text) = self.value("after") {
            match after(fields, &order, text, currency) {
                Ok(filter) => filters.push(filter),
                Err(message) => faults.add("after", message),
            }
        }
        let limit = self.number("limit", LIMIT_DEFAULT, 1..=LIMIT_MAX, &mut faults);
        let offset = self.number("offset", 0, 0..=u64::from(u32::MAX), &mut faults);
        if let Some(format) = self.value("format").filter(|f| !matches!(*f, "csv" | "json")) {
            faults.add("format", not_a_choice(format));
        }
        faults.finish()?;
        Ok(ListQuery { filters, order, limit, offset })
    }

    /// The envelope of a page, with the URLs of its neighbours.
    pub fn page<T, B>(
        &self,
        query: &ListQuery,
        page: Page<T>,
        body: impl FnMut(T) -> B,
    ) -> PageBody<B> {
        let limit = u64::from(query.limit);
        let offset = query.offset.saturating_add(limit);
        let is_by_id = matches!(query.order.as_slice(), [] | [("id", _)]);
        let last = page.last.filter(|_| is_by_id && offset >= DEEP).and_then(|id| text_of(&id));
        PageBody {
            count: page.count,
            next: page.follows.then(|| self.link(query.limit, offset, last.as_deref())),
            previous: (query.offset > 0)
                .then(|| self.link(query.limit, query.offset.saturating_sub(limit), None)),
            results: page.items.into_iter().map(body).collect(),
        }
    }

    /// The last value given for a parameter; an empty one counts as none.
    fn value(&self, name: &str) -> Option<&str> {
        let given = self.pairs.iter().rev().find(|(n, _)| n == name);
        given.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn number<N>(
        &self,
        name: &'static str,
        default: N,
        range: std::ops::RangeInclusive<N>,
        faults: &mut Faults,
    ) -> N
    where
        N: Copy + TryFrom<i64> + Into<u64>,
    {
        let Some(text) = self.value(name) else {
            return default;
        };
        let value = match parse_integer(text) {
            Some(value) => Some(value),
            None => {
                faults.add(name, "A valid integer is required.");
                return default;
            }
        };
        let bound = |n: &N| i64::try_from((*n).into()).unwrap_or(i64::MAX);
        let value = faults.integer(name, value, bound(range.start())..=bound(range.end()));
        value.and_then(|value| N::try_from(value).ok()).unwrap_or(default)
    }

    fn order(&self, fields: &[Field], faults: &mut Faults) -> Vec<(&'static str, bool)> {
        let mut order = Vec::new();
        let names = self.value("ordering").unwrap_or_default();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let (plain, descending) = match name.strip_prefix('-') {
                Some(rest) => (rest, true),
                None => (name, false),
            };
            match fields.iter().find(|field| field.name == plain) {
                Some(field) => order.push((field.column, descending)),
                None => faults.add("ordering", not_a_choice(name)),
            }
        }
        order.truncate(fields.len());
        order
    }

    fn link(&self, limit: u32, offset: u64, after: Option<&str>) -> String {
        let mut pairs: Vec<(&str, &str)> = self
            .pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(*name, "limit" | "offset" | "after"))
            .collect();
        let (limit, offset) = (limit.to_string(), offset.to_string());
        pairs.push(("limit", &limit));
        if offset != "0" {
            pairs.push(("offset", &offset));
        }
        if let Some(after) = after {
            pairs.push(("after", after));
        }
        let query: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        format!("{}?{}", self.url, query.join("&"))
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986 and the comma.
fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Bound {
    Equal,
    Least,
    Most,
}

/// The filter that a parameter asks for; none when it names no field or says nothing.
fn filter(
    fields: &[Field],
    name: &str,
    text: &str,
    currency: Currency,
) -> Result<Option<Filter>, Message> {
    let (plain, bound) = match name.rsplit_once("__") {
        Some((plain, "gte")) => (plain, Bound::Least),
        Some((plain, "lte")) => (plain, Bound::Most),
        _ => (name, Bound::Equal),
    };
    let Some(field) = fields.iter().find(|field| field.name == plain) else {
        return Ok(None);
    };
    if text.is_empty() || (bound != Bound::Equal && !has_order(field.kind)) {
        return Ok(None);
    }
    let value = |text: &str| value(field.kind, text.trim(), bound, currency);
    let op = match bound {
        Bound::Least => Op::Gte(value(text)?),
        Bound::Most => Op::Lte(value(text)?),
        Bound::Equal => {
            let texts: Vec<&str> = text.split(',').take(VALUES_MAX + 1).collect();
            if texts.len() > VALUES_MAX {
                return Err(format!("No more than {VALUES_MAX} values are allowed.").into());
            }
            Op::In(texts.into_iter().map(value).collect::<Result<_, _>>()?)
        }
    };
    Ok(Some(Filter { column: field.column, op }))
}

/// Whether values of this kind can be at least or at most another.
pub(crate) fn has_order(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Date | Kind::Timestamp | Kind::Money | Kind::Rate)
}

/// Where the page begins.
fn after(
    fields: &[Field],
    order: &[(&'static str, bool)],
    text: &str,
    currency: Currency,
) -> Result<Filter, Message> {
    if !matches!(order, [] | [("id", _)]) {
        return Err("It goes with the order of ids only.".into());
    }
    let kind = fields.iter().find(|field| field.column == "id").map_or(Kind::Uuid, |id| id.kind);
    let id = value(kind, text.trim(), Bound::Equal, currency)?;
    Ok(Filter { column: "id", op: Op::After(id) })
}

/// An id as clients write it.
fn text_of(id: &Value) -> Option<String> {
    match id {
        Value::Uuid(id) => Some(id.to_string()),
        Value::Int(id) => Some(id.to_string()),
        Value::Text(id) => Some(id.clone()),
        _ => None,
    }
}

/// A parameter's text as the column keeps it.
fn value(kind: Kind, text: &str, bound: Bound, currency: Currency) -> Result<Value, Message> {
    let number = || Message::from("A valid number is required.");
    Ok(match kind {
        Kind::Uuid => Value::Uuid(parse_uuid(text).ok_or("Must be a valid UUID.")?),
        Kind::Text if text.contains('\0') => Err("Null characters are not allowed.")?,
        Kind::Text => Value::Text(text.to_owned()),
        Kind::Int => Value::Int(parse_integer(text).ok_or("A valid integer is required.")?),
        Kind::Bool => {
            let flag = match text {
                "1" => Some(true),
                "0" => Some(false),
                text => parse_bool(text),
            };
            Value::from(flag.ok_or("Must be a valid boolean.")?)
        }
        Kind::Date => Value::from(parse_date(text).ok_or(DATE_MESSAGE)?),
        Kind::Timestamp => Value::from(timestamp(text, bound).ok_or(TIME_MESSAGE)?),
        Kind::Money => {
            let money = Money::parse(text, currency).map_err(|_| number())?;
            Value::Int(money.minor())
        }
        Kind::Rate => {
            let rate = Rate::parse(text).map_err(|_| number())?;
            Value::Int(rate.micro_percent())
        }
    })
}

const TIME_MESSAGE: &str = "Datetime has wrong format. Use one of these formats instead: \
     YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z], YYYY-MM-DD.";

/// A point in time; a date alone is its first moment (UTC), as an upper bound its last.
fn timestamp(text: &str, bound: Bound) -> Option<Timestamp> {
    // A plus that was not percent-encoded arrives as a blank.
    let text = text.replace(' ', "+");
    if let Ok(timestamp) = text.parse() {
        return Some(timestamp);
    }
    let in_utc = |time: jiff::civil::DateTime| {
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    if let Some(date) = parse_date(&text) {
        return in_utc(moment(date, bound));
    }
    in_utc(text.parse().ok()?)
}

fn moment(date: Date, bound: Bound) -> jiff::civil::DateTime {
    match bound {
        Bound::Most => date.at(23, 59, 59, 999_999_999),
        Bound::Equal | Bound::Least => date.at(0, 0, 0, 0),
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
