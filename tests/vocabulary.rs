//! The vocabulary's schema and table are what the types say. After a change of the types run this with `STANDIN_UPDATE=1`.

use std::path::Path;

use serde_json::{Value, json};
use standin::contract::vocabulary;

#[track_caller]
fn up_to_date(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("STANDIN_UPDATE").is_some() {
        std::fs::write(&path, generated).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{name} is out of date: run the tests once with STANDIN_UPDATE=1");
}

#[test]
fn the_committed_schema_is_generated_from_the_types() {
    up_to_date("spec/x-standin.schema.json", &format!("{:#}\n", vocabulary::schema()));
}

#[test]
fn the_committed_table_is_generated_from_the_types() {
    up_to_date("spec/x-standin.md", &vocabulary::table());
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&vocabulary::schema()).expect("the schema is one")
}

#[test]
fn the_schema_accepts_every_shipped_overlay() {
    for service in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("spec")).expect("spec/ is there") {
        let overlay = service.expect("an entry").path().join("overlay.yaml");
        let Ok(text) = std::fs::read_to_string(&overlay) else { continue };
        let overlay: Value = serde_saphyr::from_str(&text).expect("an overlay is YAML");
        for action in overlay["actions"].as_array().expect("actions") {
            let behaviour = &action["update"]["x-standin"];
            let errors: Vec<String> = validator().iter_errors(behaviour).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }
}

#[test]
fn the_schema_refuses_what_the_loader_refuses() {
    for wrong in [
        json!({"resorces": {}}),
        json!({"operations": {"a": {"updaet": "post"}}}),
        json!({"limits": {"a": {"rate": 5}}}),
        json!({"errors": {"a": {}}}),
    ] {
        assert!(!validator().is_valid(&wrong), "{wrong}");
        assert!(serde_json::from_value::<vocabulary::Behaviour>(wrong.clone()).is_err(), "{wrong}");
    }
}
