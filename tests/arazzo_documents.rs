//! Arazzo documents as files: what a valid one is read as, and what is said of an invalid one.
//!
//! `valid/NAME.arazzo.yaml` is read without complaint, and what it became stands in `NAME.txt`. `invalid/NAME.arazzo.yaml` is refused, and
//! all that its author is told stands there. A first line `# reads: FILE…` names further files that are asked for together with it.
//! `STANDIN_UPDATE=1` rewrites what is expected; read each before it is kept.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use standin::contract::diagnostic;
use standin::contract::document;
use standin::contract::error::LoadError;
use standin::scenario::model::{
    Action, ActionKind, Destination, Inputs, Parameter, SourceTarget, Step, StepTarget, Suite, Workflow, WorkflowRef,
};
use standin::scenario::read::{self, Sources};

/// The cases' own folder, from which files are named.
struct Folder(PathBuf);

impl document::Source for Folder {
    fn read(&self, name: &str) -> Result<String, String> {
        fs::read_to_string(self.0.join(name)).map_err(|_| "no such file".to_owned())
    }
}

fn folder() -> Folder {
    Folder(Path::new(file!()).with_extension(""))
}

/// The cases of a kind, in order.
fn cases(kind: &str) -> Vec<String> {
    let entries = fs::read_dir(folder().0.join(kind)).expect("there are cases");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut cases: Vec<String> = names.filter(|name| name.contains(".arazzo.")).collect();
    cases.sort();
    cases
}

fn read_case(kind: &str, case: &str) -> Result<Suite, Vec<LoadError>> {
    let files = folder();
    let name = format!("{kind}/{case}");
    let text = document::Source::read(&files, &name).expect("the case is there");
    let more = text.lines().next().and_then(|line| line.strip_prefix("# reads: ")).unwrap_or_default();
    let mut names = vec![name];
    names.extend(more.split_whitespace().map(str::to_owned));
    read::read(&Sources { files: &files, overlays: &|_| Vec::new() }, &names)
}

/// Runs every case of a kind; `tell` gives what is compared, or what is wrong.
fn check(kind: &str, least: usize, tell: impl Fn(&str) -> Result<String, String>) {
    let update = std::env::var_os("STANDIN_UPDATE").is_some();
    let cases = cases(kind);
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let mut failures = String::new();
    for case in &cases {
        let stem = case.split(".arazzo.").next().unwrap_or(case);
        let path = folder().0.join(kind).join(format!("{stem}.txt"));
        let found = match tell(case) {
            Ok(found) => found,
            Err(failure) => {
                let _ = writeln!(failures, "--- {kind}/{case}\n{failure}");
                continue;
            }
        };
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if found == expected {
        } else if update {
            fs::write(&path, &found).expect("the expectation can be written");
        } else {
            let diff = similar::TextDiff::from_lines(&expected, &found);
            let _ = writeln!(failures, "--- {kind}/{case}\n{}", diff.unified_diff());
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn render(errors: &[LoadError]) -> String {
    diagnostic::render(errors, &|name| document::Source::read(&folder(), name).ok(), false)
}

#[test]
fn valid_documents_are_read_as_what_they_say() {
    check("valid", 40, |case| match read_case("valid", case) {
        Ok(suite) => Ok(tell(&suite)),
        Err(errors) => Err(format!("it is refused:\n{}", render(&errors))),
    });
}

#[test]
fn invalid_documents_are_refused_with_place_and_mend() {
    check("invalid", 90, |case| match read_case("invalid", case) {
        Ok(_) => Err("it is accepted".to_owned()),
        Err(errors) => Ok(render(&errors)),
    });
}

/// Every complaint says what is wrong at which place, and most say what to do.
#[test]
fn complaints_are_fragments_with_a_place() {
    for case in cases("invalid") {
        for error in read_case("invalid", &case).err().unwrap_or_default() {
            let start = error.message.chars().next().unwrap_or(' ');
            assert!(
                !start.is_uppercase() || ["Arazzo", "XPath"].iter().any(|name| error.message.starts_with(name)),
                "{case}: {}",
                error.message
            );
            assert!(!error.message.ends_with('.'), "{case}: {}", error.message);
        }
    }
}

/// Every value of a document that has every field, replaced by others and left out: each is read or refused, and told of.
#[test]
fn no_value_in_the_wrong_place_brings_the_reader_down() {
    for case in ["every-field-1.0", "every-field-1.1", "sub-workflow", "each"] {
        let name = format!("valid/{case}.arazzo.yaml");
        let text = document::Source::read(&folder(), &name).expect("the case is there");
        let root = document::text::parse(&name, &text).expect("it is well formed");
        for pointer in pointers(&root) {
            for changed in changes(&root, &pointer) {
                let files = Changed { name: &name, text: changed.to_string(), folder: folder() };
                let sources = Sources { files: &files, overlays: &|_| Vec::new() };
                if let Err(errors) = read::read(&sources, std::slice::from_ref(&name)) {
                    assert!(!errors.is_empty(), "{pointer}");
                    let told = diagnostic::render(&errors, &|name| document::Source::read(&files, name).ok(), false);
                    assert!(told.starts_with("error: "), "{pointer}: {told}");
                }
            }
        }
    }
}

/// A folder in which one file has another text.
struct Changed<'a> {
    name: &'a str,
    text: String,
    folder: Folder,
}

impl document::Source for Changed<'_> {
    fn read(&self, name: &str) -> Result<String, String> {
        if name == self.name { Ok(self.text.clone()) } else { self.folder.read(name) }
    }
}

/// The pointers of every value below the root.
fn pointers(root: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((at, value)) = open.pop() {
        let members: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        open.extend(members.into_iter().map(|(key, value)| (standin::pointer::join(&at, &key), value)));
        found.push(at);
    }
    found
}

/// The document with one value replaced, and without it.
fn changes(root: &Value, pointer: &str) -> Vec<Value> {
    let others = [
        Value::Null,
        json!(-1.5),
        json!("$steps.list.outputs.id"),
        json!([null]),
        json!({"reference": "$components.a"}),
    ];
    let mut changes: Vec<Value> = Vec::new();
    for other in others {
        let mut changed = root.clone();
        if let Some(value) = changed.pointer_mut(pointer) {
            *value = other;
        }
        changes.push(changed);
    }
    let mut without = root.clone();
    if let Some((parent, key)) = standin::pointer::split_last(pointer)
        && let Some(Value::Object(members)) = without.pointer_mut(parent)
    {
        members.shift_remove(key.as_ref());
        changes.push(without);
    }
    changes
}

/// What a suite was read as, in short.
fn tell(suite: &Suite) -> String {
    let mut out = String::new();
    for (index, description) in suite.descriptions.iter().enumerate() {
        let asked = if index < suite.asked { "" } else { ", referred to" };
        let _ = writeln!(out, "{} ({:?}{asked}): {}", description.file, description.version, description.title);
        for source in &description.sources {
            let target = match source.target {
                SourceTarget::Api(api) => format!("API {}", suite.apis[api].file),
                SourceTarget::Description(other) => format!("description {}", suite.descriptions[other].file),
            };
            let _ = writeln!(out, "  source {}: {target}", source.name);
        }
        for workflow in &description.workflows {
            tell_workflow(&mut out, suite, index, workflow);
        }
    }
    out
}

fn tell_workflow(out: &mut String, suite: &Suite, description: usize, workflow: &Workflow) {
    let called = if workflow.called { ", called by others" } else { "" };
    let _ = writeln!(out, "  workflow {}{called}", workflow.id);
    if let Some(inputs) = &workflow.inputs {
        let _ = writeln!(out, "    inputs: {}", tell_inputs(inputs));
    }
    for needed in &workflow.depends_on {
        let _ = writeln!(out, "    after {}", name(suite, description, *needed));
    }
    for step in &workflow.steps {
        tell_step(out, suite, description, workflow, step);
    }
    for step in &workflow.finally {
        let _ = writeln!(out, "    finally {}", workflow.steps[*step].id);
    }
    if !workflow.outputs.is_empty() {
        let _ = writeln!(out, "    outputs: {}", keys(&workflow.outputs));
    }
    if workflow.snapshot.off {
        let _ = writeln!(out, "    no snapshot");
    }
}

fn tell_inputs(inputs: &Inputs) -> String {
    let told = inputs.properties.iter().map(|input| {
        let mut text = input.name.clone();
        let default = input.default.as_ref().map(|default| format!("default {default}"));
        let from = input.from.map(|from| format!("from {from:?}"));
        let marks =
            [input.required.then(|| "required".to_owned()), input.secret.then(|| "secret".to_owned()), default, from];
        marks.into_iter().flatten().for_each(|mark| text.push_str(&format!(" ({mark})")));
        text
    });
    told.collect::<Vec<_>>().join(", ")
}

fn tell_step(out: &mut String, suite: &Suite, description: usize, workflow: &Workflow, step: &Step) {
    let target = match step.target {
        StepTarget::Operation { api, operation } => {
            let operation = suite.apis[api].contract.operations.get(operation);
            format!("{} {} of {}", operation.method, operation.template, suite.apis[api].name)
        }
        StepTarget::Workflow(called) => format!("workflow {}", name(suite, description, called)),
    };
    let _ = writeln!(out, "    step {}: {target}", step.id);
    for parameter in &step.parameters {
        let _ = writeln!(out, "      {}", tell_parameter(parameter));
    }
    if let Some(body) = &step.body {
        let media = body.content_type.as_deref().unwrap_or("as declared");
        let _ = writeln!(out, "      body: {media}, {} replacements", body.replacements.len());
    }
    for criterion in &step.success_criteria {
        let _ = writeln!(out, "      succeeds when {}", criterion.text);
    }
    for (when, actions) in [("success", &step.on_success), ("failure", &step.on_failure)] {
        for action in actions {
            let _ = writeln!(out, "      on {when} {}", tell_action(suite, description, workflow, action));
        }
    }
    for needed in &step.depends_on {
        let _ = writeln!(out, "      after {}", workflow.steps[*needed].id);
    }
    for (other, step) in &step.depends_on_others {
        let _ = writeln!(out, "      after {step} of {}", name(suite, description, *other));
    }
    if let Some(condition) = &step.condition {
        let _ = writeln!(out, "      if {}", condition.text);
    }
    if let Some(each) = &step.each {
        let _ = writeln!(out, "      for each {}", each.name);
    }
    if let Some(timeout) = step.timeout {
        let _ = writeln!(out, "      within {timeout:?}");
    }
    if !step.outputs.is_empty() {
        let _ = writeln!(out, "      outputs: {}", keys(&step.outputs));
    }
    if step.snapshot.off {
        let _ = writeln!(out, "      no snapshot");
    }
    for redaction in &step.snapshot.redactions {
        let _ = writeln!(out, "      {} shown as {:?}", redaction.text, redaction.kind);
    }
    if let Some(headers) = &step.snapshot.headers {
        let _ = writeln!(out, "      shows headers {}", headers.join(", "));
    }
}

fn tell_parameter(parameter: &Parameter) -> String {
    match parameter.place {
        Some(place) => format!("{place:?} {}: {:?}", parameter.name, parameter.value),
        None => format!("input {}: {:?}", parameter.name, parameter.value),
    }
}

fn tell_action(suite: &Suite, description: usize, workflow: &Workflow, action: &Action) -> String {
    let place = |destination: &Destination| match destination {
        Destination::Step(step) => format!("step {}", workflow.steps[*step].id),
        Destination::Workflow(other) => format!("workflow {}", name(suite, description, *other)),
    };
    let what = match &action.kind {
        ActionKind::End => "end".to_owned(),
        ActionKind::Goto(destination) => format!("go to {}", place(destination)),
        ActionKind::Retry { after, limit, via } => {
            let via = via.as_ref().map(|via| format!(" via {}", place(via))).unwrap_or_default();
            format!("retry {limit} times after {after:?}{via}")
        }
    };
    let criteria: Vec<&str> = action.criteria.iter().map(|criterion| criterion.text.as_str()).collect();
    let when = if criteria.is_empty() { String::new() } else { format!(" when {}", criteria.join(" and ")) };
    let inputs: Vec<String> = action.parameters.iter().map(tell_parameter).collect();
    let with = if inputs.is_empty() { String::new() } else { format!(" with {}", inputs.join(", ")) };
    format!("{}: {what}{when}{with}", action.name)
}

/// A workflow's name, with its file when that is another one.
fn name(suite: &Suite, description: usize, at: WorkflowRef) -> String {
    let id = &suite.workflow(at).id;
    if at.description == description {
        id.clone()
    } else {
        format!("{id} of {}", suite.descriptions[at.description].file)
    }
}

fn keys<T>(named: &[(String, T)]) -> String {
    named.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}
