//! A company at its bank. Pure.

use florin_ach::window::CutOffs;
use florin_ach::{FileHeader, FileIdModifier, RoutingNumber, Text};
use florin_ids::{AchOriginId, TenantId};
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::Delivery;
use crate::FieldFault;
use florin_storage::words;

/// The most that a bank's cut-offs may lie before the operator's, in minutes.
const LEAD_MINUTES_MAX: u16 = 600;

words! {
    /// Who answers the files.
    pub enum Bank {
        /// The sandbox's simulated receiving bank, on the tenant's clock.
        Simulated = "simulated",
        /// The network.
        Real = "real",
    }
}

/// An originator of files.
#[derive(Debug, Clone)]
pub struct Origin {
    /// UUID v7.
    pub id: AchOriginId,
    /// What people call it.
    pub name: String,
    /// The originating bank, whose number begins every trace.
    pub odfi: RoutingNumber,
    /// Where files go: the bank or the operator.
    pub destination: RoutingNumber,
    /// Its name.
    pub destination_name: Text<23>,
    /// Who sends files, as the destination assigned it.
    pub immediate_origin: Text<10>,
    /// The sender's name.
    pub origin_name: Text<23>,
    /// The company's name, as receivers know it.
    pub company_name: Text<16>,
    /// As the originating bank assigned it.
    pub company_id: Text<10>,
    /// For the company's use.
    pub discretionary: Text<20>,
    /// Minutes by which the bank's cut-offs lie before the operator's.
    pub lead_minutes: u16,
    /// Whether same-day windows are used.
    pub same_day: bool,
    /// How often an entry that came back for want of money is sent again: 0 to 2 (NACHA Operating Rules, Article Two,
    /// "Reinitiation of Returned Entries").
    pub retries: u8,
    /// Banking days between the return and the entry that is sent again.
    pub retry_days: u8,
    /// Who answers.
    pub bank: Bank,
    /// Where files go; `None`: they are fetched by hand.
    pub delivery: Option<Delivery>,
    /// Whether new entries are made for it.
    pub is_active: bool,
    /// When it was set up, in real time.
    pub created_at: Timestamp,
}

/// What an origin is set up from. Texts are in the network's characters and lengths.
#[derive(Debug, Clone)]
pub struct NewOrigin {
    /// What people call it.
    pub name: String,
    /// The originating bank's nine digits.
    pub odfi: String,
    /// Nine digits; the originating bank's when absent.
    pub destination: Option<String>,
    /// At most 23 characters.
    pub destination_name: String,
    /// At most 10 characters; the originating bank's number when absent.
    pub immediate_origin: Option<String>,
    /// At most 23 characters.
    pub origin_name: String,
    /// At most 16 characters.
    pub company_name: String,
    /// At most 10 characters.
    pub company_id: String,
    /// At most 20 characters.
    pub discretionary: String,
    /// 0 to 600.
    pub lead_minutes: u16,
    /// Whether same-day windows are used.
    pub same_day: bool,
    /// 0 to 2.
    pub retries: u8,
    /// 1 to 30.
    pub retry_days: u8,
    /// Who answers.
    pub bank: Bank,
    /// Where files go.
    pub delivery: Option<Delivery>,
}

impl NewOrigin {
    /// The sandbox's: a company at a bank that does not exist, answered by the simulated receiving bank.
    pub fn simulated() -> Self {
        Self {
            name: "Sandbox".to_owned(),
            odfi: "021000021".to_owned(),
            destination: None,
            destination_name: "SANDBOX BANK".to_owned(),
            immediate_origin: None,
            origin_name: "FLORIN SANDBOX".to_owned(),
            company_name: "FLORIN SANDBOX".to_owned(),
            company_id: "1999999999".to_owned(),
            discretionary: String::new(),
            lead_minutes: 0,
            same_day: true,
            retries: 2,
            retry_days: 3,
            bank: Bank::Simulated,
            delivery: None,
        }
    }

    /// The origin, once everything is sound.
    ///
    /// # Errors
    /// Every field that is malformed or out of its range.
    pub(crate) fn read(self, id: AchOriginId, now: Timestamp) -> Result<Origin, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let odfi = faults.routing("odfi", &self.odfi);
        let destination = match &self.destination {
            Some(text) => faults.routing("destination", text),
            None => odfi,
        };
        let own = self.odfi.clone();
        let origin = Origin {
            id,
            odfi: odfi.unwrap_or(PLACEHOLDER),
            destination: destination.unwrap_or(PLACEHOLDER),
            destination_name: faults.text("destination_name", &self.destination_name),
            immediate_origin: faults
                .text("immediate_origin", self.immediate_origin.as_deref().unwrap_or(&own)),
            origin_name: faults.text("origin_name", &self.origin_name),
            company_name: faults.text("company_name", &self.company_name),
            company_id: faults.text("company_id", &self.company_id),
            discretionary: faults.optional_text("discretionary", &self.discretionary),
            lead_minutes: faults.within("lead_minutes", self.lead_minutes, 0, LEAD_MINUTES_MAX),
            same_day: self.same_day,
            retries: faults.within("retries", self.retries, 0, florin_ach::deadline::RETRIES),
            retry_days: faults.within("retry_days", self.retry_days, 1, 30),
            bank: self.bank,
            delivery: self.delivery,
            is_active: true,
            created_at: now,
            name: self.name.trim().to_owned(),
        };
        if origin.name.is_empty() || origin.name.chars().count() > 100 {
            faults.add("name", "Ensure this field has 1 to 100 characters.");
        }
        faults.0.extend(origin.delivery.iter().flat_map(Delivery::faults));
        if faults.0.is_empty() { Ok(origin) } else { Err(faults.0) }
    }
}

/// Stands for a routing number that could not be read; the origin is refused.
const PLACEHOLDER: RoutingNumber = match RoutingNumber::from_number(21_000_021) {
    Ok(number) => number,
    Err(_) => panic!("a sound number"),
};

#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(FieldFault { field, message: message.into() });
    }

    fn routing(&mut self, field: &'static str, text: &str) -> Option<RoutingNumber> {
        match RoutingNumber::parse(text.trim()) {
            Ok(number) => Some(number),
            Err(error) => {
                self.add(field, format!("Enter a routing number: {error}."));
                None
            }
        }
    }

    fn text<const N: usize>(&mut self, field: &'static str, text: &str) -> Text<N> {
        if text.trim().is_empty() {
            self.add(field, "This field may not be blank.");
            return Text::EMPTY;
        }
        self.optional_text(field, text)
    }

    fn optional_text<const N: usize>(&mut self, field: &'static str, text: &str) -> Text<N> {
        Text::new(text.trim()).unwrap_or_else(|error| {
            self.add(field, format!("At most {N} of the network's characters: {error}."));
            Text::EMPTY
        })
    }

    fn within<T: Copy + PartialOrd + std::fmt::Display>(
        &mut self,
        field: &'static str,
        value: T,
        least: T,
        most: T,
    ) -> T {
        if value < least || value > most {
            self.add(field, format!("Ensure this value is from {least} to {most}."));
        }
        value
    }
}

impl Origin {
    /// What counts the trace numbers of its bank. Every tenant at a real bank shares it: numbers tell entries apart at
    /// the bank, not here. The simulated bank is each tenant's own.
    pub(crate) fn trace_counter(&self, tenant: TenantId) -> String {
        format!("traces{} {:08}", self.among(tenant), self.odfi.first_eight())
    }

    /// What counts the files of its sender to its destination, whoever's they are.
    pub(crate) fn file_counter(&self, tenant: TenantId) -> String {
        let (to, from) = (self.destination, self.immediate_origin.as_str());
        format!("files{} {to} {from}", self.among(tenant))
    }

    fn among(&self, tenant: TenantId) -> String {
        match self.bank {
            Bank::Simulated => format!(" {tenant}"),
            Bank::Real => String::new(),
        }
    }

    /// Until when its bank takes files.
    pub fn cut_offs(&self) -> CutOffs {
        CutOffs::ahead_of_operator(self.lead_minutes)
    }

    /// The header of a file that is made at this Eastern time.
    pub fn header(&self, at: DateTime, modifier: FileIdModifier) -> FileHeader {
        FileHeader {
            destination: self.destination,
            origin: self.immediate_origin,
            created_on: at.date(),
            created_at: Some(at.time()),
            modifier,
            destination_name: self.destination_name,
            origin_name: self.origin_name,
            reference: Text::EMPTY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut NewOrigin)) -> Vec<&'static str> {
        let mut new = NewOrigin::simulated();
        change(&mut new);
        let read = new.read(AchOriginId::new(), Timestamp::UNIX_EPOCH);
        read.err().unwrap_or_default().iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn every_broken_field_is_named() {
        assert_eq!(faults(|_| {}), Vec::<&str>::new());
        let broken = faults(|new| {
            new.odfi = "123456789".to_owned();
            new.company_name = String::new();
            new.destination_name = "A NAME THAT IS TOO LONG FOR IT".to_owned();
            new.retries = 3;
            new.retry_days = 0;
            new.name = " ".to_owned();
        });
        assert_eq!(
            broken,
            ["odfi", "destination_name", "company_name", "retries", "retry_days", "name"]
        );
    }
}
