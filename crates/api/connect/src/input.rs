//! From a request's fields to what the domain takes: a value of its type, or a fault that names the field.

use florin_connect::FieldFault;
use florin_http::{FromJson, Input, ListRequest, Message};
use jiff::civil::Date;
use serde_json::Value;
use utoipa::openapi::schema::Schema;

use crate::caller::Parameters;
use crate::error::{Answer, Refusal};
use crate::guid::{self, Prefixed};

/// A number that clients write as a number or as text.
#[derive(Debug, Clone)]
pub(crate) struct Written(pub(crate) String);

impl FromJson for Written {
    fn from_json(value: Value) -> Result<Self, Message> {
        match value {
            Value::Number(number) => Ok(Self(number.to_string())),
            Value::String(text) => Ok(Self(text)),
            _ => Err("A valid number is required.".into()),
        }
    }

    fn schema() -> Schema {
        <String as FromJson>::schema()
    }
}

/// A list of texts.
#[derive(Debug, Clone)]
pub(crate) struct Words(pub(crate) Vec<String>);

impl FromJson for Words {
    fn from_json(value: Value) -> Result<Self, Message> {
        let Value::Array(items) = value else { return Err("A list of texts is required.".into()) };
        let text = |item: Value| match item {
            Value::String(text) => Ok(text),
            _ => Err(Message::from("A list of texts is required.")),
        };
        items.into_iter().map(text).collect::<Result<_, _>>().map(Self)
    }

    fn schema() -> Schema {
        list_of(<String as FromJson>::schema())
    }
}

/// `[{"guid": "CRD-...", "value": "..."}]`
#[derive(Clone)]
pub(crate) struct Credentials(pub(crate) Vec<(uuid::Uuid, String)>);

// The values are secrets.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} credentials", self.0.len())
    }
}

/// No institution asks for as many.
const CREDENTIALS_MAX: usize = 50;

impl FromJson for Credentials {
    fn from_json(value: Value) -> Result<Self, Message> {
        const WANTED: &str = "A list of {\"guid\", \"value\"} is required.";
        let Value::Array(items) = value else { return Err(WANTED.into()) };
        if items.len() > CREDENTIALS_MAX {
            return Err("Too many credentials.".into());
        }
        let pair = |item: &Value| {
            let id = guid::read(item.get("guid")?.as_str()?)?;
            let value = match item.get("value") {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Bool(it)) => it.to_string(),
                Some(_) => return None,
            };
            Some((id, value))
        };
        items.iter().map(pair).collect::<Option<_>>().map(Self).ok_or_else(|| WANTED.into())
    }

    fn schema() -> Schema {
        list_of(<serde_json::Map<String, Value> as FromJson>::schema())
    }
}

fn list_of(items: Schema) -> Schema {
    Schema::Array(
        utoipa::openapi::schema::ArrayBuilder::new()
            .items(utoipa::openapi::RefOr::T(items))
            .build(),
    )
}

/// A list's request with the plain ids of its guids.
pub(crate) fn plain_ids(request: &ListRequest) -> ListRequest {
    request.with_texts(|name, text| {
        let is_guid = name == "guid" || name.ends_with("_guid");
        let plain = |guid: &str| {
            let id = guid.trim().split_once('-').filter(|(prefix, _)| prefix.len() == 3);
            id.map_or(guid, |(_, id)| id).to_owned()
        };
        match is_guid {
            true => text.split(',').map(plain).collect::<Vec<_>>().join(","),
            false => text.to_owned(),
        }
    })
}

/// Reads the fields of one request and keeps what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    faults: Vec<FieldFault>,
}

impl Reader {
    /// The value of a field; absent and null are the same.
    pub(crate) fn take<T>(&mut self, field: &str, input: Input<T>) -> Option<T> {
        match input {
            Input::Missing | Input::Null => None,
            Input::Ok(value) => Some(value),
            Input::Bad(message) => {
                self.faults.push(FieldFault::new(field, message.into_owned()));
                None
            }
        }
    }

    /// A guid of a thing.
    pub(crate) fn guid<T: Prefixed>(&mut self, field: &str, input: Input<String>) -> Option<T> {
        let text = self.take(field, input).filter(|text| !text.is_empty())?;
        let found = guid::read(&text);
        if found.is_none() {
            self.fault(field, format!("A guid such as {}... is required.", T::PREFIX));
        }
        found
    }

    /// A value of a closed list, by its word.
    pub(crate) fn word<T>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = text?;
        let found = parse(&text);
        if found.is_none() {
            self.fault(field, format!("\"{text}\" is not a valid choice."));
        }
        found
    }

    /// A parameter of the query that is a number.
    pub(crate) fn number<T: std::str::FromStr>(
        &mut self,
        query: &Parameters,
        name: &str,
    ) -> Option<T> {
        let number = query.get(name)?.parse().ok();
        if number.is_none() {
            self.fault(name, "A valid integer is required.");
        }
        number
    }

    /// A parameter of the query that is a guid.
    pub(crate) fn guid_of<T: Prefixed>(&mut self, query: &Parameters, name: &str) -> Option<T> {
        let text = query.get(name)?.to_owned();
        self.guid(name, Input::Ok(text))
    }

    /// A parameter of the query that is a date.
    pub(crate) fn date(&mut self, query: &Parameters, name: &str) -> Option<Date> {
        let date = florin_http::parse_date(query.get(name)?);
        if date.is_none() {
            self.fault(name, "A date such as 2026-11-21 is required.");
        }
        date
    }

    /// A parameter of the query that is true or false.
    pub(crate) fn truth(&mut self, query: &Parameters, name: &str) -> Option<bool> {
        let truth = florin_http::parse_bool(query.get(name)?);
        if truth.is_none() {
            self.fault(name, "Must be a valid boolean.");
        }
        truth
    }

    pub(crate) fn fault(&mut self, field: &str, message: impl Into<String>) {
        self.faults.push(FieldFault::new(field, message));
    }

    /// Refuses the request when something could not be read.
    pub(crate) fn done(self) -> Answer<()> {
        if self.faults.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.faults)) }
    }
}
