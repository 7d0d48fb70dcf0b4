//! Things by their ids, in the order in which they were made, and pages of them.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::answer::{Answer, Fault, Refusal};
use super::request::Params;

/// Things by their ids, oldest first.
#[derive(Debug)]
pub(super) struct Table<T> {
    rows: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: HashMap::new() }
    }
}

impl<T> Table<T> {
    pub fn insert(&mut self, id: &str, row: T) {
        self.places.insert(id.to_owned(), self.rows.len());
        self.rows.push(row);
    }

    pub fn get(&self, id: &str) -> Result<&T, Refusal> {
        self.places.get(id).map(|place| &self.rows[*place]).ok_or(Refusal::NotFound)
    }

    pub fn get_mut(&mut self, id: &str) -> Result<&mut T, Refusal> {
        self.places.get(id).map(|place| &mut self.rows[*place]).ok_or(Refusal::NotFound)
    }

    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// A page of the rows that are `wanted`, newest first, as `limit`, `before` and `after` of the request say.
    pub fn page(
        &self,
        envelope: &str,
        params: &Params,
        wanted: impl Fn(&T) -> bool,
        show: impl Fn(&T) -> (String, Json),
    ) -> Result<Answer, Refusal> {
        let limit = params.limit(envelope)?;
        let place = |name: &str| match params.get(name) {
            None => Ok(None),
            Some(id) => match self.places.get(id) {
                Some(place) => Ok(Some(*place)),
                None => Err(Fault::new(envelope, name, "cursor not found")),
            },
        };
        let (before, after) = (place("before")?, place("after")?);
        let newer_than = before.map_or(0, |place| place + 1);
        let older_than = after.unwrap_or(self.rows.len());
        let span = self.rows.get(newer_than..older_than).unwrap_or_default();
        // One more than asked for, to know whether there is another page on that side.
        let mut found: Vec<&T> = if before.is_some() {
            let mut found: Vec<&T> =
                span.iter().filter(|row| wanted(row)).take(limit + 1).collect();
            found.reverse();
            found
        } else {
            span.iter().rev().filter(|row| wanted(row)).take(limit + 1).collect()
        };
        let has_more = found.len() > limit;
        if has_more && before.is_some() {
            found.remove(0);
        }
        found.truncate(limit);
        let (has_newer, has_older) = match (before, after) {
            (Some(_), _) => (has_more, !found.is_empty()),
            (None, Some(_)) => (!found.is_empty(), has_more),
            (None, None) => (false, has_more),
        };
        let shown: Vec<(String, Json)> = found.into_iter().map(show).collect();
        let cursor = |there: bool, row: Option<&(String, Json)>| {
            row.filter(|_| there).map(|row| row.0.clone())
        };
        let cursors = json!({
            "before": cursor(has_newer, shown.first()),
            "after": cursor(has_older, shown.last()),
        });
        let rows: Vec<Json> = shown.into_iter().map(|(_, row)| row).collect();
        let mut body = serde_json::Map::new();
        body.insert(envelope.to_owned(), rows.into());
        body.insert("meta".to_owned(), json!({ "cursors": cursors, "limit": limit }));
        Ok(Answer::ok(Json::Object(body)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &[u32], before: Option<&str>, after: Option<&str>) {
        let mut table = Table::default();
        for number in 0..7_u32 {
            table.insert(&number.to_string(), number);
        }
        let params = Params::parse(Some(query));
        let answer = table.page("n", &params, |_| true, |n| (n.to_string(), json!(n))).unwrap();
        let body = json!({
            "n": expected,
            "meta": { "cursors": { "before": before, "after": after }, "limit": 3 },
        });
        assert_eq!(answer, Answer::ok(body), "{query}");
    }

    #[test]
    fn pages_table() {
        check("limit=3", &[6, 5, 4], None, Some("4"));
        check("limit=3&after=4", &[3, 2, 1], Some("3"), Some("1"));
        check("limit=3&after=1", &[0], Some("0"), None);
        check("limit=3&after=0", &[], None, None);
        check("limit=3&before=3", &[6, 5, 4], None, Some("4"));
        check("limit=3&before=1", &[4, 3, 2], Some("4"), Some("2"));
        check("limit=3&before=6", &[], None, None);
        check("limit=3&before=0&after=3", &[2, 1], None, Some("1"));
    }

    #[test]
    fn bad_pages_are_refused() {
        let table: Table<u32> = Table::default();
        for query in ["limit=0", "limit=501", "limit=x", "after=nothing"] {
            let params = Params::parse(Some(query));
            let refused = table.page("n", &params, |_| true, |n| (n.to_string(), json!(n)));
            assert!(matches!(refused, Err(Refusal::Invalid(_))), "{query}");
        }
    }
}
