//! SQL of the weight table.

use florin_direct_debit::modulus::ModulusTable;
use florin_ids::TenantId;
use florin_storage::{Insert, StorageError, Tx, Type, Value, params};

use super::Loaded;

/// Which table is loaded.
pub(super) fn loaded(tx: &mut Tx) -> Result<Option<Loaded>, StorageError> {
    let sql = "SELECT as_of, loaded_at, \
        (SELECT COUNT(*) FROM modulus_line l WHERE l.tenant_id = ?1) AS lines, \
        (SELECT COUNT(*) FROM modulus_substitute s WHERE s.tenant_id = ?1) AS substitutes \
        FROM modulus_table WHERE tenant_id = ?1";
    tx.query_opt(sql, params![TenantId::EVERYBODY], |row| {
        Ok(Loaded {
            as_of: row.get("as_of")?,
            loaded_at: row.get("loaded_at")?,
            lines: row.get("lines")?,
            substitutes: row.get("substitutes")?,
        })
    })
}

/// The part of the table that a sort code is checked by; empty where there is none.
pub(super) fn part(tx: &mut Tx, code: u32) -> Result<ModulusTable, StorageError> {
    let sql = "SELECT text, (SELECT substitute FROM modulus_substitute s \
        WHERE s.tenant_id = ?1 AND s.code = ?2) AS substitute FROM modulus_line \
        WHERE tenant_id = ?1 AND first_code <= ?2 AND last_code >= ?2 ORDER BY line";
    let found = tx.query(sql, params![TenantId::EVERYBODY, code], |row| {
        Ok((row.get::<String>("text")?, row.get::<Option<i64>>("substitute")?))
    })?;
    let substitute = found.first().and_then(|(_, substitute)| *substitute);
    let substitute = substitute.map(|it| format!("{code:06} {it:06}")).unwrap_or_default();
    let lines: Vec<String> = found.into_iter().map(|(text, _)| text).collect();
    ModulusTable::read(&lines.join("\n"), &substitute).map_err(|error| StorageError::Column {
        column: "text".to_owned(),
        expected: "a line of the weight table",
        found: error.to_string(),
    })
}

/// Takes the table away; answers whether there was one.
pub(super) fn delete(tx: &mut Tx) -> Result<bool, StorageError> {
    // First what others that write wait for.
    let sql = "DELETE FROM modulus_table WHERE tenant_id = ?1";
    let was_there = tx.execute(sql, params![TenantId::EVERYBODY])? > 0;
    delete_rows(tx)?;
    Ok(was_there)
}

fn delete_rows(tx: &mut Tx) -> Result<(), StorageError> {
    tx.execute("DELETE FROM modulus_line WHERE tenant_id = ?1", params![TenantId::EVERYBODY])?;
    tx.execute(
        "DELETE FROM modulus_substitute WHERE tenant_id = ?1",
        params![TenantId::EVERYBODY],
    )?;
    Ok(())
}

const LINES: Insert = Insert {
    table: "modulus_line",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("first_code", Type::Int),
        ("line", Type::Int),
        ("last_code", Type::Int),
        ("text", Type::Text),
    ],
    on_conflict: "",
};

const SUBSTITUTES: Insert = Insert {
    table: "modulus_substitute",
    columns: &[("tenant_id", Type::Uuid), ("code", Type::Int), ("substitute", Type::Int)],
    on_conflict: "",
};

/// Puts a table in the place of the one before. Whoever else does so waits for it.
pub(super) fn replace(
    tx: &mut Tx,
    table: &ModulusTable,
    loaded: &Loaded,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO modulus_table (tenant_id, as_of, loaded_at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (tenant_id) DO UPDATE SET as_of = excluded.as_of, loaded_at = excluded.loaded_at";
    let header = params![TenantId::EVERYBODY, loaded.as_of, loaded.loaded_at];
    tx.execute(sql, header)?;
    delete_rows(tx)?;
    let lines = (1i64..).zip(table.lines()).map(|(number, line)| {
        let (first, last) = line.codes().into_inner();
        let text = Value::from(line.text());
        [TenantId::EVERYBODY.into(), first.into(), number.into(), last.into(), text]
    });
    tx.insert_many(&LINES, lines)?;
    let substitutes = table.substitutes().iter();
    let substitutes = substitutes
        .map(|(code, other)| [Value::from(TenantId::EVERYBODY), (*code).into(), (*other).into()]);
    tx.insert_many(&SUBSTITUTES, substitutes)?;
    Ok(())
}
