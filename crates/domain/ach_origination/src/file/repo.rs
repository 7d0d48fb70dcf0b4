//! SQL of files, and of what the simulated bank will answer.

use florin_ach::window::Window;
use florin_crypto::KeyRing;
use florin_ids::{AchFileId, AchOriginId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::numbers::Numbers;
use super::{AchFile, FileDirection, FileState};
use crate::AchError;

const FILE_CONTEXT: &str = "ach_file.content";
const ANSWER_CONTEXT: &str = "ach_answer.content";

const COLUMNS: &str = "id, origin_id, direction, day, slot, made_on, name, modifier, sha256, entries, debits, credits, unmatched, \
     state, draft, created_at, sent_at";

/// What makes a file exist once, and who counts what in it.
#[derive(Clone, Copy)]
pub(crate) struct Once<'a> {
    /// Its window, or its content.
    pub key: &'a str,
    /// Of outgoing files.
    pub numbers: Option<&'a Numbers>,
}

/// Keeps a file.
pub(crate) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    (file, once): (&AchFile, Once<'_>),
    content: &[u8],
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO ach_file (tenant_id, id, origin_id, direction, day, slot, made_on, once, name, modifier, sha256, content, \
         entries, debits, credits, unmatched, state, sender, numbering, first_trace, created_at, sent_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
        params![
            tenant,
            file.id,
            file.origin,
            file.direction.as_str(),
            file.day,
            file.slot.as_str(),
            file.made_on,
            once.key,
            file.name.as_str(),
            file.modifier.as_str(),
            file.sha256.to_vec(),
            keys.seal(FILE_CONTEXT, file.id.uuid().as_bytes(), content),
            file.entries,
            file.debits_cents,
            file.credits_cents,
            file.unmatched,
            file.state.as_str(),
            once.numbers.map(|it| it.files.clone()),
            once.numbers.map(|it| it.traces.clone()),
            once.numbers.map(|it| i64::from(it.first)),
            file.created_at,
            file.sent_at
        ],
    )?;
    Ok(())
}

/// Holds a counter until the transaction ends, and answers where it stands; 0 for a new one.
pub(crate) fn hold_counter(tx: &mut Tx, name: &str) -> Result<u32, StorageError> {
    tx.execute(
        "INSERT INTO ach_counter (name, last) VALUES (?1, 0) ON CONFLICT (name) DO NOTHING",
        params![name],
    )?;
    tx.query_one("SELECT last FROM ach_counter WHERE name = ?1 FOR UPDATE", params![name], |row| {
        row.get("last")
    })
}

pub(crate) fn set_counter(tx: &mut Tx, name: &str, last: u32) -> Result<(), StorageError> {
    tx.execute("UPDATE ach_counter SET last = ?2 WHERE name = ?1", params![name, last])?;
    Ok(())
}

/// Whether a file is there under its key.
pub(crate) fn exists(tx: &mut Tx, tenant: TenantId, once: &str) -> Result<bool, StorageError> {
    let found = tx.query_opt(
        "SELECT id FROM ach_file WHERE tenant_id = ?1 AND once = ?2",
        params![tenant, once],
        |row| row.get::<Uuid>("id"),
    )?;
    Ok(found.is_some())
}

/// How many files a sender has made on a calendar day, whoever's they are.
pub(crate) fn made_on(tx: &mut Tx, sender: &str, date: Date) -> Result<i64, StorageError> {
    tx.query_one(
        "SELECT COUNT(*) AS made FROM ach_file WHERE sender = ?1 AND made_on = ?2",
        params![sender, date],
        |row| row.get("made"),
    )
}

/// The files of a day that are not handed over yet.
pub(crate) fn unsent(
    tx: &mut Tx,
    tenant: TenantId,
    day: Date,
) -> Result<Vec<AchFileId>, StorageError> {
    tx.query(
        "SELECT id FROM ach_file WHERE tenant_id = ?1 AND day = ?2 AND state IN ('built', 'handing') ORDER BY id",
        params![tenant, day],
        |row| row.get("id"),
    )
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: AchFileId,
) -> Result<Option<AchFile>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM ach_file WHERE tenant_id = ?1 AND id = ?2");
    tx.query_opt(&sql, params![tenant, id], read)
}

/// The newest files.
pub(crate) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    limit: u32,
) -> Result<Vec<AchFile>, StorageError> {
    let sql =
        format!("SELECT {COLUMNS} FROM ach_file WHERE tenant_id = ?1 ORDER BY id DESC LIMIT ?2");
    tx.query(&sql, params![tenant, limit], read)
}

/// What a file holds.
pub(crate) fn content(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: AchFileId,
) -> Result<Option<Vec<u8>>, AchError> {
    let sealed = tx.query_opt(
        "SELECT content FROM ach_file WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        |row| row.get::<Vec<u8>>("content"),
    )?;
    sealed.map(|it| Ok(keys.open(FILE_CONTEXT, id.uuid().as_bytes(), &it)?)).transpose()
}

/// Notes under which name an attempt to hand a file over begins; false when another one is further.
pub(crate) fn set_draft(
    tx: &mut Tx,
    tenant: TenantId,
    id: AchFileId,
    draft: &str,
) -> Result<bool, StorageError> {
    let touched = tx.execute(
        "UPDATE ach_file SET draft = ?3 WHERE tenant_id = ?1 AND id = ?2 AND state = 'built'",
        params![tenant, id, draft],
    )?;
    Ok(touched == 1)
}

/// Notes that a file is about to be handed over; false when another attempt has begun since this one.
pub(crate) fn set_handing(
    tx: &mut Tx,
    tenant: TenantId,
    id: AchFileId,
    draft: &str,
) -> Result<bool, StorageError> {
    let touched = tx.execute(
        "UPDATE ach_file SET state = 'handing' WHERE tenant_id = ?1 AND id = ?2 AND state = 'built' AND draft = ?3",
        params![tenant, id, draft],
    )?;
    Ok(touched == 1)
}

/// Notes which window a file has reached.
pub(crate) fn set_reached(
    tx: &mut Tx,
    tenant: TenantId,
    id: AchFileId,
    window: Window,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE ach_file SET reached = ?3 WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id, window.to_string()],
    )?;
    Ok(())
}

/// Notes that a file was found that cannot be read; answers how often it was seen: 1, 2, or 3 for more.
pub(crate) fn see_unreadable(
    tx: &mut Tx,
    tenant: TenantId,
    sha256: &[u8; 32],
    name: &str,
    at: Timestamp,
) -> Result<i64, StorageError> {
    let hash = sha256.to_vec();
    let seen: Option<i64> = tx.query_opt(
        "SELECT sightings FROM ach_unreadable WHERE tenant_id = ?1 AND sha256 = ?2",
        params![tenant, hash.clone()],
        |row| row.get("sightings"),
    )?;
    match seen {
        None => tx.execute(
            "INSERT INTO ach_unreadable (tenant_id, sha256, name, sightings, seen_at) VALUES (?1, ?2, ?3, 1, ?4)",
            params![tenant, hash, name, at],
        )?,
        Some(1) => tx.execute(
            "UPDATE ach_unreadable SET sightings = 2, seen_at = ?3 WHERE tenant_id = ?1 AND sha256 = ?2",
            params![tenant, hash, at],
        )?,
        // It is still there, and was told of.
        Some(_) => return Ok(3),
    };
    Ok(seen.unwrap_or(0) + 1)
}

/// Notes that a file was handed over; false when it was noted before.
pub(crate) fn set_sent(
    tx: &mut Tx,
    tenant: TenantId,
    id: AchFileId,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let touched = tx.execute(
        "UPDATE ach_file SET state = 'sent', sent_at = ?3 WHERE tenant_id = ?1 AND id = ?2 AND state <> 'sent'",
        params![tenant, id, at],
    )?;
    Ok(touched == 1)
}

/// Keeps what the simulated bank will answer.
pub(crate) fn insert_answer(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    origin: AchOriginId,
    due_on: Date,
    (name, content): (&str, &[u8]),
) -> Result<(), StorageError> {
    let id = AchFileId::new();
    tx.execute(
        "INSERT INTO ach_answer (tenant_id, due_on, id, origin_id, name, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            tenant,
            due_on,
            id,
            origin,
            name,
            keys.seal(ANSWER_CONTEXT, id.uuid().as_bytes(), content)
        ],
    )?;
    Ok(())
}

/// What the simulated bank answers.
pub(crate) struct Answer {
    pub origin: AchOriginId,
    pub name: String,
    pub content: Vec<u8>,
}

/// Takes the oldest answer that is due, if there is one.
pub(crate) fn take_answer(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    date: Date,
) -> Result<Option<Answer>, AchError> {
    let found = tx.query_opt(
        "SELECT due_on, id, origin_id, name, content FROM ach_answer WHERE tenant_id = ?1 AND due_on <= ?2 \
         ORDER BY due_on, id LIMIT 1",
        params![tenant, date],
        |row| {
            let (due_on, id): (Date, AchFileId) = (row.get("due_on")?, row.get("id")?);
            let answer = Answer {
                origin: row.get("origin_id")?,
                name: row.get("name")?,
                content: row.get("content")?,
            };
            Ok((due_on, id, answer))
        },
    )?;
    let Some((due_on, id, mut answer)) = found else { return Ok(None) };
    tx.execute(
        "DELETE FROM ach_answer WHERE tenant_id = ?1 AND due_on = ?2 AND id = ?3",
        params![tenant, due_on, id],
    )?;
    answer.content = keys.open(ANSWER_CONTEXT, id.uuid().as_bytes(), &answer.content)?;
    Ok(Some(answer))
}

fn read(row: &Row<'_>) -> Result<AchFile, StorageError> {
    const WORD: &str = "a word of its list";
    let sha256: Vec<u8> = row.get("sha256")?;
    let sha256 = <[u8; 32]>::try_from(sha256).map_err(|_| StorageError::Column {
        column: "sha256".to_owned(),
        expected: "32 bytes",
        found: "something else".to_owned(),
    })?;
    Ok(AchFile {
        id: row.get("id")?,
        origin: row.get("origin_id")?,
        direction: row.parse("direction", WORD, FileDirection::parse)?,
        day: row.get("day")?,
        slot: row.get("slot")?,
        made_on: row.get("made_on")?,
        name: row.get("name")?,
        modifier: row.get("modifier")?,
        sha256,
        entries: row.get("entries")?,
        debits_cents: row.get("debits")?,
        credits_cents: row.get("credits")?,
        unmatched: row.get("unmatched")?,
        state: row.parse("state", WORD, FileState::parse)?,
        draft: row.get("draft")?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
    })
}
