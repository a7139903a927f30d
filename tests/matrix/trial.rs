//! The harness tried out on a small service: what it says of itself holds, and each lie is caught.

use std::sync::Arc;

use serde_json::{Value, json};
use standin::contract::document::Source;
use standin::contract::vocabulary::CapabilityRule;
use standin::contract::{Contract, Selection};

use crate::case::Casebook;
use crate::{Matrix, judge, matrix};

const DOCUMENT: &str = include_str!("trial/parcels.yaml");
const BOOK: &str = include_str!("trial/cases.yaml");

struct Trial;

impl Source for Trial {
    fn read(&self, _: &str) -> Result<String, String> {
        Ok(DOCUMENT.to_owned())
    }
}

fn parcels() -> Arc<Contract> {
    match Contract::load(&Trial, "parcels.yaml", &Selection::default()) {
        Ok(contract) => Arc::new(contract),
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("the small service does not load:\n{}", errors.join("\n"));
        }
    }
}

fn honest() -> (Matrix, Casebook) {
    (matrix("parcels.yaml", DOCUMENT), Casebook::read("cases.yaml", BOOK))
}

#[test]
fn what_holds_is_not_complained_of() {
    let (matrix, book) = honest();
    assert_eq!(matrix.len(), 5);
    assert_eq!(judge(&parcels(), &matrix, &book), Vec::<String>::new());
}

#[test]
fn each_lie_is_caught() {
    let contract = parcels();
    for (operation, column, lie, caught) in [
        ("createParcel", "idempotent", json!(false), "the key is looked at, though it should not be"),
        ("createParcel", "async", json!(true), "the reply does not say that work is queued"),
        ("createParcel", "emits", json!([]), "parcel.created is emitted, which is not named"),
        (
            "createParcel",
            "emits",
            json!(["parcel.created", "parcel.lost"]),
            "no way of the case brings about parcel.lost",
        ),
        ("createParcel", "retry_safe", json!("always"), "the repeat leads to another state"),
        ("createParcel", "partial_success", json!(true), "the case has no call with good and bad items"),
        ("sendParcel", "async", json!(false), "202 says that work is queued"),
        ("sendParcel", "emits", json!(["parcel.arrived"]), "parcel.lost is emitted, which is not named"),
        ("sendParcel", "emits", json!(["parcel.lost"]), "parcel.arrived is emitted, which is not named"),
        ("createParcels", "idempotent", json!(false), "the key is looked at, though it should not be"),
        ("createParcels", "partial_success", json!(false), "the case has a call with good and bad items"),
        ("renewCode", "idempotent", json!(true), "the repeat is answered with"),
        ("renewCode", "retry_safe", json!("always"), "the repeat leads to another state"),
        ("renewCode", "retry_safe", json!("with_key"), "the repeat has an effect"),
        ("cancelParcel", "async", json!(true), "the reply does not say that work is queued"),
        ("cancelParcel", "emits", json!(["parcel.lost"]), "none of the named events is emitted"),
    ] {
        let (mut matrix, book) = honest();
        let row = &mut matrix[operation];
        let mut told = serde_json::to_value(&*row).expect("a row is JSON");
        told[column] = lie.clone();
        *row = serde_json::from_value(told).expect("a lie has the form of a row");
        let complaints = judge(&contract, &matrix, &book);
        let [complaint] = complaints.as_slice() else { panic!("{operation} {column} {lie}: {complaints:#?}") };
        assert!(complaint.starts_with(&format!("{operation} {column}: {caught}")), "{complaint}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let contract = parcels();
    let (mut matrix, mut book) = honest();
    book.cases.shift_remove("renewCode");
    matrix.shift_remove("cancelParcel");
    matrix["createParcel"] = CapabilityRule { emits: None, ..matrix["createParcel"].clone() };
    let partial = book.cases["createParcels"].partial.take();
    assert!(partial.is_some());
    assert_eq!(
        judge(&contract, &matrix, &book),
        [
            "createParcel emits: the cell is empty",
            "createParcels partial_success: the case has no call with good and bad items",
            "renewCode has no case",
            "cancelParcel is not in the matrix",
        ]
    );
}

#[test]
fn a_case_that_goes_wrong_is_told_with_its_place() {
    for (setup, wrong) in [
        (json!([{"do": "readMinds"}]), "step 1 of the setup: there is no operation readMinds"),
        (
            json!([{"wait": 1}, {"seed": "letter", "records": []}]),
            "step 2 of the setup: unknown resource 'letter'; known: ",
        ),
        (json!([{"record": "parcel"}]), "step 1 of the setup: there is no parcel"),
        (json!([{}]), "step 1 of the setup: a step has one of do, seed, record and wait"),
        (
            json!([{"do": "createParcel", "with": {"body": {}}}]),
            "step 1 of the setup: createParcel: it is answered with 400: ",
        ),
        (
            json!([{"do": "createParcel", "with": {"body": {"address": "{a.b}"}}}]),
            "step 1 of the setup: nothing is bound to a in {a.b}",
        ),
    ] {
        let (matrix, mut book) = honest();
        let case = &mut book.cases["createParcel"];
        case.setup = serde_json::from_value::<Vec<_>>(setup).expect("steps");
        let complaints = judge(&parcels(), &matrix, &book);
        assert_eq!(complaints.len(), 5, "{complaints:#?}");
        let place = format!("createParcel idempotent: {wrong}");
        assert!(complaints[0].starts_with(&place), "{complaints:#?}");
    }
    let unknown: Result<Casebook, _> =
        serde_json::from_value(json!({"conflict": Value::Null, "cases": {"a": {"cal": {}}}}));
    assert!(unknown.is_err(), "a word that means nothing is no case");
}
