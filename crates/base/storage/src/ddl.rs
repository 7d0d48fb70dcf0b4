//! Migration files, written once in PostgreSQL's flavour, as each engine takes them.
//!
//! | written | SQLite | PostgreSQL |
//! |---|---|---|
//! | `UUID`, `BYTEA` | `BLOB` | as written |
//! | `BIGINT` | `INTEGER` | as written |
//! | `TEXT` | `TEXT` | as written |
//! | end of a table | `) STRICT, WITHOUT ROWID` | as written |
//! | `) /* hot */` | the same | `) WITH (fillfactor = 60)` |
//!
//! `WITHOUT ROWID` stores a row in its primary key, which begins with the tenant: one tree
//! instead of two. A hot table (rows updated in place all the time) leaves room in PostgreSQL's
//! pages, so that a new version of a row stays beside the old one and no index is touched.

use crate::db::Engine;
use crate::sql::{is_name_byte, opaque_end, word_end};

const HOT: &str = "/* hot */";

/// The whole script as the engine takes it.
pub(crate) fn for_engine(script: &str, engine: Engine) -> String {
    let mut out = String::with_capacity(script.len() + 256);
    let mut from = 0;
    let mut at = 0;
    while at < script.len() {
        if let Some(end) = opaque_end(script, at) {
            at = end;
        } else if script.as_bytes()[at] == b';' {
            out.push_str(&statement(&script[from..at], engine));
            out.push(';');
            at += 1;
            from = at;
        } else {
            at += 1;
        }
    }
    out.push_str(&statement(&script[from..], engine));
    out
}

fn statement(text: &str, engine: Engine) -> String {
    let start = first_word(text);
    let is_table = word_end(text, start, "CREATE")
        .map(|end| end + text[end..].len() - text[end..].trim_start().len())
        .is_some_and(|next| word_end(text, next, "TABLE").is_some());
    let is_alter = word_end(text, start, "ALTER").is_some();
    let body = text.trim_end();
    let (body, hot) = match body.strip_suffix(HOT) {
        Some(body) if is_table => (body.trim_end(), true),
        _ => (body, false),
    };
    match engine {
        Engine::Postgres if hot => format!("{body} WITH (fillfactor = 60)"),
        Engine::Postgres => text.to_owned(),
        Engine::Sqlite if is_table => format!("{} STRICT, WITHOUT ROWID", sqlite_types(body)),
        Engine::Sqlite if is_alter => sqlite_types(text),
        Engine::Sqlite => text.to_owned(),
    }
}

/// Where the statement begins, after white space and comments.
fn first_word(text: &str) -> usize {
    let mut at = 0;
    while at < text.len() {
        if let Some(end) = opaque_end(text, at) {
            at = end;
        } else if text.as_bytes()[at].is_ascii_whitespace() {
            at += 1;
        } else {
            break;
        }
    }
    at
}

fn sqlite_types(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at < text.len() {
        if let Some(end) = opaque_end(text, at) {
            at = end;
            continue;
        }
        let starts_word = at == 0 || !is_name_byte(text.as_bytes()[at - 1]);
        let found = [("UUID", "BLOB"), ("BYTEA", "BLOB"), ("BIGINT", "INTEGER")]
            .into_iter()
            .filter(|_| starts_word)
            .find_map(|(word, sqlite)| word_end(text, at, word).map(|end| (end, sqlite)));
        if let Some((end, sqlite)) = found {
            out.push_str(&text[copied..at]);
            out.push_str(sqlite);
            copied = end;
            at = end;
        } else {
            at += 1;
        }
    }
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, sqlite: &str, postgres: &str) {
        assert_eq!(for_engine(written, Engine::Sqlite), sqlite);
        assert_eq!(for_engine(written, Engine::Postgres), postgres);
    }

    #[test]
    fn tables() {
        check(
            "CREATE TABLE a (\n  id UUID NOT NULL, -- a UUID; yes\n  n BIGINT, uuid_text TEXT,\n  PRIMARY KEY (id)\n);\n",
            "CREATE TABLE a (\n  id BLOB NOT NULL, -- a UUID; yes\n  n INTEGER, uuid_text TEXT,\n  PRIMARY KEY (id)\n) STRICT, WITHOUT ROWID;\n",
            "CREATE TABLE a (\n  id UUID NOT NULL, -- a UUID; yes\n  n BIGINT, uuid_text TEXT,\n  PRIMARY KEY (id)\n);\n",
        );
        check(
            "-- CREATE nothing;\ncreate table b (k bytea primary key) /* hot */;",
            "-- CREATE nothing;\ncreate table b (k BLOB primary key) STRICT, WITHOUT ROWID;",
            "-- CREATE nothing;\ncreate table b (k bytea primary key) WITH (fillfactor = 60);",
        );
    }

    #[test]
    fn other_statements() {
        for same in [
            "CREATE UNIQUE INDEX i ON a (uuid);",
            "INSERT INTO a VALUES ('BIGINT; UUID');",
            "-- nothing at all",
            "",
        ] {
            check(same, same, same);
        }
        check(
            "ALTER TABLE a ADD COLUMN b BIGINT NOT NULL DEFAULT 0;",
            "ALTER TABLE a ADD COLUMN b INTEGER NOT NULL DEFAULT 0;",
            "ALTER TABLE a ADD COLUMN b BIGINT NOT NULL DEFAULT 0;",
        );
    }
}
