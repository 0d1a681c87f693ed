//! What the crate `cddl` says to many items, with the schema read once.
//!
//! usage: verdicts FILE.cddl   (lines "RULE HEX" in; lines "1", "0 REASON" or "?" out, in the same order: "?" where
//! the crate stopped with a fault of its own)

use cddl::ast::{Rule, CDDL};
use cddl::validator::cbor::{CBORValidator, Error};
use cddl::validator::cbor_value::decode_cbor;
use cddl::validator::Validator;
use std::collections::HashMap;
use std::io::{BufRead, Write};

/// The crate validates against the first rule.
fn with_root<'a>(schema: &CDDL<'a>, root: &str) -> CDDL<'a> {
    let mut out = schema.clone();
    let at = out
        .rules
        .iter()
        .position(|rule| matches!(rule, Rule::Type { rule, .. } if rule.name.ident == root))
        .unwrap_or_else(|| panic!("no rule {root}"));
    out.rules.swap(0, at);
    out
}

fn verdict(schema: &CDDL, item: &str) -> Result<(), String> {
    let bytes = hex::decode(item).expect("hex");
    let value = decode_cbor(&bytes).map_err(|error| error.to_string())?;
    let result: Result<(), Error<std::io::Error>> =
        CBORValidator::new(schema, value, None).validate();
    result.map_err(|error| error.to_string())
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: verdicts FILE.cddl");
    let text = std::fs::read_to_string(path).expect("the CDDL file");
    let schema = cddl::cddl_from_str(&text, true).expect("CDDL");
    let mut schemas: HashMap<String, CDDL> = HashMap::new();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let (root, item) = line.split_once(' ').expect("RULE HEX");
        if !schemas.contains_key(root) {
            schemas.insert(root.to_string(), with_root(&schema, root));
        }
        match std::panic::catch_unwind(|| verdict(&schemas[root], item)) {
            Ok(Ok(())) => writeln!(out, "1"),
            Ok(Err(reason)) => writeln!(out, "0 {}", reason.replace('\n', "; ")),
            Err(_) => writeln!(out, "?"),
        }
        .expect("standard output");
    }
}
