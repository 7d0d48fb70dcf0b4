//! The filters that lists are mostly asked for go by an index, on both engines.

use florin_ids::{EndUserId, TenantId};
use florin_storage::testing::{Plan, TestDb, databases, plans_of};
use florin_storage::{
    Engine, Filter, Insert, ListQuery, MigrationSet, Op, StorageError, Tx, Type, Value,
};
use uuid::Uuid;

use crate::{application, end_user, loan, statement, transaction};

const MIGRATIONS: [MigrationSet; 2] = [florin_ledger::MIGRATIONS, crate::MIGRATIONS];
/// More than are sorted for a page, so that both kinds of lists are met.
const ROWS: u32 = 8_000;

const LOANS: Insert = Insert {
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
        ("grace_instalments", Type::Int),
        ("principal_repayment_grace", Type::Int),
        ("arrears_tolerance", Type::Int),
        ("status", Type::Text),
        ("day_count", Type::Text),
        ("calendar", Type::Text),
        ("interest_on_holidays", Type::Int),
        ("interest_enabled", Type::Int),
        ("accrual_base", Type::Text),
        ("disbursed", Type::Int),
        ("close_reason", Type::Text),
        ("close_substatus", Type::Text),
        ("created_at", Type::Int),
    ],
    on_conflict: "",
};

const TRANSACTIONS: Insert = Insert {
    table: "loan_transaction",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("loan_id", Type::Uuid),
        ("type", Type::Text),
        ("status", Type::Text),
        ("currency", Type::Text),
        ("amount", Type::Int),
        ("principal", Type::Int),
        ("interest", Type::Int),
        ("fee", Type::Int),
        ("is_automatic", Type::Int),
        ("effective_on", Type::Text),
        ("created_at", Type::Int),
    ],
    on_conflict: "",
};

const APPLICATIONS: Insert = Insert {
    table: "application",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("status", Type::Text),
        ("product_id", Type::Uuid),
        ("end_user_id", Type::Uuid),
        ("currency", Type::Text),
        ("amount", Type::Int),
        ("rate", Type::Int),
        ("custom_fields", Type::Text),
        ("reason", Type::Text),
        ("loan_id", Type::Uuid),
        ("created_at", Type::Int),
        ("updated_at", Type::Int),
    ],
    on_conflict: "",
};

const END_USERS: Insert = Insert {
    table: "end_user",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("kind", Type::Text),
        ("first_name", Type::Text),
        ("last_name", Type::Text),
        ("address_line_1", Type::Text),
        ("address_line_2", Type::Text),
        ("address_line_3", Type::Text),
        ("city", Type::Text),
        ("postal_code", Type::Text),
        ("country", Type::Text),
        ("mobile_number", Type::Text),
        ("email", Type::Text),
        ("created_at", Type::Int),
        ("updated_at", Type::Int),
    ],
    on_conflict: "",
};

fn id(number: u32) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

fn of_a_hundred(number: u32, rare: &'static str, common: &'static str) -> Value {
    Value::fixed(if number % 100 == 3 { rare } else { common })
}

fn loan_row(tenant: TenantId, number: u32) -> Vec<Value> {
    let n = i64::from(number);
    let zero = || Value::Int(0);
    let (gbp, base) = (Value::fixed("GBP"), Value::fixed("0"));
    let status = of_a_hundred(number, "late", "active");
    let (count, calendar) = (Value::fixed("actual/365"), Value::fixed("GB-ENG"));
    let (own, end_user, product) =
        (id(number).into(), id(number / 3).into(), id(number % 9).into());
    let (key, amount, none) = (id(number).into(), n.into(), || Value::fixed(""));
    let start = vec![tenant.into(), key, own, end_user, product, gbp, amount, zero(), zero()];
    let end =
        [zero(), zero(), status, count, calendar, zero(), zero(), base, zero(), none(), none()];
    start.into_iter().chain(end).chain([n.into()]).collect()
}

fn transaction_row(tenant: TenantId, number: u32) -> Vec<Value> {
    let n = i64::from(number);
    let date = jiff::civil::date(2026, 1, 1 + (number % 28) as i8);
    let kind = if number % 50 == 3 { "repayment" } else { "interest" };
    let status = of_a_hundred(number, "failed", "applied");
    let (own, loan) = (id(number).into(), id(number / 20).into());
    let parts = [n, n, 0, 0, 0].map(Value::Int);
    let start = vec![tenant.into(), own, loan, Value::fixed(kind), status, Value::fixed("GBP")];
    start.into_iter().chain(parts).chain([date.into(), n.into()]).collect()
}

fn application_row(tenant: TenantId, number: u32) -> Vec<Value> {
    let n = i64::from(number);
    let status = of_a_hundred(number, "incomplete", "approved");
    let (own, product) = (id(number).into(), id(number % 9).into());
    let (end_user, loan) = (id(number / 3).into(), id(number).into());
    let (currency, none, empty) = (Value::fixed("GBP"), Value::fixed("{}"), Value::fixed(""));
    let start = vec![tenant.into(), own, status, product, end_user, currency, n.into(), n.into()];
    start.into_iter().chain([none, empty, loan, n.into(), n.into()]).collect()
}

fn end_user_row(tenant: TenantId, number: u32) -> Vec<Value> {
    let n = i64::from(number);
    let kind = of_a_hundred(number, "sole_trader", "individual");
    let text = |what: &str| Value::from(format!("{what} {}", number / 4));
    let address = ["street", "", "", "town", "postcode", "country"].map(text);
    let start = vec![tenant.into(), id(number).into(), kind, Value::fixed("Ada"), text("name")];
    start
        .into_iter()
        .chain(address)
        .chain([text("mobile"), text("email"), n.into(), n.into()])
        .collect()
}

fn fill(database: &TestDb, tenant: TenantId) {
    type Row = fn(TenantId, u32) -> Vec<Value>;
    let tables: [(&'static Insert, Row); 4] = [
        (&LOANS, loan_row),
        (&TRANSACTIONS, transaction_row),
        (&APPLICATIONS, application_row),
        (&END_USERS, end_user_row),
    ];
    let filled = database.db.write_blocking(move |tx| {
        for (table, row) in tables {
            tx.insert_many(table, (0..ROWS).map(|number| row(tenant, number)))?;
            if tx.engine() == Engine::Postgres {
                tx.execute(&format!("ANALYZE {}", table.table), &[])?;
            }
        }
        Ok::<(), StorageError>(())
    });
    filled.expect("rows");
}

type List = fn(&mut Tx, TenantId, &ListQuery) -> Result<(), StorageError>;

fn loans(tx: &mut Tx, tenant: TenantId, query: &ListQuery) -> Result<(), StorageError> {
    loan::repo::list(tx, tenant, &ListQuery { limit: 1, ..query.clone() }).map(|_| ())
}

fn transactions(tx: &mut Tx, tenant: TenantId, query: &ListQuery) -> Result<(), StorageError> {
    transaction::repo::list(tx, tenant, &ListQuery { limit: 1, ..query.clone() }).map(|_| ())
}

fn applications(tx: &mut Tx, tenant: TenantId, query: &ListQuery) -> Result<(), StorageError> {
    application::repo::list(tx, tenant, &ListQuery { limit: 1, ..query.clone() }).map(|_| ())
}

fn end_users(tx: &mut Tx, tenant: TenantId, query: &ListQuery) -> Result<(), StorageError> {
    let keys = florin_crypto::KeyRing::generate();
    end_user::repo::list(tx, &keys, tenant, &ListQuery { limit: 1, ..query.clone() }).map(|_| ())
}

fn statements(tx: &mut Tx, tenant: TenantId, query: &ListQuery) -> Result<(), StorageError> {
    statement::repo::list(tx, tenant, query).map(|_| ())
}

fn one(column: &'static str, value: impl Into<Value>) -> Vec<Filter> {
    vec![Filter { column, op: Op::In(vec![value.into()]) }]
}

fn between(column: &'static str, least: i64, most: i64) -> Vec<Filter> {
    let (least, most) = (Op::Gte(least.into()), Op::Lte(most.into()));
    vec![Filter { column, op: least }, Filter { column, op: most }]
}

/// A list with filters, an order and the index that SQLite takes.
type Case = (List, Vec<Filter>, Vec<(&'static str, bool)>, &'static str);

fn cases() -> Vec<Case> {
    let a_date = || one("effective_on", jiff::civil::date(2026, 1, 9));
    let both = |one: Vec<Filter>, other: Vec<Filter>| [one, other].concat();
    vec![
        (loans, vec![], vec![], "PRIMARY KEY"),
        (loans, one("status", "late"), vec![], "loan_status"),
        (loans, one("status", "active"), vec![], "loan_status"),
        (loans, one("status", "late"), vec![("created_at", true)], "loan_status"),
        (loans, one("status", "active"), vec![("created_at", true)], "loan_created"),
        (loans, one("end_user_id", id(7)), vec![], "loan_end_user"),
        (loans, one("application_id", id(7)), vec![], "loan_application"),
        (loans, one("product_id", id(7)), vec![], "loan_product"),
        (loans, between("amount", 100, 160), vec![], "loan_amount"),
        (loans, between("created_at", 100, 160), vec![], "loan_created"),
        (loans, both(one("status", "active"), between("amount", 3, 9)), vec![], "loan_amount"),
        (loans, vec![], vec![("created_at", true)], "loan_created"),
        (loans, vec![], vec![("amount", false)], "loan_amount"),
        (transactions, vec![], vec![("created_at", true)], "PRIMARY KEY"),
        (transactions, one("loan_id", id(7)), vec![], "loan_transaction_loan"),
        (transactions, one("status", "failed"), vec![], "loan_transaction_status"),
        (transactions, one("type", "repayment"), vec![], "loan_transaction_type"),
        (transactions, both(one("type", "repayment"), a_date()), vec![], "loan_transaction_date"),
        (transactions, one("unique_key", "none"), vec![], "PRIMARY KEY"),
        (applications, one("status", "incomplete"), vec![], "application_status"),
        (applications, one("end_user_id", id(7)), vec![], "application_by_end_user"),
        (applications, one("product_id", id(7)), vec![], "application_product"),
        (applications, one("loan_id", id(7)), vec![], "application_loan"),
        (applications, between("amount", 100, 160), vec![], "application_amount"),
        (applications, vec![], vec![("created_at", true)], "application_created"),
        (end_users, one("kind", "sole_trader"), vec![], "end_user_kind"),
        (end_users, one("last_name", "name 7"), vec![], "end_user_last_name"),
        (end_users, one("email", "email 7"), vec![], "end_user_email"),
        (end_users, one("mobile_number", "mobile 7"), vec![], "end_user_mobile_number"),
        (end_users, one("postal_code", "postcode 7"), vec![], "end_user_postal_code"),
        (end_users, vec![], vec![("created_at", true)], "end_user_created"),
        (end_users, vec![], vec![("last_name", false)], "end_user_last_name"),
        (statements, one("loan_id", id(7)), vec![], "loan_statement_number"),
    ]
}

/// Whether the statement goes by an index, and on SQLite by the one that is meant.
fn is_indexed(plan: &Plan, engine: &str, index: &str) -> bool {
    let lines = plan.lines.join("\n");
    match engine {
        "sqlite" => lines.contains(index),
        // A unique key that nobody has is looked up before, and the list is empty without a look.
        _ if lines.contains("One-Time Filter: false") => true,
        _ => lines.contains("Index") && !lines.contains("Seq Scan"),
    }
}

#[test]
fn common_filters_and_orders_go_by_an_index() {
    for database in databases(&MIGRATIONS) {
        let tenant = TenantId::from_uuid(EndUserId::new().uuid());
        fill(&database, tenant);
        for (list, filters, order, index) in cases() {
            let query = ListQuery { filters, order, ..ListQuery::default() };
            let asked = query.clone();
            let read = move |tx: &mut Tx| plans_of(tx, |tx| list(tx, tenant, &asked));
            let plans = database.db.read_blocking::<_, StorageError>(read);
            let plans = plans.unwrap_or_else(|error| panic!("{query:?}: {error}"));
            let keys = plans.last().expect("the statement that finds the page");
            assert!(is_indexed(keys, database.name, index), "{query:?} {keys:#?}");
        }
    }
}
