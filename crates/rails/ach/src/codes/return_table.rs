//! The table of return codes (NACHA Operating Rules, Appendix Four), one line a code.

use super::returns::Category::{
    Contested, Dishonoured, Enrolment, International, Malformed, NotAsAuthorised, PaymentStopped,
    Refused, Retry, StopAccount, Unauthorised,
};
use super::returns::{Category, ReturnInfo, Sender, TimeLimit};

const BANK: Sender = Sender::ReceivingBank;
const OPERATOR: Sender = Sender::Operator;
const AGENCY: Sender = Sender::Agency;
const ORIGINATOR: Sender = Sender::OriginatingBank;
const GATEWAY: Sender = Sender::Gateway;

const TWO_DAYS: TimeLimit = TimeLimit::BankingDays(2);
const FIVE_DAYS: TimeLimit = TimeLimit::BankingDays(5);
const SIXTY_DAYS: TimeLimit = TimeLimit::CalendarDays(60);
const NEXT_FILE: TimeLimit = TimeLimit::NextFile;
const OPEN: TimeLimit = TimeLimit::Open;

const fn row(
    number: u8,
    title: &'static str,
    sender: Sender,
    limit: TimeLimit,
    category: Category,
) -> ReturnInfo {
    ReturnInfo { number, title, sender, limit, category }
}

/// Ascending by number. Numbers that are missing are reserved or withdrawn.
pub(super) const TABLE: &[ReturnInfo] = &[
    row(1, "Insufficient funds", BANK, TWO_DAYS, Retry),
    row(2, "Account closed", BANK, TWO_DAYS, StopAccount),
    row(3, "No such account, or it cannot be found", BANK, TWO_DAYS, StopAccount),
    row(4, "Account number of an impossible form", BANK, TWO_DAYS, StopAccount),
    row(
        5,
        "Unauthorised debit to a consumer account under a corporate class",
        BANK,
        SIXTY_DAYS,
        Unauthorised,
    ),
    row(6, "Returned at the originating bank's request", BANK, OPEN, Refused),
    row(7, "Authorisation revoked by the customer", BANK, SIXTY_DAYS, Unauthorised),
    row(8, "Payment stopped", BANK, TWO_DAYS, PaymentStopped),
    row(9, "Uncollected funds", BANK, TWO_DAYS, Retry),
    row(10, "Originator not known or not authorised to debit", BANK, SIXTY_DAYS, Unauthorised),
    row(11, "Entry not in accordance with the authorisation", BANK, SIXTY_DAYS, NotAsAuthorised),
    row(12, "Account moved to another bank with its branch", BANK, TWO_DAYS, StopAccount),
    row(13, "Routing number of a bank that takes no ACH entries", OPERATOR, NEXT_FILE, StopAccount),
    row(14, "Representative payee deceased or unable to act", BANK, TWO_DAYS, StopAccount),
    row(15, "Beneficiary or account holder deceased", BANK, TWO_DAYS, StopAccount),
    row(16, "Account frozen, or returned for sanctions", BANK, TWO_DAYS, StopAccount),
    row(17, "Not processable, or sent under questionable circumstances", BANK, TWO_DAYS, Malformed),
    row(18, "Improper effective entry date", OPERATOR, NEXT_FILE, Malformed),
    row(19, "Amount field error", OPERATOR, NEXT_FILE, Malformed),
    row(20, "Account that takes no such transactions", BANK, TWO_DAYS, StopAccount),
    row(21, "Invalid company identification", BANK, TWO_DAYS, Malformed),
    row(22, "Invalid individual identification", BANK, TWO_DAYS, Malformed),
    row(23, "Credit refused by the receiver", BANK, TWO_DAYS, Refused),
    row(24, "Duplicate entry", BANK, TWO_DAYS, Malformed),
    row(25, "Addenda error", OPERATOR, NEXT_FILE, Malformed),
    row(26, "Mandatory field error", OPERATOR, NEXT_FILE, Malformed),
    row(27, "Trace number error", OPERATOR, NEXT_FILE, Malformed),
    row(28, "Check digit error of a routing number", OPERATOR, NEXT_FILE, Malformed),
    row(29, "Corporate customer advises not authorised", BANK, TWO_DAYS, Unauthorised),
    row(30, "Bank takes no part in check truncation", OPERATOR, NEXT_FILE, Refused),
    row(
        31,
        "Permissible return of a corporate entry, agreed between the banks",
        BANK,
        OPEN,
        Refused,
    ),
    row(32, "Receiving bank unable to settle", OPERATOR, NEXT_FILE, StopAccount),
    row(33, "Return of a destroyed check entry (XCK)", BANK, SIXTY_DAYS, Refused),
    row(34, "Receiving bank under limited participation", OPERATOR, NEXT_FILE, StopAccount),
    row(35, "Debit not permitted for this class or account", OPERATOR, NEXT_FILE, Malformed),
    row(36, "Credit not permitted for this class", OPERATOR, NEXT_FILE, Malformed),
    row(37, "Source document presented for payment", BANK, SIXTY_DAYS, Refused),
    row(38, "Stop payment on the source document", BANK, SIXTY_DAYS, PaymentStopped),
    row(39, "Improper source document, or presented for payment too", BANK, TWO_DAYS, Refused),
    row(40, "Enrolment returned by a federal agency", AGENCY, OPEN, Enrolment),
    row(41, "Enrolment: invalid transaction code", AGENCY, OPEN, Enrolment),
    row(42, "Enrolment: routing number or check digit error", AGENCY, OPEN, Enrolment),
    row(43, "Enrolment: invalid account number", AGENCY, OPEN, Enrolment),
    row(44, "Enrolment: invalid individual identification", AGENCY, OPEN, Enrolment),
    row(45, "Enrolment: invalid name", AGENCY, OPEN, Enrolment),
    row(46, "Enrolment: invalid representative payee indicator", AGENCY, OPEN, Enrolment),
    row(47, "Enrolment: duplicate", AGENCY, OPEN, Enrolment),
    row(50, "State law does not admit represented checks", BANK, TWO_DAYS, Refused),
    row(51, "Represented check ineligible, altered or not genuine", BANK, SIXTY_DAYS, Unauthorised),
    row(52, "Stop payment on the represented check", BANK, SIXTY_DAYS, PaymentStopped),
    row(53, "Check and represented entry both presented", BANK, SIXTY_DAYS, Refused),
    row(61, "Dishonoured: misrouted return", ORIGINATOR, FIVE_DAYS, Dishonoured),
    row(
        62,
        "Dishonoured: return of an erroneous or reversing debit",
        ORIGINATOR,
        FIVE_DAYS,
        Dishonoured,
    ),
    row(67, "Dishonoured: duplicate return", ORIGINATOR, FIVE_DAYS, Dishonoured),
    row(68, "Dishonoured: untimely return", ORIGINATOR, FIVE_DAYS, Dishonoured),
    row(69, "Dishonoured: field errors in the return", ORIGINATOR, FIVE_DAYS, Dishonoured),
    row(
        70,
        "Dishonoured: permissible return not accepted or not requested",
        ORIGINATOR,
        FIVE_DAYS,
        Dishonoured,
    ),
    row(71, "Contested: misrouted dishonoured return", BANK, TWO_DAYS, Contested),
    row(72, "Contested: untimely dishonoured return", BANK, TWO_DAYS, Contested),
    row(73, "Contested: the return was timely", BANK, TWO_DAYS, Contested),
    row(74, "Contested: corrected return", BANK, TWO_DAYS, Contested),
    row(75, "Contested: the return was no duplicate", BANK, TWO_DAYS, Contested),
    row(76, "Contested: the return had no errors", BANK, TWO_DAYS, Contested),
    row(77, "Contested: R62 not accepted", BANK, TWO_DAYS, Contested),
    row(80, "International entry: coding error", GATEWAY, OPEN, International),
    row(81, "International entry: no agreement with the gateway", GATEWAY, OPEN, International),
    row(82, "International entry: invalid foreign bank", GATEWAY, OPEN, International),
    row(83, "International entry: foreign bank unable to settle", GATEWAY, OPEN, International),
    row(84, "International entry: not processed by the gateway", GATEWAY, OPEN, International),
    row(85, "International payment sent under a domestic class", GATEWAY, OPEN, International),
];
