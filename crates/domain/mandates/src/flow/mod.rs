//! Mandate flows: the link that an end user gives a mandate by, and how it reaches the provider.
//!
//! A link is a random token of 256 bits that is kept as its hash; it expires, and it is of no use once there is a
//! mandate. On our own pages the details go [`Mandates::submit_flow`] -> sealed row and job -> provider -> mandate; on
//! the provider's, [`Mandates::begin_at_provider`] answers where to send the end user and
//! [`Mandates::return_from_provider`] looks at what came of it. An end user who changes banks is given a new flow.

mod details;
mod entity;
pub(crate) mod repo;
pub(crate) mod submit;

use std::time::Duration;

use florin_crypto::{Secret, hash_key};
use florin_ids::{MandateFlowId, TenantId};
use florin_jobs::{NewJob, enqueue_in};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub use details::PayerDetails;
pub use entity::{FlowState, MandateFlow, NewFlow, Prefilled};
pub use repo::FIELDS;
pub use submit::SubmitHandler;

use crate::{FieldFault, Mandates, MandatesError, modulus, provider_account};

const FLOW: &str = "mandate flow";
/// What a token begins with.
const TOKEN_PREFIX: &str = "flm_";
/// The job leaves the request that submits the details time to do it itself.
const JOB_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// So long an end user is kept waiting for the provider.
const HAND_OVER_WITHIN: Duration = Duration::from_secs(12);

impl Mandates {
    /// Starts a flow; where the simulated provider runs, a tenant without an account gets one there. The token is in the
    /// answer and nowhere else; the link is the page's address with it.
    ///
    /// # Errors
    /// [`MandatesError::NoAccount`]; [`MandatesError::Invalid`] with every faulty field.
    pub async fn start_flow(
        &self,
        caller: &Caller,
        new: NewFlow,
    ) -> Result<(MandateFlow, Secret), MandatesError> {
        let (tenant, now) = (caller.tenant, caller.now);
        let token = Secret::generate(TOKEN_PREFIX);
        let token_hash = token.hash();
        let keys = self.keys.clone();
        let has_simulator = self.simulator.is_some();
        let flow = self.db.write(move |tx| {
            let account = match provider_account::active_in(tx, tenant)? {
                None if has_simulator => provider_account::simulated_in(tx, &keys, tenant, now)?,
                found => found.ok_or(MandatesError::NoAccount)?,
            };
            let at = day::state_in(tx, tenant)?.stamp(now);
            let place = (tenant, account.id, account.pages);
            let flow = new.clone().read(place, at).map_err(MandatesError::Invalid)?;
            repo::insert(tx, &flow, token_hash)?;
            Ok::<_, MandatesError>(flow)
        });
        Ok((flow.await?, token))
    }

    /// One flow, for the partner.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`].
    pub async fn get_flow(
        &self,
        caller: &Caller,
        id: MandateFlowId,
    ) -> Result<MandateFlow, MandatesError> {
        let (tenant, now) = (caller.tenant, caller.now);
        self.db
            .read(move |tx| {
                let flow = repo::get(tx, tenant, id)?.ok_or(MandatesError::NotFound(FLOW))?;
                Ok(flow.seen_at(day::state_in(tx, tenant)?.stamp(now)))
            })
            .await
    }

    /// A page of the flows that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_flows(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<MandateFlow>, MandatesError> {
        let (tenant, now) = (caller.tenant, caller.now);
        self.db
            .read(move |tx| {
                let at = day::state_in(tx, tenant)?.stamp(now);
                Ok(repo::list(tx, tenant, &query)?.map(|flow| flow.seen_at(at)))
            })
            .await
    }

    /// The flow that a link's token opens, in whatever state it is.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`] for a token that was never given out.
    pub async fn open_flow(&self, token: &str) -> Result<MandateFlow, MandatesError> {
        let (token_hash, now) = (hash_key(token), self.clock.now());
        self.db.read(move |tx| by_token_in(tx, token_hash, now)).await
    }

    /// Whether there can be the account of details that are sound in themselves; see [`modulus`].
    ///
    /// # Errors
    /// [`MandatesError::Invalid`] when there cannot.
    pub async fn check_account(&self, details: &PayerDetails) -> Result<(), MandatesError> {
        let details = details.clone();
        self.db.read(move |tx| check_account_in(tx, &details)).await
    }

    /// Takes the end user's details and hands them to the provider; answers the flow as it then stands: completed,
    /// failed with a reason, or still submitted when the provider takes its time (the job goes on; ask again with
    /// [`Mandates::open_flow`]).
    ///
    /// # Errors
    /// [`MandatesError::Invalid`] with every faulty field; [`MandatesError::Conflict`] when the flow takes no details
    /// now; [`MandatesError::NotFound`].
    pub async fn submit_flow(
        &self,
        token: &str,
        details: PayerDetails,
    ) -> Result<MandateFlow, MandatesError> {
        let details = details.checked().map_err(MandatesError::Invalid)?;
        let (token_hash, now, keys) = (hash_key(token), self.clock.now(), self.keys.clone());
        let flow = self.db.write(move |tx| {
            let found = by_token_in(tx, token_hash, now)?;
            let at = day::state_in(tx, found.tenant)?.stamp(now);
            let mut flow = lock_in(tx, found.tenant, found.id)?.seen_at(at);
            flow.submit(at)?;
            check_account_in(tx, &details)?;
            repo::update(tx, &flow)?;
            repo::keep_details(tx, &keys, &flow, &details)?;
            enqueue_in(tx, &[job_of(&flow, now)])?;
            Ok::<_, MandatesError>(flow)
        });
        let flow = flow.await?;
        // Dropped in the middle it goes on where it stood, in the job.
        let handed_over = self.hand_over(flow.tenant, flow.id);
        match tokio::time::timeout(HAND_OVER_WITHIN, handed_over).await {
            Ok(Ok(flow)) => Ok(flow),
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, flow = %flow.id, "a mandate was not handed over at once");
                Ok(flow)
            }
            Err(_) => Ok(flow),
        }
    }

    /// The end user does not want to give a mandate; answers where they go on to with the flow.
    ///
    /// # Errors
    /// [`MandatesError::Conflict`] when the details are on their way or there is a mandate;
    /// [`MandatesError::NotFound`].
    pub async fn exit_flow(&self, token: &str) -> Result<MandateFlow, MandatesError> {
        let (token_hash, now) = (hash_key(token), self.clock.now());
        let exited = self.db.write(move |tx| {
            let found = by_token_in(tx, token_hash, now)?;
            let at = day::state_in(tx, found.tenant)?.stamp(now);
            let mut flow = lock_in(tx, found.tenant, found.id)?.seen_at(at);
            match flow.state {
                FlowState::Open | FlowState::Failed => {
                    flow.state = FlowState::Exited;
                    flow.updated_at = at;
                    repo::update(tx, &flow)?;
                    Ok(flow)
                }
                FlowState::Exited | FlowState::Expired => Ok(flow),
                FlowState::Submitted | FlowState::Completed => {
                    Err(MandatesError::Conflict(format!("The link is {}.", flow.state)))
                }
            }
        });
        exited.await
    }
}

fn by_token_in(
    tx: &mut Tx,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<MandateFlow, MandatesError> {
    let flow = repo::by_token(tx, token_hash)?.ok_or(MandatesError::NotFound(FLOW))?;
    let at = day::state_in(tx, flow.tenant)?.stamp(now);
    Ok(flow.seen_at(at))
}

fn check_account_in(tx: &mut Tx, details: &PayerDetails) -> Result<(), MandatesError> {
    if modulus::refuses_in(tx, &details.sort_code, &details.account_number)? {
        let fault = FieldFault::new("account_number", modulus::NO_SUCH_ACCOUNT);
        return Err(MandatesError::Invalid(vec![fault]));
    }
    Ok(())
}

fn lock_in(tx: &mut Tx, tenant: TenantId, id: MandateFlowId) -> Result<MandateFlow, MandatesError> {
    repo::get_for_update(tx, tenant, id)?.ok_or(MandatesError::NotFound(FLOW))
}

fn job_of(flow: &MandateFlow, now: Timestamp) -> NewJob {
    NewJob {
        tenant: flow.tenant,
        kind: submit::JOB_KIND,
        idempotency_key: format!("{}-{}", flow.id, flow.submissions),
        ordering_key: None,
        sequence: 0,
        payload: json!({ "flow": flow.id }),
        run_at: now.saturating_add(JOB_AFTER).ok(),
    }
}
