//! The Federal Reserve's FedACH participant file ("FedACHdir"): a line of 155 characters a participant.

use florin_ach::RoutingNumber;

/// Columns, counted from 0: the routing number, and the 36 characters of the customer name.
const ROUTING: std::ops::Range<usize> = 0..9;
const RECORD_TYPE: std::ops::Range<usize> = 19..20;
const NEW_ROUTING: std::ops::Range<usize> = 26..35;
const NAME: std::ops::Range<usize> = 35..71;
const CITY: std::ops::Range<usize> = 107..127;
const STATE: std::ops::Range<usize> = 127..129;
/// A line without its filler.
const LEAST_CHARS: usize = 150;
const MOST_CHARS: usize = 155;

/// A participant of the ACH network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Its routing number.
    pub routing: RoutingNumber,
    /// The number to use instead, after a merger (record type 2).
    pub new_routing: Option<RoutingNumber>,
    /// Its name, as the file abbreviates it.
    pub name: String,
    /// Where it is, such as `SIOUX FALLS`.
    pub city: String,
    /// Such as `SD`.
    pub state: String,
}

/// Reads the whole file; empty lines are passed over, and so is what comes twice.
///
/// # Errors
/// The number of the first line that cannot be read, and why.
pub fn parse(contents: &str) -> Result<Vec<Participant>, String> {
    let mut participants = Vec::new();
    for (index, line) in contents.lines().enumerate() {
        let line = line.trim_end_matches(['\r', '\u{1a}']);
        if line.trim().is_empty() {
            continue;
        }
        let participant = parse_line(line).map_err(|why| format!("line {}: {why}", index + 1))?;
        participants.push(participant);
    }
    if participants.is_empty() {
        return Err("there is no participant in the file".to_owned());
    }
    participants.sort_by_key(|participant: &Participant| participant.routing);
    participants.dedup_by_key(|participant| participant.routing);
    Ok(participants)
}

fn parse_line(line: &str) -> Result<Participant, String> {
    let chars = line.chars().count();
    if !line.is_ascii() || !(LEAST_CHARS..=MOST_CHARS).contains(&chars) {
        return Err(format!(
            "a participant's line has {MOST_CHARS} plain characters, this one has {chars}"
        ));
    }
    let column = |range: std::ops::Range<usize>| line.get(range).unwrap_or_default().trim();
    let number = |text: &str| RoutingNumber::parse(text).map_err(|why| format!("{text}: {why}"));
    let new_routing = match column(RECORD_TYPE) {
        "2" => Some(number(column(NEW_ROUTING))?),
        "0" | "1" => None,
        other => return Err(format!("\"{other}\" is no record type (column 20)")),
    };
    let name = column(NAME);
    if name.is_empty() {
        return Err("the customer name (columns 36 to 71) is empty".to_owned());
    }
    Ok(Participant {
        routing: number(column(ROUTING))?,
        new_routing,
        name: name.to_owned(),
        city: column(CITY).to_owned(),
        state: column(STATE).to_owned(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A line of the file, all other columns as they usually are.
    pub(crate) fn line(routing: &str, record: char, new_routing: &str, name: &str) -> String {
        format!(
            "{routing}O011000015{record}020802{new_routing:0<9}{name:<36}{:<36}{:<20}{}{}{}{}{}{}{}{}     ",
            "1 MAIN STREET", "SPRINGFIELD", "MA", "01101", "0000", "413", "555", "0100", "1", "1"
        )
    }

    #[test]
    fn participants_are_read_by_column() {
        let first = line("011000015", '0', "", "FEDERAL RESERVE BANK");
        assert_eq!(first.len(), 155);
        let file = format!("{first}\r\n\r\n{}\n", line("011000138", '2', "011000015", "OLD BANK"));
        let participants = parse(&file).unwrap();
        assert_eq!(participants.len(), 2);
        assert_eq!(participants[0].name, "FEDERAL RESERVE BANK");
        assert_eq!(
            (participants[0].city.as_str(), participants[0].state.as_str()),
            ("SPRINGFIELD", "MA")
        );
        assert_eq!(participants[1].new_routing, Some(participants[0].routing));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let check = |file: &str, expected: &str| {
            let told = parse(file).unwrap_err();
            assert!(told.contains(expected), "{told}");
        };
        let good = line("011000015", '0', "", "FEDERAL RESERVE BANK");
        check("", "no participant");
        check(&format!("{good}\nshort"), "line 2: a participant's line has 155");
        check(&line("011000016", '1', "", "BANK"), "line 1: 011000016");
        check(&line("011000015", '7', "", "BANK"), "no record type");
        check(&line("011000015", '1', "", ""), "customer name");
    }
}
