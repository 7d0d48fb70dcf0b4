//! SQL of products.

use florin_calendar::Calendar;
use florin_ids::{ProductId, TenantId};
use florin_money::{Currency, DayCount, Money, Rate};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::entity::Product;
use super::fees::{DefaultFee, DefaultFees, FeeCharge};
use super::words::{
    EarlyRepaymentRecalculation, FeeEvent, FeeType, InstalmentMethod, InterestCalculation,
    ProductType, RepaymentDateType, RepaymentHolidayScheduling,
};
use crate::column;

/// The fields that products can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "type", column: "kind", kind: Kind::Text },
    Field { name: "is_draft", column: "is_draft", kind: Kind::Bool },
    Field { name: "name", column: "name", kind: Kind::Text },
    Field { name: "currency", column: "currency", kind: Kind::Text },
    Field { name: "max_loan_amount", column: "max_loan_amount", kind: Kind::Money },
    Field { name: "default_loan_amount", column: "default_loan_amount", kind: Kind::Money },
    Field { name: "max_interest_rate", column: "max_interest_rate", kind: Kind::Rate },
    Field { name: "default_interest_rate", column: "default_interest_rate", kind: Kind::Rate },
    Field { name: "installments", column: "installments", kind: Kind::Int },
    Field {
        name: "default_grace_instalments",
        column: "default_grace_instalments",
        kind: Kind::Int,
    },
    Field {
        name: "principal_repayment_grace",
        column: "principal_repayment_grace",
        kind: Kind::Int,
    },
    Field { name: "arrears_tolerance", column: "arrears_tolerance", kind: Kind::Int },
    Field { name: "interest_calculation", column: "interest_calculation", kind: Kind::Text },
    Field { name: "instalment_method", column: "instalment_method", kind: Kind::Text },
    Field {
        name: "early_repayment_recalculation",
        column: "early_repayment_recalculation",
        kind: Kind::Text,
    },
    Field {
        name: "repayment_holiday_scheduling",
        column: "repayment_holiday_scheduling",
        kind: Kind::Text,
    },
    Field {
        name: "calculate_interest_on_holidays",
        column: "calculate_interest_on_holidays",
        kind: Kind::Bool,
    },
    Field { name: "repayment_date_type", column: "repayment_date_type", kind: Kind::Text },
    Field { name: "repayment_date_period", column: "repayment_date_period", kind: Kind::Int },
    Field {
        name: "minimum_repayment_percent",
        column: "minimum_repayment_percent",
        kind: Kind::Rate,
    },
    Field {
        name: "minimum_repayment_amount",
        column: "minimum_repayment_amount",
        kind: Kind::Money,
    },
    Field { name: "statement_day", column: "statement_day", kind: Kind::Int },
    Field { name: "repayment_due_day", column: "repayment_due_day", kind: Kind::Int },
    Field { name: "day_count", column: "day_count", kind: Kind::Text },
    Field { name: "calendar", column: "calendar", kind: Kind::Text },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM product WHERE tenant_id = ?1";

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, product: &Product) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO product (tenant_id, id, kind, is_draft, name, currency, is_currency_given, max_loan_amount, \
         default_loan_amount, max_interest_rate, default_interest_rate, installments, default_grace_instalments, \
         principal_repayment_grace, default_fees, arrears_tolerance, interest_calculation, \
         early_repayment_recalculation, repayment_holiday_scheduling, calculate_interest_on_holidays, \
         repayment_date_type, repayment_date_period, minimum_repayment_percent, minimum_repayment_amount, \
         statement_day, repayment_due_day, day_count, calendar, created_at, updated_at, instalment_method) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
         ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)",
        &values(tenant, product)?,
    )?;
    Ok(())
}

/// Writes every column of a product that is there.
pub(super) fn update(tx: &mut Tx, tenant: TenantId, product: &Product) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE product SET kind = ?3, is_draft = ?4, name = ?5, currency = ?6, is_currency_given = ?7, \
         max_loan_amount = ?8, default_loan_amount = ?9, max_interest_rate = ?10, default_interest_rate = ?11, \
         installments = ?12, default_grace_instalments = ?13, principal_repayment_grace = ?14, default_fees = ?15, \
         arrears_tolerance = ?16, interest_calculation = ?17, early_repayment_recalculation = ?18, \
         repayment_holiday_scheduling = ?19, calculate_interest_on_holidays = ?20, repayment_date_type = ?21, \
         repayment_date_period = ?22, minimum_repayment_percent = ?23, minimum_repayment_amount = ?24, \
         statement_day = ?25, repayment_due_day = ?26, day_count = ?27, calendar = ?28, created_at = ?29, \
         updated_at = ?30, instalment_method = ?31 WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, product)?,
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(tenant: TenantId, product: &Product) -> Result<Vec<Value>, StorageError> {
    Ok(vec![
        tenant.into(),
        product.id.into(),
        product.kind.as_str().into(),
        product.is_draft.into(),
        product.name.as_str().into(),
        product.currency.code().into(),
        product.is_currency_given.into(),
        product.max_loan_amount.minor().into(),
        product.default_loan_amount.minor().into(),
        product.max_interest_rate.micro_percent().into(),
        product.default_interest_rate.micro_percent().into(),
        product.installments.into(),
        product.default_grace_instalments.into(),
        product.principal_repayment_grace.into(),
        fees_to_json(&product.default_fees)?.into(),
        product.arrears_tolerance.into(),
        product.interest_calculation.as_str().into(),
        product.early_repayment_recalculation.as_str().into(),
        product.repayment_holiday_scheduling.as_str().into(),
        product.calculate_interest_on_holidays.into(),
        product.repayment_date_type.as_str().into(),
        product.repayment_date_period.into(),
        product.minimum_repayment_percent.map(Rate::micro_percent).into(),
        product.minimum_repayment_amount.map(Money::minor).into(),
        product.statement_day.into(),
        product.repayment_due_day.into(),
        product.chosen_day_count.map(DayCount::as_str).into(),
        product.chosen_calendar.map(Calendar::as_str).into(),
        product.created_at.into(),
        product.updated_at.into(),
        product.chosen_instalment_method.map(InstalmentMethod::as_str).into(),
    ])
}

pub(super) fn delete(tx: &mut Tx, tenant: TenantId, id: ProductId) -> Result<(), StorageError> {
    tx.execute("DELETE FROM product WHERE tenant_id = ?1 AND id = ?2", params![tenant, id])?;
    Ok(())
}

/// The product, without a lock.
pub fn get(tx: &mut Tx, tenant: TenantId, id: ProductId) -> Result<Option<Product>, StorageError> {
    tx.query_opt(
        "SELECT * FROM product WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        read,
    )
}

/// The product, which nobody else can change or delete until the transaction ends.
pub fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProductId,
) -> Result<Option<Product>, StorageError> {
    tx.query_opt(
        "SELECT * FROM product WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE",
        params![tenant, id],
        read,
    )
}

/// The product, which stays as it is until the transaction ends; others may read it likewise.
pub fn get_for_share(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProductId,
) -> Result<Option<Product>, StorageError> {
    tx.query_opt(
        "SELECT * FROM product WHERE tenant_id = ?1 AND id = ?2 FOR SHARE",
        params![tenant, id],
        read,
    )
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Product>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Hands every product of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(Product) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<Product, StorageError> {
    let currency = column::currency(row)?;
    Ok(Product {
        id: row.get("id")?,
        kind: column::word(row, "kind", ProductType::parse)?,
        is_draft: row.get("is_draft")?,
        name: row.get("name")?,
        currency,
        is_currency_given: row.get("is_currency_given")?,
        max_loan_amount: column::money(row, "max_loan_amount", currency)?,
        default_loan_amount: column::money(row, "default_loan_amount", currency)?,
        max_interest_rate: column::rate(row, "max_interest_rate")?,
        default_interest_rate: column::rate(row, "default_interest_rate")?,
        installments: row.get("installments")?,
        default_grace_instalments: row.get("default_grace_instalments")?,
        principal_repayment_grace: row.get("principal_repayment_grace")?,
        default_fees: fees_from_json(&row.get::<String>("default_fees")?, currency)?,
        arrears_tolerance: row.get("arrears_tolerance")?,
        interest_calculation: column::word(
            row,
            "interest_calculation",
            InterestCalculation::parse,
        )?,
        chosen_instalment_method: column::optional_word(
            row,
            "instalment_method",
            InstalmentMethod::parse,
        )?,
        early_repayment_recalculation: column::word(
            row,
            "early_repayment_recalculation",
            EarlyRepaymentRecalculation::parse,
        )?,
        repayment_holiday_scheduling: column::word(
            row,
            "repayment_holiday_scheduling",
            RepaymentHolidayScheduling::parse,
        )?,
        calculate_interest_on_holidays: row.get("calculate_interest_on_holidays")?,
        repayment_date_type: column::word(row, "repayment_date_type", RepaymentDateType::parse)?,
        repayment_date_period: row.get("repayment_date_period")?,
        minimum_repayment_percent: column::optional_rate(row, "minimum_repayment_percent")?,
        minimum_repayment_amount: row
            .get::<Option<i64>>("minimum_repayment_amount")?
            .map(|minor| Money::from_minor(minor, currency)),
        statement_day: row.get("statement_day")?,
        repayment_due_day: row.get("repayment_due_day")?,
        chosen_day_count: column::optional_word(row, "day_count", |word| {
            DayCount::parse(word).ok()
        })?,
        chosen_calendar: column::optional_word(row, "calendar", |word| Calendar::parse(word).ok())?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// What the column `default_fees` holds.
const FEES: &str = "fees as JSON";

/// The column `default_fees`.
#[derive(Serialize, Deserialize)]
struct StoredFees {
    single: bool,
    fees: Vec<StoredFee>,
}

/// One fee in the column; the amount is decimal text.
#[derive(Serialize, Deserialize)]
struct StoredFee {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    amount: String,
    event: String,
}

fn fees_to_json(fees: &DefaultFees) -> Result<String, StorageError> {
    let stored = StoredFees {
        single: fees.is_single,
        fees: fees
            .fees
            .iter()
            .map(|fee| StoredFee {
                name: fee.name.clone(),
                kind: fee.charge.kind().as_str().to_owned(),
                amount: fee.charge.figure().to_string(),
                event: fee.event.as_str().to_owned(),
            })
            .collect(),
    };
    serde_json::to_string(&stored).map_err(|_| column::bad("default_fees", FEES))
}

fn fees_from_json(json: &str, currency: Currency) -> Result<DefaultFees, StorageError> {
    let stored: StoredFees =
        serde_json::from_str(json).map_err(|_| column::bad("default_fees", FEES))?;
    let fees: Option<Vec<DefaultFee>> =
        stored.fees.into_iter().map(|fee| fee_of(fee, currency)).collect();
    let fees = fees.ok_or_else(|| column::bad("default_fees", FEES))?;
    Ok(DefaultFees { is_single: stored.single, fees })
}

fn fee_of(stored: StoredFee, currency: Currency) -> Option<DefaultFee> {
    let charge = match FeeType::parse(&stored.kind)? {
        FeeType::Flat => FeeCharge::Flat(Money::parse(&stored.amount, currency).ok()?),
        FeeType::Percent => {
            FeeCharge::Percent(Rate::from_percent(stored.amount.parse::<Decimal>().ok()?).ok()?)
        }
    };
    Some(DefaultFee { name: stored.name, charge, event: FeeEvent::parse(&stored.event)? })
}
