use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Inferred, infer};
use crate::contract::document::{Document, Source};
use crate::contract::operation::Operations;
use crate::contract::plan_text::{PlanForm, Shown, render};
use crate::contract::template::Tree;
use crate::contract::vocabulary::{Behaviour, OperationRule};

const TRAINS: &str = include_str!("documents/trains.yaml");
const LARAVEL: &str = include_str!("documents/laravel.yaml");
const CURSOR: &str = include_str!("documents/cursor.yaml");
const PETSTORE: &str = include_str!("documents/petstore.yaml");
const FULL: &str = include_str!("../../../../spec/flow/openapi.yaml");

struct Text<'a>(&'a str);

impl Source for Text<'_> {
    fn read(&self, _: &str) -> Result<String, String> {
        Ok(self.0.to_owned())
    }
}

fn read(text: &str) -> Option<(Document, Operations)> {
    let document = Document::load(&Text(text), "test.yaml", &[]).ok()?;
    let (operations, _) = Operations::read(&document, &[]).ok()?;
    Some((document, operations))
}

fn inferred(text: &str) -> Inferred {
    let (document, operations) = read(text).expect("the test's document can be read");
    infer(&document, &operations)
}

/// A plan that was not compiled: nothing is known of what clients may count on.
fn shown<'a>(found: &'a Inferred, operations: &'a Operations) -> Shown<'a> {
    Shown { behaviour: &found.behaviour, reasons: &found.reasons, operations, capabilities: Vec::new() }
}

fn plan(text: &str) -> String {
    let (document, operations) = read(text).expect("the test's document can be read");
    let found = infer(&document, &operations);
    render(&shown(&found, &operations), PlanForm::Yaml)
}

/// What must hold for every document.
#[track_caller]
fn check(found: &Inferred) {
    let value = serde_json::to_value(&found.behaviour).expect("a behaviour is JSON");
    let back: Behaviour = serde_json::from_value(value.clone()).expect("what was written can be read");
    assert_eq!(back, found.behaviour);
    for reason in &found.reasons {
        assert!(value.pointer(&reason.pointer).is_some(), "{} explains nothing", reason.pointer);
    }
    let shapes = &found.behaviour.shapes;
    for tree in [&shapes.record, &shapes.list, &shapes.message, &shapes.error].into_iter().flatten() {
        compiles(tree);
    }
    for (name, rule) in &found.behaviour.operations {
        let reply = rule.reply.iter().flat_map(|reply| [&reply.body, &reply.record]);
        reply.flatten().chain(rule.set.values()).for_each(compiles);
        let verbs = [&rule.list, &rule.get, &rule.create, &rule.update, &rule.replace, &rule.delete, &rule.save];
        let count = verbs.iter().filter(|verb| verb.is_some()).count() + usize::from(rule.deliver.is_some());
        assert_eq!(count + usize::from(rule.sampled), 1, "{name} does one thing");
        for resource in verbs.into_iter().flatten() {
            assert!(found.behaviour.resources.contains_key(resource), "{name}: {resource}");
        }
        rule.matching.values().chain(&rule.id).for_each(|text| compiles(&json!(format!("{{{{ {text} }}}}"))));
    }
    if let Some(webhooks) = &found.behaviour.webhooks {
        let log = webhooks.log.iter().flat_map(|log| log.set.values());
        webhooks.events.values().chain([&webhooks.body]).chain(log).for_each(compiles);
    }
}

#[track_caller]
fn compiles(tree: &Value) {
    let names = [
        "record",
        "records",
        "page",
        "message",
        "error",
        "call",
        "now",
        "path",
        "query",
        "body",
        "header",
        "event",
        "event_id",
        "data",
        "subscription",
        "delivery",
    ];
    if let Err(error) = Tree::compile(tree, &names) {
        panic!("{tree}: {error:?}");
    }
}

#[test]
fn a_booking_service_with_problems_is_understood() {
    check(&inferred(TRAINS));
    insta::assert_snapshot!(plan(TRAINS));
}

#[test]
fn laravel_lists_and_validation_errors_are_understood() {
    check(&inferred(LARAVEL));
    insta::assert_snapshot!(plan(LARAVEL));
}

#[test]
fn cursors_and_filters_are_understood() {
    check(&inferred(CURSOR));
    insta::assert_snapshot!(plan(CURSOR));
}

#[test]
fn the_pet_store_is_understood() {
    check(&inferred(PETSTORE));
    insta::assert_snapshot!(plan(PETSTORE));
}

#[test]
fn a_plan_in_words_marks_and_counts_what_is_sampled() {
    let (document, operations) = read(CURSOR).expect("the test's document can be read");
    let found = infer(&document, &operations);
    insta::assert_snapshot!(render(&shown(&found, &operations), PlanForm::Text));
    let json = render(&shown(&found, &operations), PlanForm::Json);
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["behaviour"]["operations"]["getAccount"]["get"], "account");
}

#[test]
fn a_document_without_anything_has_an_empty_plan() {
    let found = inferred("{openapi: 3.1.0, info: {title: x, version: '1'}, paths: {}}");
    check(&found);
    assert!(found.behaviour.operations.is_empty() && found.behaviour.resources.is_empty());
}

/// The verb and the resource of an operation, in two words.
fn verb(rule: &OperationRule) -> String {
    let verbs = [
        ("list", &rule.list),
        ("get", &rule.get),
        ("create", &rule.create),
        ("update", &rule.update),
        ("replace", &rule.replace),
        ("delete", &rule.delete),
        ("save", &rule.save),
    ];
    let known =
        verbs.iter().find_map(|(verb, resource)| resource.as_ref().map(|resource| format!("{verb} {resource}")));
    known
        .or_else(|| rule.deliver.as_ref().map(|rule| format!("deliver {}", rule.event.as_deref().unwrap_or("again"))))
        .unwrap_or_else(|| "sampled".to_owned())
}

#[test]
fn every_operation_of_a_full_contract_gets_its_verb() {
    let found = inferred(FULL);
    check(&found);
    let verbs: Vec<String> =
        found.behaviour.operations.iter().map(|(id, rule)| format!("{id}: {}", verb(rule))).collect();
    insta::assert_snapshot!(verbs.join("\n"));
}

#[test]
fn a_full_contract_tells_its_ids_secrets_limits_and_events() {
    let behaviour = inferred(FULL).behaviour;
    let value = serde_json::to_value(&behaviour).expect("a behaviour is JSON");
    let at = |pointer: &str| value.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at("/resources/post/id"), json!({"prefix": "post_"}));
    assert_eq!(at("/resources/media/id"), json!({"field": "key", "prefix": "media_"}));
    assert_eq!(at("/resources/webhook/secrets/secret"), json!("whsec_[A-Za-z0-9]{28}"));
    assert_eq!(at("/resources/post/references/channelId/else"), json!("not_found"));
    assert_eq!(at("/resources/post/references/mediaKeys/to"), json!("media"));
    assert_eq!(at("/resources/connection/hidden"), Value::Null);
    assert_eq!(at("/operations/listWebhookDeliveries/match"), json!({"webhookId": "path.id"}));
    assert_eq!(at("/operations/deletePost/reply/message"), json!("Post deleted successfully"));
    assert_eq!(at("/operations/refreshConnection/merge"), json!(false));
    assert_eq!(at("/operations/createPost/emit"), json!("post.created"));
    assert_eq!(at("/limits/default/rate"), json!("100/min"));
    assert_eq!(at("/idempotency/replayed"), json!("Idempotent-Replayed"));
    assert_eq!(at("/credentials/bearerAuth/scopes"), json!("permissions"));
    assert_eq!(at("/errors/unknown_method/status"), json!(404));
    assert_eq!(at("/errors/idempotency_mismatch/code"), json!("IDEMPOTENCY_KEY_MISMATCH"));
    assert_eq!(at("/webhooks/sign/value"), json!("t={{ seconds }},v1={{ hex }}"));
    assert_eq!(at("/shapes/list/meta/pagination/total_pages"), json!("{{ page.pages }}"));
}

#[test]
fn schemas_that_contain_each_other_come_to_an_end() {
    let names: Vec<String> = (0..30).map(|number| format!("child{number}")).collect();
    let node = |name: &String| (name.clone(), json!({"$ref": "#/components/schemas/Node"}));
    let properties: serde_json::Map<String, Value> = names.iter().map(node).collect();
    let reply = json!({"description": "x", "content": {"application/json": {"schema": {
        "type": "object", "properties": {"data": {"$ref": "#/components/schemas/Node"}, "meta": {"$ref": "#/components/schemas/Node"}},
    }}}});
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "x", "version": "1"},
        "paths": {"/nodes/{id}": {"get": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": reply, "404": reply},
        }}},
        "components": {"schemas": {"Node": {
            "type": "object", "required": names, "properties": properties,
            "allOf": [{"$ref": "#/components/schemas/Node"}, {"$ref": "#/components/schemas/Node"}],
        }}},
    });
    check(&inferred(&document.to_string()));
}

/// Every pointer of a JSON value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let key = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| pointers(value, &key(name), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| pointers(value, &key(&index.to_string()), found))
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn damaged_documents_never_panic(
        document in prop::sample::select(vec![TRAINS, LARAVEL, CURSOR, PETSTORE]),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0usize..9), 1..6),
    ) {
        let mut root: Value = serde_saphyr::from_str(document).expect("the test's document is YAML");
        for (place, kind) in damages {
            let mut all = Vec::new();
            pointers(&root, "", &mut all);
            let values = [
                json!(null), json!([]), json!({}), json!("x"), json!("{{ record }}"), json!(-1), json!({"type": "object"}),
                json!({"type": "array"}), json!({"allOf": [{"$ref": "#/components/schemas/Note"}, {"$ref": "#/nowhere"}]}),
            ];
            if let Some(target) = root.pointer_mut(place.get::<String>(&all)) {
                *target = values[kind].clone();
            }
        }
        if let Some((document, operations)) = read(&root.to_string()) {
            let found = infer(&document, &operations);
            check(&found);
            for form in [PlanForm::Text, PlanForm::Yaml, PlanForm::Json] {
                render(&shown(&found, &operations), form);
            }
        }
    }
}
