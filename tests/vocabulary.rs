//! The vocabulary's schema and table are what the types say. After a change of the types run this with `STANDIN_UPDATE=1`. The tables of
//! `spec/scenarios.md`, which are written by hand, say the same as the code.

use std::path::Path;

use serde_json::{Value, json};
use standin::contract::vocabulary;
use standin::scenario::code::Code;
use standin::scenario::coverage::Dimension;
use standin::scenario::report::Format;
use standin::scenario::snapshot::Kind;
use standin::scenario::{condition, expression, jsonpath, read, run, template};
use standin::world::fault;

const SCENARIOS: &str = include_str!("../spec/scenarios.md");

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

#[test]
fn the_committed_reference_of_audits_is_generated_from_the_rules() {
    up_to_date("spec/audit.md", &standin::audit::reference::text());
}

#[test]
fn the_committed_schema_of_audit_reports_is_generated_from_the_types() {
    up_to_date("spec/audit-report.schema.json", &format!("{:#}\n", standin::audit::report::schema()));
}

#[test]
fn the_control_api_describes_faults_as_their_types_do() {
    const START: &str = "    # Generated from the types of src/world/fault; tests/vocabulary.rs keeps it so.\n";
    const END: &str = "    # End of what is generated.\n";
    let mut schema = fault::schema();
    let object = schema.as_object_mut().expect("a schema is an object");
    let Some(Value::Object(definitions)) = object.shift_remove("$defs") else { panic!("it has definitions") };
    let mut schemas = serde_json::Map::from_iter([("Fault".to_owned(), schema)]);
    schemas.extend(definitions);
    let text = serde_saphyr::to_string(&schemas).expect("a tree is YAML");
    let indented = text
        .replace("#/$defs/", "#/components/schemas/")
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect::<String>();
    let committed = include_str!("../spec/control.yaml");
    let (before, rest) = committed.split_once(START).expect("the start is marked");
    let (_, after) = rest.split_once(END).expect("the end is marked");
    up_to_date("spec/control.yaml", &format!("{before}{START}{indented}{END}{after}"));
}

#[test]
fn the_page_about_faults_is_generated_from_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let entries = std::fs::read_dir(folder).expect("spec/ is there");
    let mut profiles: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".faults.yaml")?.to_owned();
            Some((name, std::fs::read_to_string(&path).expect("a profile is text")))
        })
        .collect();
    profiles.sort();
    let page = fault::page(&profiles);
    let untold = profiles.iter().filter(|(_, text)| !text.starts_with("# ")).map(|(name, _)| name.as_str());
    assert_eq!(untold.collect::<Vec<_>>(), Vec::<&str>::new(), "profiles that do not say what they imitate");
    up_to_date("spec/faults.md", &page);
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
            // An action may also correct the document itself.
            let Some(behaviour) = action["update"].get("x-standin") else { continue };
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

#[track_caller]
fn scenarios_say(row: &str) {
    assert!(SCENARIOS.contains(row), "spec/scenarios.md does not have: {row}");
}

#[test]
fn the_reference_of_scenarios_lists_every_finding_with_its_severity() {
    for code in Code::ALL {
        let severity = format!("{:?}", code.severity()).to_lowercase();
        scenarios_say(&format!("\n| `{}` | {severity} | {} |\n", code.word(), code.title()));
    }
}

#[test]
fn the_reference_of_scenarios_lists_every_format_dimension_and_kind_of_value() {
    for format in Format::ALL {
        scenarios_say(&format!("\n| `{}` |", format.word()));
    }
    let dimensions: Vec<String> = Dimension::ALL.iter().map(|one| format!("`{}`", one.word())).collect();
    let prose = SCENARIOS.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(prose.contains(&dimensions.join(", ")), "{dimensions:?}");
    let error = Kind::parse("").expect_err("no kind has an empty name");
    let (_, known) = error.split_once("known: ").expect("the error lists them");
    let kinds: Vec<String> = known.split(", ").map(|kind| format!("`{kind}`")).collect();
    let (last, others) = kinds.split_last().expect("there are kinds");
    assert!(prose.contains(&format!("Kinds for `as:` are {} and {last}.", others.join(", "))), "{kinds:?}");
}

#[test]
fn the_reference_of_scenarios_lists_every_extension_field() {
    let shapes = include_str!("../src/scenario/read/shape.rs");
    let quoted = shapes.split("(\"x-standin-").skip(1).filter_map(|rest| rest.split('"').next());
    let fields: Vec<&str> = quoted.filter(|field| !field.is_empty()).collect();
    assert!(fields.len() >= 7, "{fields:?}");
    for field in fields {
        scenarios_say(&format!("\n| `x-standin-{field}: "));
    }
}

#[test]
fn the_reference_of_scenarios_names_the_limits_that_hold() {
    for (what, limit) in [
        ("scenario files of a run, with those that they refer to", read::DESCRIPTIONS_MAX),
        ("workflows of a file", read::WORKFLOWS_MAX),
        ("steps of a workflow", read::STEPS_MAX),
        ("values copied from components and workflow-level parts", read::COPIED_VALUES_MAX),
        ("complaints that are told", read::COMPLAINTS_MAX),
        ("bytes of an expression", expression::EXPRESSION_BYTES_MAX),
        ("bytes of a condition", condition::CONDITION_BYTES_MAX),
        ("nesting of parentheses and `!` in a condition", condition::NESTING_MAX),
        ("bytes of a JSONPath", jsonpath::QUERY_BYTES_MAX),
        ("nesting of brackets in a JSONPath", jsonpath::NESTING_MAX),
        ("nesting of filters in a JSONPath", jsonpath::FILTERS_MAX),
        ("descendant segments (`..`) of a JSONPath", jsonpath::DESCENDANTS_MAX),
        ("nesting of a payload as written", template::DEPTH_MAX),
        ("visits of steps in a workflow, those of called workflows included", run::VISITS_MAX),
        ("nesting of workflows that call one another", run::DEPTH_MAX),
        ("seconds that `retryAfter` or `Retry-After` can ask for", run::WAIT_MAX.as_secs() as usize),
        (
            "bytes and values of an output, an input that is passed on, or a list of `x-standin-each`",
            run::VALUE_SIZE_MAX,
        ),
        ("nesting of these", run::VALUE_DEPTH_MAX),
    ] {
        scenarios_say(&format!("\n| {what} | {} |\n", thousands(limit)));
    }
}

/// `16777216` as `16,777,216`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
