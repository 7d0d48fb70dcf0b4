//! The banks: some of those that the real provider has, with its ids.

use serde_json::{Value as Json, json};

/// A bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bank {
    pub id: &'static str,
    pub name: &'static str,
    pub bic: &'static str,
    /// How many days back it tells transactions.
    pub days: u32,
    /// For how many days a consent holds at most.
    pub valid: u32,
    /// The first is where its accounts are.
    pub countries: &'static [&'static str],
}

const fn bank(
    id: &'static str,
    name: &'static str,
    bic: &'static str,
    (days, valid): (u32, u32),
    countries: &'static [&'static str],
) -> Bank {
    Bank { id, name, bic, days, valid, countries }
}

/// The provider's bank of test data, which every country has.
pub(super) const SANDBOX: &str = "SANDBOXFINANCE_SFIN0000";

/// Consents hold for 90 days in the United Kingdom and for 180 in the European Economic Area.
const GB: (u32, u32) = (730, 90);
const EEA: (u32, u32) = (730, 180);
const EEA_SHORT: (u32, u32) = (90, 180);

pub(super) const BANKS: &[Bank] = &[
    bank(SANDBOX, "Sandbox Finance", "SFIN0000", (90, 180), &["GB"]),
    bank("BARCLAYS_BUKBGB22", "Barclays Personal", "BUKBGB22", GB, &["GB"]),
    bank("FIRST_DIRECT_MIDLGB22", "First Direct", "MIDLGB22", GB, &["GB"]),
    bank("HALIFAX_HLFXGB21", "Halifax", "HLFXGB21", GB, &["GB"]),
    bank("HSBC_HBUKGB4B", "HSBC Personal", "HBUKGB4B", GB, &["GB"]),
    bank("LLOYDS_LOYDGB2L", "Lloyds Bank Personal", "LOYDGB2L", GB, &["GB"]),
    bank("MONZO_MONZGB2L", "Monzo", "MONZGB2L", (730, 90), &["GB"]),
    bank("NATIONWIDE_NAIAGB21", "Nationwide", "NAIAGB21", (455, 90), &["GB"]),
    bank("NATWEST_NWBKGB2L", "NatWest Personal", "NWBKGB2L", GB, &["GB"]),
    bank("RBS_RBOSGB2L", "Royal Bank of Scotland", "RBOSGB2L", GB, &["GB"]),
    bank("REVOLUT_REVOGB21", "Revolut", "REVOGB21", GB, &["GB"]),
    bank("SANTANDER_GB_ABBYGB2L", "Santander Personal", "ABBYGB2L", GB, &["GB"]),
    bank("STARLING_SRLGGB3L", "Starling Bank", "SRLGGB3L", GB, &["GB"]),
    bank("TSB_TSBSGB2A", "TSB Bank", "TSBSGB2A", GB, &["GB"]),
    bank("VIRGIN_NRNBGB21", "Virgin Money", "NRNBGB21", (365, 90), &["GB"]),
    bank("WISE_TRWIGB22", "Wise", "TRWIGB22", GB, &["GB"]),
    bank("AIB_AIBKIE2D", "AIB Personal", "AIBKIE2D", EEA, &["IE"]),
    bank("BANKOFIRELAND_BOFIIE2D", "Bank of Ireland 365", "BOFIIE2D", (365, 180), &["IE"]),
    bank("PTSB_IPBSIE2D", "Permanent TSB", "IPBSIE2D", EEA, &["IE"]),
    bank("COMMERZBANK_COBADEFF", "Commerzbank", "COBADEFF", EEA_SHORT, &["DE"]),
    bank("DEUTSCHE_BANK_DEUTDEFF", "Deutsche Bank", "DEUTDEFF", (365, 180), &["DE"]),
    bank("N26_NTSBDEB1", "N26 Bank", "NTSBDEB1", EEA, &["DE", "FR", "ES", "IT", "AT", "NL"]),
    bank("BNP_PARIBAS_BNPAFRPP", "BNP Paribas", "BNPAFRPP", EEA_SHORT, &["FR"]),
    bank("CREDIT_AGRICOLE_AGRIFRPP", "Crédit Agricole", "AGRIFRPP", EEA_SHORT, &["FR"]),
    bank("BBVA_BBVAESMM", "BBVA", "BBVAESMM", EEA, &["ES"]),
    bank("CAIXABANK_CAIXESBB", "CaixaBank", "CAIXESBB", (540, 180), &["ES"]),
    bank("INTESA_SANPAOLO_BCITITMM", "Intesa Sanpaolo", "BCITITMM", EEA_SHORT, &["IT"]),
    bank("ABNAMRO_ABNANL2A", "ABN AMRO", "ABNANL2A", (540, 180), &["NL"]),
    bank("ING_INGBNL2A", "ING", "INGBNL2A", EEA, &["NL"]),
    bank("SEB_CBVILT2X", "SEB", "CBVILT2X", EEA, &["LT"]),
    bank("SWEDBANK_HABALT22", "Swedbank", "HABALT22", EEA, &["LT"]),
    bank(
        "REVOLUT_REVOLT21",
        "Revolut",
        "REVOLT21",
        EEA,
        &["LT", "IE", "DE", "FR", "ES", "IT", "NL"],
    ),
    bank("NORDEA_NDEAFIHH", "Nordea", "NDEAFIHH", EEA, &["FI"]),
    bank("PKO_BPKOPLPW", "PKO Bank Polski", "BPKOPLPW", EEA, &["PL"]),
];

/// Every country that a list can be asked for: the United Kingdom and the European Economic Area.
const COUNTRIES: &[&str] = &[
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IS", "IE", "IT",
    "LV", "LI", "LT", "LU", "MT", "NL", "NO", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "GB",
];

pub(super) fn is_country(code: &str) -> bool {
    COUNTRIES.contains(&code)
}

pub(super) fn find(id: &str) -> Option<&'static Bank> {
    BANKS.iter().find(|bank| bank.id == id)
}

/// The banks of a country; those of all without one.
pub(super) fn of_country(code: Option<&str>) -> impl Iterator<Item = &'static Bank> {
    BANKS.iter().filter(move |bank| {
        bank.id == SANDBOX || code.is_none_or(|code| bank.countries.contains(&code))
    })
}

impl Bank {
    pub fn json(&self, public_url: &str) -> Json {
        json!({
            "id": self.id,
            "name": self.name,
            "bic": self.bic,
            "transaction_total_days": self.days.to_string(),
            "max_access_valid_for_days": self.valid.to_string(),
            "countries": self.countries,
            "logo": format!("{public_url}/logos/{}.svg", self.id),
        })
    }

    /// The currency of its accounts.
    pub fn currency(&self) -> &'static str {
        match self.countries.first() {
            // As at the real provider.
            _ if self.id == SANDBOX => "EUR",
            Some(&"GB") => "GBP",
            Some(&"PL") => "PLN",
            _ => "EUR",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banks_are_well_formed() {
        for (place, bank) in BANKS.iter().enumerate() {
            let is_first = BANKS.iter().position(|other| other.id == bank.id) == Some(place);
            assert!(is_first, "{} stands twice", bank.id);
            assert!(bank.id.ends_with(bank.bic), "{}", bank.id);
            assert!((1..=730).contains(&bank.days) && (1..=180).contains(&bank.valid));
            assert!(bank.countries.iter().all(|code| is_country(code)), "{}", bank.id);
        }
        assert!(of_country(Some("GB")).count() >= 15);
        assert_eq!(of_country(Some("IS")).count(), 1, "the sandbox is everywhere");
        assert_eq!(of_country(None).count(), BANKS.len());
    }
}
