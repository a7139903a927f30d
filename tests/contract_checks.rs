//! The checks of a scenario's exchanges, held against a shipped service: what the fake answers breaks nothing of its document.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use standin::call::{Call, Reply};
use standin::contract::Contract;
use standin::contract::operation::OperationId;
use standin::contract::parameter;
use standin::contract::router::Route;
use standin::contract::sample::{Direction, sample};
use standin::contract::violation::Place;
use standin::scenario::check::{self, Checker};
use standin::scenario::coverage::{Coverage, Dimension, bounds, lacking};
use standin::scenario::exchange::{Exchange, parse_body};
use standin::scenario::finding::{Finding, Severity, Site};
use standin::world::clock::FROZEN_START;
use support::{Fake, header};

/// How often each operation is called in each manner.
const ROUNDS: u64 = 6;

/// What a runner would have recorded of a call that the document knows.
fn exchange(contract: &Contract, call: Call, reply: Reply) -> Option<Exchange> {
    let Route::Found(operation, names) = contract.router.find(&call.method, &call.path) else { return None };
    let declared = contract.operations.get(operation);
    let (arguments, _) = parameter::decode(&declared.parameters, &contract.schemas, &names, &call);
    let sent = serde_json::from_slice(&call.body).ok();
    let (received, malformed) = parse_body(&reply);
    let (elapsed, received_at) = (Duration::ZERO, FROZEN_START);
    Some(Exchange { api: 0, operation, call, arguments, sent, reply, received, malformed, elapsed, received_at })
}

fn step() -> Site {
    Site { file: "walk.arazzo.yaml".into(), pointer: "/workflows/0/steps/0".to_owned() }
}

/// One value of a parameter as it is written in a URL: from the schema, or one that hardly any schema allows.
fn written(contract: &Contract, raw: &Value, seed: u64, wrong: bool) -> String {
    if wrong {
        return "%7E%7E".to_owned();
    }
    match sample(&contract.document, raw, seed, FROZEN_START, Direction::Request) {
        Value::String(text) => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(","),
        other => other.to_string(),
    }
}

/// Ids that the fake knows, by what the last word before them in a path is.
fn known_ids(fake: &mut Fake) -> BTreeMap<&'static str, Vec<String>> {
    let mut ids = BTreeMap::new();
    // The keys are left alone: the walk goes by one of them.
    for collection in ["posts", "channels", "connections", "webhooks"] {
        let listed = fake.get(&format!("/v1/{collection}"));
        let items = listed.at("/data/items").as_array().or_else(|| listed.at("/data").as_array()).cloned();
        let items = items.unwrap_or_default();
        let found = items.iter().filter_map(|item| item.get("id")?.as_str().map(str::to_owned));
        ids.insert(collection, found.collect());
    }
    ids
}

/// A call of an operation: with known or unknown ids, with a fitting or a broken query and body.
fn call(
    fake: &Fake,
    ids: &BTreeMap<&'static str, Vec<String>>,
    operation: OperationId,
    seed: u64,
    wrong: bool,
) -> Call {
    let contract = &fake.contract;
    let declared = contract.operations.get(operation);
    let mut path = contract.operations.path(declared);
    let mut query = Vec::new();
    let mut headers = Vec::new();
    for (index, one) in declared.parameters.iter().enumerate() {
        match one.place {
            Place::Path => {
                let collection = path.split('/').rev().find_map(|word| ids.get(word));
                let known = collection.and_then(|ids| ids.get(seed as usize % ids.len().max(1)));
                let value = known.filter(|_| seed % 3 != 2).cloned();
                let value = value.unwrap_or_else(|| written(contract, &one.raw, seed, false));
                path = path.replace(&format!("{{{}}}", one.name), &value);
            }
            Place::Query if one.required || (seed + index as u64).is_multiple_of(2) => {
                query.push(format!("{}={}", one.name, written(contract, &one.raw, seed, wrong)));
            }
            Place::Header if one.required || seed.is_multiple_of(2) => {
                headers.push((one.name.clone(), written(contract, &one.raw, seed, false)));
            }
            _ => {}
        }
    }
    let target = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
    let media = declared.body.as_ref().and_then(|body| body.media.iter().find(|media| media.name.contains("json")));
    let body = media.map(|media| {
        let mut body = sample(&contract.document, &media.raw, seed, FROZEN_START, Direction::Request);
        if wrong && let Some((_, value)) = body.as_object_mut().and_then(|body| body.iter_mut().next()) {
            *value = json!({"not": ["what", "is", "wanted"]});
        }
        body
    });
    let call = fake.prepare(declared.method.as_str(), &target, body);
    headers.iter().fold(call, |call, (name, value)| header(call, name, value))
}

/// Every operation in every manner, each with its exchange.
fn walk(mut visit: impl FnMut(&Contract, Exchange)) {
    for seed in 0..ROUNDS {
        let mut fake = Fake::flow();
        let ids = known_ids(&mut fake);
        let contract = fake.contract.clone();
        // Deletions come last, so that the others find something.
        let mut order: Vec<usize> = (0..contract.operations.list.len()).collect();
        order.sort_by_key(|index| contract.operations.list[*index].method == http::Method::DELETE);
        for wrong in [false, true] {
            for index in &order {
                let call = call(&fake, &ids, OperationId(*index), seed, wrong);
                let reply = fake.send(&call);
                if let Some(exchange) = exchange(&contract, call, reply) {
                    visit(&contract, exchange);
                }
                fake.wait(7);
            }
        }
    }
}

fn told(exchange: &Exchange, finding: &Finding) -> String {
    let body = String::from_utf8_lossy(&exchange.reply.body);
    let (method, url, status) = (&exchange.call.method, exchange.url(), exchange.status());
    format!("{method} {url} → {status} {body}\n  {}: {}", finding.code.word(), finding.message)
}

#[test]
fn nothing_that_the_fake_answers_breaks_its_document() {
    let contract = support::flow();
    let checker = Checker::new(&contract);
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    let mut bad = Vec::new();
    walk(|contract, mut exchange| {
        *statuses.entry(exchange.status()).or_default() += 1;
        for closed in [false, true] {
            let findings = checker.exchange(contract, &mut exchange, &step(), closed);
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            bad.extend(errors.map(|finding| told(&exchange, finding)));
        }
    });
    assert_eq!(bad, Vec::<String>::new());
    // The walk was worth something.
    let count: usize = statuses.values().sum();
    assert!(count > 400, "{count} calls: {statuses:?}");
    for status in [200, 201, 302, 400, 404] {
        assert!(statuses.contains_key(&status), "never {status}: {statuses:?}");
    }
}

/// An exchange with a reply of 200 of this operation, changed by `change`.
fn changed(operation: &str, target: &str, change: impl FnOnce(&mut Reply)) -> Vec<Finding> {
    let mut fake = Fake::flow();
    let call = fake.prepare("GET", target, None);
    let mut reply = fake.send(&call);
    assert_eq!(reply.status.as_u16(), 200);
    change(&mut reply);
    let exchange = exchange(&fake.contract, call, reply).expect("the document has the operation");
    assert_eq!(fake.contract.operations.get(exchange.operation).id, operation);
    check::exchange(&fake.contract, &exchange, &step(), false)
}

/// The code and the file and place of the only finding.
#[track_caller]
fn only(findings: &[Finding]) -> (&'static str, String) {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let site = findings[0].document.clone().expect("a place in the document");
    (findings[0].code.word(), format!("{}#{}", site.file, site.pointer))
}

#[test]
fn a_break_is_told_at_the_place_that_promised() {
    let unbroken = changed("getPost", "/v1/posts/post_tips", |_| {});
    assert_eq!(unbroken, []);
    let status = changed("getPost", "/v1/posts/post_tips", |reply| reply.status = http::StatusCode::IM_A_TEAPOT);
    let file = "spec/flow/openapi.yaml";
    assert_eq!(only(&status), ("status-undeclared", format!("{file}#/paths/~1posts~1{{id}}/get/responses")));
    let body = changed("getPost", "/v1/posts/post_tips", |reply| {
        let mut body: Value = serde_json::from_slice(&reply.body).expect("JSON");
        body["data"]["status"] = json!("lost");
        reply.body = body.to_string().into();
    });
    let (code, place) = only(&body);
    assert_eq!(code, "body-invalid");
    assert!(place.starts_with(&format!("{file}#/components/schemas/")) && place.ends_with("/enum"), "{place}");
}

#[test]
fn coverage_of_a_walk_is_told_and_held_against_bounds() {
    let contract = support::flow();
    let empty = Coverage::of(&contract);
    let mut coverage = empty.clone();
    walk(|contract, exchange| coverage.observe(contract, &exchange));
    let operations = contract.operations.list.len();
    assert_eq!(coverage.count(Dimension::Operation), (operations, operations));
    for dimension in Dimension::ALL {
        let (seen, all) = coverage.count(dimension);
        assert!(0 < seen && seen <= all, "{}: {seen} of {all}", dimension.word());
        assert_eq!(empty.count(dimension), (0, all));
    }
    let file = "spec/flow/openapi.yaml".into();
    assert_eq!(lacking(&coverage, &file, &bounds("100").expect("a bound")), []);
    assert_eq!(lacking(&coverage, &file, &bounds("status=100").expect("a bound")).len(), 1);
    // Every thing has a place in the document, and a name of its own.
    let items = coverage.items();
    let mut names: Vec<_> = items.iter().map(|item| (item.dimension, &item.operation, &item.name)).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), items.len());
    for item in &items {
        assert!(contract.document.at(&item.pointer).is_some(), "{item:?}");
    }
}
