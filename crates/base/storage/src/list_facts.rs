//! What storage knows of a list's table: its columns and, on SQLite, its indexes.

use std::collections::HashSet;
use std::sync::Arc;

use crate::db::Engine;
use crate::error::StorageError;
use crate::listing::{Filter, Op, OwnTable};
use crate::params;
use crate::tx::Tx;
use crate::value::Value;

/// A table as the database describes it.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) columns: HashSet<String>,
    /// On SQLite only: PostgreSQL has statistics to choose by.
    pub(crate) indexes: Vec<Index>,
    /// The primary key, on SQLite.
    pub(crate) key: Option<Index>,
}

/// An index.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// Of a partial index.
    pub(crate) predicate: Option<Predicate>,
}

/// `column <> 'text'`, the only kind of predicate that lists can make use of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Predicate {
    pub(crate) text: String,
    column: String,
    excluded: String,
}

impl Index {
    /// The columns behind those of the scope, when the index begins with these.
    pub(crate) fn behind<'i>(&'i self, scope: &[&str]) -> Option<&'i [String]> {
        let (first, rest) = self.columns.split_at_checked(scope.len())?;
        first.iter().eq(scope).then_some(rest)
    }

    /// Whether all rows that pass the filters are in the index.
    pub(crate) fn has_all(&self, filters: &[&Filter]) -> bool {
        let Some(predicate) = &self.predicate else { return true };
        filters.iter().any(|filter| predicate.follows_from(filter))
    }
}

impl Predicate {
    fn parse(statement: &str) -> Option<Predicate> {
        let (_, text) = statement.rsplit_once(" WHERE ")?;
        let (column, literal) = text.split_once(" <> ")?;
        let excluded = literal.strip_prefix('\'')?.strip_suffix('\'')?;
        if excluded.contains('\'') {
            return None;
        }
        let (column, excluded) = (column.trim().to_owned(), excluded.to_owned());
        Some(Predicate { text: text.to_owned(), column, excluded })
    }

    fn follows_from(&self, filter: &Filter) -> bool {
        let is_other = |value: &Value| match value {
            Value::Text(text) => *text != self.excluded,
            Value::Static(text) => *text != self.excluded,
            _ => false,
        };
        let Op::In(values) = &filter.op else { return false };
        filter.column == self.column && values.iter().all(is_other)
    }
}

/// The columns of a scope like `tenant_id = ?1 AND t.loan_id = ?2`; none when it says anything else.
pub(crate) fn scope_columns(scope: &str) -> Option<Vec<&str>> {
    scope
        .split(" AND ")
        .map(str::trim)
        .map(|part| {
            let (name, _) = part.split_once(" = ?")?;
            Some(name.rsplit_once('.').map_or(name, |(_, name)| name))
        })
        .collect()
}

impl Tx {
    /// The table's description, read once per connection.
    pub(crate) fn facts(&mut self, table: &OwnTable) -> Result<Arc<Facts>, StorageError> {
        if let Some(facts) = self.facts.get(table.name) {
            return Ok(Arc::clone(facts));
        }
        let facts = Arc::new(match self.engine() {
            Engine::Sqlite => sqlite_facts(self, table.name)?,
            Engine::Postgres => postgres_facts(self, table.name)?,
        });
        self.facts.insert(table.name.into(), Arc::clone(&facts));
        Ok(facts)
    }
}

fn sqlite_facts(tx: &mut Tx, table: &str) -> Result<Facts, StorageError> {
    let columns =
        tx.query("SELECT name FROM pragma_table_info(?1)", params![table], |row| row.at(0))?;
    let rows: Vec<(String, bool, Option<String>, String, String)> = tx.query(
        "SELECT l.name, l.partial, (SELECT m.sql FROM sqlite_master m WHERE m.type = 'index' AND m.name = l.name), i.name, l.origin \
         FROM pragma_index_list(?1) l, pragma_index_info(l.name) i ORDER BY l.seq, i.seqno",
        params![table],
        |row| Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?, row.at(4)?)),
    )?;
    let mut indexes: Vec<Index> = Vec::new();
    let mut key_name = None;
    for (name, is_partial, statement, column, origin) in rows {
        if origin == "pk" {
            key_name = Some(name.clone());
        }
        if let Some(index) = indexes.last_mut().filter(|index| index.name == name) {
            index.columns.push(column);
            continue;
        }
        let predicate = is_partial.then(|| Predicate::parse(&statement.unwrap_or_default()));
        // Of a partial index of another kind nothing is known.
        if predicate != Some(None) {
            let predicate = predicate.flatten();
            indexes.push(Index { name, columns: vec![column], predicate });
        }
    }
    let place = indexes.iter().position(|index| Some(&index.name) == key_name.as_ref());
    let key = place.map(|place| indexes.remove(place));
    Ok(Facts { columns: columns.into_iter().collect(), indexes, key })
}

fn postgres_facts(tx: &mut Tx, table: &str) -> Result<Facts, StorageError> {
    let columns = tx.query(
        "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
         WHERE CAST(table_name AS TEXT) = ?1 AND table_schema = current_schema()",
        params![table],
        |row| row.at(0),
    )?;
    Ok(Facts { columns: columns.into_iter().collect(), indexes: Vec::new(), key: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read() {
        assert_eq!(scope_columns("tenant_id = ?1"), Some(vec!["tenant_id"]));
        assert_eq!(
            scope_columns("t.tenant_id = ?1 AND t.loan_id = ?2"),
            Some(vec!["tenant_id", "loan_id"])
        );
        assert_eq!(scope_columns("tenant_id = ?1 AND n > 2"), None);
    }

    #[test]
    fn a_filter_implies_a_predicate_when_no_value_is_the_excluded_one() {
        let statement = "CREATE INDEX i ON t (a) WHERE status <> 'applied'";
        let predicate = Predicate::parse(statement).expect("a predicate");
        assert_eq!(predicate.text, "status <> 'applied'");
        let check = |column, values: &[&'static str], expected| {
            let values = values.iter().map(|text| Value::fixed(text)).collect();
            let filter = Filter { column, op: Op::In(values) };
            assert_eq!(predicate.follows_from(&filter), expected);
        };
        check("status", &["pending"], true);
        check("status", &["pending", "failed"], true);
        check("status", &["pending", "applied"], false);
        check("type", &["pending"], false);
        assert_eq!(Predicate::parse("CREATE INDEX i ON t (a) WHERE n > 3"), None);
        assert_eq!(Predicate::parse("CREATE INDEX i ON t (a) WHERE a <> 'it''s'"), None);
    }
}
