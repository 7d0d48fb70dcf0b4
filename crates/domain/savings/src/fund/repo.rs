//! SQL of funds and of their people. Account numbers and social security numbers are sealed here on the way in and
//! opened on the way out.

use florin_crypto::{KeyRing, blind_index};
use florin_ids::{FundId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};
use uuid::Uuid;

use super::entity::{Fund, FundKind, FundState, RiskLevel};
use super::person::{Address, Person, Relationship, Role, Ssn};
use crate::column;
use crate::plan::repo::{of_fund, of_fund_columns};

/// The place that a sealed account number opens at, with the fund's id.
const ACCOUNT_CONTEXT: &str = "savings_fund.account_number";
/// The place that a sealed social security number opens at, with the fund's id and the role.
const SSN_CONTEXT: &str = "savings_person.ssn";

/// Hands `f` the columns of a fund's row.
fn values(keys: &KeyRing, tenant: TenantId, fund: &Fund) -> Vec<Value> {
    let account = fund.account_number.as_deref();
    let sealed = account
        .map(|number| keys.seal(ACCOUNT_CONTEXT, fund.id.uuid().as_bytes(), number.as_bytes()));
    let index = account.map(|number| account_index(keys, fund.plan_id, number));
    let answers = serde_json::to_string(&fund.answers).unwrap_or_default();
    vec![
        tenant.into(),
        fund.id.into(),
        fund.user.into(),
        fund.kind.as_str().into(),
        fund.name.as_str().into(),
        fund.handle.as_str().into(),
        fund.photo_url.clone().into(),
        fund.description.clone().into(),
        fund.risk_level.map(RiskLevel::as_str).map(str::to_owned).into(),
        fund.state.as_str().into(),
        fund.plan_id.into(),
        sealed.into(),
        index.into(),
        fund.portfolio_label.clone().into(),
        fund.established_at.into(),
        fund.failed_tries.into(),
        answers.into(),
        fund.inserted_at.into(),
    ]
}

/// Finds an account of a plan again without telling its number.
fn account_index(keys: &KeyRing, plan_id: i64, number: &str) -> Vec<u8> {
    let value = format!("{plan_id} {}", number.to_ascii_uppercase().replace('-', ""));
    blind_index(keys, ACCOUNT_CONTEXT, &value).to_vec()
}

pub(super) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    fund: &Fund,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO savings_fund (tenant_id, id, user_id, kind, fund_name, handle, photo_url, description, \
         risk_level, state, plan_id, account_number, account_index, portfolio_label, established_at, failed_tries, \
         answers, inserted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
         ?18)",
        &values(keys, tenant, fund),
    )?;
    Ok(())
}

pub(crate) fn update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    fund: &Fund,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE savings_fund SET user_id = ?3, kind = ?4, fund_name = ?5, handle = ?6, photo_url = ?7, \
         description = ?8, risk_level = ?9, state = ?10, plan_id = ?11, account_number = ?12, account_index = ?13, \
         portfolio_label = ?14, established_at = ?15, failed_tries = ?16, answers = ?17, inserted_at = ?18 \
         WHERE tenant_id = ?1 AND id = ?2",
        &values(keys, tenant, fund),
    )?;
    Ok(())
}

/// A query of funds `f` with what [`read`] reads; `everybody` is the parameter that holds [`TenantId::EVERYBODY`].
fn select(everybody: u32, found: &str) -> String {
    format!("SELECT f.*, {} FROM {found}", of_fund_columns(everybody))
}

pub(crate) fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: FundId,
) -> Result<Option<Fund>, StorageError> {
    let sql = select(3, "savings_fund f WHERE f.tenant_id = ?1 AND f.id = ?2");
    tx.query_opt(&sql, params![tenant, id, TenantId::EVERYBODY], |row| read(row, keys))
}

/// The fund, which nobody else can change until the transaction ends.
pub(crate) fn get_for_update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: FundId,
) -> Result<Option<Fund>, StorageError> {
    let sql = select(3, "savings_fund f WHERE f.tenant_id = ?1 AND f.id = ?2 FOR UPDATE");
    tx.query_opt(&sql, params![tenant, id, TenantId::EVERYBODY], |row| read(row, keys))
}

/// Those of these funds that are there.
pub(crate) fn by_ids(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<Fund>, StorageError> {
    let sql = select(3, "savings_fund f WHERE f.tenant_id = ?1 AND f.id = ANY(?2)");
    tx.query(&sql, params![tenant, Value::Uuids(ids), TenantId::EVERYBODY], |row| read(row, keys))
}

/// The fund of any tenant that has or had this handle.
pub(crate) fn by_handle(
    tx: &mut Tx,
    keys: &KeyRing,
    handle: &str,
) -> Result<Option<(TenantId, Fund)>, StorageError> {
    let found = "savings_handle h \
                 JOIN savings_fund f ON f.tenant_id = h.tenant_id AND f.id = h.fund_id WHERE h.handle = ?1";
    let (sql, given) = (select(2, found), params![handle, TenantId::EVERYBODY]);
    tx.query_opt(&sql, given, |row| Ok((row.get("tenant_id")?, read(row, keys)?)))
}

/// The fund of any tenant that has or had this handle.
pub(super) fn holder_of_handle(tx: &mut Tx, handle: &str) -> Result<Option<FundId>, StorageError> {
    let sql = "SELECT fund_id FROM savings_handle WHERE handle = ?1";
    tx.query_opt(sql, params![handle], |row| row.get("fund_id"))
}

/// How many handles a fund has had.
pub(super) fn count_handles(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<i64, StorageError> {
    let sql =
        "SELECT COUNT(*) AS handles FROM savings_handle WHERE tenant_id = ?1 AND fund_id = ?2";
    tx.query_one(sql, params![tenant, fund], |row| row.get("handles"))
}

/// Makes a handle a fund's own; a unique violation when it is another's.
pub(super) fn insert_handle(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    handle: &str,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_handle (tenant_id, fund_id, handle) VALUES (?1, ?2, ?3)";
    tx.execute(sql, params![tenant, fund, handle])?;
    Ok(())
}

/// Whether a fund of the tenant has this account.
pub(crate) fn is_account_known(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    plan_id: i64,
    number: &str,
) -> Result<bool, StorageError> {
    let sql = "SELECT id FROM savings_fund WHERE tenant_id = ?1 AND account_index = ?2 LIMIT 1";
    let index = account_index(keys, plan_id, number);
    Ok(tx.query_opt(sql, params![tenant, index], |row| row.get::<FundId>("id"))?.is_some())
}

fn read(row: &Row<'_>, keys: &KeyRing) -> Result<Fund, StorageError> {
    let id: FundId = row.get("id")?;
    let answers: String = row.get("answers")?;
    let plan_id = row.get("plan_id")?;
    let (plan_provider, limit_minor) = of_fund(row, plan_id)?;
    Ok(Fund {
        id,
        user: row.get("user_id")?,
        kind: column::word(row, "kind", FundKind::parse)?,
        name: row.get("fund_name")?,
        handle: row.get("handle")?,
        photo_url: row.get("photo_url")?,
        description: row.get("description")?,
        risk_level: column::optional_word(row, "risk_level", RiskLevel::parse)?,
        state: column::word(row, "state", FundState::parse)?,
        plan_id,
        plan_provider,
        limit_minor,
        account_number: column::sealed(
            row,
            keys,
            id.uuid().as_bytes(),
            "account_number",
            ACCOUNT_CONTEXT,
        )?,
        portfolio_label: row.get("portfolio_label")?,
        established_at: row.get("established_at")?,
        failed_tries: row.get("failed_tries")?,
        answers: serde_json::from_str(&answers)
            .map_err(|_| column::bad("answers", "a list of answers"))?,
        inserted_at: row.get("inserted_at")?,
    })
}

const PERSON: Insert = Insert {
    table: "savings_person",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("fund_id", Type::Uuid),
        ("role", Type::Text),
        ("first_name", Type::Text),
        ("middle_name", Type::Text),
        ("last_name", Type::Text),
        ("born_on", Type::Text),
        ("relationship", Type::Text),
        ("ssn", Type::Bytes),
        ("ssn_index", Type::Bytes),
        ("phone", Type::Text),
        ("physical_street", Type::Text),
        ("physical_street2", Type::Text),
        ("physical_zip", Type::Text),
        ("physical_city", Type::Text),
        ("physical_state", Type::Text),
        ("mailing_street", Type::Text),
        ("mailing_street2", Type::Text),
        ("mailing_zip", Type::Text),
        ("mailing_city", Type::Text),
        ("mailing_state", Type::Text),
    ],
    on_conflict: "",
};

/// Where a person's number is sealed to: its fund and role.
fn seal_row(fund: FundId, role: Role) -> Vec<u8> {
    [fund.uuid().as_bytes().as_slice(), role.as_str().as_bytes()].concat()
}

/// Writes the people of a fund in the place of those of the same roles.
pub(super) fn put_people(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    fund: FundId,
    people: &[Person],
) -> Result<(), StorageError> {
    let roles: Vec<String> = people.iter().map(|it| it.role.as_str().to_owned()).collect();
    tx.execute(
        "DELETE FROM savings_person WHERE tenant_id = ?1 AND fund_id = ?2 AND role = ANY(?3)",
        params![tenant, fund, Value::Texts(roles)],
    )?;
    let rows = people.iter().map(|person| {
        let ssn = person.ssn.as_ref().map(Ssn::expose);
        let row = seal_row(fund, person.role);
        let mut values: Vec<Value> = vec![
            tenant.into(),
            fund.into(),
            person.role.as_str().into(),
            person.first_name.as_str().into(),
            person.middle_name.clone().into(),
            person.last_name.as_str().into(),
            person.born_on.into(),
            person.relationship.map(|it| it.as_str().to_owned()).into(),
            ssn.map(|ssn| keys.seal(SSN_CONTEXT, &row, ssn.as_bytes())).into(),
            ssn.map(|ssn| blind_index(keys, SSN_CONTEXT, ssn).to_vec()).into(),
            person.phone.clone().into(),
        ];
        for address in [&person.physical, &person.mailing] {
            let part = |take: fn(&Address) -> Option<String>| -> Value {
                address.as_ref().and_then(take).into()
            };
            values.push(part(|it| Some(it.street.clone())));
            values.push(part(|it| it.street2.clone()));
            values.push(part(|it| Some(it.zip.clone())));
            values.push(part(|it| Some(it.city.clone())));
            values.push(part(|it| Some(it.state.clone())));
        }
        values
    });
    tx.insert_many(&PERSON, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// The people of a fund.
pub(crate) fn people(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    fund: FundId,
) -> Result<Vec<Person>, StorageError> {
    let sql = "SELECT * FROM savings_person WHERE tenant_id = ?1 AND fund_id = ?2 ORDER BY role";
    tx.query(sql, params![tenant, fund], |row| read_person(row, keys, fund))
}

/// The first names of the beneficiaries of these funds, by fund.
pub(crate) fn beneficiary_names(
    tx: &mut Tx,
    tenant: TenantId,
    funds: Vec<Uuid>,
) -> Result<Vec<(FundId, String)>, StorageError> {
    let sql = "SELECT fund_id, first_name FROM savings_person WHERE tenant_id = ?1 AND fund_id = ANY(?2) \
               AND role = 'beneficiary'";
    tx.query(sql, params![tenant, Value::Uuids(funds)], |row| {
        Ok((row.get("fund_id")?, row.get("first_name")?))
    })
}

/// An account of a beneficiary: the fund, its plan, and the beneficiary's fingerprint.
pub(crate) struct HeldAccount {
    pub fund: FundId,
    pub plan_id: i64,
    pub beneficiary: Vec<u8>,
}

/// Every account of the beneficiaries of these funds, these included; funds whose beneficiary's number is not known are
/// left out.
pub(crate) fn accounts_of_beneficiaries(
    tx: &mut Tx,
    tenant: TenantId,
    funds: Vec<Uuid>,
) -> Result<Vec<HeldAccount>, StorageError> {
    let sql = "SELECT p.fund_id, p.ssn_index, f.plan_id FROM savings_person p \
               JOIN savings_fund f ON f.tenant_id = p.tenant_id AND f.id = p.fund_id \
               WHERE p.tenant_id = ?1 AND p.role = 'beneficiary' AND p.ssn_index IN (\
               SELECT ssn_index FROM savings_person WHERE tenant_id = ?1 AND role = 'beneficiary' \
               AND fund_id = ANY(?2))";
    tx.query(sql, params![tenant, Value::Uuids(funds)], |row| {
        Ok(HeldAccount {
            fund: row.get("fund_id")?,
            plan_id: row.get("plan_id")?,
            beneficiary: row.get("ssn_index")?,
        })
    })
}

fn read_person(row: &Row<'_>, keys: &KeyRing, fund: FundId) -> Result<Person, StorageError> {
    let role = column::word(row, "role", Role::parse)?;
    let ssn = column::sealed(row, keys, &seal_row(fund, role), "ssn", SSN_CONTEXT)?;
    Ok(Person {
        role,
        first_name: row.get("first_name")?,
        middle_name: row.get("middle_name")?,
        last_name: row.get("last_name")?,
        born_on: row.get("born_on")?,
        relationship: column::optional_word(row, "relationship", Relationship::parse)?,
        ssn: ssn.map(Ssn::of_digits),
        phone: row.get("phone")?,
        physical: read_address(row, "physical")?,
        mailing: read_address(row, "mailing")?,
    })
}

fn read_address(row: &Row<'_>, kind: &str) -> Result<Option<Address>, StorageError> {
    let part = |name: &str| row.get::<Option<String>>(&format!("{kind}_{name}"));
    let (Some(street), Some(zip), Some(city), Some(state)) =
        (part("street")?, part("zip")?, part("city")?, part("state")?)
    else {
        return Ok(None);
    };
    Ok(Some(Address { street, street2: part("street2")?, zip, city, state }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fund::{FundFields, PersonFields, entity};
    use crate::{Given, SavingsError};
    use florin_ids::UserId;
    use florin_storage::testing::databases;
    use jiff::civil::date;

    /// A fund before birth, its owner's number and account set.
    fn fund() -> (Fund, Vec<Person>) {
        let address = || crate::fund::AddressFields {
            street: "474 Bryant St".into(),
            street2: Given::Absent,
            zip: "94107".into(),
            city: "San Francisco".into(),
            state: "CA".into(),
        };
        let owner = PersonFields {
            first_name: "Jane".into(),
            last_name: "Doe".into(),
            born_on: "1982-01-11".into(),
            ssn: "321-65-4987".into(),
            phone: "(555) 555-5555".into(),
            physical: address(),
            mailing: address(),
            ..PersonFields::default()
        };
        let fields = FundFields {
            prebirth: Given::Value(true),
            owner,
            risk_level: "balanced".into(),
            fund_name: "John's Fund 🎓".into(),
            ..FundFields::default()
        };
        let at = "2026-11-21T10:00:00Z".parse().expect("a time");
        let plan = crate::plan::builtin().get(60).cloned().expect("a plan");
        let ids = (FundId::new(), UserId::new(), plan);
        let new = entity::open(ids.clone(), fields, date(2026, 11, 21), at).expect("a fund");
        let handle = format!("johns{}", ids.0.uuid().simple());
        let account_number = Some("901939500".to_owned());
        (Fund { handle, account_number, ..new.fund }, new.people)
    }

    #[test]
    fn numbers_are_sealed_to_their_fund() {
        const RAW: &str = "SELECT f.account_number AS account, p.ssn AS ssn FROM savings_fund f \
                           JOIN savings_person p ON p.tenant_id = f.tenant_id AND p.fund_id = f.id \
                           WHERE f.tenant_id = ?1";
        for database in databases(&[crate::MIGRATIONS]) {
            let (tenant, keys) = (TenantId::new(), KeyRing::generate());
            let (stored, people_stored) = fund();
            let checked = database.db.write_blocking(move |tx| {
                let id = stored.id;
                insert(tx, &keys, tenant, &stored)?;
                put_people(tx, &keys, tenant, id, &people_stored)?;
                let raw = tx.query_one(RAW, params![tenant], |row| {
                    Ok((row.get::<Vec<u8>>("account")?, row.get::<Vec<u8>>("ssn")?))
                })?;
                for (sealed, digits) in [(&raw.0, "901939500"), (&raw.1, "321654987")] {
                    assert!(!sealed.windows(digits.len()).any(|part| part == digits.as_bytes()));
                }
                assert_eq!(get(tx, &keys.rotated(), tenant, id)?, Some(stored.clone()));
                assert_eq!(people(tx, &keys.rotated(), tenant, id)?, people_stored);
                assert!(is_account_known(tx, &keys, tenant, 60, "901-939500")?);
                assert!(!is_account_known(tx, &keys, tenant, 3, "901939500")?);
                assert!(!is_account_known(tx, &keys, TenantId::new(), 60, "901939500")?);
                assert_eq!(get(tx, &keys, TenantId::new(), id)?, None);
                let fault = people(tx, &KeyRing::generate(), tenant, id).expect_err("no key");
                assert!(!fault.to_string().contains("321654987"), "{fault}");
                Ok::<_, SavingsError>(())
            });
            checked.expect("checked");
        }
    }
}
