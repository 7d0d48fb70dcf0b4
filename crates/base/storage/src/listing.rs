//! Filtered, ordered, paged lists over any source query.
//!
//! An entity's `repo.rs` says with a constant array of [`Field`]s what callers may filter and
//! order by; the HTTP edge turns a query string into a [`ListQuery`]; storage wraps the source:
//! `SELECT * FROM (source) AS q WHERE filters ORDER BY .. LIMIT .. OFFSET ..`.
//! Column names are `&'static str`, so no caller's text ever becomes SQL.

use std::fmt::Write;

use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Value;

/// How a field's text on the wire becomes a [`Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A UUID.
    Uuid,
    /// Text, compared byte by byte.
    Text,
    /// An integer.
    Int,
    /// A boolean, stored as 0/1.
    Bool,
    /// A calendar date, stored as `YYYY-MM-DD`, which sorts by time.
    Date,
    /// An instant, stored as microseconds UTC.
    Timestamp,
    /// Money, stored in minor units; the edge knows the exponent.
    Money,
    /// A rate, stored in micro-percent.
    Rate,
}

/// One field that callers may filter and order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Field {
    /// Name on the wire.
    pub name: &'static str,
    /// Column of the source query.
    pub column: &'static str,
    /// How its text is read.
    pub kind: Kind,
}

/// What a filter asks of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Equal to one of these; an empty list matches nothing.
    In(Vec<Value>),
    /// At least this.
    Gte(Value),
    /// At most this.
    Lte(Value),
}

/// One condition; all of a query's conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Column of the source query.
    pub column: &'static str,
    /// What is asked of it.
    pub op: Op,
}

/// What a caller wants of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Conditions that must all hold.
    pub filters: Vec<Filter>,
    /// Columns to order by, with `true` for descending. Ties, and an empty list, go by `id`.
    pub order: Vec<(&'static str, bool)>,
    /// Most rows in one page; ignored by `list_each`.
    pub limit: u32,
    /// Rows skipped; ignored by `list_each`.
    pub offset: u64,
}

impl Default for ListQuery {
    /// Everything by `id`, in pages of 20.
    fn default() -> Self {
        ListQuery { filters: Vec::new(), order: Vec::new(), limit: 20, offset: 0 }
    }
}

/// One page and the size of the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Rows that match, on all pages.
    pub count: u64,
    /// Rows of this page.
    pub items: Vec<T>,
}

impl<T> Page<T> {
    /// The same page of other items.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page { count: self.count, items: self.items.into_iter().map(map).collect() }
    }
}

impl Tx {
    /// Lists one page of `source`, a `SELECT` whose parameters `?1..` are `scope`.
    ///
    /// The source must answer a column `id`, which makes every order total.
    pub fn list<T>(
        &mut self,
        source: &str,
        scope: &[Value],
        query: &ListQuery,
        map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Page<T>, StorageError> {
        let mut built = Built::new(source, scope, query)?;
        let count: i64 = self.query_one(
            &format!("SELECT COUNT(*) AS n FROM ({source}) AS q{}", built.conditions),
            &built.params,
            |row| row.get("n"),
        )?;
        let count = u64::try_from(count).unwrap_or(0);
        if count <= query.offset || query.limit == 0 {
            return Ok(Page { count, items: Vec::new() });
        }
        let limit = built.bind(Value::from(query.limit));
        let offset = built.bind(Value::Int(i64::try_from(query.offset).unwrap_or(i64::MAX)));
        let sql = format!("{} LIMIT ?{limit} OFFSET ?{offset}", built.select(source));
        let items = self.query(&sql, &built.params, map)?;
        Ok(Page { count, items })
    }

    /// Hands every row of the filtered and ordered `source` to `f`, unpaged and streamed.
    ///
    /// `f` may end the list early with [`StorageError::Stopped`].
    pub fn list_each(
        &mut self,
        source: &str,
        scope: &[Value],
        query: &ListQuery,
        f: impl FnMut(&Row) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let built = Built::new(source, scope, query)?;
        self.for_each(&built.select(source), &built.params, f)
    }
}

/// The pieces of SQL that a [`ListQuery`] becomes.
struct Built {
    conditions: String,
    order: String,
    params: Vec<Value>,
}

impl Built {
    fn new(source: &str, scope: &[Value], query: &ListQuery) -> Result<Built, StorageError> {
        debug_assert!(!source.trim_end().ends_with(';'), "a source is one SELECT");
        let mut built =
            Built { conditions: String::new(), order: String::new(), params: scope.to_vec() };
        for filter in &query.filters {
            built.condition(filter)?;
        }
        for (column, descending) in &query.order {
            let direction = if *descending { " DESC" } else { "" };
            let _ = write!(built.order, "q.{column}{direction}, ");
        }
        if !query.order.iter().any(|(column, _)| *column == "id") {
            built.order.push_str("q.id");
        } else {
            built.order.truncate(built.order.len().saturating_sub(2));
        }
        Ok(built)
    }

    fn select(&self, source: &str) -> String {
        format!("SELECT * FROM ({source}) AS q{} ORDER BY {}", self.conditions, self.order)
    }

    /// Adds a parameter and answers its number.
    fn bind(&mut self, value: Value) -> usize {
        self.params.push(value);
        self.params.len()
    }

    fn condition(&mut self, filter: &Filter) -> Result<(), StorageError> {
        let column = filter.column;
        let condition = match &filter.op {
            // Whatever the column's type.
            Op::In(values) if values.is_empty() => "1 = 0".to_owned(),
            Op::In(values) => match values.as_slice() {
                [value] => format!("q.{column} = ?{}", self.bind(value.clone())),
                values => format!("q.{column} = ANY(?{})", self.bind_list(column, values)?),
            },
            Op::Gte(value) => format!("q.{column} >= ?{}", self.bind(value.clone())),
            Op::Lte(value) => format!("q.{column} <= ?{}", self.bind(value.clone())),
        };
        let keyword = if self.conditions.is_empty() { " WHERE " } else { " AND " };
        self.conditions.push_str(keyword);
        self.conditions.push_str(&condition);
        Ok(())
    }

    fn bind_list(&mut self, column: &str, values: &[Value]) -> Result<usize, StorageError> {
        let mut uuids = Vec::new();
        let mut ints = Vec::new();
        let mut texts = Vec::new();
        for value in values {
            match value {
                Value::Uuid(id) => uuids.push(*id),
                Value::Int(number) => ints.push(*number),
                Value::Text(text) => texts.push(text.clone()),
                Value::Static(text) => texts.push((*text).to_owned()),
                other => {
                    return Err(StorageError::bad_query(format!(
                        "{} cannot be one of several values of \"{column}\"",
                        other.describe()
                    )));
                }
            }
        }
        let list = match (uuids.len(), ints.len(), texts.len()) {
            (_, 0, 0) => Value::Uuids(uuids),
            (0, _, 0) => Value::Ints(ints),
            (0, 0, _) => Value::Texts(texts),
            _ => {
                return Err(StorageError::bad_query(format!(
                    "the values of \"{column}\" are of several kinds"
                )));
            }
        };
        Ok(self.bind(list))
    }
}
