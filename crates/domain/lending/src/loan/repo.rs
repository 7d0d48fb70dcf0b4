//! SQL of loans, their instalments and their spells without interest.

use std::collections::HashMap;

use jiff::civil::Date;
use uuid::Uuid;

use florin_calendar::Calendar;
use florin_ids::{EntryId, LoanId, TenantId};
use florin_ledger::{Balance, balances_between_in, balances_in};
use florin_money::{DayCount, Money};
use florin_payments::{Instrument, RailKind};
use florin_storage::{
    Field, Insert, Kind, ListQuery, ListSource, Page, Row, StorageError, Tx, Type, Update, Value,
    params,
};

use super::Instalment;
use super::accrual::{AccrualTerms, Accrued};
use super::entity::{Balances, CloseSubstatus, Loan, LoanStatus};
use crate::LendingError;
use crate::column;

/// What a list of loans can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "application", column: "application_id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "product", column: "product_id", kind: Kind::Uuid },
    Field { name: "currency", column: "currency", kind: Kind::Text },
    Field { name: "amount", column: "amount", kind: Kind::Money },
    Field { name: "rate", column: "rate", kind: Kind::Rate },
    Field { name: "installments", column: "installments", kind: Kind::Int },
    Field { name: "grace_instalments", column: "grace_instalments", kind: Kind::Int },
    Field {
        name: "principal_repayment_grace",
        column: "principal_repayment_grace",
        kind: Kind::Int,
    },
    Field { name: "arrears_tolerance", column: "arrears_tolerance", kind: Kind::Int },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "principal", column: "principal", kind: Kind::Money },
    Field { name: "interest", column: "interest", kind: Kind::Money },
    Field { name: "fee", column: "fee", kind: Kind::Money },
    Field { name: "is_interest_calculation_enabled", column: "interest_enabled", kind: Kind::Bool },
    Field { name: "close_reason", column: "close_reason", kind: Kind::Text },
    Field { name: "close_substatus", column: "close_substatus", kind: Kind::Text },
    Field { name: "past_due_since", column: "unpaid_since", kind: Kind::Date },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
];

/// A loan with its three accounts beside it. The numbers are those of the chart (see `postings.rs`). The columns stand
/// in the order in which [`read_with`] takes them, so that none is looked for.
macro_rules! select_loans {
    ($tail:literal) => {
        concat!(
            "SELECT l.currency, l.rate, l.accrual_from, l.status, l.unpaid_since, l.accrual_base, l.id, l.application_id, l.end_user_id, \
             l.product_id, l.amount, l.installments, l.grace_instalments, l.principal_repayment_grace, l.arrears_tolerance, l.day_count, \
             l.calendar, l.interest_on_holidays, l.interest_enabled, l.disbursed, l.next_due_on, l.planned, l.early, l.keeps_totals, \
             l.statements, l.statement_closing, l.statement_on, l.next_statement_on, l.instrument, l.collected_for, l.close_reason, \
             l.close_substatus, l.created_at, l.tenant_id, \
             COALESCE(p.posted, 0) AS principal, COALESCE(p.pending_debit, 0) AS principal_debit, COALESCE(p.pending_credit, 0) AS principal_credit, \
             COALESCE(i.posted, 0) AS interest, COALESCE(i.pending_debit, 0) AS interest_debit, COALESCE(i.pending_credit, 0) AS interest_credit, \
             COALESCE(f.posted, 0) AS fee, COALESCE(f.pending_debit, 0) AS fee_debit, COALESCE(f.pending_credit, 0) AS fee_credit \
             FROM loan l \
             LEFT JOIN ledger_balance p ON p.tenant_id = l.tenant_id AND p.owner_id = l.id AND p.account_no = 1100 AND p.currency = l.currency \
             LEFT JOIN ledger_balance i ON i.tenant_id = l.tenant_id AND i.owner_id = l.id AND i.account_no = 1110 AND i.currency = l.currency \
             LEFT JOIN ledger_balance f ON f.tenant_id = l.tenant_id AND f.owner_id = l.id AND f.account_no = 1120 AND f.currency = l.currency ",
            $tail
        )
    };
}

/// A loan's own row.
macro_rules! select_rows {
    ($tail:literal) => {
        concat!(
            "SELECT currency, rate, accrual_from, status, unpaid_since, accrual_base, id, application_id, end_user_id, product_id, amount, \
             installments, grace_instalments, principal_repayment_grace, arrears_tolerance, day_count, calendar, interest_on_holidays, \
             interest_enabled, disbursed, next_due_on, planned, early, keeps_totals, statements, statement_closing, statement_on, \
             next_statement_on, instrument, collected_for, close_reason, close_substatus, created_at \
             FROM loan ",
            $tail
        )
    };
}

const INSERT_LOAN: Insert = Insert {
    table: "loan",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("application_id", Type::Uuid),
        ("end_user_id", Type::Uuid),
        ("product_id", Type::Uuid),
        ("currency", Type::Text),
        ("amount", Type::Int),
        ("rate", Type::Int),
        ("installments", Type::Int),
        ("grace_instalments", Type::Int),
        ("principal_repayment_grace", Type::Int),
        ("arrears_tolerance", Type::Int),
        ("status", Type::Text),
        ("day_count", Type::Text),
        ("calendar", Type::Text),
        ("interest_on_holidays", Type::Int),
        ("interest_enabled", Type::Int),
        ("accrual_from", Type::Text),
        ("accrual_base", Type::Text),
        ("disbursed", Type::Int),
        ("next_due_on", Type::Text),
        ("close_reason", Type::Text),
        ("close_substatus", Type::Text),
        ("created_at", Type::Int),
        ("planned", Type::Int),
        ("early", Type::Int),
        ("keeps_totals", Type::Int),
        ("unpaid_since", Type::Text),
        ("statements", Type::Int),
        ("statement_closing", Type::Int),
        ("statement_on", Type::Text),
        ("next_statement_on", Type::Text),
        ("instrument", Type::Text),
        ("collected_for", Type::Text),
    ],
    on_conflict: "",
};

/// What a posting changes on a loan's row.
const UPDATE_POSITIONS: Update = Update {
    table: "loan",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[
        ("accrual_from", Type::Text),
        ("accrual_base", Type::Text),
        ("disbursed", Type::Int),
        ("next_due_on", Type::Text),
        ("planned", Type::Int),
        ("early", Type::Int),
        ("keeps_totals", Type::Int),
        ("statements", Type::Int),
        ("statement_closing", Type::Int),
        ("statement_on", Type::Text),
        ("next_statement_on", Type::Text),
        ("interest_enabled", Type::Int),
        ("collected_for", Type::Text),
    ],
    add: &[],
};

/// What loans are listed by. SQLite writes an index anew whose column is set, even to what it was.
const UPDATE_LISTED: Update = Update {
    table: "loan",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[
        ("status", Type::Text),
        ("unpaid_since", Type::Text),
        ("close_reason", Type::Text),
        ("close_substatus", Type::Text),
    ],
    add: &[],
};

const INSERT_INSTALMENT: Insert = Insert {
    table: "loan_instalment",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("loan_id", Type::Uuid),
        ("number", Type::Int),
        ("due_on", Type::Text),
        ("principal", Type::Int),
        ("interest", Type::Int),
        ("fee", Type::Int),
        ("principal_after", Type::Int),
        ("following_due_on", Type::Text),
    ],
    on_conflict: "",
};

pub(crate) fn insert_many<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    loans: impl IntoIterator<Item = &'a Loan>,
) -> Result<(), StorageError> {
    let rows = loans.into_iter().map(|loan| {
        [
            Value::from(tenant),
            loan.id.into(),
            loan.application.into(),
            loan.end_user.into(),
            loan.product.into(),
            Value::fixed(loan.currency.code()),
            loan.amount.minor().into(),
            loan.rate.micro_percent().into(),
            loan.installments.into(),
            loan.grace_instalments.into(),
            loan.principal_repayment_grace.into(),
            loan.arrears_tolerance.into(),
            Value::fixed(loan.status.as_str()),
            Value::fixed(loan.terms.day_count.as_str()),
            Value::fixed(loan.terms.calendar.as_str()),
            loan.terms.interest_on_holidays.into(),
            loan.is_interest_calculation_enabled.into(),
            loan.accrued.map(|accrued| accrued.from).into(),
            loan.accrued.map_or(0, |accrued| accrued.base).to_string().into(),
            loan.disbursed_minor.into(),
            loan.next_due_on.into(),
            loan.close_reason.as_str().into(),
            Value::fixed(loan.close_substatus.map_or("", CloseSubstatus::as_str)),
            loan.created_at.into(),
            loan.planned_minor.into(),
            loan.early_minor.into(),
            loan.keeps_totals.into(),
            loan.unpaid_since.into(),
            loan.statements.into(),
            loan.statement_closing_minor.into(),
            loan.statement_on.into(),
            loan.next_statement_on.into(),
            instrument_text(loan.instrument.as_ref()).into(),
            loan.collected_for.into(),
        ]
    });
    tx.insert_many(&INSERT_LOAN, rows)?;
    Ok(())
}

/// Writes what can change on the loans' own rows; what they owe is the ledger's.
pub(crate) fn update_many<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    loans: impl IntoIterator<Item = &'a Loan>,
) -> Result<(), StorageError> {
    let mut moved = Vec::new();
    let rows = loans.into_iter().inspect(|loan| {
        if loan.moves_in_lists() {
            moved.push(*loan);
        }
    });
    let rows = rows.map(|loan| {
        [
            Value::from(tenant),
            loan.id.into(),
            loan.accrued.map(|accrued| accrued.from).into(),
            loan.accrued.map_or(0, |accrued| accrued.base).to_string().into(),
            loan.disbursed_minor.into(),
            loan.next_due_on.into(),
            loan.planned_minor.into(),
            loan.early_minor.into(),
            loan.keeps_totals.into(),
            loan.statements.into(),
            loan.statement_closing_minor.into(),
            loan.statement_on.into(),
            loan.next_statement_on.into(),
            loan.is_interest_calculation_enabled.into(),
            loan.collected_for.into(),
        ]
    });
    tx.update_many(&UPDATE_POSITIONS, rows)?;
    let rows = moved.into_iter().map(|loan| {
        [
            Value::from(tenant),
            loan.id.into(),
            Value::fixed(loan.status.as_str()),
            loan.unpaid_since.into(),
            loan.close_reason.clone().into(),
            Value::fixed(loan.close_substatus.map_or("", CloseSubstatus::as_str)),
        ]
    });
    tx.update_many(&UPDATE_LISTED, rows)?;
    Ok(())
}

pub(crate) fn get(tx: &mut Tx, tenant: TenantId, id: LoanId) -> Result<Option<Loan>, StorageError> {
    tx.query_opt(select_loans!("WHERE l.tenant_id = ?1 AND l.id = ?2"), params![tenant, id], read)
}

/// The loans, held until the transaction ends, in the order of their ids.
///
/// The rows are taken first and the balances read after, so that they are those of the last holder; in the
/// order of the ids, so that two transactions take what they share in the same order.
pub(crate) fn lock_many(
    tx: &mut Tx,
    tenant: TenantId,
    mut ids: Vec<Uuid>,
) -> Result<Vec<Loan>, LendingError> {
    ids.sort_unstable();
    ids.dedup();
    let mut loans = tx.query_keys(
        select_rows!("WHERE tenant_id = ?1 AND id = ANY(?2) FOR UPDATE"),
        params![tenant, ids],
        |row| read_with(row, Balances::default()),
    )?;
    loans.sort_unstable_by_key(|loan| loan.id);
    let balances = balances_in(tx, tenant, loans.iter().map(|loan| loan.id.uuid()).collect())?;
    for loan in &mut loans {
        loan.balances = Balances::of(loan.id, &balances);
    }
    Ok(loans)
}

/// The next open loans after `after` in id order, at most `limit`. Not locked: whoever runs the tenant's day
/// keeps everybody else off its loans.
///
/// Loans and balances are two sweeps over neighbouring rows, which is faster than looking up each loan's balances.
/// The status is compared as an expression: the index on it would be read to its end for every chunk.
pub(crate) fn open_after(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<Loan>, LendingError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut loans = tx.query(
        select_rows!(
            "WHERE tenant_id = ?1 AND id > ?2 AND status || '' IN ('active', 'late', 'arrears', 'default') ORDER BY id LIMIT ?3"
        ),
        params![tenant, after.unwrap_or(Uuid::nil()), limit],
        |row| read_with(row, Balances::default()),
    )?;
    let (Some(first), Some(last)) = (loans.first(), loans.last()) else { return Ok(loans) };
    let balances = balances_between_in(tx, tenant, first.id.uuid(), last.id.uuid())?;
    for loan in &mut loans {
        loan.balances = Balances::of(loan.id, &balances);
    }
    Ok(loans)
}

/// Pages are found among the loans alone; balances are looked up for the loans of the page.
const LIST: ListSource =
    ListSource::joined("loan", "tenant_id = ?1", select_loans!("WHERE l.tenant_id = ?1"));

pub(crate) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Loan>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

pub(crate) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(Loan) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<Loan, StorageError> {
    let balance = |posted: &str, debit: &str, credit: &str| -> Result<Balance, StorageError> {
        Ok(Balance {
            posted: row.get(posted)?,
            pending_debit: row.get(debit)?,
            pending_credit: row.get(credit)?,
        })
    };
    let loan = read_with(row, Balances::default())?;
    let balances = Balances {
        principal: balance("principal", "principal_debit", "principal_credit")?,
        interest: balance("interest", "interest_debit", "interest_credit")?,
        fee: balance("fee", "fee_debit", "fee_credit")?,
    };
    Ok(Loan { balances, ..loan })
}

fn read_with(row: &Row<'_>, balances: Balances) -> Result<Loan, StorageError> {
    let currency = column::currency(row)?;
    let rate = column::rate(row, "rate")?;
    let accrual_from: Option<Date> = row.get("accrual_from")?;
    let status = column::word(row, "status", LoanStatus::parse)?;
    let unpaid_since = row.get("unpaid_since")?;
    let accrual_base: i128 = row.parse("accrual_base", "an integer", |text| text.parse().ok())?;
    Ok(Loan {
        id: row.get("id")?,
        application: row.get("application_id")?,
        end_user: row.get("end_user_id")?,
        product: row.get("product_id")?,
        currency,
        amount: Money::from_minor(row.get("amount")?, currency),
        rate,
        installments: row.get("installments")?,
        grace_instalments: row.get("grace_instalments")?,
        principal_repayment_grace: row.get("principal_repayment_grace")?,
        arrears_tolerance: row.get("arrears_tolerance")?,
        status,
        terms: AccrualTerms {
            rate,
            day_count: column::word(row, "day_count", |word| DayCount::parse(word).ok())?,
            calendar: column::word(row, "calendar", |word| Calendar::parse(word).ok())?,
            interest_on_holidays: row.get("interest_on_holidays")?,
        },
        is_interest_calculation_enabled: row.get("interest_enabled")?,
        accrued: accrual_from.map(|from| Accrued { from, base: accrual_base }),
        disbursed_minor: row.get("disbursed")?,
        next_due_on: row.get("next_due_on")?,
        planned_minor: row.get("planned")?,
        early_minor: row.get("early")?,
        keeps_totals: row.get("keeps_totals")?,
        unpaid_since,
        statements: row.get("statements")?,
        statement_closing_minor: row.get("statement_closing")?,
        statement_on: row.get("statement_on")?,
        next_statement_on: row.get("next_statement_on")?,
        instrument: read_instrument(row)?,
        collected_for: row.get("collected_for")?,
        close_reason: row.get("close_reason")?,
        close_substatus: row.parse("close_substatus", "a close substatus", |word| {
            if word.is_empty() { Some(None) } else { CloseSubstatus::parse(word).map(Some) }
        })?,
        created_at: row.get("created_at")?,
        balances,
        stored: (status, unpaid_since),
    })
}

/// An instrument as one word: rail and reference.
fn instrument_text(instrument: Option<&Instrument>) -> Option<String> {
    instrument.map(|it| format!("{}:{}", it.rail, it.reference))
}

fn read_instrument(row: &Row<'_>) -> Result<Option<Instrument>, StorageError> {
    column::optional_word(row, "instrument", |text| {
        let (rail, reference) = text.split_once(':')?;
        Some(Instrument { rail: RailKind::parse(rail)?, reference: reference.to_owned() })
    })
}

/// Sets what a loan is collected with; nothing was asked for over it yet.
pub(crate) fn set_instrument(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    instrument: Option<&Instrument>,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE loan SET instrument = ?3, collected_for = NULL WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, loan, instrument_text(instrument)],
    )?;
    Ok(())
}

/// The loans that may still owe something and are collected with the instrument, in the order of their ids.
pub(crate) fn collected_with(
    tx: &mut Tx,
    tenant: TenantId,
    instrument: &Instrument,
) -> Result<Vec<LoanId>, StorageError> {
    tx.query(
        "SELECT id FROM loan WHERE tenant_id = ?1 AND instrument = ?2 AND status || '' NOT IN ('closed', 'cancelled') ORDER BY id",
        params![tenant, instrument_text(Some(instrument))],
        |row| row.get("id"),
    )
}

/// The date of one of the loan's ledger entries; `None` when there is no such entry.
pub(crate) fn entry_date(
    tx: &mut Tx,
    tenant: TenantId,
    entry: EntryId,
) -> Result<Option<Date>, StorageError> {
    tx.query_opt(
        "SELECT effective_on FROM ledger_entry WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, entry],
        |row| row.get("effective_on"),
    )
}

pub(crate) fn insert_instalments<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    schedules: impl IntoIterator<Item = (LoanId, &'a [Instalment])>,
) -> Result<(), StorageError> {
    let rows = schedules.into_iter().flat_map(|(loan, instalments)| {
        let following =
            instalments.iter().skip(1).map(|next| Some(next.due_on)).chain(std::iter::once(None));
        instalments.iter().zip(following).map(move |(instalment, following)| {
            [
                Value::from(tenant),
                loan.into(),
                instalment.number.into(),
                instalment.due_on.into(),
                instalment.principal_minor.into(),
                instalment.interest_minor.into(),
                instalment.fee_minor.into(),
                instalment.principal_after_minor.into(),
                following.into(),
            ]
        })
    });
    tx.insert_many(&INSERT_INSTALMENT, rows)?;
    Ok(())
}

/// Puts `instalments` in the place of the loan's schedule.
pub(crate) fn replace_instalments(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    instalments: &[Instalment],
) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM loan_instalment WHERE tenant_id = ?1 AND loan_id = ?2",
        params![tenant, loan],
    )?;
    insert_instalments(tx, tenant, [(loan, instalments)])
}

pub(crate) fn instalments(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
) -> Result<Vec<Instalment>, StorageError> {
    tx.query(
        "SELECT number, due_on, principal, interest, fee, principal_after FROM loan_instalment \
         WHERE tenant_id = ?1 AND loan_id = ?2 ORDER BY number",
        params![tenant, loan],
        read_instalment,
    )
}

/// The whole schedules of `loans`, each in the order of the due dates.
pub(crate) fn schedules(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<HashMap<LoanId, Vec<Instalment>>, StorageError> {
    let rows = tx.query_keys(
        "SELECT loan_id, number, due_on, principal, interest, fee, principal_after FROM loan_instalment \
         WHERE tenant_id = ?1 AND loan_id = ANY(?2)",
        params![tenant, loans],
        |row| Ok((row.get("loan_id")?, read_instalment(row)?)),
    )?;
    let mut schedules: HashMap<LoanId, Vec<Instalment>> = HashMap::new();
    for (loan, instalment) in rows {
        schedules.entry(loan).or_default().push(instalment);
    }
    for schedule in schedules.values_mut() {
        schedule.sort_unstable_by_key(|instalment| instalment.number);
    }
    Ok(schedules)
}

/// The instalments of `loans` that fall due on `date`, each with the due date after it.
pub(crate) fn due_on(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
    date: Date,
) -> Result<Vec<(LoanId, Instalment, Option<Date>)>, StorageError> {
    tx.query_keys(
        "SELECT loan_id, number, due_on, principal, interest, fee, principal_after, following_due_on FROM loan_instalment \
         WHERE tenant_id = ?1 AND loan_id = ANY(?2) AND due_on = ?3",
        params![tenant, loans, date],
        |row| Ok((row.get("loan_id")?, read_instalment(row)?, row.get("following_due_on")?)),
    )
}

fn read_instalment(row: &Row<'_>) -> Result<Instalment, StorageError> {
    let (principal_minor, interest_minor, fee_minor): (i64, i64, i64) =
        (row.get("principal")?, row.get("interest")?, row.get("fee")?);
    Ok(Instalment {
        number: row.get("number")?,
        due_on: row.get("due_on")?,
        principal_minor,
        interest_minor,
        fee_minor,
        total_minor: principal_minor.saturating_add(interest_minor).saturating_add(fee_minor),
        principal_after_minor: row.get("principal_after")?,
    })
}

pub(crate) fn open_pause(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    from: Date,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO loan_interest_pause (tenant_id, loan_id, number, from_on, until_on) \
         SELECT ?1, ?2, COUNT(*), ?3, NULL FROM loan_interest_pause WHERE tenant_id = ?1 AND loan_id = ?2",
        params![tenant, loan, from],
    )?;
    Ok(())
}

pub(crate) fn close_pause(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    until: Date,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE loan_interest_pause SET until_on = ?3 WHERE tenant_id = ?1 AND loan_id = ?2 AND until_on IS NULL",
        params![tenant, loan, until],
    )?;
    Ok(())
}

pub(crate) fn pauses(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
) -> Result<Vec<(Date, Option<Date>)>, StorageError> {
    tx.query(
        "SELECT from_on, until_on FROM loan_interest_pause WHERE tenant_id = ?1 AND loan_id = ?2 ORDER BY number",
        params![tenant, loan],
        |row| Ok((row.get("from_on")?, row.get("until_on")?)),
    )
}

/// Notes a spell without interest that is over: nights that a revert took back.
pub(crate) fn insert_pause(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    (from, until): (Date, Date),
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO loan_interest_pause (tenant_id, loan_id, number, from_on, until_on) \
         SELECT ?1, ?2, COUNT(*), ?3, ?4 FROM loan_interest_pause WHERE tenant_id = ?1 AND loan_id = ?2",
        params![tenant, loan, from, until],
    )?;
    Ok(())
}
