//! Taking the values out of a request's [`Input`] fields while collecting every fault.

use std::ops::RangeInclusive;

use florin_money::{Currency, Money, MoneyError, Rate};
use rust_decimal::Decimal;

use crate::error::{ApiError, Fault, FieldMessages, Message};
use crate::input::Input;

/// The faults of one request, in the order in which they were found.
///
/// Each method takes a field, notes what is wrong with it and gives the value when nothing is.
/// At the end `finish` refuses the request if anything was noted:
///
/// ```
/// use florin_http::{Faults, Input};
/// let (name, age): (Input<String>, Input<i64>) = (Input::Missing, Input::Ok(200));
/// let mut faults = Faults::new();
/// let name = faults.required("name", name);
/// let age = faults.optional("age", age);
/// let age = faults.integer("age", age, 0..=150);
/// assert!(name.is_none() && age.is_none());
/// assert!(faults.finish().is_err());
/// ```
#[derive(Debug, Default)]
pub struct Faults(FieldMessages);

impl Faults {
    /// No fault yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    /// Notes a message for a field.
    pub fn add(&mut self, field: impl Into<Message>, message: impl Into<Message>) {
        let field = field.into();
        let known = self.0.0.iter_mut().find(|(name, _)| *name == field);
        match known {
            Some((_, Fault::Messages(messages))) => messages.push(message.into()),
            Some((_, Fault::Nested(_))) => {}
            None => {
                let fault = Fault::Messages(vec![message.into()]);
                self.0.0.push((field, fault));
            }
        }
    }

    /// Notes the faults of the object inside a field.
    pub fn nest(&mut self, field: impl Into<Message>, faults: Faults) {
        if !faults.is_empty() {
            self.0.0.push((field.into(), Fault::Nested(faults.0)));
        }
    }

    /// Refuses the request (400, all faults) unless nothing was found.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.is_empty() { Ok(()) } else { Err(self.into()) }
    }

    /// A field that must be there and hold a value.
    pub fn required<T>(&mut self, field: &'static str, input: Input<T>) -> Option<T> {
        if matches!(input, Input::Missing) {
            self.add(field, "This field is required.");
        }
        self.optional(field, input)
    }

    /// A field that may be left out, but not be `null`.
    pub fn optional<T>(&mut self, field: &'static str, input: Input<T>) -> Option<T> {
        if matches!(input, Input::Null) {
            self.add(field, "This field may not be null.");
        }
        self.nullable(field, input)
    }

    /// A field that may be left out or `null`, which mean the same.
    pub fn nullable<T>(&mut self, field: &'static str, input: Input<T>) -> Option<T> {
        self.change(field, input).flatten()
    }

    /// A field of a partial update: none when it was not sent, `Some(None)` when it was `null`.
    pub fn change<T>(&mut self, field: &'static str, input: Input<T>) -> Option<Option<T>> {
        match input {
            Input::Missing => None,
            Input::Null => Some(None),
            Input::Ok(value) => Some(Some(value)),
            Input::Bad(message) => {
                self.add(field, message);
                None
            }
        }
    }

    /// A text without its outer blanks, of 1 to `length_max` characters.
    pub fn text(
        &mut self,
        field: &'static str,
        value: Option<String>,
        length_max: usize,
    ) -> Option<String> {
        let text = self.text_or_blank(field, value, length_max)?;
        if text.is_empty() {
            self.add(field, "This field may not be blank.");
            return None;
        }
        Some(text)
    }

    /// A text without its outer blanks, of 0 to `length_max` characters.
    pub fn text_or_blank(
        &mut self,
        field: &'static str,
        value: Option<String>,
        length_max: usize,
    ) -> Option<String> {
        let mut text = value?;
        if text.trim().len() != text.len() {
            text = text.trim().to_owned();
        }
        // Only a text with more bytes than allowed characters can have too many of them.
        if text.len() > length_max && text.chars().count() > length_max {
            let message = format!("Ensure this field has no more than {length_max} characters.");
            self.add(field, message);
            return None;
        }
        Some(text)
    }

    /// A whole number within `range`.
    pub fn integer(
        &mut self,
        field: &'static str,
        value: Option<i64>,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = value?;
        if value < *range.start() {
            let message =
                format!("Ensure this value is greater than or equal to {}.", range.start());
            self.add(field, message);
            return None;
        }
        if value > *range.end() {
            let message = format!("Ensure this value is less than or equal to {}.", range.end());
            self.add(field, message);
            return None;
        }
        Some(value)
    }

    /// A number that is not negative.
    pub fn not_negative(&mut self, field: &'static str, value: Option<Decimal>) -> Option<Decimal> {
        let value = value?;
        if value.is_sign_negative() && !value.is_zero() {
            self.add(field, "Ensure this value is greater than or equal to 0.");
            return None;
        }
        Some(value)
    }

    /// An amount, not negative, with at most the decimals of its currency.
    pub fn money(
        &mut self,
        field: &'static str,
        value: Option<Decimal>,
        currency: Currency,
    ) -> Option<Money> {
        let value = self.not_negative(field, value)?;
        match Money::from_decimal(value, currency) {
            Ok(money) => Some(money),
            Err(error) => {
                self.add(field, money_message(&error, currency.exponent()));
                None
            }
        }
    }

    /// A yearly rate in percent, 0 to 10,000, with at most 6 decimals.
    pub fn rate(&mut self, field: &'static str, value: Option<Decimal>) -> Option<Rate> {
        let value = self.not_negative(field, value)?;
        if value > Decimal::from(RATE_PERCENT_MAX) {
            let message = format!("Ensure this value is less than or equal to {RATE_PERCENT_MAX}.");
            self.add(field, message);
            return None;
        }
        match Rate::from_percent(value) {
            Ok(rate) => Some(rate),
            Err(error) => {
                self.add(field, money_message(&error, RATE_DECIMALS_MAX));
                None
            }
        }
    }

    /// One of the words that `parse` knows.
    pub fn choice<T>(
        &mut self,
        field: &'static str,
        value: Option<String>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = value?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.add(field, not_a_choice(&text));
        }
        parsed
    }
}

/// The largest yearly rate in percent, as [`Rate`] has it.
const RATE_PERCENT_MAX: i64 = 10_000;
/// The most decimals of a rate in percent, as [`Rate`] has it.
const RATE_DECIMALS_MAX: u32 = 6;
/// The most characters of a client's own text that an answer repeats.
const ECHO_LENGTH_MAX: usize = 100;

/// `"x" is not a valid choice.`, with a long `x` cut.
pub(crate) fn not_a_choice(text: &str) -> String {
    let shown: String = text.chars().take(ECHO_LENGTH_MAX).collect();
    format!("\"{shown}\" is not a valid choice.")
}

/// What the client reads when a number is no amount or rate.
fn money_message(error: &MoneyError, decimals_max: u32) -> Message {
    match error {
        MoneyError::TooManyDecimals => {
            format!("Ensure that there are no more than {decimals_max} decimal places.").into()
        }
        MoneyError::OutOfRange => "Ensure that the number is not too large.".into(),
        _ => "A valid number is required.".into(),
    }
}

/// Fields and what is wrong with them, as a domain tells them.
impl<F: Into<Message>, M: Into<Message>> FromIterator<(F, M)> for Faults {
    fn from_iter<T: IntoIterator<Item = (F, M)>>(found: T) -> Self {
        let mut faults = Self::new();
        for (field, message) in found {
            faults.add(field, message);
        }
        faults
    }
}

impl From<Faults> for ApiError {
    fn from(faults: Faults) -> Self {
        ApiError::fields(faults.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(faults: &Faults) -> String {
        serde_json::to_string(&faults.0).expect("texts serialise")
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let mut faults = Faults::new();
        faults.required::<i64>("a", Input::Missing);
        faults.required::<i64>("b", Input::Null);
        faults.optional::<i64>("c", Input::Missing);
        faults.nullable::<i64>("d", Input::Null);
        faults.required::<i64>("e", Input::Bad("A valid integer is required.".into()));
        faults.text("f", Some(" ".to_owned()), 5);
        faults.text("g", Some("ééééé".to_owned()), 5);
        faults.text("h", Some("123456".to_owned()), 5);
        faults.integer("i", Some(-1), 0..=5);
        faults.choice("j", Some("x".to_owned()), |_| None::<u8>);
        assert_eq!(
            messages(&faults),
            concat!(
                r#"{"a":["This field is required."],"#,
                r#""b":["This field may not be null."],"#,
                r#""e":["A valid integer is required."],"#,
                r#""f":["This field may not be blank."],"#,
                r#""h":["Ensure this field has no more than 5 characters."],"#,
                r#""i":["Ensure this value is greater than or equal to 0."],"#,
                r#""j":["\"x\" is not a valid choice."]}"#
            )
        );
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let check = |text: &str, currency: &str, expected: Result<i64, &str>| {
            let currency = Currency::from_code(currency).expect("a known currency");
            let value = crate::input::parse_decimal(text).expect("a number");
            let mut faults = Faults::new();
            let money = faults.money("amount", Some(value), currency);
            match expected {
                Ok(minor) => assert_eq!(money.map(|m| m.minor()), Some(minor), "{text}"),
                Err(message) => assert!(messages(&faults).contains(message), "{text}"),
            }
        };
        check("10.5", "GBP", Ok(1050));
        check("10.500", "GBP", Ok(1050));
        check("1e3", "GBP", Ok(100_000));
        check("10.505", "GBP", Err("no more than 2 decimal places"));
        check("10.5", "JPY", Err("no more than 0 decimal places"));
        check("-0.01", "GBP", Err("greater than or equal to 0"));
        check("99999999999999999999", "GBP", Err("not too large"));
    }
}
