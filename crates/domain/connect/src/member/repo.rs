//! SQL of members. Credentials and what an aggregator has to remember are sealed here on the way in and opened on the way
//! out.

use florin_crypto::KeyRing;
use florin_ids::{ConnectUserId, InstitutionId, MemberId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entity::{ConnectionStatus, ErrorCode, Member, MemberError, MemberQuestion};
use crate::ConnectError;
use crate::codes::read_code;

/// The places that sealed values open at, with the row's id.
const CREDENTIALS: &str = "connect_member.credentials";
const CONSENT: &str = "connect_member.consent";
const JOB_STATE: &str = "connect_member.job_state";
const ANSWERS: &str = "connect_member.answers";

const SELECT: &str = "SELECT m.*, \
     (SELECT u.partner_id FROM connect_user AS u WHERE u.tenant_id = m.tenant_id AND u.id = m.user_id) AS partner_id, \
     (SELECT o.url FROM connect_oauth_state AS o WHERE o.tenant_id = m.tenant_id AND o.outbound_member_id = m.id \
     AND o.auth_status = 1 ORDER BY o.id DESC LIMIT 1) AS oauth_url FROM connect_member AS m";

/// What is kept of a member beside what is told of it.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// By field.
    pub credentials: Vec<(String, String)>,
    /// What a consent page left behind.
    pub consent: Option<Vec<u8>>,
    /// What the last step of the running job left behind.
    pub job_state: Vec<u8>,
    /// By question, for the next step.
    pub answers: Vec<(String, String)>,
}

pub(crate) fn insert(tx: &mut Tx, member: &Member) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_member (tenant_id, id, user_id, institution_id, institution_code, aggregator, name, status, \
         is_being_aggregated, is_oauth, is_manual, is_managed_by_user, verification_is_enabled, background_is_disabled, \
         use_cases, metadata, job_id, challenge, error_code, denials, failures, aggregated_at, succeeded_at, refresh_at, \
         created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, NULL, NULL, ?17, 0, 0, NULL, ?18, \
         NULL, ?19, ?19)",
        params![
            member.tenant,
            member.id,
            member.user,
            member.institution,
            member.institution_code.as_str(),
            member.aggregator.as_str(),
            member.name.as_str(),
            member.status.code(),
            member.is_being_aggregated,
            member.is_oauth,
            member.is_manual,
            member.is_managed_by_user,
            member.verification_is_enabled,
            member.background_aggregation_is_disabled,
            text_of(&member.use_cases),
            member.metadata.as_deref(),
            member.error.as_ref().map(|error| error.code.code()),
            member.successfully_aggregated_at,
            member.created_at
        ],
    )?;
    Ok(())
}

/// Writes what of a member changes.
pub(crate) fn update(tx: &mut Tx, member: &Member) -> Result<(), StorageError> {
    let challenge = (!member.challenge.is_empty()).then(|| text_of(&member.challenge));
    tx.execute(
        "UPDATE connect_member SET status = ?3, is_being_aggregated = ?4, is_oauth = ?5, verification_is_enabled = ?6, \
         background_is_disabled = ?7, use_cases = ?8, metadata = ?9, job_id = ?10, challenge = ?11, error_code = ?12, \
         denials = ?13, failures = ?14, aggregated_at = ?15, succeeded_at = ?16, refresh_at = ?17, updated_at = ?18 \
         WHERE tenant_id = ?1 AND id = ?2",
        params![
            member.tenant,
            member.id,
            member.status.code(),
            member.is_being_aggregated,
            member.is_oauth,
            member.verification_is_enabled,
            member.background_aggregation_is_disabled,
            text_of(&member.use_cases),
            member.metadata.as_deref(),
            member.most_recent_job,
            challenge,
            member.error.as_ref().map(|error| error.code.code()),
            member.denials,
            member.failures,
            member.aggregated_at,
            member.successfully_aggregated_at,
            member.refresh_at,
            member.updated_at
        ],
    )?;
    Ok(())
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: MemberId,
) -> Result<Option<Member>, StorageError> {
    let sql = format!("{SELECT} WHERE m.tenant_id = ?1 AND m.id = ?2");
    tx.query_opt(&sql, params![tenant, id], read)
}

/// The member, which nobody else changes until the transaction ends.
pub(crate) fn hold(
    tx: &mut Tx,
    tenant: TenantId,
    id: MemberId,
) -> Result<Option<Member>, StorageError> {
    let sql = format!("{SELECT} WHERE m.tenant_id = ?1 AND m.id = ?2 FOR UPDATE");
    tx.query_opt(&sql, params![tenant, id], read)
}

/// A user's members, oldest first.
pub(crate) fn of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Member>, StorageError> {
    let sql = format!("{SELECT} WHERE m.tenant_id = ?1 AND m.user_id = ?2 ORDER BY m.id");
    tx.query(&sql, params![tenant, user], read)
}

pub(crate) fn ids_of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<MemberId>, StorageError> {
    let sql = "SELECT id FROM connect_member WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY id";
    tx.query(sql, params![tenant, user], |row| row.get("id"))
}

/// A user's member at an institution.
pub(crate) fn by_institution(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    institution: InstitutionId,
) -> Result<Option<Member>, StorageError> {
    let sql = format!(
        "{SELECT} WHERE m.tenant_id = ?1 AND m.user_id = ?2 AND m.institution_id = ?3 FOR UPDATE"
    );
    tx.query_opt(&sql, params![tenant, user, institution], read)
}

/// Members that are linked and that no job reads, in the order of their ids: a page after `after`.
pub(crate) fn idle(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<MemberId>,
    limit: u32,
) -> Result<Vec<Member>, StorageError> {
    let after = after.map_or(uuid::Uuid::nil(), MemberId::uuid);
    let all = ConnectionStatus::ALL.iter().filter(|status| status.is_refreshed());
    let refreshed: Vec<i64> = all.map(|status| status.code()).collect();
    let sql = format!(
        "{SELECT} WHERE m.tenant_id = ?1 AND m.id > ?2 AND m.is_manual = 0 AND m.is_being_aggregated = 0 \
         AND m.background_is_disabled = 0 AND m.status = ANY(?3) ORDER BY m.id LIMIT ?4 FOR UPDATE"
    );
    let values = params![tenant, after, florin_storage::Value::Ints(refreshed), limit];
    tx.query(&sql, values, read)
}

/// Deletes the member's row, its jobs and its ways through consent pages; its accounts go before.
pub(crate) fn delete(tx: &mut Tx, tenant: TenantId, id: MemberId) -> Result<u64, StorageError> {
    for (table, column) in
        [("connect_job", "member_id"), ("connect_oauth_state", "outbound_member_id")]
    {
        let sql = format!("DELETE FROM {table} WHERE tenant_id = ?1 AND {column} = ?2");
        tx.execute(&sql, params![tenant, id])?;
    }
    tx.execute("DELETE FROM connect_member WHERE tenant_id = ?1 AND id = ?2", params![tenant, id])
}

/// Keeps credentials, in the place of those that were there.
pub(crate) fn set_credentials(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: MemberId,
    credentials: &[(String, String)],
) -> Result<(), StorageError> {
    let sealed = seal(keys, CREDENTIALS, id, &credentials);
    let sql = "UPDATE connect_member SET credentials = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, sealed])?;
    Ok(())
}

/// Keeps what a consent page left behind.
pub(crate) fn set_consent(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: MemberId,
    consent: &[u8],
) -> Result<(), StorageError> {
    let sealed = keys.seal(CONSENT, id.uuid().as_bytes(), consent);
    let sql = "UPDATE connect_member SET consent = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, sealed])?;
    Ok(())
}

/// Keeps what the running job's next step needs; what the last one needed is forgotten.
pub(crate) fn set_job_state(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: MemberId,
    state: &[u8],
) -> Result<(), StorageError> {
    let sealed = (!state.is_empty()).then(|| keys.seal(JOB_STATE, id.uuid().as_bytes(), state));
    let sql =
        "UPDATE connect_member SET job_state = ?3, answers = NULL WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, sealed])?;
    Ok(())
}

/// Keeps the end user's answers for the next step.
pub(crate) fn set_answers(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: MemberId,
    answers: &[(String, String)],
) -> Result<(), StorageError> {
    let sealed = (!answers.is_empty()).then(|| seal(keys, ANSWERS, id, &answers));
    let sql = "UPDATE connect_member SET answers = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, sealed])?;
    Ok(())
}

/// What is kept sealed of a member; nothing for one that is gone.
pub(crate) fn secrets(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: MemberId,
) -> Result<Secrets, ConnectError> {
    type Part = Option<Vec<u8>>;
    let sql = "SELECT credentials, consent, job_state, answers FROM connect_member WHERE tenant_id = ?1 AND id = ?2";
    let found: Option<(Part, Part, Part, Part)> =
        tx.query_opt(sql, params![tenant, id], |row| {
            Ok((
                row.get("credentials")?,
                row.get("consent")?,
                row.get("job_state")?,
                row.get("answers")?,
            ))
        })?;
    let Some((credentials, consent, job_state, answers)) = found else {
        return Ok(Secrets::default());
    };
    let plain = |context, sealed: Part| -> Result<Option<Vec<u8>>, ConnectError> {
        Ok(sealed.map(|it| keys.open(context, id.uuid().as_bytes(), &it)).transpose()?)
    };
    Ok(Secrets {
        credentials: open(plain(CREDENTIALS, credentials)?)?,
        consent: plain(CONSENT, consent)?,
        job_state: plain(JOB_STATE, job_state)?.unwrap_or_default(),
        answers: open(plain(ANSWERS, answers)?)?,
    })
}

fn seal<T: Serialize>(keys: &KeyRing, context: &str, id: MemberId, value: &T) -> Vec<u8> {
    keys.seal(context, id.uuid().as_bytes(), &serde_json::to_vec(value).unwrap_or_default())
}

fn open<T: DeserializeOwned + Default>(plain: Option<Vec<u8>>) -> Result<T, ConnectError> {
    let Some(plain) = plain else { return Ok(T::default()) };
    serde_json::from_slice(&plain).map_err(|_| ConnectError::BadSeal)
}

fn text_of<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read(row: &Row<'_>) -> Result<Member, StorageError> {
    let status = read_code(row, "status", ConnectionStatus::from_code)?;
    let name: String = row.get("name")?;
    let code: Option<i64> = row.get("error_code")?;
    let error = code.and_then(ErrorCode::from_code);
    let use_cases: String = row.get("use_cases")?;
    let challenge: Option<String> = row.get("challenge")?;
    // Written by `insert` and `update`; a hand-edited row asks nothing.
    let challenge = challenge.and_then(|text| serde_json::from_str(&text).ok());
    let challenge: Vec<MemberQuestion> = challenge.unwrap_or_default();
    let is_oauth: bool = row.get("is_oauth")?;
    let oauth_url: Option<String> = row.get("oauth_url")?;
    Ok(Member {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        user: row.get("user_id")?,
        partner_user_id: row.get::<Option<String>>("partner_id")?.unwrap_or_default(),
        institution: row.get("institution_id")?,
        institution_code: row.get("institution_code")?,
        status,
        is_being_aggregated: row.get("is_being_aggregated")?,
        is_oauth,
        is_manual: row.get("is_manual")?,
        is_managed_by_user: row.get("is_managed_by_user")?,
        verification_is_enabled: row.get("verification_is_enabled")?,
        background_aggregation_is_disabled: row.get("background_is_disabled")?,
        use_cases: serde_json::from_str(&use_cases).unwrap_or_default(),
        metadata: row.get("metadata")?,
        most_recent_job: row.get("job_id")?,
        challenge,
        error: error.map(|code| MemberError::of(status, code, &name)),
        oauth_window: oauth_url.filter(|_| is_oauth),
        aggregated_at: row.get("aggregated_at")?,
        successfully_aggregated_at: row.get("succeeded_at")?,
        refresh_at: row.get("refresh_at")?,
        aggregator: row.get("aggregator")?,
        denials: row.get("denials")?,
        failures: row.get("failures")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        name,
    })
}
