//! Evaluates statements from standard input, for checks against other implementations.
//!
//! Every line is `{"statement": "..", "kinds": {"name": "number"}, "inputs": {"name": {"type": "number",
//! "value": "1.5"}}}`, where kinds are of all input sources, also those without a value; the
//! answer to each is a line `{"value": ".."}`, `{"failure": "code"}` or `{"error": "..", "position": n}`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufWriter, Write};

use florin_decisioning::expression::{Inputs, Kind, Statement};
use serde_json::json;

#[derive(serde::Deserialize)]
struct Question {
    statement: String,
    kinds: BTreeMap<String, Kind>,
    inputs: Inputs,
}

fn answer(question: &Question) -> serde_json::Value {
    let kind_of = |name: &str| question.kinds.get(name).copied();
    match Statement::compile(&question.statement, &kind_of) {
        Err(error) => json!({"error": error.message, "position": error.position}),
        Ok(statement) => match statement.evaluate(&question.inputs) {
            Ok(value) => json!({"value": value.to_string()}),
            Err(failure) => json!({"failure": failure.code()}),
        },
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let question: Question = serde_json::from_str(&line?)?;
        writeln!(out, "{}", answer(&question))?;
    }
    out.flush()?;
    Ok(())
}
