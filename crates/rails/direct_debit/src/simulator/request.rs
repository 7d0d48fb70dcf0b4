//! A request, read: its path, its query, its body.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::answer::{Fault, Refusal};

/// What the provider gives a page, unless asked otherwise.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 500;

/// A request of the provider's API, as it stands in the journal when it may change something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ApiRequest {
    /// `GET`, `POST` or `PUT`.
    pub method: String,
    /// From the base URL on: `/payments/PM1/actions/cancel`.
    pub path: String,
    /// Without the question mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The `Idempotency-Key` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `null` when there is none.
    #[serde(default)]
    pub body: Json,
}

impl ApiRequest {
    /// The content of the envelope, read into its type.
    pub fn content<T: DeserializeOwned>(&self, envelope: &str) -> Result<T, Refusal> {
        let content = match self.body.get(envelope) {
            Some(content) if content.is_object() => content.clone(),
            _ => return Err(Fault::new(envelope, "", "is missing").into()),
        };
        serde_json::from_value(content).map_err(|error| unreadable(envelope, &error).into())
    }

    /// The same; every field that is missing or of another shape is named.
    pub fn content_of<T: DeserializeOwned>(
        &self,
        envelope: &str,
        fields: &[Field],
    ) -> Result<T, Refusal> {
        let content = self.body.get(envelope).filter(|content| content.is_object());
        let faults: Vec<Fault> = content
            .into_iter()
            .flat_map(|content| fields.iter().map(move |field| (content, field)))
            .filter_map(|(content, field)| Some((field, field.fault(content)?)))
            .map(|(field, text)| Fault::new(envelope, field.path, text))
            .collect();
        if faults.is_empty() { self.content(envelope) } else { Err(Refusal::Invalid(faults)) }
    }

    /// The `data` of an action; nothing when there is no body.
    pub fn data<T: DeserializeOwned + Default>(&self) -> Result<T, Refusal> {
        match self.body.get("data") {
            None | Some(Json::Null) => Ok(T::default()),
            Some(_) => self.content("data"),
        }
    }
}

/// What a field within an envelope has to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// `links/mandate`.
    pub path: &'static str,
    pub shape: Shape,
    pub is_required: bool,
}

/// Of which kind a value is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Number,
    Text,
    Day,
}

impl Field {
    pub const fn required(path: &'static str, shape: Shape) -> Self {
        Self { path, shape, is_required: true }
    }

    pub const fn optional(path: &'static str, shape: Shape) -> Self {
        Self { path, shape, is_required: false }
    }

    /// What is wrong with it.
    fn fault(&self, content: &Json) -> Option<&'static str> {
        let value = content.pointer(&format!("/{}", self.path)).filter(|value| !value.is_null());
        match (value, self.shape) {
            (None, _) => self.is_required.then_some("can't be blank"),
            (Some(value), Shape::Number) => (!value.is_i64()).then_some("is not a number"),
            (Some(value), Shape::Text) => (!value.is_string()).then_some("must be a string"),
            (Some(value), Shape::Day) => {
                let day = value.as_str().and_then(|text| text.parse::<Date>().ok());
                day.is_none().then_some("must be a valid date")
            }
        }
    }
}

/// The fault of a content that serde cannot read: it tells in its text alone which field is missing.
fn unreadable(envelope: &str, error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(field) => Fault::new(envelope, field, "can't be blank"),
        None => Fault::new(envelope, "", text),
    }
}

/// The pairs of a query string.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `a=b&c[gte]=d`, percent-decoded.
    pub fn parse(query: Option<&str>) -> Self {
        let mut url = match reqwest::Url::parse("http://localhost/") {
            Ok(url) => url,
            Err(_) => return Self::default(),
        };
        url.set_query(query);
        let pairs = url.query_pairs();
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, value)| found == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Whether `value` is what the filter of this name asks for; one that is not given asks for nothing.
    pub fn fits(&self, name: &str, value: &str) -> bool {
        self.get(name).is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == value))
    }

    pub fn limit(&self, envelope: &str) -> Result<usize, Refusal> {
        let Some(text) = self.get("limit") else { return Ok(LIMIT) };
        let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        limit.ok_or_else(|| Fault::new(envelope, "limit", "must be between 1 and 500").into())
    }

    /// The bounds `created_at[gt]` and so on.
    pub fn times(&self, envelope: &str, name: &str) -> Result<Bounds<Timestamp>, Refusal> {
        self.bounds(envelope, name, |text| text.parse().ok())
    }

    /// The bounds `charge_date[gte]` and so on.
    pub fn dates(&self, envelope: &str, name: &str) -> Result<Bounds<Date>, Refusal> {
        self.bounds(envelope, name, |text| text.parse().ok())
    }

    fn bounds<T>(
        &self,
        envelope: &str,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Bounds<T>, Refusal> {
        let bound = |end: &str| {
            let name = format!("{name}[{end}]");
            let Some(text) = self.get(&name) else { return Ok(None) };
            read(text)
                .map(Some)
                .ok_or_else(|| Refusal::from(Fault::new(envelope, &name, "is invalid")))
        };
        Ok(Bounds { gt: bound("gt")?, gte: bound("gte")?, lt: bound("lt")?, lte: bound("lte")? })
    }
}

/// Up to four bounds.
#[derive(Debug)]
pub(super) struct Bounds<T> {
    gt: Option<T>,
    gte: Option<T>,
    lt: Option<T>,
    lte: Option<T>,
}

impl<T: PartialOrd> Bounds<T> {
    pub fn hold(&self, value: &T) -> bool {
        self.gt.as_ref().is_none_or(|bound| value > bound)
            && self.gte.as_ref().is_none_or(|bound| value >= bound)
            && self.lt.as_ref().is_none_or(|bound| value < bound)
            && self.lte.as_ref().is_none_or(|bound| value <= bound)
    }
}
