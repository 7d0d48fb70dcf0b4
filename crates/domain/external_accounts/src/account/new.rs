//! What `create`, `initiate` and `update` ask for, and whether they may. Pure.

use jiff::Timestamp;

use super::entity::{AccountKind, AccountStatus, ExternalAccount};
use crate::bank::BankDigits;
use crate::fields::{Fields, text};
use crate::program::Program;
use crate::rejection::{self, Rejection};
use crate::routing::{Lookup, RoutingFault};
use crate::trial::{self, Sizes};
use crate::words::{AccountId, CustomerId};

/// The most characters of an account number that an ACH entry can carry. (The document says 15; its own clients and
/// the NACHA record have 17.)
const ACCOUNT_CHARS: usize = 17;
const NAME_CHARS: usize = 50;
/// The most characters of a holder's name that an ACH entry carries.
const NETWORK_CHARS: usize = 22;

/// What `create` and `initiate` say. Absent, null and empty are the same.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the properties of the externalAccount object, documented there")]
pub struct NewAccount {
    pub customer: i64,
    pub routing_number: Option<String>,
    pub account_number: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub nick_name: Option<String>,
    pub tag: Option<String>,
    pub custom_fields: [Option<String>; 5],
}

/// What `update` says. `None` leaves a property as it is; an empty text clears it, and an empty nickname is the bank's
/// name again.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the properties of the externalAccount object, documented there")]
pub struct AccountUpdate {
    pub customer: i64,
    pub account: i64,
    pub nick_name: Option<String>,
    pub tag: Option<String>,
    pub custom_fields: [Option<String>; 5],
}

/// Which operation an account comes by: each has codes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `create`.
    Create,
    /// `initiate`.
    Initiate,
    /// By an operator: as `create`, without the limits.
    Operator,
    /// From Connect, whose bank is known by name even where the directory does not list it: as an operator's.
    Linked,
    /// From Connect or a giver of savings, to be proven by deposits of these sizes: as `Linked`, but Unverified.
    Probed(Sizes),
}

impl Door {
    /// How large the deposits are that prove an account of this door; `None` where none are sent.
    pub fn deposits(self) -> Option<Sizes> {
        match self {
            Self::Initiate => Some(trial::TRIAL_DEPOSITS),
            Self::Probed(sizes) => Some(sizes),
            Self::Create | Self::Operator | Self::Linked => None,
        }
    }
}

/// What the tables know of the request.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// What the directory says of the routing number.
    pub lookup: Lookup,
    pub tag_is_taken: bool,
    pub nick_name_is_taken: bool,
    /// The customer's accounts that count against its limit.
    pub counted: u32,
    /// The customer's accounts that were archived on this business day.
    pub archived_today: u32,
}

/// A request that may become an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sound {
    pub kind: AccountKind,
    pub name: String,
    pub routing: Option<BankDigits>,
    pub account: Option<BankDigits>,
}

/// What a new account gets from where it is created.
pub(crate) struct Place<'a> {
    pub id: AccountId,
    pub customer: CustomerId,
    pub program: &'a Program,
    pub status: AccountStatus,
    pub at: Timestamp,
}

impl NewAccount {
    /// Whether the program lets an account come by this door at all.
    pub(crate) fn check_door(door: Door, program: &Program) -> Vec<Rejection> {
        use crate::program::VerificationType as Type;
        match (door, program.settings.verification) {
            (Door::Create, Type::TrialDeposits) => vec![rejection::verification_on(program.id)],
            (Door::Initiate, Type::None) => vec![rejection::verification_off(program.id)],
            (Door::Initiate | Door::Probed(_), _) => program.faults_for_trials(),
            (Door::Create | Door::Operator | Door::Linked, _) => Vec::new(),
        }
    }

    /// Everything that is wrong with it, or what it says.
    pub(crate) fn check(
        &self,
        door: Door,
        program: &Program,
        facts: &Facts,
    ) -> Result<Sound, Vec<Rejection>> {
        let mut fields = Fields::default();
        let kind = self.kind(&mut fields, door, program);
        let is_prepaid = kind == Some(AccountKind::Prepaid);
        self.check_holder(&mut fields, door, is_prepaid);
        let name = self.bank_name(&mut fields, door, program, facts, is_prepaid);
        let account = self.account_number(&mut fields, door, is_prepaid);
        fields.at_most_50("nickName", &self.nick_name);
        fields.at_most_50("tag", &self.tag);
        fields.custom(&self.custom_fields);
        self.check_taken(&mut fields, door, facts);
        check_limits(&mut fields, door, program, facts);
        let faults = fields.faults();
        match kind {
            Some(kind) if faults.is_empty() => {
                Ok(Sound { kind, name, routing: facts.lookup.digits(), account })
            }
            _ => Err(faults),
        }
    }

    fn kind(&self, fields: &mut Fields, door: Door, program: &Program) -> Option<AccountKind> {
        let given = text(&self.kind).unwrap_or_default();
        let allowed = &program.settings.allowed_types;
        let known = AccountKind::parse(&given)
            .filter(|kind| door != Door::Initiate || *kind != AccountKind::Prepaid);
        let Some(kind) = known else {
            fields.fault(match door {
                Door::Initiate => rejection::initiate_type(&given),
                _ => rejection::create_type(&given),
            });
            return None;
        };
        if allowed.is_empty() {
            fields.fault(rejection::no_allowed_type(program.id));
        } else if !allowed.contains(&kind) {
            fields.fault(rejection::type_not_enabled(program, kind.as_str()));
        }
        Some(kind)
    }

    fn check_holder(&self, fields: &mut Fields, door: Door, is_prepaid: bool) {
        let (has_first, has_last) =
            (text(&self.first_name).is_some(), text(&self.last_name).is_some());
        if door == Door::Initiate {
            fields.fault_if(!has_first, rejection::initiate_first_name_required);
            fields.fault_if(!has_last, rejection::initiate_last_name_required);
        } else {
            let is_missing = !has_first && !has_last && !is_prepaid;
            fields.fault_if(is_missing, rejection::create_name_required);
        }
        fields.at_most_50("firstName", &self.first_name);
        fields.at_most_50("lastName", &self.last_name);
        self.check_name_can_be_sent(fields);
    }

    /// The holder's name goes into files of the network, which know the letters of western Europe and no others.
    fn check_name_can_be_sent(&self, fields: &mut Fields) {
        let given = [("firstName", &self.first_name), ("lastName", &self.last_name)];
        let given = given.into_iter().filter_map(|(property, name)| Some((property, text(name)?)));
        let (properties, names): (Vec<&str>, Vec<String>) = given.unzip();
        let sent = florin_ach::Text::<NETWORK_CHARS>::fit(&names.join(" "));
        if let Some(property) = properties.first().filter(|_| sent.is_empty()) {
            let specifics = "A bank's file can hold no character of the name.";
            fields.fault(rejection::not_acceptable(property, specifics));
        }
    }

    /// The bank's name: the directory's where the program has one, else what is given, else nothing for a prepaid
    /// account.
    fn bank_name(
        &self,
        fields: &mut Fields,
        door: Door,
        program: &Program,
        facts: &Facts,
        is_prepaid: bool,
    ) -> String {
        if let Lookup::Wrong(fault) = &facts.lookup {
            let is_missing = *fault == RoutingFault::Missing;
            fields.fault_if(!is_prepaid || !is_missing, || routing_rejection(door, fault));
        }
        let given = text(&self.name);
        if let Some(found) = facts.lookup.bank().filter(|_| program.settings.is_nacha) {
            return found.chars().take(NAME_CHARS).collect();
        }
        fields.at_most_50("name", &self.name);
        let is_required = door == Door::Initiate && !program.settings.is_nacha;
        fields.fault_if(is_required && given.is_none(), rejection::initiate_name_required);
        given.unwrap_or_else(|| self.kind.clone().unwrap_or_default())
    }

    fn account_number(
        &self,
        fields: &mut Fields,
        door: Door,
        is_prepaid: bool,
    ) -> Option<BankDigits> {
        let given = text(&self.account_number);
        if given.is_none() && !is_prepaid {
            fields.fault(match door {
                Door::Initiate => rejection::initiate_account_required(),
                _ => rejection::create_account_required(),
            });
        }
        fields.at_most("accountNumber", &self.account_number, ACCOUNT_CHARS);
        let is_sound =
            |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == ' ');
        if given.as_deref().is_some_and(|text| !is_sound(text)) {
            let specifics = "Only letters, digits, hyphens and spaces are allowed.";
            fields.fault(rejection::not_acceptable("accountNumber", specifics));
        }
        given.map(BankDigits::new)
    }

    fn check_taken(&self, fields: &mut Fields, door: Door, facts: &Facts) {
        if let Some(tag) = text(&self.tag).filter(|_| facts.tag_is_taken) {
            fields.fault(match door {
                Door::Initiate => rejection::initiate_tag_taken(&tag),
                _ => rejection::create_tag_taken(&tag),
            });
        }
        // The document gives `create` no code for a nickname: it may be used twice there.
        if let Some(nick) =
            text(&self.nick_name).filter(|_| facts.nick_name_is_taken && door == Door::Initiate)
        {
            fields.fault(rejection::initiate_nick_name_taken(&nick));
        }
    }

    /// The account, of a request that is sound.
    pub(crate) fn into_account(self, sound: Sound, place: Place<'_>) -> ExternalAccount {
        let nick_name = text(&self.nick_name).unwrap_or_else(|| sound.name.clone());
        ExternalAccount {
            id: place.id,
            customer: place.customer,
            program: place.program.id,
            tag: text(&self.tag),
            name: sound.name,
            routing_number: sound.routing,
            account_number: sound.account,
            kind: sound.kind,
            nick_name,
            first_name: text(&self.first_name),
            last_name: text(&self.last_name),
            status: place.status,
            status_at: place.at,
            last_modified_at: place.at,
            noc_code: None,
            locked_at: None,
            locked_reason: None,
            debits_refused: None,
            custom_fields: self.custom_fields.each_ref().map(text),
            last_verify_sent_at: (place.status == AccountStatus::Unverified).then_some(place.at),
            last_verify_expired_at: None,
            archived_on: None,
            created_at: place.at,
        }
    }
}

/// The code that a wrong routing number has at this door.
fn routing_rejection(door: Door, fault: &RoutingFault) -> Rejection {
    match (fault, door) {
        (RoutingFault::Missing, Door::Initiate) => rejection::initiate_routing_required(),
        (RoutingFault::Missing, _) => rejection::create_routing_required(),
        (RoutingFault::Blank, _) => rejection::lookup_routing_required(),
        (RoutingFault::NotNumeric(given), _) => rejection::lookup_not_numeric(given),
        (RoutingFault::Malformed { given, .. }, Door::Initiate) => {
            rejection::initiate_routing_invalid(given)
        }
        (RoutingFault::Malformed { reason, .. } | RoutingFault::Unknown(reason), _) => {
            rejection::lookup_failed(reason)
        }
    }
}

fn check_limits(fields: &mut Fields, door: Door, program: &Program, facts: &Facts) {
    let settings = &program.settings;
    let is_full = facts.counted >= settings.external_account_count_max;
    let is_restless = facts.archived_today >= settings.archival_limit_daily;
    match door {
        Door::Create => {
            let limit = settings.external_account_count_max;
            fields.fault_if(is_full, || rejection::create_limit(limit));
            fields.fault_if(is_restless, rejection::create_archival_limit);
        }
        Door::Initiate => {
            let limit = settings.external_account_count_max;
            fields.fault_if(is_full, || rejection::initiate_limit(limit));
            fields.fault_if(is_restless, rejection::initiate_archival_limit);
        }
        Door::Operator | Door::Linked | Door::Probed(_) => {}
    }
}

impl AccountUpdate {
    /// Everything that is wrong with it.
    pub(crate) fn faults(&self, nick_name_is_taken: bool, tag_is_taken: bool) -> Vec<Rejection> {
        let mut fields = Fields::default();
        fields.at_most_50("nickName", &self.nick_name);
        fields.at_most_50("tag", &self.tag);
        fields.custom(&self.custom_fields);
        if let Some(nick) = text(&self.nick_name).filter(|_| nick_name_is_taken) {
            fields.fault(rejection::update_nick_name_taken(&nick));
        }
        if let Some(tag) = text(&self.tag).filter(|_| tag_is_taken) {
            fields.fault(rejection::update_tag_taken(&tag));
        }
        fields.faults()
    }

    /// Changes the account, once there are no [`faults`](Self::faults).
    pub(crate) fn apply(&self, account: &mut ExternalAccount, at: Timestamp) {
        if self.nick_name.is_some() {
            account.nick_name = text(&self.nick_name).unwrap_or_else(|| account.name.clone());
        }
        if self.tag.is_some() {
            account.tag = text(&self.tag);
        }
        for (field, given) in account.custom_fields.iter_mut().zip(&self.custom_fields) {
            if given.is_some() {
                *field = text(given);
            }
        }
        account.last_modified_at = at;
    }
}
