//! A partner's own list of institutions: CSV or JSON, read line by line. Pure.

use std::collections::{BTreeMap, HashSet};

use florin_ids::{InstitutionId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::builtin::{self, Asks, SIMULATED};
use super::entity::{Institution, derived_uuid};
use super::search;
use crate::LineFault;

/// More faults than these are not listed.
const FAULTS_MAX: usize = 100;
/// Rows of a file.
pub(super) const ROWS_MAX: usize = 50_000;
/// Bytes of a file.
pub(super) const BYTES_MAX: usize = 16 << 20;
const NAME_CHARS_MAX: usize = 200;
const URL_CHARS_MAX: usize = 2048;

/// A row, as it stands in the file and in the database. What is left out of a row with a built-in code stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Row {
    pub code: String,
    pub name: String,
    pub guid: String,
    pub country: String,
    pub url: String,
    pub login_url: String,
    pub logo_url: String,
    pub popularity: Option<u32>,
    pub supports_oauth: bool,
    pub account_verification_is_enabled: bool,
    pub account_identification_is_enabled: bool,
    pub tax_statement_is_enabled: bool,
    pub is_disabled_by_client: bool,
    pub routing_numbers: Vec<String>,
    pub aggregator: String,
    pub external_id: String,
}

/// The rows of a file, each with its line.
///
/// # Errors
/// Every faulty line, up to a limit.
pub(super) fn read(
    file: &[u8],
    is_aggregator: &dyn Fn(&str) -> bool,
) -> Result<Vec<Row>, Vec<LineFault>> {
    let whole = |message: &str| vec![LineFault { line: 0, message: message.to_owned() }];
    if file.len() > BYTES_MAX {
        return Err(whole("The file is larger than 16 MB."));
    }
    let Ok(text) = std::str::from_utf8(file) else { return Err(whole("The file is not UTF-8.")) };
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with(['[', '{']);
    let rows = if is_json { read_json(text) } else { read_csv(text) };
    let mut faults = Vec::new();
    let mut codes = HashSet::new();
    let mut sound = Vec::new();
    for (line, row) in rows {
        let row = row.and_then(|row| checked(row, is_aggregator));
        match row {
            Ok(row) if !codes.insert(row.code.clone()) => {
                let message = format!("The code {:?} stands in the file twice.", row.code);
                faults.push(LineFault { line, message });
            }
            Ok(row) => sound.push(row),
            Err(message) => faults.push(LineFault { line, message }),
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() && sound.is_empty() {
        return Err(whole("The file has no institutions."));
    }
    if sound.len() > ROWS_MAX {
        return Err(whole("The file has more than 50000 institutions."));
    }
    if faults.is_empty() { Ok(sound) } else { Err(faults) }
}

type Read = (u32, Result<Row, String>);

fn read_json(text: &str) -> Vec<Read> {
    let rows: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(rows) => rows,
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or_default();
            return vec![(line, Err(format!("Not a JSON list of objects: {error}.")))];
        }
    };
    let (mut line, mut seen) = (1, 0);
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        // Where the element stands in the text; the elements come in order.
        let at = (row.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let passed = text.get(seen..at).unwrap_or_default();
        line += u32::try_from(passed.matches('\n').count()).unwrap_or_default();
        seen = at;
        read.push((line, serde_json::from_str(row.get()).map_err(|error| without_place(&error))));
    }
    read
}

/// serde_json counts lines from the element's beginning: that would mislead.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    format!(
        "{}{}.",
        text.get(..1).unwrap_or_default().to_uppercase(),
        text.get(1..).unwrap_or_default()
    )
}

fn read_csv(text: &str) -> Vec<Read> {
    let mut records = csv_records(text).into_iter();
    let Some((line, header)) = records.next() else { return vec![] };
    let header = match header {
        Ok(header) => header,
        Err(message) => return vec![(line, Err(message))],
    };
    let names: Vec<String> = header.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    if !names.iter().any(|name| name == "code") {
        let message = "The first line must name the columns, with \"code\" among them.";
        return vec![(line, Err(message.to_owned()))];
    }
    records.map(|(line, record)| (line, record.and_then(|it| csv_row(&names, it)))).collect()
}

fn csv_row(names: &[String], record: Vec<String>) -> Result<Row, String> {
    if record.len() != names.len() {
        return Err(format!("{} columns where {} are expected.", record.len(), names.len()));
    }
    let mut object = BTreeMap::new();
    for (name, value) in names.iter().zip(record) {
        let value = value.trim();
        let json = match name.as_str() {
            "popularity" if value.is_empty() => serde_json::Value::Null,
            "popularity" => match value.parse::<u32>() {
                Ok(number) => number.into(),
                Err(_) => return Err("popularity: A whole number is required.".to_owned()),
            },
            "routing_numbers" => {
                let apart = value.split([' ', ';']).filter(|it| !it.is_empty());
                apart.map(str::to_owned).collect::<Vec<_>>().into()
            }
            "supports_oauth" | "is_disabled_by_client" => truth(name, value)?.into(),
            name if name.ends_with("_is_enabled") => truth(name, value)?.into(),
            _ => value.into(),
        };
        object.insert(name.clone(), json);
    }
    let object = serde_json::to_value(object).map_err(|error| error.to_string())?;
    serde_json::from_value(object).map_err(|error| without_place(&error))
}

fn truth(name: &str, value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "" | "false" | "0" | "no" => Ok(false),
        "true" | "1" | "yes" => Ok(true),
        _ => Err(format!("{name}: true or false is required.")),
    }
}

/// RFC 4180: records with the line that they begin on. Empty lines are passed over.
fn csv_records(text: &str) -> Vec<(u32, Result<Vec<String>, String>)> {
    let mut records = Vec::new();
    let (mut record, mut field, mut is_quoted, mut was_quoted) =
        (Vec::new(), String::new(), false, false);
    let (mut line, mut began_on) = (1, 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if field.is_empty() && !was_quoted => (is_quoted, was_quoted) = (true, true),
            ',' if !is_quoted => {
                record.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            '\r' if !is_quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                line += 1;
                record.push(std::mem::take(&mut field));
                push(&mut records, began_on, std::mem::take(&mut record));
                (was_quoted, began_on) = (false, line);
            }
            c => {
                line += u32::from(c == '\n');
                field.push(c);
            }
        }
    }
    if is_quoted {
        records.push((began_on, Err("A quotation mark is not closed.".to_owned())));
    } else {
        record.push(field);
        push(&mut records, began_on, record);
    }
    records
}

fn push(records: &mut Vec<(u32, Result<Vec<String>, String>)>, line: u32, record: Vec<String>) {
    if !(record.len() == 1 && record[0].trim().is_empty()) {
        records.push((line, Ok(record)));
    }
}

fn checked(mut row: Row, is_aggregator: &dyn Fn(&str) -> bool) -> Result<Row, String> {
    let is_code = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
    };
    if !is_code(&row.code) {
        return Err(
            "code: Up to 64 lower-case letters, digits, \"_\" and \"-\" are required.".to_owned()
        );
    }
    for (name, url) in
        [("url", &row.url), ("login_url", &row.login_url), ("logo_url", &row.logo_url)]
    {
        if !url.is_empty() && !is_url(url) {
            return Err(format!("{name}: An https:// address is required."));
        }
    }
    let numbers: Option<Vec<String>> =
        row.routing_numbers.iter().map(|text| sound_number(text)).collect();
    row.routing_numbers = numbers.ok_or("routing_numbers: Not a routing number or sort code.")?;
    let is_builtin = builtin::all().iter().any(|it| it.code == row.code);
    if is_builtin {
        return Ok(row);
    }
    if row.name.trim().is_empty() || row.name.chars().count() > NAME_CHARS_MAX {
        return Err("name: 1 to 200 characters are required.".to_owned());
    }
    if !(row.country.len() == 2 && row.country.bytes().all(|c| c.is_ascii_uppercase())) {
        return Err("country: Two capital letters are required.".to_owned());
    }
    if !row.guid.is_empty() && parse_guid(&row.guid).is_none() {
        return Err("guid: Not a UUID.".to_owned());
    }
    if row.aggregator.is_empty() {
        row.aggregator = SIMULATED.to_owned();
    }
    if !is_aggregator(&row.aggregator) {
        return Err(format!("aggregator: {:?} is not set up here.", row.aggregator));
    }
    Ok(row)
}

fn is_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    url.len() <= URL_CHARS_MAX
        && !host.is_empty()
        && !host.contains('@')
        && rest.chars().all(|c| c.is_ascii_graphic() && !"\\\"<>".contains(c))
}

fn sound_number(text: &str) -> Option<String> {
    let number = search::routing_number(text)?;
    let is_sound = number.len() == 6 || florin_ach::RoutingNumber::parse(&number).is_ok();
    is_sound.then_some(number)
}

fn parse_guid(text: &str) -> Option<InstitutionId> {
    text.strip_prefix("INS-").unwrap_or(text).parse().ok()
}

impl Row {
    /// The id of an institution of the partner's own.
    pub(super) fn id(&self, tenant: TenantId) -> InstitutionId {
        let builtin = builtin::all().iter().find(|it| it.code == self.code).map(|it| it.id);
        let derived = || derived_uuid(&format!("institution:{tenant}:{}", self.code));
        builtin
            .or_else(|| parse_guid(&self.guid))
            .unwrap_or_else(|| InstitutionId::from_uuid(derived()))
    }

    /// What the row makes of a built-in institution.
    pub(super) fn applied_to(&self, builtin: &Institution) -> Institution {
        let mut it = builtin.clone();
        it.is_disabled_by_client = self.is_disabled_by_client;
        it.popularity = self.popularity.unwrap_or(it.popularity);
        if !self.name.trim().is_empty() {
            it.name = self.name.trim().to_owned();
        }
        if !self.logo_url.is_empty() {
            it.logo_url = Some(self.logo_url.clone());
        }
        it
    }

    /// The partner's own institution.
    pub(super) fn own(&self, tenant: TenantId, is_discontinued: bool) -> Institution {
        let id = self.id(tenant);
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let asks = if self.supports_oauth { Asks::Nothing } else { Asks::Password };
        Institution {
            id,
            code: self.code.clone(),
            name: self.name.trim().to_owned(),
            url: self.url.clone(),
            login_url: some(&self.login_url),
            logo_url: some(&self.logo_url),
            color: color_of(&self.code),
            popularity: self.popularity.unwrap_or(0),
            supports_oauth: self.supports_oauth,
            verification: self.account_verification_is_enabled,
            identification: self.account_identification_is_enabled,
            tax_statements: self.tax_statement_is_enabled,
            country: self.country.clone(),
            currency: builtin::currency_of(&self.country),
            routing_numbers: self.routing_numbers.clone(),
            forgot_password_url: None,
            forgot_username_url: None,
            trouble_signing_url: None,
            instructions: None,
            is_disabled_by_client: self.is_disabled_by_client,
            is_discontinued,
            is_hidden: false,
            is_test: self.aggregator == SIMULATED,
            credentials: builtin::fields(id, asks),
            aggregator: self.aggregator.clone(),
            external_id: self.external_id.clone(),
        }
    }
}

/// A colour on which white is legible, always the same for the same code.
fn color_of(code: &str) -> String {
    let bytes = derived_uuid(code).into_bytes();
    format!("#{:02x}{:02x}{:02x}", bytes[0] / 2, bytes[1] / 2, bytes[2] / 2)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
