//! The house rules that a compiler does not know, held by reading the tree.
//!
//! Exceptions stand in the ratchet lists below, each with its reason. A list may only shrink: an
//! entry that is no longer needed, or that allows more than is used, fails the test too.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tiers, lowest first; a crate imports from lower tiers only.
const TIERS: &[&str] = &["base", "rails", "domain", "api", "server"];

/// Within `base` a crate imports only crates that stand before it.
const BASE_ORDER: &[&str] = &[
    "money", "journal", "storage", "calendar", "ids", "crypto", "tenancy", "jobs", "events", "http",
];

/// Within `domain` these may be imported, by crates that stand after them. Everything else that
/// crosses domains goes through an event: above all, lending and savings never meet.
const DOMAIN_SHARED: &[&str] =
    &["ledger", "payments", "ach_origination", "mandates", "external_accounts", "decisioning"];

const MAX_FILE_LINES: usize = 700;
const MAX_FUNCTION_LINES: usize = 70;

/// Files over the limit: path, lines, reason.
const LONG_FILES: &[(&str, usize, &str)] = &[];

/// Functions over the limit: "path::function", lines, reason.
const LONG_FUNCTIONS: &[(&str, usize, &str)] = &[];

/// Files outside `repo.rs` and base/storage that hold SQL: path, reason.
const SQL_ELSEWHERE: &[(&str, &str)] = &[];

/// Files outside api/* and base/http that name HTTP statuses: path, reason.
const STATUS_ELSEWHERE: &[(&str, &str)] = &[
    (
        "crates/rails/direct_debit/src/simulator/answer.rs",
        "the simulated provider is a server itself",
    ),
    (
        "crates/rails/open_banking/src/simulator/answer.rs",
        "the simulated provider is a server itself",
    ),
];

/// Files that open a door of clippy.toml (clock, randomness, environment, bare HTTP client).
const DOORS: &[(&str, &str)] = &[
    ("crates/base/calendar/src/clock.rs", "the one reader of the system clock"),
    ("crates/base/crypto/src/random.rs", "the one source of keys and secrets"),
    ("crates/base/ids/src/typed.rs", "the one maker of ids"),
    ("crates/base/storage/examples/storage_speed.rs", "a stopwatch; never a date"),
    ("crates/base/storage/src/testing.rs", "tests find the throwaway PostgreSQL"),
    ("crates/base/storage/src/work.rs", "a stopwatch for metrics: storage stands beside calendar"),
    ("crates/server/src/settings.rs", "the one reader of the environment"),
];

const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];

// --- the tree ---------------------------------------------------------------------------------

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A source file: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

fn walk(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, ending, found);
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push(path);
        }
    }
}

fn files(ending: &str) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    walk(&root.join("crates"), ending, &mut found);
    let source = |path: PathBuf| Source {
        text: std::fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"),
    };
    found.into_iter().map(source).collect()
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Numbered lines of what runs in production: no comments, nothing from `#[cfg(test)]` on
    /// (test modules stand last in a file).
    fn production_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let shown = !self.is_test();
        self.text
            .lines()
            .enumerate()
            .take_while(move |(_, line)| shown && line.trim() != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(index, line)| (index + 1, line))
    }
}

fn assert_clean(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
}

// --- imports run down -------------------------------------------------------------------------

/// A crate's place: tier and folder.
type Place = (String, String);

fn manifests() -> BTreeMap<String, (Place, toml::Table)> {
    let mut all = BTreeMap::new();
    for file in files("/Cargo.toml") {
        let manifest: toml::Table = file.text.parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let parts: Vec<&str> = file.path.split('/').collect();
        let place = (parts[1].to_owned(), parts[parts.len() - 2].to_owned());
        all.insert(name, (place, manifest));
    }
    all
}

fn position(list: &[&str], item: &str) -> Option<usize> {
    list.iter().position(|entry| *entry == item)
}

/// Why `from` may not import `to`, or `None` when it may.
fn import_fault(from: &Place, to: &Place) -> Option<&'static str> {
    let (from_tier, to_tier) = (position(TIERS, &from.0), position(TIERS, &to.0));
    let (Some(from_tier), Some(to_tier)) = (from_tier, to_tier) else {
        return Some("stands in no known tier");
    };
    if from_tier != to_tier {
        return (from_tier < to_tier).then_some("runs up the tiers");
    }
    let allowed = match from.0.as_str() {
        "base" => match (position(BASE_ORDER, &from.1), position(BASE_ORDER, &to.1)) {
            (Some(from), Some(to)) => to < from,
            _ => false,
        },
        "domain" => match (position(DOMAIN_SHARED, &from.1), position(DOMAIN_SHARED, &to.1)) {
            (Some(from), Some(to)) => to < from,
            (None, Some(_)) => true,
            _ => false,
        },
        _ => false,
    };
    (!allowed).then_some("crosses its tier")
}

#[test]
fn imports_run_down_the_tiers_only() {
    let manifests = manifests();
    let mut faults = Vec::new();
    for (name, (place, manifest)) in &manifests {
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(table).and_then(|value| value.as_table()) else {
                continue;
            };
            for dependency in dependencies.keys() {
                let Some((to, _)) = manifests.get(dependency) else { continue };
                if let Some(fault) = import_fault(place, to) {
                    faults.push(format!("{name} imports {dependency}: {fault}"));
                }
            }
        }
    }
    assert_clean(&faults);
}

#[test]
fn the_import_rule_knows_good_from_bad() {
    let place = |text: &str| {
        let (tier, folder) = text.split_once('/').unwrap();
        (tier.to_owned(), folder.to_owned())
    };
    let check = |from: &str, to: &str, allowed: bool| {
        assert_eq!(import_fault(&place(from), &place(to)).is_none(), allowed, "{from} -> {to}");
    };
    check("server/server", "api/lending", true);
    check("api/lending", "domain/lending", true);
    check("domain/lending", "domain/ledger", true);
    check("base/events", "base/jobs", true);
    check("base/jobs", "base/events", false);
    check("base/money", "domain/ledger", false);
    check("domain/lending", "domain/savings", false);
    check("domain/savings", "domain/lending", false);
    check("domain/ledger", "domain/lending", false);
    check("api/lending", "api/platform", false);
    check("domain/lending", "api/lending", false);
}

#[test]
fn every_crate_has_its_line_in_the_readme() {
    let readme = std::fs::read_to_string(root().join("crates/README.md")).unwrap();
    let missing: Vec<String> = manifests()
        .iter()
        .map(|(name, ((tier, folder), _))| match tier.as_str() {
            "server" => (name, "`server`".to_owned()),
            _ => (name, format!("`{tier}/{folder}`")),
        })
        .filter(|(_, place)| !readme.contains(place.as_str()))
        .map(|(name, place)| format!("{name}: crates/README.md has no line with {place}"))
        .collect();
    assert_clean(&missing);
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let lax: Vec<String> = manifests()
        .iter()
        .filter(|(_, (_, manifest))| {
            let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
            lints.and_then(|value| value.as_bool()) != Some(true)
        })
        .map(|(name, _)| format!("{name}: [lints] workspace = true is missing"))
        .collect();
    assert_clean(&lax);
}

// --- sizes ------------------------------------------------------------------------------------

/// Compares what is over a limit with the list of what may be.
fn check_ratchet(over: &BTreeMap<String, usize>, allowed: &[(&str, usize, &str)], limit: usize) {
    let mut faults = Vec::new();
    for (name, lines) in over {
        match allowed.iter().find(|entry| entry.0 == name) {
            None => faults.push(format!("{name}: {lines} lines, at most {limit}")),
            Some(entry) if entry.1 != *lines => {
                faults.push(format!("{name}: {lines} lines, {} stand in the list", entry.1));
            }
            Some(_) => {}
        }
    }
    for (name, _, reason) in allowed {
        assert!(!reason.is_empty(), "{name}: an exception needs a reason");
        if !over.contains_key(*name) {
            faults.push(format!("{name}: no exception needed any more, remove it"));
        }
    }
    assert_clean(&faults);
}

#[test]
fn files_are_short() {
    let over = files(".rs")
        .into_iter()
        .map(|source| (source.path, source.text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_FILE_LINES)
        .collect();
    check_ratchet(&over, LONG_FILES, MAX_FILE_LINES);
}

/// The name of the function that starts on this line, if one does.
fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    if let Some(after) = rest.strip_prefix("pub") {
        rest = match after.strip_prefix('(') {
            Some(scope) => scope.split_once(") ")?.1,
            None => after.strip_prefix(' ')?,
        };
    }
    for word in ["const ", "async ", "unsafe ", "extern \"C\" "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    name.split(['(', '<']).next()
}

/// Name and lines of every function of formatted source: a function ends at the closing brace
/// that stands as far left as its first line.
fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        if line.ends_with('}') || line.ends_with(';') {
            found.push((name, 1));
            continue;
        }
        let end = lines[start + 1..]
            .iter()
            .position(|later| {
                indent(later) == indent(line)
                    && (later.trim() == "}" || later.ends_with(';') || later.ends_with(" {}"))
            })
            .unwrap_or(0);
        found.push((name, end + 2));
    }
    found
}

#[test]
fn functions_are_short() {
    let mut over = BTreeMap::new();
    for source in files(".rs") {
        for (name, lines) in functions(&source.text) {
            if lines > MAX_FUNCTION_LINES {
                over.insert(format!("{}::{name}", source.path), lines);
            }
        }
    }
    check_ratchet(&over, LONG_FUNCTIONS, MAX_FUNCTION_LINES);
}

#[test]
fn the_function_counter_counts() {
    let text = "fn one() { 1 }\n\nimpl X {\n    pub(crate) async fn two<T>(\n        a: T,\n    ) {\n        \
                a;\n    }\n\n    fn three(\n        a: u8,\n    ) -> u8;\n}\n";
    assert_eq!(functions(text), vec![("one", 1), ("two", 5), ("three", 3)]);
}

// --- things in their places -------------------------------------------------------------------

/// Compares the files where something was found with the list of those where it may be.
fn check_places(found: &BTreeMap<String, String>, allowed: &[(&str, &str)]) {
    let mut faults: Vec<String> = found
        .iter()
        .filter(|(path, _)| !allowed.iter().any(|entry| entry.0 == *path))
        .map(|(path, what)| format!("{path}:{what}"))
        .collect();
    for (path, reason) in allowed {
        assert!(!reason.is_empty(), "{path}: an exception needs a reason");
        if !found.contains_key(*path) {
            faults.push(format!("{path}: no exception needed any more, remove it"));
        }
    }
    assert_clean(&faults);
}

/// The first production line of each file for which `wrong` holds, where `looked_at` the path.
fn first_lines(
    looked_at: impl Fn(&str) -> bool,
    wrong: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for source in files(".rs").iter().filter(|source| looked_at(&source.path)) {
        if let Some((number, line)) = source.production_lines().find(|(_, line)| wrong(line)) {
            found.insert(source.path.clone(), format!("{number}: {}", line.trim()));
        }
    }
    found
}

fn holds_sql(line: &str) -> bool {
    let starts = [
        "SELECT ",
        "INSERT INTO ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "ALTER TABLE ",
        "ON CONFLICT ",
        " FOR UPDATE",
        " FOR SHARE",
    ];
    starts.iter().any(|start| line.contains(start))
        || (line.contains("UPDATE ") && line.contains(" SET "))
}

#[test]
fn sql_stands_in_repositories_only() {
    let looked_at =
        |path: &str| !path.ends_with("/repo.rs") && !path.starts_with("crates/base/storage/");
    check_places(&first_lines(looked_at, holds_sql), SQL_ELSEWHERE);
}

fn names_status(line: &str) -> bool {
    let number = |word: &str| {
        word.len() == 3
            && matches!(word.as_bytes()[0], b'2'..=b'5')
            && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    // A file server's protocol has status codes of its own.
    let is_http = !line.contains("russh_sftp::");
    (is_http && line.contains("StatusCode"))
        || (line.contains("status") && line.split(|c: char| !c.is_alphanumeric()).any(number))
}

#[test]
fn statuses_are_known_to_the_api_only() {
    let looked_at =
        |path: &str| !path.starts_with("crates/api/") && !path.starts_with("crates/base/http/");
    check_places(&first_lines(looked_at, names_status), STATUS_ELSEWHERE);
}

#[test]
fn doors_are_few_and_known() {
    let looked_at = |_: &str| true;
    let door = |line: &str| line.contains("clippy::disallowed_methods");
    check_places(&first_lines(looked_at, door), DOORS);
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("db", "g!("),
    ];
    let mut faults = Vec::new();
    for source in files(".rs").into_iter().chain(files(".sql")).chain(files(".toml")) {
        for (index, line) in source.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                faults.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    assert_clean(&faults);
}

// --- licences ---------------------------------------------------------------------------------

/// Whether an SPDX expression can be satisfied by the allowed licences alone. `/` is how older
/// manifests write OR.
fn licence_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let allowed = either(&tokens, &mut at);
    allowed && at == tokens.len()
}

fn either(tokens: &[&str], at: &mut usize) -> bool {
    let mut allowed = both(tokens, at);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= both(tokens, at);
    }
    allowed
}

fn both(tokens: &[&str], at: &mut usize) -> bool {
    let mut allowed = single(tokens, at);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= single(tokens, at);
    }
    allowed
}

fn single(tokens: &[&str], at: &mut usize) -> bool {
    let Some(token) = tokens.get(*at) else { return false };
    *at += 1;
    if *token == "(" {
        let allowed = either(tokens, at);
        *at += 1;
        return allowed;
    }
    let mut name = (*token).to_owned();
    if tokens.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", tokens.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    LICENCES.contains(&name.as_str())
}

#[test]
fn licence_expressions_are_understood() {
    let check = |expression: &str, allowed: bool| {
        assert_eq!(licence_allowed(expression), allowed, "{expression}");
    };
    check("MIT", true);
    check("MIT/Apache-2.0", true);
    check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
    check("ISC AND (Apache-2.0 OR ISC) AND Apache-2.0", true);
    check("Apache-2.0 WITH LLVM-exception OR GPL-3.0-only", true);
    check("GPL-3.0-only", false);
    check("MIT AND AGPL-3.0-only", false);
    check("MIT GPL-3.0-only", false);
    check("", false);
}

#[test]
fn dependencies_have_permissive_licences() {
    // Only this platform's packages: those of others need not be on the disk.
    let cargo = env!("CARGO");
    let version = Command::new(cargo).arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", host])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "only {} packages: metadata not understood", packages.len());
    let faults: Vec<String> = packages
        .iter()
        .filter(|package| !licence_allowed(package["license"].as_str().unwrap_or("")))
        .map(|package| {
            format!("{} {}: {}", package["name"], package["version"], package["license"])
        })
        .collect();
    assert_clean(&faults);
}
