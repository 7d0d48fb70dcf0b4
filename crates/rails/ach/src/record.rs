//! Taking fields out of a record, and collecting what is wrong with them.

use jiff::civil::{Date, Time};

use crate::layout::{Field, RECORD_LENGTH};
use crate::{Fault, Problem, RoutingNumber, Severity, Text, Trace};

/// The problems of a file, in the order in which they were found.
pub(crate) struct Sink {
    pub problems: Vec<Problem>,
    pub has_error: bool,
}

impl Sink {
    /// Bytes that are no NACHA file would fill the memory with complaints.
    const MOST: usize = 1_000;

    pub const fn new() -> Self {
        Self { problems: Vec::new(), has_error: false }
    }

    pub fn add(&mut self, line: usize, field: Option<&'static Field>, fault: Fault) {
        self.has_error |= fault.severity() == Severity::Error;
        if self.problems.len() < Self::MOST {
            self.problems.push(Problem { line, field, fault });
        } else if self.problems.len() == Self::MOST {
            self.problems.push(Problem { line, field: None, fault: Fault::More });
        }
    }
}

/// A line made 94 columns wide, and where to complain about it.
pub(crate) struct Record<'s> {
    pub line: usize,
    pub bytes: [u8; RECORD_LENGTH],
    pub sink: &'s mut Sink,
}

impl Record<'_> {
    pub fn fault(&mut self, field: &'static Field, fault: Fault) {
        self.sink.add(self.line, Some(field), fault);
    }

    /// What stands in the field, for messages.
    pub fn raw(&self, field: &'static Field) -> String {
        String::from_utf8_lossy(&self.bytes[field.range()]).into_owned()
    }

    fn is_blank(&self, field: &'static Field) -> bool {
        self.bytes[field.range()].iter().all(|byte| *byte == b' ')
    }

    /// Text without the spaces around it.
    pub fn text<const N: usize>(&mut self, field: &'static Field) -> Option<Text<N>> {
        self.indented(field, true)
    }

    /// Text, the spaces in front of it kept unless `trim`.
    pub fn indented<const N: usize>(
        &mut self,
        field: &'static Field,
        trim: bool,
    ) -> Option<Text<N>> {
        let mut bytes = &self.bytes[field.range()];
        while let (true, [b' ', rest @ ..]) = (trim, bytes) {
            bytes = rest;
        }
        let found = Text::from_field(bytes);
        found.map_err(|error| self.fault(field, Fault::Text(error))).ok()
    }

    /// A number. Spaces in front are read as zeros, with a warning.
    pub fn number(&mut self, field: &'static Field) -> Option<u64> {
        let bytes = &self.bytes[field.range()];
        let (mut number, mut spaces, mut digits) = (0_u64, 0, 0);
        for byte in bytes {
            match byte {
                b'0'..=b'9' => {
                    digits += 1;
                    number = number * 10 + u64::from(byte - b'0');
                }
                b' ' if digits == 0 => spaces += 1,
                _ => {
                    digits = 0;
                    break;
                }
            }
        }
        if digits == 0 {
            self.fault(field, Fault::NotDigits(self.raw(field)));
            return None;
        }
        if spaces > 0 {
            self.fault(field, Fault::FilledWithSpaces(self.raw(field)));
        }
        Some(number)
    }

    /// A number, or `None` for spaces or zeros alone; `Err` when it is neither.
    pub fn number_if_any(&mut self, field: &'static Field) -> Result<Option<u64>, ()> {
        if self.is_blank(field) {
            return Ok(None);
        }
        self.number(field).map(|number| Some(number).filter(|number| *number != 0)).ok_or(())
    }

    /// A date of this century, or `None` for spaces or zeros; `Err` when it is neither.
    pub fn date_if_any(&mut self, field: &'static Field) -> Result<Option<Date>, ()> {
        let Ok(number) = self.number_if_any(field) else { return Err(()) };
        let Some(number) = number else { return Ok(None) };
        let (year, month, day) = (2000 + number / 10_000, number / 100 % 100, number % 100);
        match Date::new(year as i16, month as i8, day as i8) {
            Ok(date) => Ok(Some(date)),
            Err(_) => {
                self.fault(field, Fault::NotADate(self.raw(field)));
                Err(())
            }
        }
    }

    /// A time of the form HHMM, or `None` for spaces; `Err` when it is neither.
    pub fn time_if_any(&mut self, field: &'static Field) -> Result<Option<Time>, ()> {
        if self.is_blank(field) {
            return Ok(None);
        }
        let number = self.number(field).ok_or(())?;
        match Time::new((number / 100) as i8, (number % 100) as i8, 0, 0) {
            Ok(time) => Ok(Some(time)),
            Err(_) => {
                self.fault(field, Fault::NotATime(self.raw(field)));
                Err(())
            }
        }
    }

    /// Nine digits of a routing number.
    pub fn routing(&mut self, field: &'static Field) -> Option<RoutingNumber> {
        let number = self.number(field)?;
        match RoutingNumber::from_number(u32::try_from(number).unwrap_or(u32::MAX)) {
            Ok(routing) => Some(routing),
            Err(error) => {
                self.fault(field, Fault::Routing(error));
                None
            }
        }
    }

    /// The first eight digits of a routing number.
    pub fn bank(&mut self, field: &'static Field) -> Option<RoutingNumber> {
        let number = self.number(field)?;
        RoutingNumber::with_check_digit(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Fifteen digits of a trace number.
    pub fn trace(&mut self, field: &'static Field) -> Option<Trace> {
        self.number(field).and_then(Trace::from_number)
    }

    /// Warns when a fixed field says something else.
    pub fn expect(&mut self, field: &'static Field, expected: &'static str) {
        if self.bytes[field.range()] != *expected.as_bytes() {
            let found = self.raw(field);
            self.fault(field, Fault::Unusual { expected, found });
        }
    }

    /// What a code means; a fault when it means nothing.
    pub fn code<T>(
        &mut self,
        field: &'static Field,
        meaning: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let raw = self.raw(field);
        let found = meaning(&raw);
        if found.is_none() {
            self.fault(field, Fault::Unknown(raw));
        }
        found
    }
}
