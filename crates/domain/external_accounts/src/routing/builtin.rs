//! Routing numbers of well-known banks, for servers that no FedACH file was loaded into.
//!
//! Each number stands on its bank's public pages; names are written as the FedACH directory abbreviates them.

/// By number, ascending.
const BANKS: &[(&str, &str)] = &[
    ("011000015", "FEDERAL RESERVE BANK OF BOSTON"),
    ("011000138", "BANK OF AMERICA, N.A."),
    ("021000021", "JPMORGAN CHASE BANK, NA"),
    ("021000089", "CITIBANK, N.A."),
    ("021001088", "HSBC BANK USA, N.A."),
    ("021200339", "BANK OF AMERICA, N.A."),
    ("021202337", "JPMORGAN CHASE BANK, NA"),
    ("026009593", "BANK OF AMERICA, N.A."),
    ("031000053", "PNC BANK, NA"),
    ("031101279", "THE BANCORP BANK"),
    ("031176110", "CAPITAL ONE, N.A."),
    ("031201360", "TD BANK, NA"),
    ("041000124", "PNC BANK, NA"),
    ("042000314", "FIFTH THIRD BANK"),
    ("044000037", "JPMORGAN CHASE BANK, NA"),
    ("051405515", "CAPITAL ONE, N.A."),
    ("053000219", "WELLS FARGO BANK, NA"),
    ("054001725", "TD BANK, NA"),
    ("056073502", "CAPITAL ONE, N.A."),
    ("061000052", "BANK OF AMERICA, N.A."),
    ("061000104", "TRUIST BANK"),
    ("062000019", "REGIONS BANK"),
    ("065000090", "CAPITAL ONE, N.A."),
    ("071000013", "JPMORGAN CHASE BANK, NA"),
    ("071000288", "BMO BANK, N.A."),
    ("072000326", "JPMORGAN CHASE BANK, NA"),
    ("084003997", "FIRST HORIZON BANK"),
    ("091000019", "WELLS FARGO BANK, NA"),
    ("091000022", "U.S. BANK, NA"),
    ("101000187", "U.S. BANK, NA"),
    ("102001017", "JPMORGAN CHASE BANK, NA"),
    ("103000648", "BOKF, NA"),
    ("111000025", "BANK OF AMERICA, N.A."),
    ("111000614", "JPMORGAN CHASE BANK, NA"),
    ("113000023", "BANK OF AMERICA, N.A."),
    ("121000248", "WELLS FARGO BANK, NA"),
    ("121000358", "BANK OF AMERICA, N.A."),
    ("121042882", "WELLS FARGO BANK, NA"),
    ("121202211", "CHARLES SCHWAB BANK"),
    ("122000247", "WELLS FARGO BANK, NA"),
    ("124003116", "ALLY BANK"),
    ("211391825", "DIGITAL FEDERAL CREDIT UNION"),
    ("256074974", "NAVY FEDERAL CREDIT UNION"),
    ("314074269", "USAA FEDERAL SAVINGS BANK"),
    ("322271627", "JPMORGAN CHASE BANK, NA"),
];

/// The bank of this number.
pub(super) fn name(routing: &str) -> Option<&'static str> {
    let at = BANKS.binary_search_by_key(&routing, |(number, _)| number).ok()?;
    BANKS.get(at).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use florin_ach::RoutingNumber;

    #[test]
    fn numbers_are_sound_and_ascend() {
        assert!(BANKS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (number, bank) in BANKS {
            assert!(RoutingNumber::parse(number).is_ok(), "{number}");
            assert_eq!(name(number), Some(*bank));
        }
        assert_eq!(name("123456789"), None);
    }
}
