//! SQL of entries and of what they wait for.

use std::collections::BTreeSet;

use florin_ach::window::Window;
use florin_ach::{AccountType, RoutingNumber, Sec, Text, Trace};
use florin_crypto::{KeyRing, Secret};
use florin_ids::{AchEntryId, AchFileId, AchOriginId, TenantId};
use florin_payments::Direction;
use florin_storage::{Insert, Row, StorageError, Tx, Type, Update, Value, params};
use jiff::civil::Date;
use uuid::Uuid;

use super::entity::{Entry, EntryKind, EntryState};
use crate::origin::Bank;
use crate::{AchError, BankDetails};

const ACCOUNT_CONTEXT: &str = "ach_entry.account";
const NAME_CONTEXT: &str = "ach_entry.name";

/// What an entry waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The file that is to carry it.
    File,
    /// The day on which it settles.
    Settlement,
    /// The end of the time for ordinary returns.
    Final,
}

impl Wait {
    const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Settlement => "settlement",
            Self::Final => "final",
        }
    }
}

const COLUMNS: &str = "e.id, e.origin_id, e.payment_id, e.reverses, e.reference, e.kind, e.direction, e.amount, e.sec, e.description, \
     e.wanted_on, e.same_day, e.routing, e.account, e.account_type, e.name, e.state, e.file_id, e.trace, e.settles_on, \
     e.final_on, e.return_code, e.retry, e.can_retry, e.created_at";

const INSERT: Insert = Insert {
    table: "ach_entry",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("origin_id", Type::Uuid),
        ("payment_id", Type::Uuid),
        ("reverses", Type::Uuid),
        ("reference", Type::Text),
        ("kind", Type::Text),
        ("direction", Type::Text),
        ("amount", Type::Int),
        ("sec", Type::Text),
        ("description", Type::Text),
        ("wanted_on", Type::Text),
        ("same_day", Type::Int),
        ("routing", Type::Text),
        ("account", Type::Bytes),
        ("account_ending", Type::Text),
        ("account_type", Type::Text),
        ("name", Type::Bytes),
        ("state", Type::Text),
        ("return_code", Type::Text),
        ("retry", Type::Int),
        ("can_retry", Type::Int),
        ("created_at", Type::Int),
    ],
    on_conflict: "",
};

const UPDATE: Update = Update {
    table: "ach_entry",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[
        ("state", Type::Text),
        ("file_id", Type::Uuid),
        ("trace", Type::Text),
        ("settles_on", Type::Text),
        ("final_on", Type::Text),
        ("return_code", Type::Text),
    ],
    add: &[],
};

const CORRECT: Update = Update {
    table: "ach_entry",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[
        ("routing", Type::Text),
        ("account", Type::Bytes),
        ("account_ending", Type::Text),
        ("account_type", Type::Text),
        ("name", Type::Bytes),
    ],
    add: &[],
};

const INSERT_DUE: Insert = Insert {
    table: "ach_due",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("what", Type::Text),
        ("due_on", Type::Text),
        ("entry_id", Type::Uuid),
        ("origin_id", Type::Uuid),
    ],
    on_conflict: "ON CONFLICT (tenant_id, what, due_on, entry_id) DO NOTHING",
};

pub(crate) fn insert_many(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    entries: &[Entry],
) -> Result<(), StorageError> {
    let rows = entries.iter().map(|it| {
        let row = it.id.uuid();
        vec![
            Value::from(tenant),
            it.id.into(),
            it.origin.into(),
            it.payment.into(),
            it.reverses.into(),
            it.reference.as_str().into(),
            it.kind.as_str().into(),
            it.direction.as_str().into(),
            it.amount_cents.into(),
            it.sec.as_str().into(),
            it.description.as_str().into(),
            it.wanted_on.into(),
            it.same_day.into(),
            it.details.routing.to_string().into(),
            sealed(keys, ACCOUNT_CONTEXT, row, it.details.account.expose()),
            it.account_ending().into(),
            account_word(it.details.kind).into(),
            sealed(keys, NAME_CONTEXT, row, &it.details.name),
            it.state.as_str().into(),
            it.return_code.as_str().into(),
            i64::from(it.retry).into(),
            it.can_retry.into(),
            it.created_at.into(),
        ]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>())?;
    Ok(())
}

pub(crate) fn update_many(
    tx: &mut Tx,
    tenant: TenantId,
    entries: &[Entry],
) -> Result<(), StorageError> {
    let rows = entries.iter().map(|it| {
        vec![
            Value::from(tenant),
            it.id.into(),
            it.state.as_str().into(),
            it.file.into(),
            it.trace.map(trace_text).into(),
            it.settles_on.into(),
            it.final_on.into(),
            it.return_code.as_str().into(),
        ]
    });
    tx.update_many(&UPDATE, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// Writes corrected details of entries that wait for their file.
pub(crate) fn correct_many(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    entries: &[Entry],
) -> Result<(), StorageError> {
    let rows = entries.iter().map(|it| {
        let row = it.id.uuid();
        vec![
            Value::from(tenant),
            it.id.into(),
            it.details.routing.to_string().into(),
            sealed(keys, ACCOUNT_CONTEXT, row, it.details.account.expose()),
            it.account_ending().into(),
            account_word(it.details.kind).into(),
            sealed(keys, NAME_CONTEXT, row, &it.details.name),
        ]
    });
    tx.update_many(&CORRECT, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// Notes what entries wait for, each until a day.
pub(crate) fn wait_many<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    what: Wait,
    entries: impl IntoIterator<Item = (&'a Entry, Date)>,
) -> Result<(), StorageError> {
    let rows = entries.into_iter().map(|(entry, on)| {
        vec![
            Value::from(tenant),
            what.as_str().into(),
            on.into(),
            entry.id.into(),
            entry.origin.into(),
        ]
    });
    tx.insert_many(&INSERT_DUE, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// Forgets what entries wait for.
pub(crate) fn stop_waiting(
    tx: &mut Tx,
    tenant: TenantId,
    what: Wait,
    entries: Vec<Uuid>,
) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM ach_due WHERE tenant_id = ?1 AND what = ?2 AND entry_id = ANY(?3)",
        params![tenant, what.as_str(), Value::Uuids(entries)],
    )?;
    Ok(())
}

/// The entries of an origin whose file is made by `date`, the longest wait first; only those that are to settle on that
/// day, or all.
pub(crate) fn due_for_file(
    tx: &mut Tx,
    keys: &KeyRing,
    (tenant, origin): (TenantId, AchOriginId),
    (date, only_same_day): (Date, bool),
    limit: usize,
) -> Result<Vec<Entry>, AchError> {
    let wanted = if only_same_day { "AND e.same_day = 1" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_due d JOIN ach_entry e ON e.tenant_id = d.tenant_id AND e.id = d.entry_id \
         WHERE d.tenant_id = ?1 AND d.what = 'file' AND d.due_on <= ?2 AND d.origin_id = ?3 {wanted} \
         ORDER BY d.due_on, d.entry_id LIMIT ?4"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    select(tx, keys, &sql, params![tenant, date, origin, limit])
}

/// The entries whose wait is over by `date`, the longest first, held until the transaction ends. With `settled`, of that
/// day itself only those whose file has reached one of these windows.
pub(crate) fn due(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    (what, date): (Wait, Date),
    settled: Option<&[Window]>,
    limit: usize,
) -> Result<Vec<Entry>, AchError> {
    let passed = match settled {
        None => "",
        Some(_) => {
            "AND (d.due_on < ?3 OR EXISTS (SELECT 1 FROM ach_file f WHERE f.tenant_id = e.tenant_id \
             AND f.id = e.file_id AND f.reached = ANY(?5)))"
        }
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_due d JOIN ach_entry e ON e.tenant_id = d.tenant_id AND e.id = d.entry_id \
         WHERE d.tenant_id = ?1 AND d.what = ?2 AND d.due_on <= ?3 {passed} ORDER BY d.due_on, d.entry_id LIMIT ?4 FOR UPDATE"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut values = params![tenant, what.as_str(), date, limit].to_vec();
    let windows = settled.map(|it| it.iter().map(Window::to_string).collect());
    values.extend(windows.map(Value::Texts));
    select(tx, keys, &sql, &values)
}

/// The entries of a number in the network, the newest first, held until the transaction ends: numbers begin anew after
/// some millions.
pub(crate) fn by_trace(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    trace: Trace,
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_entry e WHERE e.tenant_id = ?1 AND e.trace = ?2 ORDER BY e.id DESC FOR UPDATE"
    );
    select(tx, keys, &sql, params![tenant, trace_text(trace)])
}

/// The entries of a number in the network that this kind of bank had, held until the transaction ends: its answers are
/// about no others.
pub(crate) fn answered(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    trace: Trace,
    bank: Bank,
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_entry e WHERE e.tenant_id = ?1 AND e.trace = ?2 AND e.origin_id IN \
         (SELECT o.id FROM ach_origin o WHERE o.tenant_id = ?1 AND o.bank = ?3) ORDER BY e.id DESC FOR UPDATE"
    );
    select(tx, keys, &sql, params![tenant, trace_text(trace), bank.as_str()])
}

/// The entries of these numbers that tenants at an originating bank had, with whose they are. Numbers are counted over
/// everybody there, so that a number finds its owner without asking each.
pub(crate) fn numbered_at(
    tx: &mut Tx,
    keys: &KeyRing,
    odfi: RoutingNumber,
    traces: impl IntoIterator<Item = Trace>,
) -> Result<Vec<(TenantId, Entry)>, AchError> {
    let sql = format!(
        "SELECT e.tenant_id, {COLUMNS} FROM ach_entry e JOIN ach_origin o ON o.tenant_id = e.tenant_id AND o.id = e.origin_id \
         WHERE e.trace = ANY(?1) AND o.odfi = ?2 AND o.bank = 'real' ORDER BY e.tenant_id, e.id"
    );
    let traces = traces.into_iter().map(trace_text).collect();
    let values = params![Value::Texts(traces), odfi.to_string()];
    let found = tx.query(&sql, values, |row| Ok((row.get("tenant_id")?, read(row)?)))?;
    found.into_iter().map(|(tenant, stored)| Ok((tenant, opened(keys, stored)?))).collect()
}

/// The entries of payments that wait for their file, held until the transaction ends.
pub(crate) fn waiting_of_payments(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    payments: Vec<Uuid>,
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_entry e WHERE e.tenant_id = ?1 AND e.payment_id = ANY(?2) AND e.state = 'waiting' \
         AND e.kind = 'live' ORDER BY e.id FOR UPDATE"
    );
    select(tx, keys, &sql, params![tenant, Value::Uuids(payments)])
}

/// The entries that a file carries, in the order in which they were asked for, held until the transaction ends.
pub(crate) fn of_file(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    file: AchFileId,
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_entry e WHERE e.tenant_id = ?1 AND e.file_id = ?2 ORDER BY e.id FOR UPDATE"
    );
    select(tx, keys, &sql, params![tenant, file])
}

/// The entries of these ids.
pub(crate) fn get_many(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_entry e WHERE e.tenant_id = ?1 AND e.id = ANY(?2) ORDER BY e.id"
    );
    select(tx, keys, &sql, params![tenant, Value::Uuids(ids)])
}

/// Which of these entries have a reversal that stands.
pub(crate) fn reversed(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<BTreeSet<AchEntryId>, StorageError> {
    let found = tx.query(
        "SELECT reverses FROM ach_entry WHERE tenant_id = ?1 AND reverses = ANY(?2) \
         AND state NOT IN ('cancelled', 'returned')",
        params![tenant, Value::Uuids(ids)],
        |row| row.get("reverses"),
    )?;
    Ok(found.into_iter().collect())
}

/// The reversals of an entry that stand, held until the transaction ends.
pub(crate) fn reversals_of(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    entry: AchEntryId,
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_entry e WHERE e.tenant_id = ?1 AND e.reverses = ?2 \
         AND e.state NOT IN ('cancelled', 'returned') ORDER BY e.id FOR UPDATE"
    );
    select(tx, keys, &sql, params![tenant, entry])
}

/// The prenotes for these accounts that are not answered yet.
pub(crate) fn prenotes_under_way(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    references: &[String],
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_entry e WHERE e.tenant_id = ?1 AND e.kind = 'prenote' AND e.reference = ANY(?2) \
         AND e.state IN ('waiting', 'in_file', 'settled') ORDER BY e.id"
    );
    select(tx, keys, &sql, params![tenant, Value::Texts(references.to_vec())])
}

/// The entries for an account that wait for their file.
pub(crate) fn waiting_for(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    reference: &str,
) -> Result<Vec<Entry>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_due d JOIN ach_entry e ON e.tenant_id = d.tenant_id AND e.id = d.entry_id \
         WHERE d.tenant_id = ?1 AND d.what = 'file' AND e.reference = ?2 ORDER BY e.id"
    );
    select(tx, keys, &sql, params![tenant, reference])
}

fn select(
    tx: &mut Tx,
    keys: &KeyRing,
    sql: &str,
    values: &[Value],
) -> Result<Vec<Entry>, AchError> {
    let found = tx.query(sql, values, read)?;
    found.into_iter().map(|stored| opened(keys, stored)).collect()
}

fn sealed(keys: &KeyRing, context: &str, row: Uuid, text: &str) -> Value {
    Value::from(keys.seal(context, row.as_bytes(), text.as_bytes()))
}

fn trace_text(trace: Trace) -> String {
    format!("{:015}", trace.number())
}

const fn account_word(kind: AccountType) -> &'static str {
    match kind {
        AccountType::Checking => "checking",
        AccountType::Savings => "savings",
        AccountType::GeneralLedger => "general_ledger",
        AccountType::Loan => "loan",
    }
}

/// An entry whose account and name are still sealed.
struct Stored {
    entry: Entry,
    account: Vec<u8>,
    name: Vec<u8>,
}

fn opened(keys: &KeyRing, stored: Stored) -> Result<Entry, AchError> {
    let Stored { mut entry, account, name } = stored;
    let open = |context, sealed: &[u8]| -> Result<String, AchError> {
        let text = keys.open(context, entry.id.uuid().as_bytes(), sealed)?;
        String::from_utf8(text).map_err(|_| AchError::Stored)
    };
    let (account, name) = (open(ACCOUNT_CONTEXT, &account)?, open(NAME_CONTEXT, &name)?);
    entry.details.account = Secret::from_text(account);
    entry.details.name = name;
    Ok(entry)
}

fn read(row: &Row<'_>) -> Result<Stored, StorageError> {
    const WORD: &str = "a word of its list";
    let small = |column: &str| -> Result<i64, StorageError> { row.get(column) };
    let trace: Option<String> = row.get("trace")?;
    let details = BankDetails {
        routing: row.parse("routing", "a routing number", |it| RoutingNumber::parse(it).ok())?,
        account: Secret::from_text(""),
        kind: row.parse("account_type", WORD, |word| {
            AccountType::ALL.into_iter().find(|kind| account_word(*kind) == word)
        })?,
        name: String::new(),
        is_company: false,
    };
    let sec = row.parse("sec", WORD, Sec::parse)?;
    let entry = Entry {
        id: AchEntryId::from_uuid(row.get("id")?),
        origin: row.get("origin_id")?,
        payment: row.get("payment_id")?,
        reverses: row.get("reverses")?,
        reference: row.get("reference")?,
        kind: row.parse("kind", WORD, EntryKind::parse)?,
        direction: row.parse("direction", WORD, Direction::parse)?,
        amount_cents: row.get("amount")?,
        sec,
        description: row.parse("description", "a text of the network", |it| Text::new(it).ok())?,
        wanted_on: row.get("wanted_on")?,
        same_day: row.get("same_day")?,
        details: BankDetails { is_company: sec == Sec::Ccd, ..details },
        state: row.parse("state", WORD, EntryState::parse)?,
        file: row.get("file_id")?,
        trace: trace.and_then(|text| text.parse().ok()).and_then(Trace::from_number),
        settles_on: row.get("settles_on")?,
        final_on: row.get("final_on")?,
        return_code: row.get("return_code")?,
        retry: u8::try_from(small("retry")?).unwrap_or(u8::MAX),
        can_retry: row.get("can_retry")?,
        created_at: row.get("created_at")?,
    };
    Ok(Stored { entry, account: row.get("account")?, name: row.get("name")? })
}
