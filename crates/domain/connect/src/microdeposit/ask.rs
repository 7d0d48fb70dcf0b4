//! Asking for deposits: creating a microdeposit, and telling the account of one.

use std::sync::Arc;

use florin_external_accounts::verified::VerifiedAccount;
use florin_external_accounts::{ExternalAccountsError, Rejection, probe, routing as directory};
use florin_ids::{ConnectUserId, MicrodepositId, TenantId};
use florin_storage::{StorageError, Tx};
use florin_tenancy::Caller;
use jiff::{SignedDuration, Timestamp};

use super::entity::{Holder, Microdeposit, NewMicrodeposit, Target};
use super::follow::follow_in;
use super::routing::{Facts, reason};
use super::status::MicrodepositStatus;
use super::{BlockReason, MicrodepositRefusal, own_in, repo, tell};
use crate::error::FieldFault;
use crate::{
    Connect, ConnectError, Institution, InstitutionQuery, Visitor, profile, session, share,
};

/// After too many wrong answers the account cannot be tried again for so long.
const PREVENTED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Deposits cost money and bother banks: an end user has so many under way at most,
const UNDER_WAY_MAX: usize = 3;
/// and asks for so many in 30 days.
const MONTHLY_MAX: usize = 10;
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the institutions know of a routing number.
#[derive(Debug, Clone, Default)]
pub(super) struct Bank {
    institutions: Vec<Arc<Institution>>,
}

impl Connect {
    /// The institutions that have the routing number of a request.
    pub(super) async fn bank_at(
        &self,
        tenant: TenantId,
        asked: &NewMicrodeposit,
    ) -> Result<Bank, ConnectError> {
        let Some(digits) = asked.routing_number.as_deref().map(str::trim) else {
            return Ok(Bank::default());
        };
        if digits.len() != 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Bank::default());
        }
        let query = InstitutionQuery {
            routing_number: Some(digits.to_owned()),
            per_page: Some(100),
            ..InstitutionQuery::default()
        };
        Ok(Bank { institutions: self.search_institutions(tenant, query).await? })
    }
}

impl Bank {
    /// What is known of the routing number in the tables.
    pub(super) fn facts_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        digits: &str,
        is_sandbox: bool,
        include_identity: bool,
    ) -> Result<Facts, StorageError> {
        let verifies = |it: &Arc<Institution>| {
            it.verification && !it.is_disabled_by_client && (it.identification || !include_identity)
        };
        let is_off = !self.institutions.is_empty()
            && self.institutions.iter().all(|it| it.is_disabled_by_client);
        Ok(Facts {
            known: directory::known_in(tx, digits, is_sandbox)?,
            is_blocked_by_partner: is_off || repo::is_blocked(tx, tenant, digits)?,
            is_institutions: !self.institutions.is_empty(),
            is_verified_there: self.institutions.iter().any(verifies),
        })
    }

    fn name(&self) -> Option<String> {
        self.institutions.first().map(|it| it.name.clone())
    }
}

/// A request, and who asks when.
struct Request<'a> {
    service: &'a Connect,
    visitor: &'a Visitor,
    asked: &'a NewMicrodeposit,
    bank: &'a Bank,
    at: Timestamp,
}

pub(super) fn create_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    asked: &NewMicrodeposit,
    bank: &Bank,
) -> Result<Microdeposit, ConnectError> {
    let at = profile::hold_in(tx, visitor.tenant, visitor.user, visitor.now)?;
    let request = Request { service, visitor, asked, bank, at };
    request.check_session_in(tx, None)?;
    let (holder, target) = request.details(None, None)?;
    request.check_in(tx, &target, None)?;
    let mut it = blank(visitor.user, holder, at);
    it.status = MicrodepositStatus::Initiated;
    it.target = Some(target);
    repo::insert(tx, &service.keys, visitor.tenant, &it)?;
    request.send_in(tx, &mut it)?;
    tell::changed_in(tx, visitor.tenant, at, &it)?;
    Ok(it)
}

pub(super) fn preinitiate_in(
    tx: &mut Tx,
    service: &Connect,
    caller: &Caller,
    user: ConnectUserId,
    asked: &NewMicrodeposit,
) -> Result<Microdeposit, ConnectError> {
    let at = profile::hold_in(tx, caller.tenant, user, caller.now)?;
    let holder = asked.holder(None).map_err(ConnectError::Invalid)?;
    let mut it = blank(user, holder, at);
    if asked.names_account() {
        it.target = Some(asked.target(None).map_err(ConnectError::Invalid)?);
    }
    repo::insert(tx, &service.keys, caller.tenant, &it)?;
    tell::changed_in(tx, caller.tenant, at, &it)?;
    Ok(it)
}

fn blank(user: ConnectUserId, holder: Holder, at: Timestamp) -> Microdeposit {
    Microdeposit {
        id: MicrodepositId::new(),
        user,
        status: MicrodepositStatus::Preinitiated,
        reason: String::new(),
        holder,
        target: None,
        can_auto_verify: false,
        expected_on: None,
        external_account: None,
        created_at: at,
        updated_at: at,
    }
}

pub(super) fn update_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    id: MicrodepositId,
    asked: &NewMicrodeposit,
    bank: &Bank,
) -> Result<Microdeposit, ConnectError> {
    let (tenant, user) = (visitor.tenant, visitor.user);
    let at = profile::hold_in(tx, tenant, user, visitor.now)?;
    let mut it = own_in(tx, service, tenant, user, id)?;
    follow_in(tx, &service.keys, tenant, at, &mut it)?;
    let is_begun = match it.status {
        MicrodepositStatus::Preinitiated => false,
        MicrodepositStatus::Initiated => true,
        status => {
            let detail = format!("The microdeposit is {status}: nothing can be changed any more.");
            return Err(ConnectError::Conflict(detail));
        }
    };
    let request = Request { service, visitor, asked, bank, at };
    request.check_session_in(tx, Some(id))?;
    let (holder, target) = request.details(Some(&it.holder), it.target.as_ref())?;
    let is_same = is_begun && it.target.as_ref().is_some_and(|known| goes_to(known, &target));
    let is_same = is_same && names(&it.holder) == names(&holder);
    (it.holder, it.target, it.updated_at) = (holder, Some(target.clone()), at);
    if is_same {
        repo::update(tx, &service.keys, tenant, &it)?;
        return Ok(it);
    }
    request.check_in(tx, &target, Some(it.id))?;
    if let Some(account) = it.external_account.take() {
        let accounts = service.external_accounts()?;
        if !probe::call_off_in(tx, accounts, &visitor.caller(), account)? {
            return Err(ConnectError::conflict("A deposit has left already."));
        }
    }
    request.send_in(tx, &mut it)?;
    tell::changed_in(tx, tenant, at, &it)?;
    Ok(it)
}

/// Whether deposits would go to the same account in the same way.
fn goes_to(known: &Target, other: &Target) -> bool {
    (known.kind, &known.routing_number, &known.account_number)
        == (other.kind, &other.routing_number, &other.account_number)
}

fn names(holder: &Holder) -> (&str, &str) {
    (&holder.first_name, &holder.last_name)
}

impl Request<'_> {
    /// Holder and account, with what is known already of each.
    fn details(
        &self,
        holder: Option<&Holder>,
        target: Option<&Target>,
    ) -> Result<(Holder, Target), ConnectError> {
        match (self.asked.holder(holder), self.asked.target(target)) {
            (Ok(holder), Ok(target)) => Ok((holder, target)),
            (holder, target) => {
                let mut faults = holder.err().unwrap_or_default();
                faults.extend(target.err().unwrap_or_default());
                Err(self.wrong(faults))
            }
        }
    }

    fn wrong(&self, fields: Vec<FieldFault>) -> ConnectError {
        let told = fields.first().map(|fault| format!("{}: {}", fault.field, fault.message));
        let message = told.unwrap_or_else(|| "The details are wrong.".to_owned());
        self.refuse(MicrodepositStatus::Errored, message, fields, None)
    }

    fn refuse(
        &self,
        status: MicrodepositStatus,
        message: String,
        fields: Vec<FieldFault>,
        existing: Option<MicrodepositId>,
    ) -> ConnectError {
        let asked = self.asked.clone();
        ConnectError::Microdeposit(Box::new(MicrodepositRefusal {
            status,
            message,
            fields,
            existing,
            asked,
        }))
    }

    /// Whether the session is for deposits at all, or goes on with this very microdeposit.
    fn check_session_in(
        &self,
        tx: &mut Tx,
        own: Option<MicrodepositId>,
    ) -> Result<(), ConnectError> {
        let session = session::repo::get(tx, self.visitor.tenant, self.visitor.session)?;
        let is_off = session.is_some_and(|it| {
            !it.enable_microdeposits && (own.is_none() || it.current_microdeposit != own)
        });
        if !is_off {
            return Ok(());
        }
        let message = "Accounts are not verified by deposits here.".to_owned();
        Err(self.refuse(MicrodepositStatus::Rejected, message, Vec::new(), None))
    }

    /// Whether deposits may go to the account: its bank takes them, and it has none already.
    fn check_in(
        &self,
        tx: &mut Tx,
        target: &Target,
        own: Option<MicrodepositId>,
    ) -> Result<(), ConnectError> {
        let tenant = self.visitor.tenant;
        let digits = &target.routing_number;
        let is_sandbox = self.service.is_sandbox();
        let facts = self.bank.facts_in(tx, tenant, digits, is_sandbox, false)?;
        if let Some(reason) = reason(digits, &facts).filter(|reason| reason.forbids()) {
            let message = "No deposits are sent to this routing number.";
            let fault = match reason {
                BlockReason::Invalid => "It is not a bank's routing number.",
                _ => message,
            };
            let fields = vec![FieldFault::new("routing_number", fault)];
            let status = match reason {
                BlockReason::Invalid => MicrodepositStatus::Errored,
                _ => MicrodepositStatus::Rejected,
            };
            return Err(self.refuse(status, fault.to_owned(), fields, None));
        }
        self.check_others_in(tx, target, own)?;
        self.check_count_in(tx, own)
    }

    fn check_count_in(&self, tx: &mut Tx, own: Option<MicrodepositId>) -> Result<(), ConnectError> {
        let (tenant, user) = (self.visitor.tenant, self.visitor.user);
        let mut all = repo::of_user(tx, &self.service.keys, tenant, user)?;
        all.retain(|it| Some(it.id) != own && it.external_account.is_some());
        let under_way = all.iter().filter(|it| it.status.is_under_way()).count();
        let recent = all.iter().filter(|it| self.at.duration_since(it.created_at) < MONTH).count();
        let message = match (under_way, recent) {
            (UNDER_WAY_MAX.., _) => "Too many microdeposits are under way: verify those first.",
            (_, MONTHLY_MAX..) => "Too many microdeposits were asked for this month.",
            _ => return Ok(()),
        };
        let status = MicrodepositStatus::Prevented;
        Err(self.refuse(status, message.to_owned(), Vec::new(), None))
    }

    fn check_others_in(
        &self,
        tx: &mut Tx,
        target: &Target,
        own: Option<MicrodepositId>,
    ) -> Result<(), ConnectError> {
        let (tenant, user) = (self.visitor.tenant, self.visitor.user);
        let keys = &self.service.keys;
        let others = repo::of_target(tx, keys, tenant, user, target)?;
        for mut other in others.into_iter().filter(|it| Some(it.id) != own) {
            follow_in(tx, keys, tenant, self.at, &mut other)?;
            let is_verified = other.status == MicrodepositStatus::Verified;
            if is_verified || other.status.is_under_way() {
                let message = "The account has microdeposits already.".to_owned();
                let status = MicrodepositStatus::Conflicted;
                return Err(self.refuse(status, message, Vec::new(), Some(other.id)));
            }
            let is_prevented = other.status == MicrodepositStatus::Prevented;
            if is_prevented && self.at.duration_since(other.updated_at) < PREVENTED_FOR {
                let message = "The amounts were told wrongly too often.".to_owned();
                let status = MicrodepositStatus::Prevented;
                return Err(self.refuse(status, message, Vec::new(), Some(other.id)));
            }
        }
        Ok(())
    }

    /// Adds the external account, and asks for its deposits.
    fn send_in(&self, tx: &mut Tx, it: &mut Microdeposit) -> Result<(), ConnectError> {
        let tenant = self.visitor.tenant;
        let Some(target) = &it.target else { return Ok(()) };
        let known = share::owner_in(tx, self.service, tenant, it.user)?;
        let new = VerifiedAccount {
            end_user: known.end_user,
            customer: known.customer.map(|customer| customer.number()),
            first_name: it.holder.first_name.clone(),
            last_name: it.holder.last_name.clone(),
            routing_number: target.routing_number.clone(),
            account_number: target.account_number.expose().to_owned(),
            kind: target.kind,
            bank_name: self.bank.name(),
        };
        let accounts = self.service.external_accounts()?;
        let made = probe::begin_in(tx, accounts, &self.visitor.caller(), &new);
        let account = made.map_err(|error| self.rejected(error))?;
        profile::set_customer_in(tx, tenant, it.user, account.customer)?;
        it.external_account = Some(account.id);
        it.updated_at = self.at;
        let keys = &self.service.keys;
        let today = florin_tenancy::day::state_in(tx, tenant)?.business_date;
        if let Some(probe) = probe::look_in(tx, keys, tenant, account.id)? {
            it.follow(&probe, today, self.at);
        }
        Ok(repo::update(tx, keys, tenant, it)?)
    }

    fn rejected(&self, error: ExternalAccountsError) -> ConnectError {
        let told: Vec<&str> = error.rejections().iter().map(text).collect();
        if told.is_empty() {
            return error.into();
        }
        self.refuse(MicrodepositStatus::Rejected, told.join(" "), Vec::new(), None)
    }
}

fn text(rejection: &Rejection) -> &str {
    &rejection.message
}
