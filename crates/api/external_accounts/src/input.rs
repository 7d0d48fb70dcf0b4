//! Taking typed properties out of a body, as leniently as the original's clients need: what is absent, `null` or blank
//! is the same, numbers and booleans may be texts and texts may be numbers, and capitals of names do not matter.

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use florin_http::{HttpState, body, parse_bool, parse_decimal, parse_integer};
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;

use crate::envelope::Refused;
use crate::json::{self, Fault, Members, Node, Place, Value};

/// The decimals of an amount of money.
const MONEY_DECIMALS: u32 = 2;

/// A body that is read from a JSON object.
pub(crate) trait FromMembers: Sized {
    /// What texts call the object.
    const NAME: &'static str;

    /// Takes what it wants out of the members.
    fn from_members(fields: &mut Fields<'_>) -> Self;
}

/// The body of a request. An empty one is an object without members; its media type does not matter.
#[derive(Debug, Clone)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Body<T>
where
    HttpState: FromRef<S>,
    S: Send + Sync,
    T: FromMembers,
{
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let limit = HttpState::from_ref(state).limits().body_bytes;
        let (parts, body) = request.into_parts();
        let bytes: Bytes = body::read(&parts.headers, body, limit).await?;
        read(&bytes).map(Self).map_err(Refused::faults)
    }
}

/// Reads a body.
///
/// # Errors
/// The first fault of its JSON, or every property that holds what it cannot hold.
pub(crate) fn read<T: FromMembers>(bytes: &[u8]) -> Result<T, Vec<Fault>> {
    let members = json::read(bytes, T::NAME)?;
    let mut faults = Vec::new();
    let mut fields = Fields { members: &members, path: String::new(), faults: &mut faults };
    let value = T::from_members(&mut fields);
    if faults.is_empty() { Ok(value) } else { Err(faults) }
}

/// The properties of an object, and what is wrong with those that were taken.
pub(crate) struct Fields<'a> {
    members: &'a Members,
    /// Of the object within the body, with a point at its end.
    path: String,
    faults: &'a mut Vec<Fault>,
}

impl Fields<'_> {
    /// A text; numbers and booleans are taken as they were written.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let node = self.members.get(name)?;
        match &node.value {
            Value::Null => None,
            Value::Text(text) | Value::Number(text) => self.sound(name, text),
            Value::Bool(value) => Some(value.to_string()),
            Value::Array(_) | Value::Object(_) => self.wrong_token(name, "string", node),
        }
    }

    /// A text that can be stored: PostgreSQL knows no NUL.
    fn sound(&mut self, name: &str, text: &str) -> Option<String> {
        if !text.contains('\0') {
            return Some(text.to_owned());
        }
        self.not_acceptable(name, "Null characters are not allowed.");
        None
    }

    /// A whole number, or 0 where there is none: no id is 0.
    pub(crate) fn id(&mut self, name: &str) -> i64 {
        self.integer(name).unwrap_or_default()
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, name: &str) -> Option<i64> {
        let node = self.members.get(name)?;
        let (text, is_quoted) = match &node.value {
            Value::Null => return None,
            Value::Text(text) => (bare(text), true),
            Value::Number(text) => (text.as_str(), false),
            Value::Bool(value) => (if *value { "true" } else { "false" }, false),
            Value::Array(_) | Value::Object(_) => return self.wrong_token(name, "integer", node),
        };
        if text.is_empty() {
            return None;
        }
        let found = parse_integer(text);
        if found.is_some() {
            return found;
        }
        let (shown, place) = (json::echo(text), self.place(name, node.at));
        if is_quoted {
            self.fault(59900, format!("Could not convert string to integer: {shown}. {place}"));
        } else {
            let specifics = format!("Input string '{shown}' is not a valid integer. {place}");
            self.not_acceptable(name, &specifics);
        }
        None
    }

    /// An amount with at most two decimals, any sign.
    pub(crate) fn money(&mut self, name: &str) -> Option<Decimal> {
        let node = self.members.get(name)?;
        let (text, is_quoted) = match &node.value {
            Value::Null => return None,
            Value::Text(text) => (bare(text), true),
            Value::Number(text) => (text.as_str(), false),
            Value::Bool(_) => {
                self.not_money(name);
                return None;
            }
            Value::Array(_) | Value::Object(_) => return self.wrong_token(name, "decimal", node),
        };
        if text.is_empty() {
            return None;
        }
        match parse_decimal(text) {
            Some(amount) if amount.normalize().scale() <= MONEY_DECIMALS => return Some(amount),
            None if is_quoted => {
                let (shown, place) = (json::echo(text), self.place(name, node.at));
                self.fault(59900, format!("Could not convert string to decimal: {shown}. {place}"));
            }
            _ => self.not_money(name),
        }
        None
    }

    /// [`Fields::money`] that must be there: the document has no code for an amount that is missing.
    pub(crate) fn required_money(&mut self, name: &str) -> Decimal {
        let before = self.faults.len();
        let amount = self.money(name);
        if amount.is_none() && self.faults.len() == before {
            self.not_money(name);
        }
        amount.unwrap_or_default()
    }

    fn not_money(&mut self, name: &str) {
        let path = self.path_of(name);
        let text = format!(
            "Value for property '{path}' is not formatted as a valid decimal (precision up to 2). Example value=1234.56"
        );
        self.fault(59954, text);
    }

    /// `true` or `false`, or 1 or 0.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        let node = self.members.get(name)?;
        let found = match &node.value {
            Value::Null => return None,
            Value::Bool(value) => Some(*value),
            Value::Text(text) | Value::Number(text) => match bare(text) {
                "" => return None,
                "1" => Some(true),
                "0" => Some(false),
                text => parse_bool(text),
            },
            Value::Array(_) | Value::Object(_) => return self.wrong_token(name, "boolean", node),
        };
        if found.is_none() {
            let path = self.path_of(name);
            let text = format!(
                "Value for property '{path}' is not formatted as a valid boolean. Valid values=true,false"
            );
            self.fault(59953, text);
        }
        found
    }

    /// The date of an ISO-8601 date, or of a date and time as it is written there.
    pub(crate) fn date(&mut self, name: &str) -> Option<Date> {
        let node = self.members.get(name)?;
        let found = match &node.value {
            Value::Null => return None,
            Value::Text(text) if bare(text).is_empty() => return None,
            Value::Text(text) => date(bare(text)),
            Value::Array(_) | Value::Object(_) => return self.wrong_token(name, "date", node),
            Value::Bool(_) | Value::Number(_) => None,
        };
        if found.is_none() {
            let path = self.path_of(name);
            let text = format!(
                "Value for property '{path}' is not formatted as a valid ISO-8601 DateTime. Example value=2015-01-31T22:43:21.123+00:00"
            );
            self.fault(59952, text);
        }
        found
    }

    /// `customField1` to `customField5`.
    pub(crate) fn custom(&mut self) -> [Option<String>; 5] {
        [1, 2, 3, 4, 5].map(|number| self.text(&format!("customField{number}")))
    }

    /// The objects of a list.
    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        mut take: impl FnMut(&mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let Some(node) = self.members.get(name) else { return Vec::new() };
        let items = match &node.value {
            Value::Null => return Vec::new(),
            Value::Text(text) if text.trim().is_empty() => return Vec::new(),
            Value::Array(items) => items,
            _ => {
                let place = self.place(name, node.at);
                self.fault(59999, format!("Error reading {name}: a list is expected. {place}"));
                return Vec::new();
            }
        };
        let mut taken = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}{name}[{index}]", self.path);
            match &item.value {
                Value::Null => {}
                Value::Object(members) => {
                    let path = format!("{path}.");
                    taken.push(take(&mut Fields { members, path, faults: &mut *self.faults }));
                }
                _ => {
                    let place = json::place_text(&path, item.at);
                    self.fault(
                        59999,
                        format!("Error reading {name}: an object is expected. {place}"),
                    );
                }
            }
        }
        taken
    }

    /// A list or an object where a single value is expected.
    fn wrong_token<T>(&mut self, name: &str, wanted: &str, node: &Node) -> Option<T> {
        // The document speaks of lists alone.
        let (code, token) = match node.value {
            Value::Array(_) => (59904, "StartArray"),
            _ => (59999, "StartObject"),
        };
        let place = self.place(name, node.at);
        self.fault(code, format!("Error reading {wanted}. Unexpected token: {token}. {place}"));
        None
    }

    fn not_acceptable(&mut self, name: &str, specifics: &str) {
        let path = self.path_of(name);
        let text = format!("Value for property '{path}' is not acceptable. Specifics: {specifics}");
        self.fault(59956, text);
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    fn place(&self, name: &str, at: Place) -> String {
        json::place_text(&self.path_of(name), at)
    }

    fn fault(&mut self, code: u32, message: String) {
        self.faults.push(Fault::new(code, message));
    }
}

/// A value in a text, without the blanks around it and without the second pair of quotes that one client writes.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.map_or(text, str::trim)
}

/// The date of `2015-01-31`, `2015-01-31T22:43:21.123+00:00`, `2015-01-31T22:43:21Z` or `2015-01-31T22:43:21`, or of
/// `Jan 31, 2015 10:43:21 PM` as one client's library writes it.
pub(crate) fn date(text: &str) -> Option<Date> {
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return american(text);
    }
    let day = text.get(..10)?;
    let date = florin_http::parse_date(day)?;
    match &text[10..] {
        "" => Some(date),
        time if time.starts_with(['T', 't', ' ']) => {
            let is_moment = text.parse::<Timestamp>().is_ok()
                || text.parse::<jiff::civil::DateTime>().is_ok()
                || text.parse::<Zoned>().is_ok();
            is_moment.then_some(date)
        }
        _ => None,
    }
}

/// The date of `Jan 31, 2015 10:43:21 PM`: its first three words, whatever the blanks; newer libraries write a comma
/// after the year.
fn american(text: &str) -> Option<Date> {
    let mut words = text.split_whitespace();
    let (month, day, year) = (words.next()?, words.next()?, words.next()?);
    let time = words.next()?.split(':').all(|part| part.parse::<u8>().is_ok());
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = (1..).zip(months).find(|(_, name)| *name == month).map(|(number, _)| number)?;
    let day = day.strip_suffix(',')?.parse().ok()?;
    let year = year.trim_end_matches(',').parse().ok()?;
    let date = Date::new(year, month, day).ok()?;
    time.then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Sample {
        text: Option<String>,
        number: Option<i64>,
        money: Option<Decimal>,
        flag: Option<bool>,
        day: Option<Date>,
        items: Vec<Option<i64>>,
    }

    impl FromMembers for Sample {
        const NAME: &'static str = "Sample";

        fn from_members(fields: &mut Fields<'_>) -> Self {
            Self {
                text: fields.text("text"),
                number: fields.integer("number"),
                money: fields.money("money"),
                flag: fields.boolean("flag"),
                day: fields.date("day"),
                items: fields.objects("items", |item| item.integer("count")),
            }
        }
    }

    fn found(body: &str) -> Sample {
        read::<Sample>(body.as_bytes()).unwrap_or_else(|faults| panic!("{body}: {faults:?}"))
    }

    fn check(body: &str, code: u32, message: &str) {
        let faults = read::<Sample>(body.as_bytes()).expect_err(body);
        assert_eq!(faults, [Fault::new(code, message)], "{body}");
    }

    #[test]
    fn clients_write_values_in_many_ways() {
        let nothing = found("{}");
        assert_eq!(
            found(
                r#"{"text":null,"number":null,"money":null,"flag":null,"day":null,"items":null}"#
            ),
            nothing
        );
        assert_eq!(
            found(r#"{"number":" ","money":"","flag":"","day":"","items":[null],"other":[1]}"#),
            nothing
        );
        let some = Sample {
            text: Some("123456789".to_owned()),
            number: Some(456),
            money: "0.24".parse().ok(),
            flag: Some(true),
            day: Some(jiff::civil::date(2015, 1, 31)),
            items: vec![Some(1), None],
        };
        assert_eq!(
            found(
                r#"{"text":"123456789","number":456,"money":0.24,"flag":true,"day":"2015-01-31","items":[{"count":1},{}]}"#
            ),
            some
        );
        assert_eq!(
            found(
                r#"{"TEXT":123456789,"Number":"456","money":"0.240","flag":"True","day":"2015-01-31T22:43:21.123-06:00","items":[{"Count":"1"},{}]}"#
            ),
            some
        );
        assert_eq!(
            found(
                r#"{"text":"123456789","number":456.0,"money":"24e-2","flag":1,"day":"2015-01-31T22:43:21","items":[{"count":1},{}]}"#
            ),
            some
        );
    }

    #[test]
    fn the_documents_examples() {
        check(
            &("{".to_owned()
                + &"\n".repeat(8)
                + "    \"recurringContributionAmount\":\"11..04\"\n}")
                .replace("recurringContributionAmount", "money")
                .replace("    \"money\"", &format!("{}\"money\"", " ".repeat(26))),
            59900,
            "Could not convert string to decimal: 11..04. Path 'money', line 9, position 42.",
        );
        check(
            &("{".to_owned() + &"\n".repeat(9) + "   \"text\":[\"x\"]\n}"),
            59904,
            "Error reading string. Unexpected token: StartArray. Path 'text', line 10, position 11.",
        );
        check(
            "{\n        \"number\":12548a\n}",
            59956,
            "Value for property 'number' is not acceptable. Specifics: Input string '12548a' is not a valid integer. Path 'number', line 2, position 23.",
        );
    }

    #[test]
    fn dates_are_read_as_clients_libraries_write_them() {
        let check = |text: &str, is_date: bool| {
            let expected = is_date.then_some(jiff::civil::date(1976, 7, 4));
            assert_eq!(date(text), expected, "{text}");
        };
        for text in [
            "1976-07-04",
            "1976-07-04T00:00:00Z",
            "1976-07-04T00:00:00.0000000-05:00",
            "1976-07-04T00:00:00",
            "Jul 4, 1976 12:00:00 AM",
            "Jul 4, 1976, 12:00:00\u{202f}AM",
        ] {
            check(text, true);
        }
        for text in [
            "Jul 4 1976 12:00:00 AM",
            "Jul 4, 1976",
            "Jul 32, 1976 1:00:00 AM",
            "Jly 4, 1976 1:00:00 AM",
            "4 Jul 1976",
            "July",
        ] {
            check(text, false);
        }
        let quoted = r#"{"day":"\"1976-07-04\"","money":"\"0.24\"","number":"\"7\""}"#;
        let sample = found(quoted);
        assert_eq!((sample.day, sample.number), (Some(jiff::civil::date(1976, 7, 4)), Some(7)));
        assert_eq!(sample.money, "0.24".parse().ok());
    }

    #[test]
    fn every_type_has_its_code() {
        check(
            r#"{"number":"12548a"}"#,
            59900,
            "Could not convert string to integer: 12548a. Path 'number', line 1, position 18.",
        );
        check(
            r#"{"number":12.5}"#,
            59956,
            "Value for property 'number' is not acceptable. Specifics: Input string '12.5' is not a valid integer. Path 'number', line 1, position 14.",
        );
        check(
            r#"{"number":true}"#,
            59956,
            "Value for property 'number' is not acceptable. Specifics: Input string 'true' is not a valid integer. Path 'number', line 1, position 14.",
        );
        let decimal = "Value for property 'money' is not formatted as a valid decimal (precision up to 2). Example value=1234.56";
        for money in ["0.245", "\"0.245\"", "11..04", "NaN", "true"] {
            check(&format!("{{\"money\":{money}}}"), 59954, decimal);
        }
        let boolean = "Value for property 'flag' is not formatted as a valid boolean. Valid values=true,false";
        check(r#"{"flag":"yes"}"#, 59953, boolean);
        check(r#"{"flag":2}"#, 59953, boolean);
        let day = "Value for property 'day' is not formatted as a valid ISO-8601 DateTime. Example value=2015-01-31T22:43:21.123+00:00";
        for text in [
            "\"31.01.2015\"",
            "\"2015-02-30\"",
            "\"2015-01-31T\"",
            "\"2015-01-31Tx\"",
            "20150131",
            "\"2015-01-31é\"",
        ] {
            check(&format!("{{\"day\":{text}}}"), 59952, day);
        }
        check(
            r#"{"text":{}}"#,
            59999,
            "Error reading string. Unexpected token: StartObject. Path 'text', line 1, position 9.",
        );
        check(
            r#"{"text":"a\u0000"}"#,
            59956,
            "Value for property 'text' is not acceptable. Specifics: Null characters are not allowed.",
        );
        check(
            r#"{"items":5}"#,
            59999,
            "Error reading items: a list is expected. Path 'items', line 1, position 10.",
        );
        check(
            r#"{"items":[{"count":"x"}]}"#,
            59900,
            "Could not convert string to integer: x. Path 'items[0].count', line 1, position 22.",
        );
        let faults = read::<Sample>(br#"{"number":"x","flag":"y"}"#).expect_err("two faults");
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [59900, 59953]);
    }
}
