//! What requests say of funds.

use florin_http::{Input, request_body};
use florin_savings::fund::{
    AddressFields, FundChange, FundFields, LinkFields, PersonFields, PublicFields,
};
use serde_json::{Map, Value};

use crate::input::{Reader, Whole};

request_body! {
    /// A fund to establish, for a kid or for a future baby. The beneficiary's fields are required unless `prebirth`.
    pub(crate) struct FundInput as "FundInput" {
        /// Whether it is for a future baby; else it is for a kid.
        prebirth: required bool,
        /// Kid first name.
        beneficiary_first_name: optional String,
        /// Kid middle name.
        beneficiary_middle_name: optional String,
        /// Kid last name.
        beneficiary_last_name: optional String,
        /// Kid birth date, `YYYY-MM-DD`.
        beneficiary_born_on: optional String,
        /// Kid social security number, nine digits.
        beneficiary_ssn: optional String,
        /// Kid physical address: street line 1.
        beneficiary_physical_address_street: optional String,
        /// Kid physical address: street line 2.
        beneficiary_physical_address_street2: optional String,
        /// Kid physical address: ZIP code, `94107` or `94107-1234`.
        beneficiary_physical_address_zip: optional String,
        /// Kid physical address: city.
        beneficiary_physical_address_city: optional String,
        /// Kid physical address: state, two letters.
        beneficiary_physical_address_state: optional String,
        /// Owner first name.
        owner_first_name: required String,
        /// Owner middle name.
        owner_middle_name: optional String,
        /// Owner last name.
        owner_last_name: required String,
        /// Owner birth date, `YYYY-MM-DD`.
        owner_born_on: required String,
        /// What the owner is to the kid; required unless `prebirth`: `mother`, `father`, `grandmother`, ...
        owner_relationship: optional String,
        /// Owner social security number, nine digits.
        owner_ssn: required String,
        /// Owner phone number, ten digits.
        owner_phone: required String,
        /// Owner physical address: street line 1.
        owner_physical_address_street: required String,
        /// Owner physical address: street line 2.
        owner_physical_address_street2: optional String,
        /// Owner physical address: ZIP code, `94107` or `94107-1234`.
        owner_physical_address_zip: required String,
        /// Owner physical address: city.
        owner_physical_address_city: required String,
        /// Owner physical address: state, two letters.
        owner_physical_address_state: required String,
        /// Owner mailing address: street line 1.
        owner_mailing_address_street: required String,
        /// Owner mailing address: street line 2.
        owner_mailing_address_street2: optional String,
        /// Owner mailing address: ZIP code, `94107` or `94107-1234`.
        owner_mailing_address_zip: required String,
        /// Owner mailing address: city.
        owner_mailing_address_city: required String,
        /// Owner mailing address: state, two letters.
        owner_mailing_address_state: required String,
        /// How much risk: `maximizing_gains`, `balanced`, `minimizing_losses`, `preserving_capital`.
        risk_level: required String,
        /// Name of the fund.
        fund_name: required String,
        /// Handle of the fund for the public fund URL, in place of one made of its name. (Beyond the document.)
        handle: optional String,
        /// Photo of the fund beneficiary (https). (Beyond the document.)
        photo_url: optional String,
        /// Description of the fund displayed on the public fund page. (Beyond the document.)
        description: optional String,
    }
    example {
        "prebirth": false,
        "beneficiary_first_name": "John",
        "beneficiary_last_name": "Doe",
        "beneficiary_born_on": "2020-03-17",
        "beneficiary_ssn": "123456789",
        "beneficiary_physical_address_street": "474 Bryant St",
        "beneficiary_physical_address_zip": "94107",
        "beneficiary_physical_address_city": "San Francisco",
        "beneficiary_physical_address_state": "CA",
        "owner_first_name": "Jane",
        "owner_middle_name": "Arianne",
        "owner_last_name": "Doe",
        "owner_born_on": "1982-01-11",
        "owner_relationship": "mother",
        "owner_ssn": "321654987",
        "owner_phone": "5555555555",
        "owner_physical_address_street": "474 Bryant St",
        "owner_physical_address_zip": "94107",
        "owner_physical_address_city": "San Francisco",
        "owner_physical_address_state": "CA",
        "owner_mailing_address_street": "474 Bryant St",
        "owner_mailing_address_zip": "94107",
        "owner_mailing_address_city": "San Francisco",
        "owner_mailing_address_state": "CA",
        "risk_level": "maximizing_gains",
        "fund_name": "John's College Fund"
    }
}

impl FundInput {
    pub(crate) fn read(self) -> FundFields {
        self.read_by(Reader::default())
    }

    fn read_by(self, mut reader: Reader) -> FundFields {
        let prebirth = reader.truth("prebirth", self.prebirth);
        let beneficiary = PersonFields {
            first_name: reader.text("beneficiary_first_name", self.beneficiary_first_name),
            middle_name: reader.text("beneficiary_middle_name", self.beneficiary_middle_name),
            last_name: reader.text("beneficiary_last_name", self.beneficiary_last_name),
            born_on: reader.text("beneficiary_born_on", self.beneficiary_born_on),
            ssn: reader.text("beneficiary_ssn", self.beneficiary_ssn),
            physical: AddressFields {
                street: reader.text(
                    "beneficiary_physical_address_street",
                    self.beneficiary_physical_address_street,
                ),
                street2: reader.text(
                    "beneficiary_physical_address_street2",
                    self.beneficiary_physical_address_street2,
                ),
                zip: reader.text(
                    "beneficiary_physical_address_zip",
                    self.beneficiary_physical_address_zip,
                ),
                city: reader.text(
                    "beneficiary_physical_address_city",
                    self.beneficiary_physical_address_city,
                ),
                state: reader.text(
                    "beneficiary_physical_address_state",
                    self.beneficiary_physical_address_state,
                ),
            },
            ..PersonFields::default()
        };
        let owner = PersonFields {
            first_name: reader.text("owner_first_name", self.owner_first_name),
            middle_name: reader.text("owner_middle_name", self.owner_middle_name),
            last_name: reader.text("owner_last_name", self.owner_last_name),
            born_on: reader.text("owner_born_on", self.owner_born_on),
            ssn: reader.text("owner_ssn", self.owner_ssn),
            relationship: reader.text("owner_relationship", self.owner_relationship),
            phone: reader.text("owner_phone", self.owner_phone),
            physical: AddressFields {
                street: reader
                    .text("owner_physical_address_street", self.owner_physical_address_street),
                street2: reader
                    .text("owner_physical_address_street2", self.owner_physical_address_street2),
                zip: reader.text("owner_physical_address_zip", self.owner_physical_address_zip),
                city: reader.text("owner_physical_address_city", self.owner_physical_address_city),
                state: reader
                    .text("owner_physical_address_state", self.owner_physical_address_state),
            },
            mailing: AddressFields {
                street: reader
                    .text("owner_mailing_address_street", self.owner_mailing_address_street),
                street2: reader
                    .text("owner_mailing_address_street2", self.owner_mailing_address_street2),
                zip: reader.text("owner_mailing_address_zip", self.owner_mailing_address_zip),
                city: reader.text("owner_mailing_address_city", self.owner_mailing_address_city),
                state: reader.text("owner_mailing_address_state", self.owner_mailing_address_state),
            },
        };
        FundFields {
            prebirth,
            beneficiary,
            owner,
            risk_level: reader.text("risk_level", self.risk_level),
            fund_name: reader.text("fund_name", self.fund_name),
            public: public(&mut reader, self.handle, self.photo_url, self.description),
            unreadable: reader.into_faults(),
        }
    }
}

/// What a new fund's public page is to show.
fn public(
    reader: &mut Reader,
    handle: Input<String>,
    photo_url: Input<String>,
    description: Input<String>,
) -> PublicFields {
    PublicFields {
        handle: reader.text("handle", handle),
        photo_url: reader.text("photo_url", photo_url),
        description: reader.text("description", description),
    }
}

request_body! {
    /// An existing 529 account to link.
    pub(crate) struct LinkInput as "LinkInput" {
        /// ID of the 529 plan provider to link to.
        plan_id: required Whole,
        /// 529 account number.
        account_number: required String,
        /// First name consistent with the 529 account.
        beneficiary_first_name: required String,
        /// Last name consistent with the 529 account.
        beneficiary_last_name: required String,
        /// Social security number of the beneficiary, nine digits: with it, limits count the account together with the
        /// beneficiary's others. (Beyond the document.)
        beneficiary_ssn: optional String,
        /// Name of the fund.
        fund_name: required String,
        /// Handle of the fund for the public fund URL, in place of one made of its name. (Beyond the document.)
        handle: optional String,
        /// Photo of the fund beneficiary (https). (Beyond the document.)
        photo_url: optional String,
        /// Description of the fund displayed on the public fund page. (Beyond the document.)
        description: optional String,
    }
    example {
        "plan_id": 3,
        "account_number": "1234567890",
        "beneficiary_first_name": "John",
        "beneficiary_last_name": "Doe",
        "fund_name": "John's College Fund"
    }
}

impl LinkInput {
    pub(crate) fn read(self) -> LinkFields {
        let mut reader = Reader::default();
        LinkFields {
            plan_id: reader.whole("plan_id", self.plan_id),
            account_number: reader.text("account_number", self.account_number),
            first_name: reader.text("beneficiary_first_name", self.beneficiary_first_name),
            last_name: reader.text("beneficiary_last_name", self.beneficiary_last_name),
            ssn: reader.text("beneficiary_ssn", self.beneficiary_ssn),
            fund_name: reader.text("fund_name", self.fund_name),
            public: public(&mut reader, self.handle, self.photo_url, self.description),
            unreadable: reader.into_faults(),
        }
    }
}

request_body! {
    /// What is to change of a fund; what is left out stays. `"prebirth": false` reports the birth of the child that a fund
    /// was established for before: the kid's fields are then required, as for a new fund.
    pub(crate) struct FundChangeInput as "FundChange" {
        /// Name of the fund.
        fund_name: optional String,
        /// Unique handle of the fund for the public fund URL.
        handle: optional String,
        /// Photo of the fund beneficiary (https); `null` takes it away.
        photo_url: optional String,
        /// Description of the fund displayed on the public fund page; `null` takes it away.
        description: optional String,
        /// `false` reports a birth.
        prebirth: optional bool,
        /// Kid first name.
        beneficiary_first_name: optional String,
        /// Kid middle name.
        beneficiary_middle_name: optional String,
        /// Kid last name.
        beneficiary_last_name: optional String,
        /// Kid birth date, `YYYY-MM-DD`.
        beneficiary_born_on: optional String,
        /// Kid social security number, nine digits; of a linked account, to be told once.
        beneficiary_ssn: optional String,
        /// Kid physical address: street line 1.
        beneficiary_physical_address_street: optional String,
        /// Kid physical address: street line 2.
        beneficiary_physical_address_street2: optional String,
        /// Kid physical address: ZIP code, `94107` or `94107-1234`.
        beneficiary_physical_address_zip: optional String,
        /// Kid physical address: city.
        beneficiary_physical_address_city: optional String,
        /// Kid physical address: state, two letters.
        beneficiary_physical_address_state: optional String,
        /// What the owner is to the kid.
        owner_relationship: optional String,
    }
    example { "fund_name": "John's Fund 🎓", "handle": "johnsfund489" }
}

/// The fields of a request that a fund is established with and that nothing changes afterwards. A birth is reported with
/// the form of a new fund, of which only the beneficiary's part counts.
pub(crate) fn fixed(sent: &Map<String, Value>) -> Vec<String> {
    if sent.contains_key("prebirth") {
        return Vec::new();
    }
    let is_of_people =
        |field: &str| field.starts_with("beneficiary_") || field.starts_with("owner_");
    let is_fixed = |field: &&String| *field == "risk_level" || is_of_people(field.as_str());
    sent.keys().filter(is_fixed).cloned().collect()
}

impl FundChangeInput {
    pub(crate) fn read(self, fixed: Vec<String>) -> FundChange {
        let mut reader = Reader::default();
        let beneficiary = PersonFields {
            first_name: reader.text("beneficiary_first_name", self.beneficiary_first_name),
            middle_name: reader.text("beneficiary_middle_name", self.beneficiary_middle_name),
            last_name: reader.text("beneficiary_last_name", self.beneficiary_last_name),
            born_on: reader.text("beneficiary_born_on", self.beneficiary_born_on),
            ssn: reader.text("beneficiary_ssn", self.beneficiary_ssn),
            physical: AddressFields {
                street: reader.text(
                    "beneficiary_physical_address_street",
                    self.beneficiary_physical_address_street,
                ),
                street2: reader.text(
                    "beneficiary_physical_address_street2",
                    self.beneficiary_physical_address_street2,
                ),
                zip: reader.text(
                    "beneficiary_physical_address_zip",
                    self.beneficiary_physical_address_zip,
                ),
                city: reader.text(
                    "beneficiary_physical_address_city",
                    self.beneficiary_physical_address_city,
                ),
                state: reader.text(
                    "beneficiary_physical_address_state",
                    self.beneficiary_physical_address_state,
                ),
            },
            ..PersonFields::default()
        };
        FundChange {
            fund_name: reader.text("fund_name", self.fund_name),
            handle: reader.text("handle", self.handle),
            photo_url: reader.text("photo_url", self.photo_url),
            description: reader.text("description", self.description),
            prebirth: reader.truth("prebirth", self.prebirth),
            beneficiary,
            relationship: reader.text("owner_relationship", self.owner_relationship),
            fixed,
            unreadable: reader.into_faults(),
        }
    }
}
