//! The few differences between the dialects, rewritten in the text of a statement.
//!
//! Statements are written in the form that both engines nearly know: `?1` parameters,
//! `= ANY(?1)` over lists, row locks at the end of a `SELECT`. Rewriting is textual and skips
//! quoted strings, quoted names and comments; each engine caches the result per statement, so
//! its cost is paid once.

use std::borrow::Cow;

/// The statement as PostgreSQL takes it: `?1` becomes `$1`.
pub fn for_postgres(sql: &str) -> Cow<'_, str> {
    rewrite(sql, |text, at| {
        let end = parameter(text, at)?;
        Some((at, end, format!("${}", &text[at + 1..end])))
    })
}

/// A look-up of listed keys as PostgreSQL does best: the list drives, and each key is found by the index.
///
/// `sql` is a `SELECT` with one `= ANY(?n)`, without `ORDER BY` or `LIMIT`; `list_type` tells the array type
/// of a parameter, counted from 1. A statement without such a list is left alone.
///
/// Without this, PostgreSQL may read all rows of a tenant to compare their keys with the list,
/// until it has statistics that tell it better.
pub(crate) fn keyed(sql: &str, list_type: impl Fn(usize) -> Option<&'static str>) -> Cow<'_, str> {
    let list = std::cell::Cell::new(None);
    let inner = rewrite(sql, |text, at| {
        if text.as_bytes()[at] != b'=' || list.get().is_some() {
            return None;
        }
        let (_, end, found) = list_operator(text, at)?;
        let number: usize = found.trim_end_matches(')').rsplit('?').next()?.parse().ok()?;
        list.set(Some((number, list_type(number)?)));
        Some((at, end, "= wanted.key".to_owned()))
    });
    let Some((number, array)) = list.get() else { return Cow::Borrowed(sql) };
    Cow::Owned(format!(
        "SELECT found.* FROM UNNEST(?{number}::{array}) AS wanted(key) \
         CROSS JOIN LATERAL ({inner} OFFSET 0) AS found"
    ))
}

/// The statement as SQLite takes it: lists through `rarray`, and no row locks, since there is
/// one writer and readers see a snapshot.
pub fn for_sqlite(sql: &str) -> Cow<'_, str> {
    rewrite(sql, |text, at| match text.as_bytes()[at] {
        b'=' | b'<' | b'!' => list_operator(text, at),
        b'f' | b'F' => row_lock(text, at),
        _ => None,
    })
}

/// Copies `sql`, replacing what `replace` finds: from, to (byte positions; `from` may lie before
/// the position asked, to swallow white space) and the new text.
fn rewrite(
    sql: &str,
    replace: impl Fn(&str, usize) -> Option<(usize, usize, String)>,
) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < sql.len() {
        if let Some(end) = opaque_end(sql, at) {
            at = end;
        } else if let Some((from, to, text)) = replace(sql, at) {
            out.push_str(&sql[copied..from.max(copied)]);
            out.push_str(&text);
            copied = to;
            at = to;
        } else {
            at += 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(sql);
    }
    out.push_str(&sql[copied..]);
    Cow::Owned(out)
}

/// Where the string, quoted name or comment that starts at `at` ends, if one does.
pub(crate) fn opaque_end(sql: &str, at: usize) -> Option<usize> {
    let rest = &sql.as_bytes()[at..];
    let (open, close): (usize, &[u8]) = match rest {
        [b'\'', ..] => (1, b"'"),
        [b'"', ..] => (1, b"\""),
        [b'-', b'-', ..] => (2, b"\n"),
        [b'/', b'*', ..] => (2, b"*/"),
        _ => return None,
    };
    // A doubled quote inside a string reads as two strings side by side, which is just as opaque.
    let found = rest[open..].windows(close.len()).position(|window| window == close);
    Some(found.map_or(sql.len(), |position| at + open + position + close.len()))
}

/// End of `?123` at `at`.
fn parameter(sql: &str, at: usize) -> Option<usize> {
    let rest = sql.as_bytes().get(at..)?;
    if rest.first() != Some(&b'?') {
        return None;
    }
    let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(at + 1 + digits)
}

/// `= ANY(?1)` and `<> ALL(?1)`.
fn list_operator(sql: &str, at: usize) -> Option<(usize, usize, String)> {
    let bytes = sql.as_bytes();
    let (operator_end, word, replacement) = match &bytes[at..] {
        [b'=', ..] if at == 0 || !b"<>!".contains(&bytes[at - 1]) => (at + 1, "ANY", "IN"),
        [b'<', b'>', ..] | [b'!', b'=', ..] => (at + 2, "ALL", "NOT IN"),
        _ => return None,
    };
    let after_word = word_end(sql, skip_space(sql, operator_end), word)?;
    let open = skip_space(sql, after_word);
    let start = skip_space(sql, expect(sql, open, b'(')?);
    let end = parameter(sql, start)?;
    let close = expect(sql, skip_space(sql, end), b')')?;
    let space = if at > 0 && is_name_byte(bytes[at - 1]) { " " } else { "" };
    Some((at, close, format!("{space}{replacement} rarray({})", &sql[start..end])))
}

/// `FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE`, each with `OF t`, `SKIP LOCKED` or `NOWAIT`,
/// and the white space before it.
fn row_lock(sql: &str, at: usize) -> Option<(usize, usize, String)> {
    if at > 0 && is_name_byte(sql.as_bytes()[at - 1]) {
        return None;
    }
    let strength = skip_space(sql, word_end(sql, at, "FOR")?);
    let mut end = ["UPDATE", "SHARE", "NO KEY UPDATE", "KEY SHARE"]
        .iter()
        .find_map(|words| words_end(sql, strength, words))?;
    if let Some(of) = word_end(sql, skip_space(sql, end), "OF") {
        let name = skip_space(sql, of);
        let length = sql[name..].bytes().take_while(|byte| is_name_byte(*byte)).count();
        end = name + length;
    }
    for waiting in ["SKIP LOCKED", "NOWAIT"] {
        end = words_end(sql, skip_space(sql, end), waiting).unwrap_or(end);
    }
    let from = sql[..at].trim_end().len();
    Some((from, end, String::new()))
}

fn words_end(sql: &str, at: usize, words: &str) -> Option<usize> {
    let mut end = at;
    for word in words.split(' ') {
        end = word_end(sql, skip_space(sql, end), word)?;
    }
    Some(end)
}

/// End of `word` (in any case) at `at`, when a whole word stands there.
pub(crate) fn word_end(sql: &str, at: usize, word: &str) -> Option<usize> {
    let end = at + word.len();
    let found = sql.as_bytes().get(at..end)?;
    let ends = sql.as_bytes().get(end).is_none_or(|byte| !is_name_byte(*byte));
    (found.eq_ignore_ascii_case(word.as_bytes()) && ends).then_some(end)
}

fn expect(sql: &str, at: usize, byte: u8) -> Option<usize> {
    (sql.as_bytes().get(at) == Some(&byte)).then_some(at + 1)
}

fn skip_space(sql: &str, at: usize) -> usize {
    let rest = sql.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(written: &str, sqlite: &str, postgres: &str) {
        assert_eq!(for_sqlite(written), sqlite);
        assert_eq!(for_postgres(written), postgres);
    }

    #[test]
    fn dialects() {
        check("SELECT 1", "SELECT 1", "SELECT 1");
        check("a = ?1 AND b = ?12", "a = ?1 AND b = ?12", "a = $1 AND b = $12");
        check("id = ANY(?2)", "id IN rarray(?2)", "id = ANY($2)");
        check("id=any ( ?2 ) AND x", "id IN rarray(?2) AND x", "id=any ( $2 ) AND x");
        check("id <> ALL(?2)", "id NOT IN rarray(?2)", "id <> ALL($2)");
        check("id != ALL(?2)", "id NOT IN rarray(?2)", "id != ALL($2)");
        check("a >= ?1", "a >= ?1", "a >= $1");
        check("a = anything", "a = anything", "a = anything");
    }

    #[test]
    fn a_list_of_keys_drives_its_look_up() {
        let types = |number| (number == 2).then_some("uuid[]");
        assert_eq!(
            keyed("SELECT a FROM t WHERE b = ?1 AND id = ANY(?2)", types),
            "SELECT found.* FROM UNNEST(?2::uuid[]) AS wanted(key) CROSS JOIN LATERAL \
             (SELECT a FROM t WHERE b = ?1 AND id = wanted.key OFFSET 0) AS found"
        );
        assert_eq!(
            keyed("SELECT a FROM t WHERE id = ANY(?1)", types),
            "SELECT a FROM t WHERE id = ANY(?1)"
        );
        assert_eq!(keyed("SELECT a FROM t WHERE b = ?2", types), "SELECT a FROM t WHERE b = ?2");
    }

    #[test]
    fn row_locks() {
        let check = |lock: &str| {
            let written = format!("SELECT a FROM t WHERE b = ?1{lock}");
            assert_eq!(for_sqlite(&written), "SELECT a FROM t WHERE b = ?1");
            assert_eq!(for_postgres(&written), written.replace('?', "$"));
        };
        check("");
        check(" FOR UPDATE");
        check("\n  for update");
        check(" FOR SHARE");
        check(" FOR NO KEY UPDATE");
        check(" FOR UPDATE SKIP LOCKED");
        check(" FOR UPDATE OF t NOWAIT");
        assert_eq!(
            for_sqlite(
                "UPDATE j SET x = 1 WHERE id IN (SELECT id FROM j LIMIT 3 FOR UPDATE SKIP LOCKED)"
            ),
            "UPDATE j SET x = 1 WHERE id IN (SELECT id FROM j LIMIT 3)"
        );
        assert_eq!(for_sqlite("SELECT for_update FROM t"), "SELECT for_update FROM t");
    }

    #[test]
    fn quoted_text_is_left_alone() {
        for sql in [
            "SELECT '?1 FOR UPDATE'",
            "SELECT 'it''s = ANY(?1)'",
            "SELECT \"?1\" FROM t",
            "SELECT 1 -- ?1 FOR UPDATE\n",
            "SELECT 1 /* = ANY(?1) */",
            "SELECT 'unfinished ?1",
        ] {
            check(sql, sql, sql);
        }
        check("SELECT 'é?1', ?1", "SELECT 'é?1', ?1", "SELECT 'é?1', $1");
    }

    proptest! {
        #[test]
        fn any_text_survives(text in "[ -~é\n]{0,60}") {
            let _ = (for_sqlite(&text), for_postgres(&text));
            let quoted = format!("SELECT '{}'", text.replace('\'', "''"));
            prop_assert_eq!(for_sqlite(&quoted), quoted.as_str());
            prop_assert_eq!(for_postgres(&quoted), quoted.as_str());
        }
    }
}
