//! What an address is, and how one follows another. Pure.
//!
//! An end user has at most one current address: the one that nobody has moved out of. Dates lie in the past or on
//! the business date, so that the current address never changes by itself. Periods may overlap and may have gaps:
//! the history says what the end user said.

use florin_ids::{AddressId, EndUserId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::FieldError;
use crate::check::{Check, Given, MAX_NAME_CHARS};
use crate::end_user::Moment;
use crate::end_user::uk;

const MAX_POSTAL_CODE_CHARS: usize = 20;

/// Where something is. Parts that are not known are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostalAddress {
    /// First line.
    pub address_line_1: String,
    /// Second line.
    pub address_line_2: String,
    /// Third line.
    pub address_line_3: String,
    /// City.
    pub city: String,
    /// Postal code; in the United Kingdom in capitals with one space.
    pub postal_code: String,
    /// ISO 3166 two-letter code in capitals, or empty.
    pub country: String,
}

impl PostalAddress {
    /// Whether nothing of it is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a request says of where something is, under the wire's names.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of PostalAddress, documented there")]
pub struct PostalFields {
    pub address_line_1: Given<String>,
    pub address_line_2: Given<String>,
    pub address_line_3: Given<String>,
    pub city: Given<String>,
    pub postal_code: Given<String>,
    pub country: Given<String>,
}

impl PostalFields {
    /// The address, or nothing when a field is faulty. A postal code that `current` has in the same country stays as
    /// it is.
    pub(crate) fn read(
        self,
        check: &mut Check,
        current: Option<&PostalAddress>,
    ) -> Option<PostalAddress> {
        let mut text = |field, given: Given<String>, most| {
            check.short(field, &given.value().unwrap_or_default(), most)
        };
        let address_line_1 = text("address_line_1", self.address_line_1, MAX_NAME_CHARS);
        let address_line_2 = text("address_line_2", self.address_line_2, MAX_NAME_CHARS);
        let address_line_3 = text("address_line_3", self.address_line_3, MAX_NAME_CHARS);
        let city = text("city", self.city, MAX_NAME_CHARS);
        let postal_code = text("postal_code", self.postal_code, MAX_POSTAL_CODE_CHARS);
        let country = country(check, self.country);
        let address = PostalAddress {
            address_line_1: address_line_1?,
            address_line_2: address_line_2?,
            address_line_3: address_line_3?,
            city: city?,
            postal_code: postal_code?,
            country: country?,
        };
        let is_kept = current.is_some_and(|current| {
            current.postal_code == address.postal_code && current.country == address.country
        });
        if is_kept || address.postal_code.is_empty() || !uk::has_postcodes(&address.country) {
            return Some(address);
        }
        let Some(postal_code) = uk::postcode(&address.postal_code) else {
            check.fault("postal_code", "Enter a UK postcode, such as SW1Y 4JH.");
            return None;
        };
        Some(PostalAddress { postal_code, ..address })
    }

    /// These fields, and those of `current` where they say nothing.
    pub(crate) fn over(self, current: &PostalAddress) -> Self {
        let text = |value: &str| Given::Value(value.to_owned());
        Self {
            address_line_1: self.address_line_1.over(text(&current.address_line_1)),
            address_line_2: self.address_line_2.over(text(&current.address_line_2)),
            address_line_3: self.address_line_3.over(text(&current.address_line_3)),
            city: self.city.over(text(&current.city)),
            postal_code: self.postal_code.over(text(&current.postal_code)),
            country: self.country.over(text(&current.country)),
        }
    }
}

/// Two letters, stored in capitals, or nothing. `UK`, which is no code of a country, is read as the one meant.
fn country(check: &mut Check, given: Given<String>) -> Option<String> {
    let code = given.value().unwrap_or_default().trim().to_ascii_uppercase();
    if code == "UK" {
        return Some(uk::COUNTRY.to_owned());
    }
    if code.is_empty() || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Some(code);
    }
    check.fault("country", "Enter a two-letter country code.");
    None
}

/// An address that an end user has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Its id.
    pub id: AddressId,
    /// Whose it is.
    pub end_user: EndUserId,
    /// Where it is; never empty.
    pub postal: PostalAddress,
    /// Since when, where that is known.
    pub moved_in: Option<Date>,
    /// The day on which the end user left it; none for the current one.
    pub moved_out: Option<Date>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a request says of an address, field by field under the wire's names.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Address, documented there")]
pub struct AddressFields {
    pub postal: PostalFields,
    pub moved_in: Given<Date>,
    pub moved_out: Given<Date>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// An address to write anew, and the one that it follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The new one; none when the end user has no address from now on.
    pub to: Option<Address>,
    /// The one that was current until then, as it is now.
    pub from: Option<Address>,
}

impl Address {
    /// Whether it is the end user's address now.
    pub fn is_current(&self) -> bool {
        self.moved_out.is_none()
    }

    /// Another address of `end_user`. One without `moved_out` is where the end user lives now: it takes the place of
    /// `current`, which ends on the day that the new one begins (`moved_in`, the business date unless given).
    ///
    /// # Errors
    /// Every field that is missing or malformed; a date after the business date; a move to before the current
    /// address began.
    pub fn add(
        id: AddressId,
        end_user: EndUserId,
        fields: AddressFields,
        current: Option<&Self>,
        moment: Moment,
    ) -> Result<Move, Vec<FieldError>> {
        let is_open = fields.moved_out.as_value().is_none();
        let current = current.filter(|_| is_open);
        let mut address = fields.read(id, end_user, None, moment)?;
        if let Some(current) = current {
            let moved_in = address.moved_in.unwrap_or(moment.today);
            if let Some(since) = current.moved_in.filter(|since| *since > moved_in) {
                let message = format!(
                    "Ensure this date is not before {since}, when the current address began, or give moved_out."
                );
                return Err(vec![FieldError::new("moved_in", message)]);
            }
            address.moved_in = Some(moved_in);
        }
        let from = current.map(|current| current.left(address.moved_in, moment));
        Ok(Move { to: Some(address), from })
    }

    /// What follows when an end user's own address fields say `postal` instead of `current`: a move on the business
    /// date. The day of moving to the first address is not known.
    pub fn follow(
        id: AddressId,
        end_user: EndUserId,
        postal: PostalAddress,
        current: Option<&Self>,
        moment: Moment,
    ) -> Move {
        let from = current.map(|current| current.left(Some(moment.today), moment));
        let to = (!postal.is_empty()).then(|| Self {
            id,
            end_user,
            postal,
            moved_in: current.map(|_| moment.today),
            moved_out: None,
            created_at: moment.at,
            updated_at: moment.at,
        });
        Move { to, from }
    }

    /// The address with everything that `fields` leave out unknown; `other` is the end user's current address when
    /// that is another one.
    ///
    /// # Errors
    /// Every field that is missing or malformed; a date after the business date; a second current address.
    pub fn replaced(
        &self,
        fields: AddressFields,
        other: Option<&Self>,
        moment: Moment,
    ) -> Result<Self, Vec<FieldError>> {
        let address = fields.read(self.id, self.end_user, Some(self), moment)?;
        if address.is_current() && other.is_some() {
            return Err(vec![FieldError::new(
                "moved_out",
                "Another address is the current one: this one needs the day of moving out.",
            )]);
        }
        Ok(Self { created_at: self.created_at, ..address })
    }

    /// The address with what `fields` say changed.
    ///
    /// # Errors
    /// As [`Address::replaced`].
    pub fn changed(
        &self,
        fields: AddressFields,
        other: Option<&Self>,
        moment: Moment,
    ) -> Result<Self, Vec<FieldError>> {
        let fields = AddressFields {
            postal: fields.postal.over(&self.postal),
            moved_in: fields.moved_in.over(Given::from(self.moved_in)),
            moved_out: fields.moved_out.over(Given::from(self.moved_out)),
            unreadable: fields.unreadable,
        };
        self.replaced(fields, other, moment)
    }

    /// The address current again, because the one that followed it never was.
    #[must_use]
    pub fn returned_to(&self, at: Timestamp) -> Self {
        Self { moved_out: None, updated_at: at, ..self.clone() }
    }

    fn left(&self, on: Option<Date>, moment: Moment) -> Self {
        let on = on.unwrap_or(moment.today);
        // A clock that was set back must not end an address before it began.
        let on = self.moved_in.map_or(on, |moved_in| on.max(moved_in));
        Self { moved_out: Some(on), updated_at: moment.at, ..self.clone() }
    }
}

impl AddressFields {
    fn read(
        self,
        id: AddressId,
        end_user: EndUserId,
        current: Option<&Address>,
        moment: Moment,
    ) -> Result<Address, Vec<FieldError>> {
        let mut check = Check::new(self.unreadable);
        // What an end user's own fields left empty may stay so.
        let may_be_blank = current.is_some_and(|current| current.postal.address_line_1.is_empty());
        if !may_be_blank
            && let Some(line) = check.required("address_line_1", self.postal.address_line_1.clone())
        {
            check.not_blank("address_line_1", &line);
        }
        let postal = self.postal.read(&mut check, current.map(|current| &current.postal));
        if postal.as_ref().is_some_and(PostalAddress::is_empty) {
            check.fault("address_line_1", "This field may not be blank.");
        }
        let (moved_in, moved_out) = (self.moved_in.value(), self.moved_out.value());
        for (field, date) in [("moved_in", moved_in), ("moved_out", moved_out)] {
            if date.is_some_and(|date| date > moment.today) {
                check.fault(field, format!("Ensure this date is not after {}.", moment.today));
            }
        }
        if let (Some(moved_in), Some(moved_out)) = (moved_in, moved_out)
            && moved_out < moved_in
        {
            check.fault("moved_out", format!("Ensure this date is not before {moved_in}."));
        }
        let address = postal.map(|postal| Address {
            id,
            end_user,
            postal,
            moved_in,
            moved_out,
            created_at: moment.at,
            updated_at: moment.at,
        });
        check.finish(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Given::{Null, Value};
    use jiff::civil::date;

    fn moment() -> Moment {
        Moment { today: date(2026, 11, 21), at: "2026-11-21T10:00:00Z".parse().unwrap() }
    }

    fn text(value: &str) -> Given<String> {
        Value(value.to_owned())
    }

    fn fields(line: &str) -> AddressFields {
        let postal = PostalFields { address_line_1: text(line), ..PostalFields::default() };
        AddressFields { postal, ..AddressFields::default() }
    }

    fn since(line: &str, moved_in: Date) -> AddressFields {
        AddressFields { moved_in: Value(moved_in), ..fields(line) }
    }

    fn add(fields: AddressFields, current: Option<&Address>) -> Result<Move, Vec<FieldError>> {
        Address::add(AddressId::new(), EndUserId::new(), fields, current, moment())
    }

    /// The faults as `field: message` lines.
    fn faults<T: std::fmt::Debug>(outcome: Result<T, Vec<FieldError>>) -> String {
        let faults = outcome.unwrap_err();
        let lines: Vec<_> =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        lines.join("\n")
    }

    fn first() -> Address {
        add(since("1 First Street", date(2020, 5, 1)), None).unwrap().to.unwrap()
    }

    #[test]
    fn a_new_address_ends_the_current_one() {
        let first = first();
        let check = |moved_in: Given<Date>, expected: Date| {
            let moved = add(AddressFields { moved_in, ..fields("2 Second Street") }, Some(&first));
            let moved = moved.unwrap();
            assert_eq!(moved.to.unwrap().moved_in, Some(expected));
            assert_eq!(moved.from, Some(Address { moved_out: Some(expected), ..first.clone() }));
        };
        check(Given::Absent, date(2026, 11, 21));
        check(Null, date(2026, 11, 21));
        check(Value(date(2022, 1, 1)), date(2022, 1, 1));
        check(Value(date(2020, 5, 1)), date(2020, 5, 1));
        let early = add(since("0 Early Street", date(2020, 4, 30)), Some(&first));
        let expected = "moved_in: Ensure this date is not before 2020-05-01, when the current address began, or give \
                        moved_out.";
        assert_eq!(faults(early), expected);
    }

    #[test]
    fn a_past_address_leaves_the_current_one_alone() {
        let past = AddressFields {
            moved_out: Value(date(2020, 5, 1)),
            ..since("0 Early Street", date(2018, 2, 3))
        };
        let moved = add(past, Some(&first())).unwrap();
        assert_eq!(moved.from, None);
        assert!(!moved.to.unwrap().is_current());
    }

    #[test]
    fn faults_of_an_address() {
        let check = |fields: AddressFields, expected: &str| {
            assert_eq!(faults(add(fields, None)), expected);
        };
        check(AddressFields::default(), "address_line_1: This field is required.");
        check(fields("  "), "address_line_1: This field may not be blank.");
        check(
            since("1", date(2026, 11, 22)),
            "moved_in: Ensure this date is not after 2026-11-21.",
        );
        let backwards =
            AddressFields { moved_out: Value(date(2020, 4, 30)), ..since("1", date(2020, 5, 1)) };
        check(backwards, "moved_out: Ensure this date is not before 2020-05-01.");
        let mut foreign = fields("1");
        (foreign.postal.postal_code, foreign.postal.country) = (text("1234"), text("GB"));
        check(foreign, "postal_code: Enter a UK postcode, such as SW1Y 4JH.");
        let mut much = fields("x");
        much.postal.country = text("Britain");
        much.postal.city = text(&"x".repeat(256));
        much.moved_out = Value(date(2027, 1, 1));
        check(
            much,
            "city: Ensure this field has no more than 255 characters.\n\
             country: Enter a two-letter country code.\n\
             moved_out: Ensure this date is not after 2026-11-21.",
        );
    }

    #[test]
    fn postcodes_are_held_to_their_form_where_they_are_royal_mails() {
        let check = |country: &str, postal_code: &str, expected: Option<&str>| {
            let mut fields = fields("1");
            (fields.postal.postal_code, fields.postal.country) = (text(postal_code), text(country));
            let found = add(fields, None).ok().map(|moved| moved.to.unwrap().postal);
            let found = found.map(|postal| format!("{} {}", postal.postal_code, postal.country));
            assert_eq!(found.as_deref(), expected, "{postal_code} {country}");
        };
        check("GB", "cd24hd", Some("CD2 4HD GB"));
        check("uk", "sw1y4jh", Some("SW1Y 4JH GB"));
        check("GB", "", Some(" GB"));
        check("JE", "JE2 3AB", Some("JE2 3AB JE"));
        check("JE", "2345", None);
        check("GB", "90210", None);
        check("US", "90210", Some("90210 US"));
        check("", "cd24hd", Some("cd24hd "));
    }

    #[test]
    fn one_address_is_current() {
        let first = first();
        let moved = add(fields("2 Second Street"), Some(&first)).unwrap();
        let (second, first) = (moved.to.unwrap(), moved.from.unwrap());
        let back = AddressFields { moved_out: Null, ..AddressFields::default() };
        let refused = first.changed(back.clone(), Some(&second), moment());
        let expected =
            "moved_out: Another address is the current one: this one needs the day of moving out.";
        assert_eq!(faults(refused), expected);
        assert!(first.changed(back, None, moment()).unwrap().is_current());
        assert!(first.returned_to(moment().at).is_current());
        let corrected = second.changed(fields("2 Second Road"), None, moment()).unwrap();
        assert_eq!((corrected.moved_in, corrected.is_current()), (second.moved_in, true));
        let replaced = second.replaced(fields("2 Second Road"), None, moment()).unwrap();
        assert_eq!(replaced.moved_in, None);
    }

    #[test]
    fn what_an_end_users_own_fields_say_is_a_move() {
        let at = |city: &str| PostalAddress { city: city.to_owned(), ..PostalAddress::default() };
        let follow = |postal, current: Option<&Address>| {
            Address::follow(AddressId::new(), EndUserId::new(), postal, current, moment())
        };
        let begun = follow(at("York"), None);
        let york = begun.to.unwrap();
        assert_eq!((york.moved_in, york.moved_out, begun.from), (None, None, None));
        let moved = follow(at("Leeds"), Some(&york));
        assert_eq!(moved.from.unwrap().moved_out, Some(moment().today));
        assert_eq!(moved.to.unwrap().moved_in, Some(moment().today));
        let gone = follow(PostalAddress::default(), Some(&york));
        assert_eq!((gone.to, gone.from.unwrap().is_current()), (None, false));
        // Its first line is empty and may stay so; all of it may not.
        let mut country = AddressFields::default();
        country.postal.country = text("FR");
        assert_eq!(york.changed(country, None, moment()).unwrap().postal.country, "FR");
        let mut nothing = AddressFields::default();
        nothing.postal.city = text("");
        assert_eq!(
            faults(york.changed(nothing, None, moment())),
            "address_line_1: This field may not be blank."
        );
    }
}
