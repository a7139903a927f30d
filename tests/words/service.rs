//! A small document and the words over it, written in the test.

use std::sync::Arc;

use standin::contract::document::Source;
use standin::contract::{Contract, Selection};

use crate::support::Fake;

struct One(String);

impl Source for One {
    fn read(&self, name: &str) -> Result<String, String> {
        if name == "api.yaml" { Ok(self.0.clone()) } else { Err("there is no such file".to_owned()) }
    }
}

/// The document with these words under `x-standin`, both as YAML.
fn load(document: &str, words: &str) -> Result<Contract, Vec<String>> {
    let words: Vec<String> = words.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("{document}\nx-standin:\n{}", words.concat());
    let loaded = Contract::load(&One(text), "api.yaml", &Selection::default());
    loaded.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// A fresh world of the service.
#[track_caller]
pub fn service(document: &str, words: &str) -> Fake {
    match load(document, words) {
        Ok(contract) => Fake::new(Arc::new(contract), 1),
        Err(complaints) => panic!("it does not load:\n{}", complaints.join("\n")),
    }
}

/// What is said to the author of words that do not load.
#[track_caller]
pub fn complaints(document: &str, words: &str) -> Vec<String> {
    load(document, words).map(|_| ()).expect_err("it loads")
}
