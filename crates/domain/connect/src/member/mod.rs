//! Members: an end user's links to institutions.
//!
//! How a member goes from status to status stands in `machine.rs`; every change holds the member's row. What the
//! institution is comes from the catalogue, which is read before the transaction begins.

mod credentials;
mod entity;
pub(crate) mod machine;
pub(crate) mod repo;
pub(crate) mod tell;

use std::sync::Arc;

use florin_ids::{ConnectUserId, MemberId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::Timestamp;
use uuid::Uuid;

pub use entity::{
    ConnectionStatus, ErrorCode, Member, MemberChange, MemberError, MemberOption, MemberQuestion,
    NewMember,
};

use crate::institution::MANUAL;
use crate::job::{self, Wanted};
use crate::{
    Connect, ConnectError, ConnectJob, CredentialField, Institution, Visitor, account, oauth, user,
};

const MEMBER: &str = "member";

impl Connect {
    /// Links the end user to an institution; nothing is tried before [`Connect::run_job`]. At an institution with a consent
    /// page of its own, the answer says where the end user goes to agree, and the state of that way is
    /// [`crate::AuthStatus::Pending`] already; asking again before the end user has agreed answers the same member.
    ///
    /// # Errors
    /// [`ConnectError::MemberExists`]; [`ConnectError::Invalid`] with every faulty field; [`ConnectError::Conflict`] for an
    /// institution that cannot be linked; [`ConnectError::Unavailable`] when a consent page cannot be had.
    pub async fn add_member(
        &self,
        visitor: &Visitor,
        new: NewMember,
    ) -> Result<Member, ConnectError> {
        new.check_words()?;
        let institution = self.wanted_institution(visitor.tenant, &new).await?;
        let given = credentials::checked(&institution, &new.credentials)?;
        let (service, visitor_in, wanted) = (self.clone(), visitor.clone(), institution.clone());
        let added = self.db.write(move |tx| {
            let place = (visitor_in.tenant, visitor_in.user);
            add_in(tx, &service, place, &wanted, &new, Some(&given), visitor_in.now)
        });
        let (added, is_new) = match added.await {
            // Somebody was faster; the index held.
            Err(ConnectError::Storage(error)) if error.is_unique_violation() => {
                Err(self.existing(visitor, &institution).await?)
            }
            other => other,
        }?;
        if !added.is_oauth {
            return Ok(added);
        }
        if let Err(error) = self.way_of(visitor, &added, &institution).await {
            if is_new {
                self.take_back(visitor, added.id).await?;
            }
            return Err(error);
        }
        self.member(visitor, added.id).await
    }

    async fn existing(
        &self,
        visitor: &Visitor,
        at: &Institution,
    ) -> Result<ConnectError, ConnectError> {
        let (tenant, user, institution) = (visitor.tenant, visitor.user, at.id);
        let found = self.db.write(move |tx| {
            Ok::<_, ConnectError>(repo::by_institution(tx, tenant, user, institution)?)
        });
        Ok(match found.await? {
            Some(member) => ConnectError::MemberExists(member.id),
            None => ConnectError::conflict("The institution was linked and deleted meanwhile."),
        })
    }

    /// A member whose consent page cannot be had was never there.
    async fn take_back(&self, visitor: &Visitor, id: MemberId) -> Result<(), ConnectError> {
        match self.delete_member(visitor, id).await {
            Err(ConnectError::NotFound(_)) => Ok(()),
            other => other,
        }
    }

    async fn wanted_institution(
        &self,
        tenant: TenantId,
        new: &NewMember,
    ) -> Result<Arc<Institution>, ConnectError> {
        let catalogue = self.catalogue(tenant).await?;
        let found = match (new.institution, new.institution_code.as_deref()) {
            (Some(id), _) => catalogue.get(id),
            (None, Some(code)) => catalogue.by_code(code),
            (None, None) => {
                return Err(ConnectError::invalid("institution_guid", "This field is required."));
            }
        };
        let found =
            found.filter(|it| !it.is_hidden).ok_or(ConnectError::NotFound("institution"))?;
        if found.is_disabled_by_client {
            return Err(ConnectError::conflict("The institution is disabled."));
        }
        if found.is_discontinued {
            return Err(ConnectError::conflict("The institution is no longer available."));
        }
        Ok(found)
    }

    /// Gives new credentials; a job under way with the old ones comes to nothing.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Invalid`] with every faulty field; [`ConnectError::Conflict`] for
    /// credentials of a member that is linked on the bank's own page.
    pub async fn update_member(
        &self,
        visitor: &Visitor,
        id: MemberId,
        change: MemberChange,
    ) -> Result<Member, ConnectError> {
        change.check_words()?;
        let member = self.member(visitor, id).await?;
        let catalogue = self.catalogue(visitor.tenant).await?;
        let institution = catalogue.get(member.institution);
        let institution = institution.ok_or(ConnectError::NotFound("institution"))?;
        let wanted = change.credentials.as_deref().filter(|given| !given.is_empty());
        if wanted.is_some() && (member.is_oauth || member.is_manual) {
            return Err(ConnectError::conflict("The member takes no credentials."));
        }
        let given = wanted.map(|given| credentials::checked(&institution, given)).transpose()?;
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db
            .write(move |tx| update_in(tx, &service, &visitor, id, &change, given.as_deref()))
            .await
    }

    /// Answers what the bank asks (question id and text, or the chosen option's id); the job goes on. An answer that comes
    /// too late has the bank ask anew.
    ///
    /// # Errors
    /// [`ConnectError::Conflict`] when the bank asks nothing; [`ConnectError::Invalid`] with every unanswered question;
    /// [`ConnectError::NotFound`].
    pub async fn answer_mfa(
        &self,
        visitor: &Visitor,
        id: MemberId,
        answers: Vec<(Uuid, String)>,
    ) -> Result<Member, ConnectError> {
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db.write(move |tx| answer_in(tx, &service, &visitor, id, &answers)).await
    }

    /// Deletes a member with its credentials and its data.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn delete_member(&self, visitor: &Visitor, id: MemberId) -> Result<(), ConnectError> {
        let caller = (visitor.tenant, visitor.user, visitor.now);
        self.delete_of(caller, id).await
    }

    async fn delete_of(
        &self,
        (tenant, user, now): (TenantId, ConnectUserId, Timestamp),
        id: MemberId,
    ) -> Result<(), ConnectError> {
        let service = self.clone();
        self.db
            .write(move |tx| {
                hold_of_user_in(tx, tenant, user, id)?;
                let at = day::state_in(tx, tenant)?.stamp(now);
                forget_in(tx, &service, tenant, id, at)
            })
            .await
    }

    /// The end user's members, oldest first.
    ///
    /// # Errors
    /// Storage only.
    pub async fn members(&self, visitor: &Visitor) -> Result<Vec<Member>, ConnectError> {
        let (tenant, user) = (visitor.tenant, visitor.user);
        self.db.read(move |tx| Ok::<_, ConnectError>(repo::of_user(tx, tenant, user)?)).await
    }

    /// One member.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn member(&self, visitor: &Visitor, id: MemberId) -> Result<Member, ConnectError> {
        let (tenant, user) = (visitor.tenant, visitor.user);
        self.db.read(move |tx| of_user_in(tx, tenant, user, id)).await
    }

    /// What the member's institution asks for; never what was given.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn member_credentials(
        &self,
        visitor: &Visitor,
        id: MemberId,
    ) -> Result<Vec<CredentialField>, ConnectError> {
        let member = self.member(visitor, id).await?;
        self.institution_credentials(visitor.tenant, member.institution).await
    }

    /// A user's members, oldest first, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn members_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
    ) -> Result<Vec<Member>, ConnectError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                user::get_in(tx, tenant, user)?;
                Ok(repo::of_user(tx, tenant, user)?)
            })
            .await
    }

    /// Makes a member of a user without credentials, for the partner: the end user gives them in a session later.
    ///
    /// # Errors
    /// As of [`Connect::add_member`].
    pub async fn import_member(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        new: NewMember,
    ) -> Result<Member, ConnectError> {
        new.check_words()?;
        let institution = self.wanted_institution(caller.tenant, &new).await?;
        let (service, tenant, now) = (self.clone(), caller.tenant, caller.now);
        self.db
            .write(move |tx| {
                user::get_in(tx, tenant, user)?;
                let place = (tenant, user);
                Ok(add_in(tx, &service, place, &institution, &new, None, now)?.0)
            })
            .await
    }

    /// Deletes a user's member, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn delete_member_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        id: MemberId,
    ) -> Result<(), ConnectError> {
        self.delete_of((caller.tenant, user, caller.now), id).await
    }

    /// Refreshes a user's member now, for the partner. Nobody is there to answer questions.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; those of [`Connect::run_job`].
    pub async fn refresh_member_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        id: MemberId,
    ) -> Result<ConnectJob, ConnectError> {
        self.run((caller.tenant, user, caller.now), id, Wanted::plain(true)).await
    }
}

/// The member, and whether it is new: one that waits for its consent page is answered again.
fn add_in(
    tx: &mut Tx,
    service: &Connect,
    (tenant, user): (TenantId, ConnectUserId),
    institution: &Institution,
    new: &NewMember,
    given: Option<&[(String, String)]>,
    now: Timestamp,
) -> Result<(Member, bool), ConnectError> {
    user::repo::hold(tx, tenant, user)?.ok_or(ConnectError::NotFound("user"))?;
    if let Some(found) = repo::by_institution(tx, tenant, user, institution.id)? {
        let is_on_its_way = found.is_oauth && found.status == ConnectionStatus::Pending;
        return if is_on_its_way && given.is_some() {
            Ok((found, false))
        } else {
            Err(ConnectError::MemberExists(found.id))
        };
    }
    let at = day::state_in(tx, tenant)?.stamp(now);
    let status = match given {
        None => ConnectionStatus::Imported,
        Some(_) if institution.supports_oauth => ConnectionStatus::Pending,
        Some(_) => ConnectionStatus::Created,
    };
    let mut member = fresh((tenant, user), institution, status, at);
    member.use_cases = new.use_cases.clone();
    member.metadata = new.metadata.clone();
    member.background_aggregation_is_disabled = new.background_aggregation_is_disabled;
    repo::insert(tx, &member)?;
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        repo::set_credentials(tx, &service.keys, tenant, member.id, given)?;
    }
    let member = repo::get(tx, tenant, member.id)?.ok_or(ConnectError::NotFound(MEMBER))?;
    tell::created_in(tx, &member, at)?;
    Ok((member, true))
}

fn fresh(
    (tenant, user): (TenantId, ConnectUserId),
    institution: &Institution,
    status: ConnectionStatus,
    at: Timestamp,
) -> Member {
    let error = (status == ConnectionStatus::Imported)
        .then(|| MemberError::of(status, ErrorCode::ReauthorizationRequired, &institution.name));
    Member {
        id: MemberId::new(),
        tenant,
        user,
        partner_user_id: String::new(),
        institution: institution.id,
        institution_code: institution.code.clone(),
        name: institution.name.clone(),
        status,
        is_being_aggregated: false,
        is_oauth: institution.supports_oauth,
        is_manual: false,
        is_managed_by_user: true,
        verification_is_enabled: institution.verification,
        background_aggregation_is_disabled: false,
        use_cases: vec![],
        metadata: None,
        most_recent_job: None,
        challenge: vec![],
        error,
        oauth_window: None,
        aggregated_at: None,
        successfully_aggregated_at: None,
        refresh_at: None,
        aggregator: institution.aggregator.clone(),
        denials: 0,
        failures: 0,
        created_at: at,
        updated_at: at,
    }
}

/// The user's member that holds accounts typed in by hand, made with the first of them; the user is held.
pub(crate) fn manual_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
) -> Result<Member, ConnectError> {
    let _ = service;
    let (tenant, user) = (visitor.tenant, visitor.user);
    user::repo::hold(tx, tenant, user)?.ok_or(ConnectError::NotFound("user"))?;
    let institution = crate::institution::manual().ok_or(ConnectError::NotFound("institution"))?;
    if let Some(found) = repo::by_institution(tx, tenant, user, institution.id)? {
        return Ok(found);
    }
    debug_assert_eq!(institution.code, MANUAL);
    let at = day::state_in(tx, tenant)?.stamp(visitor.now);
    let mut member = fresh((tenant, user), &institution, ConnectionStatus::Connected, at);
    member.is_manual = true;
    member.background_aggregation_is_disabled = true;
    member.successfully_aggregated_at = Some(at);
    repo::insert(tx, &member)?;
    let member = repo::get(tx, tenant, member.id)?.ok_or(ConnectError::NotFound(MEMBER))?;
    tell::created_in(tx, &member, at)?;
    Ok(member)
}

fn update_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    id: MemberId,
    change: &MemberChange,
    given: Option<&[(String, String)]>,
) -> Result<Member, ConnectError> {
    let tenant = visitor.tenant;
    let mut member = hold_of_user_in(tx, tenant, visitor.user, id)?;
    let at = day::state_in(tx, tenant)?.stamp(visitor.now);
    let before = member.status;
    if let Some(use_cases) = &change.use_cases {
        member.use_cases = use_cases.clone();
    }
    if let Some(metadata) = &change.metadata {
        member.metadata = Some(metadata.clone());
    }
    if let Some(is_disabled) = change.background_aggregation_is_disabled {
        member.background_aggregation_is_disabled = is_disabled;
    }
    if let Some(given) = given {
        job::end_in(tx, tenant, &member, visitor.now)?;
        repo::set_credentials(tx, &service.keys, tenant, id, given)?;
        repo::set_job_state(tx, &service.keys, tenant, id, &[])?;
        member.renew(at);
    }
    member.updated_at = at;
    repo::update(tx, &member)?;
    tell::changed_in(tx, &member, before, None, at)?;
    Ok(member)
}

fn answer_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    id: MemberId,
    given: &[(Uuid, String)],
) -> Result<Member, ConnectError> {
    let tenant = visitor.tenant;
    let mut member = hold_of_user_in(tx, tenant, visitor.user, id)?;
    if !member.status.takes_answers() || member.challenge.is_empty() {
        return Err(ConnectError::conflict("The institution asks nothing."));
    }
    let answers = credentials::answers(&member.challenge, given)?;
    let at = day::state_in(tx, tenant)?.stamp(visitor.now);
    let before = member.status;
    let waiting = match member.most_recent_job {
        Some(job) => job::waiting_in(tx, tenant, job, visitor.now)?,
        None => None,
    };
    match waiting {
        Some(mut job) => {
            member.resume(at);
            repo::set_answers(tx, &service.keys, tenant, id, &answers)?;
            job::resume_in(tx, &mut job, visitor.now)?;
            repo::update(tx, &member)?;
        }
        // Too late: the bank has forgotten its question, and asks anew.
        None => {
            let last = match member.most_recent_job {
                Some(job) => job::repo::get(tx, tenant, job)?,
                None => None,
            };
            let wanted = Wanted::again(last.as_ref(), visitor);
            job::start_in(tx, service, &mut member, wanted, visitor.now, at)?;
        }
    }
    tell::changed_in(tx, &member, before, None, at)?;
    Ok(member)
}

/// A user's member.
pub(crate) fn of_user_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    id: MemberId,
) -> Result<Member, ConnectError> {
    let found = repo::get(tx, tenant, id)?;
    found.filter(|it| it.user == user).ok_or(ConnectError::NotFound(MEMBER))
}

/// A user's member, which nobody else changes until the transaction ends.
pub(crate) fn hold_of_user_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    id: MemberId,
) -> Result<Member, ConnectError> {
    let found = repo::hold(tx, tenant, id)?;
    found.filter(|it| it.user == user).ok_or(ConnectError::NotFound(MEMBER))
}

/// Deletes a member with everything that hangs on it, and leaves a job behind that has its aggregator forget it too.
pub(crate) fn forget_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    id: MemberId,
    at: Timestamp,
) -> Result<(), ConnectError> {
    let Some(member) = repo::hold(tx, tenant, id)? else { return Ok(()) };
    let secrets = repo::secrets(tx, &service.keys, tenant, id)?;
    if let Some(consent) = secrets.consent {
        oauth::forget_in(tx, &service.keys, &member, &consent)?;
    }
    account::repo::delete_of_member(tx, tenant, id)?;
    repo::delete(tx, tenant, id)?;
    tell::deleted_in(tx, &member, at)
}
