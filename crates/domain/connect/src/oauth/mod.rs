//! Consent pages: the bank's own, the simulated bank's, and what comes back from them.
//!
//! A way through a page is written down, pending, before anybody is told its address. Its signed state goes along and comes
//! back; the first answer counts, and one that comes too late, twice, or after the member is gone changes nothing.

mod entity;
mod forget;
pub(crate) mod repo;
mod token;

use std::sync::Arc;

use florin_ids::{MemberId, OauthStateId, TenantId};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::{SignedDuration, Timestamp};

pub use entity::{AuthStatus, OauthAnswer, OauthErrorReason, OauthState};
pub(crate) use forget::{ForgetHandler, forget_in};

use crate::aggregator::{Authorization, Authorize, Grant, Refusal, Returned};
use crate::member::{self, Member};
use crate::{Connect, ConnectError, Institution, Visitor, job, session};

const STATE: &str = "oauth state";
const NO_PAGE: &str = "The member is not linked on the bank's own page.";
/// How long the end user may take on the bank's page.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// What the simulated bank's page shows, and what the page that a provider sends back to needs.
#[derive(Debug, Clone)]
pub struct OauthRequest {
    /// The way through the page.
    pub state: OauthState,
    /// At which bank.
    pub institution: Arc<Institution>,
    /// The page that embeds Connect, to be told.
    pub origin: Option<String>,
}

impl Connect {
    /// The end user has clicked the button that leads to the bank's page.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Conflict`] for a member that is not linked on a bank's page.
    pub async fn start_oauth(
        &self,
        visitor: &Visitor,
        member: MemberId,
    ) -> Result<(), ConnectError> {
        self.oauth_window(visitor, member).await.map(|_| ())
    }

    /// Where the end user goes to agree: the page of the way that is open, or of a new one.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Conflict`] for a member that is not linked on a bank's page;
    /// [`ConnectError::Unavailable`].
    pub async fn oauth_window(
        &self,
        visitor: &Visitor,
        member: MemberId,
    ) -> Result<String, ConnectError> {
        let member = self.member(visitor, member).await?;
        if !member.is_oauth {
            return Err(ConnectError::conflict(NO_PAGE));
        }
        let found = self.catalogue(visitor.tenant).await?.get(member.institution);
        let institution = found.filter(|it| !it.is_discontinued && !it.is_disabled_by_client);
        let gone = || ConnectError::conflict("The institution is no longer available.");
        let institution = institution.ok_or_else(gone)?;
        self.way_of(visitor, &member, &institution).await.map(|state| state.url)
    }

    /// The member's open way through the bank's page, or a new one.
    pub(crate) async fn way_of(
        &self,
        visitor: &Visitor,
        member: &Member,
        institution: &Institution,
    ) -> Result<OauthState, ConnectError> {
        let (tenant, id, now) = (visitor.tenant, member.id, visitor.now);
        let session = visitor.session;
        let (open, session) = self
            .db
            .read(move |tx| {
                let open = repo::open_of(tx, tenant, id, now)?;
                Ok::<_, ConnectError>((open, session::repo::get(tx, tenant, session)?))
            })
            .await?;
        if let Some(open) = open {
            return Ok(open.state);
        }
        let (language, origin) = session
            .map_or_else(|| ("en".to_owned(), None), |session| (session.language, session.origin));
        let state_id = OauthStateId::new();
        let made = self.authorize(visitor, member, institution, state_id, &language).await?;
        let state = OauthState {
            id: state_id,
            tenant,
            user: member.user,
            outbound_member: id,
            inbound_member: None,
            auth_status: AuthStatus::Pending,
            error_reason: None,
            url: made.url,
            first_retrieved_at: None,
            expires_at: now.saturating_add(EXPIRES_AFTER).unwrap_or(Timestamp::MAX),
            created_at: now,
            updated_at: now,
        };
        let (keys, grant) = (self.keys.clone(), made.grant);
        let (user, written) = (visitor.user, state.clone());
        self.db
            .write(move |tx| {
                member::hold_of_user_in(tx, tenant, user, id)?;
                Ok::<_, ConnectError>(repo::insert(tx, &keys, &written, origin.as_deref(), &grant)?)
            })
            .await?;
        Ok(state)
    }

    async fn authorize(
        &self,
        visitor: &Visitor,
        member: &Member,
        institution: &Institution,
        state: OauthStateId,
        language: &str,
    ) -> Result<Authorization, ConnectError> {
        let unavailable = |text: String| ConnectError::Unavailable(text);
        let aggregator = self.aggregators.get(&institution.aggregator);
        let aggregator = aggregator
            .ok_or_else(|| unavailable(format!("{} cannot be linked here.", institution.name)))?;
        let state = token::issue(&self.keys, visitor.tenant, state);
        let return_url = format!("{}/connect/oauth/return?state={state}", self.public_url);
        let ask = Authorize {
            tenant: visitor.tenant,
            member: member.id,
            institution,
            state: &state,
            return_url: &return_url,
            language,
            now: visitor.now,
        };
        aggregator.authorize(ask).await.map_err(|refusal| {
            unavailable(match refusal {
                Refusal::Maintenance => format!("{} is being maintained.", institution.name),
                _ => format!("{} cannot be reached now.", institution.name),
            })
        })
    }

    /// The end user's ways through consent pages, newest first; at most 100.
    ///
    /// # Errors
    /// Storage only.
    pub async fn oauth_states(
        &self,
        visitor: &Visitor,
        member: Option<MemberId>,
        auth_status: Option<AuthStatus>,
    ) -> Result<Vec<OauthState>, ConnectError> {
        let (tenant, user, now) = (visitor.tenant, visitor.user, visitor.now);
        let all = self.db.read(move |tx| Ok::<_, ConnectError>(repo::of_user(tx, tenant, user)?));
        let seen = all.await?.into_iter().map(|way| way.state.seen_at(now));
        Ok(seen
            .filter(|it| member.is_none_or(|member| it.outbound_member == member))
            .filter(|it| auth_status.is_none_or(|status| it.auth_status == status))
            .collect())
    }

    /// One way through a consent page.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn oauth_state(
        &self,
        visitor: &Visitor,
        id: OauthStateId,
    ) -> Result<OauthState, ConnectError> {
        let (tenant, user, now) = (visitor.tenant, visitor.user, visitor.now);
        let found = self.db.read(move |tx| Ok::<_, ConnectError>(repo::get(tx, tenant, id)?));
        let found = found.await?.map(|way| way.state).filter(|it| it.user == user);
        let mut state = found.ok_or(ConnectError::NotFound(STATE))?;
        if state.first_retrieved_at.is_none() {
            state.first_retrieved_at = Some(now);
            self.db
                .write(move |tx| {
                    let Some(way) = repo::hold(tx, tenant, id)? else { return Ok(()) };
                    let first_retrieved_at = way.state.first_retrieved_at.or(Some(now));
                    Ok::<_, ConnectError>(repo::update(
                        tx,
                        &OauthState { first_retrieved_at, ..way.state },
                    )?)
                })
                .await?;
        }
        Ok(state.seen_at(now))
    }

    /// What a signed state stands for: for the simulated bank's page.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] for a state that we have not signed, or whose member is gone.
    pub async fn oauth_request(&self, token: &str) -> Result<OauthRequest, ConnectError> {
        self.request(token).await.map(|(request, _)| request)
    }

    async fn request(&self, token: &str) -> Result<(OauthRequest, repo::Way), ConnectError> {
        let (tenant, id) = token::read(&self.keys, token).ok_or(ConnectError::NotFound(STATE))?;
        let read = self.db.read(move |tx| {
            let way = repo::get(tx, tenant, id)?.ok_or(ConnectError::NotFound(STATE))?;
            let member = member::repo::get(tx, tenant, way.state.outbound_member)?;
            Ok::<_, ConnectError>((way, member.ok_or(ConnectError::NotFound(STATE))?))
        });
        let (way, member) = read.await?;
        let institution = self.catalogue(tenant).await?.get(member.institution);
        let institution = institution.ok_or(ConnectError::NotFound(STATE))?;
        let state = way.state.clone().seen_at(self.clock.now());
        Ok((OauthRequest { state, institution, origin: way.origin.clone() }, way))
    }

    /// Takes in what came back from a consent page. The first answer counts: a second one, or one that comes too late,
    /// changes nothing, and the request is answered as it then stands.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] as of [`Connect::oauth_request`].
    pub async fn oauth_answer(
        &self,
        token: &str,
        answer: OauthAnswer,
    ) -> Result<OauthRequest, ConnectError> {
        let (request, way) = self.request(token).await?;
        if request.state.auth_status != AuthStatus::Pending {
            return Ok(request);
        }
        let grant = self.grant_of(&request, &way, answer).await?;
        let (tenant, id, now) = (request.state.tenant, request.state.id, self.clock.now());
        let service = self.clone();
        let state =
            self.db.write(move |tx| service.answered_in(tx, tenant, id, &grant, now)).await?;
        Ok(OauthRequest { state, ..request })
    }

    async fn grant_of(
        &self,
        request: &OauthRequest,
        way: &repo::Way,
        answer: OauthAnswer,
    ) -> Result<Grant, ConnectError> {
        let parameters = match answer {
            OauthAnswer::Failed(reason) => return Ok(Grant::Refused(reason)),
            OauthAnswer::Granted { user } => vec![("user".to_owned(), user)],
            OauthAnswer::Returned { parameters } => parameters,
        };
        let Some(aggregator) = self.aggregators.get(&request.institution.aggregator) else {
            return Ok(Grant::Refused(OauthErrorReason::Server));
        };
        let grant = way.consent(&self.keys)?;
        let returned = Returned {
            tenant: request.state.tenant,
            member: request.state.outbound_member,
            institution: &request.institution,
            grant: &grant,
            parameters: &parameters,
            now: self.clock.now(),
        };
        Ok(aggregator.returned(returned).await)
    }

    fn answered_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        id: OauthStateId,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<OauthState, ConnectError> {
        let seen = repo::get(tx, tenant, id)?.ok_or(ConnectError::NotFound(STATE))?;
        // The member first, as everywhere.
        let held = member::repo::hold(tx, tenant, seen.state.outbound_member)?;
        let mut member = held.ok_or(ConnectError::NotFound(STATE))?;
        let way = repo::hold(tx, tenant, id)?.ok_or(ConnectError::NotFound(STATE))?;
        let mut state = way.state.seen_at(now);
        if state.auth_status != AuthStatus::Pending {
            return Ok(state);
        }
        state.updated_at = now;
        let (at, before) = (day::state_in(tx, tenant)?.stamp(now), member.status);
        match grant {
            Grant::Refused(reason) => {
                state.auth_status = AuthStatus::Errored;
                state.error_reason = Some(*reason);
            }
            Grant::Given { grant } => {
                state.auth_status = AuthStatus::Success;
                state.inbound_member = Some(member.id);
                job::end_in(tx, tenant, &member, now)?;
                let keys = &self.keys;
                if let Some(old) = member::repo::secrets(tx, keys, tenant, member.id)?.consent
                    && old != *grant
                {
                    forget_in(tx, keys, &member, &old)?;
                }
                member::repo::set_consent(tx, keys, tenant, member.id, grant)?;
                member::repo::set_job_state(tx, keys, tenant, member.id, &[])?;
                member.agreed(at);
                member::repo::update(tx, &member)?;
            }
        }
        repo::update(tx, &state)?;
        member::tell::changed_in(tx, &member, before, None, at)?;
        Ok(state)
    }
}

impl OauthState {
    /// The way as it is `now`: one that took too long came to nothing.
    fn seen_at(mut self, now: Timestamp) -> Self {
        if self.auth_status == AuthStatus::Pending && now >= self.expires_at {
            self.auth_status = AuthStatus::Errored;
            self.error_reason = Some(OauthErrorReason::Session);
        }
        self
    }
}
