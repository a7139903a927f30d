//! What a service's document says about repeats, queued work, events and success in part is verified cell by cell.
//!
//! A matrix is data: `capabilities` of operations in the root `x-standin` of a service's own document. How each of its operations is
//! called with success is data, too: `tests/matrix/<service>.yaml`, in the format of [`case`]. [`columns`] says what each cell means.

#[path = "../support/mod.rs"]
mod support;

mod case;
mod columns;
mod lab;
mod trial;

use std::sync::Arc;

use case::Casebook;
use columns::Row;
use indexmap::IndexMap;
use serde_json::Value;
use standin::contract::Contract;
use standin::contract::vocabulary::CapabilityRule;
use support::services::{self, Service};

/// By operationId.
type Matrix = IndexMap<String, CapabilityRule>;

/// The rows that a document states itself.
#[track_caller]
fn matrix(name: &str, document: &str) -> Matrix {
    let document: Value = serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{name}: {error}"));
    let operations = document["x-standin"]["operations"].as_object().into_iter().flatten();
    let stated =
        operations.filter_map(|(operation, rule)| Some((operation.clone(), rule.get("capabilities")?.clone())));
    let row = |(operation, stated): (String, Value)| {
        let row = serde_json::from_value(stated).unwrap_or_else(|error| panic!("{name}: {operation}: {error}"));
        (operation, row)
    };
    stated.map(row).collect()
}

/// Everything that is wrong: rows without a case, cases without a row, cells that do not hold.
fn judge(contract: &Arc<Contract>, matrix: &Matrix, book: &Casebook) -> Vec<String> {
    let mut complaints = Vec::new();
    for (operation, claim) in matrix {
        match book.cases.get(operation) {
            Some(case) => complaints.extend(Row { contract, book, operation, case }.judge(claim)),
            None => complaints.push(format!("{operation} has no case")),
        }
    }
    let strays = book.cases.keys().filter(|operation| !matrix.contains_key(*operation));
    complaints.extend(strays.map(|operation| format!("{operation} is not in the matrix")));
    complaints
}

/// Services that state a matrix, with it.
fn stated() -> Vec<(Service, Matrix)> {
    let matrices = services::all().into_iter().map(|service| {
        let text = std::fs::read_to_string(services::root().join(&service.document)).expect("the document is there");
        let matrix = matrix(&service.document, &text);
        (service, matrix)
    });
    matrices.filter(|(_, matrix)| !matrix.is_empty()).collect()
}

#[test]
fn every_cell_of_every_matrix_holds() {
    for (service, matrix) in stated() {
        let name = format!("tests/matrix/{}.yaml", service.name);
        let text = std::fs::read_to_string(services::root().join(&name));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
        let contract = support::contract(&service);
        let complaints = judge(&contract, &matrix, &Casebook::read(&name, &text));
        assert!(complaints.is_empty(), "{} of {name}:\n{}", complaints.len(), complaints.join("\n"));
    }
}

#[test]
fn the_plan_knows_what_the_document_states() {
    for (service, matrix) in stated() {
        let contract = support::contract(&service);
        for (operation, stated) in matrix {
            let planned = contract.behaviour.operations.get(&operation).and_then(|rule| rule.capabilities.as_ref());
            assert_eq!(planned, Some(&stated), "{}: {operation}", service.name);
        }
    }
}
