//! The plan for people and for programs: what `standin plan` prints.
//!
//! As text, one line for each operation with what it does and why, then what clients may count on, what is kept, and the pipeline's errors and limits. As YAML, an
//! `x-standin` block to start an overlay from, with the reasons as comments. As JSON, both as data.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::{Table, presets};
use serde_json::{Map, Value, json};

use super::Contract;
use super::capability::Capabilities;
use super::infer::Reason;
use super::operation::{Operation, Operations};
use super::vocabulary::{
    Behaviour, FilterRule, IdForm, IdRule, LimitSubject, OperationRule, PageRule, PageStyle, ResourceRule, RetrySafety,
};
use crate::pointer::escape;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanForm {
    #[default]
    Text,
    Yaml,
    Json,
}

/// Characters of a cell that are shown before an ellipsis; the last cell of a row is whole.
const CELL_CHARACTERS_MAX: usize = 100;

/// Reasons by the pointer that they explain; those of one pointer in the order in which they were found.
type Reasons<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// What is shown of a plan.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    pub behaviour: &'a Behaviour,
    pub reasons: &'a [Reason],
    pub operations: &'a Operations,
    /// What clients may count on, in the order of the operations; nothing when that is not known.
    pub capabilities: Vec<&'a Capabilities>,
}

impl<'a> Shown<'a> {
    pub fn of(contract: &'a Contract) -> Shown<'a> {
        Shown {
            behaviour: &contract.behaviour,
            reasons: &contract.reasons,
            operations: &contract.operations,
            capabilities: contract.plan.actions.iter().map(|action| &action.capabilities).collect(),
        }
    }
}

pub fn render(shown: &Shown<'_>, form: PlanForm) -> String {
    let mut by_pointer: Reasons<'_> = BTreeMap::new();
    for reason in shown.reasons {
        by_pointer.entry(&reason.pointer).or_default().push(&reason.text);
    }
    match form {
        PlanForm::Text => text(shown, &by_pointer),
        PlanForm::Yaml => yaml(shown.behaviour, &by_pointer),
        PlanForm::Json => json_text(shown),
    }
}

fn json_text(shown: &Shown<'_>) -> String {
    let reasons: Vec<Value> =
        shown.reasons.iter().map(|reason| json!({"pointer": reason.pointer, "text": reason.text})).collect();
    let capabilities = shown.operations.list.iter().zip(&shown.capabilities);
    let capabilities: Map<String, Value> =
        capabilities.map(|(operation, capabilities)| (operation.id.clone(), json!(capabilities))).collect();
    let plan = json!({"behaviour": as_json(shown.behaviour), "reasons": reasons, "capabilities": capabilities});
    format!("{plan:#}\n")
}

/// The vocabulary holds only what JSON can: texts as keys, no floats but finite ones.
fn as_json(behaviour: &Behaviour) -> Value {
    serde_json::to_value(behaviour).unwrap_or_default()
}

// Text.

fn text(shown: &Shown<'_>, reasons: &Reasons<'_>) -> String {
    let (behaviour, operations) = (shown.behaviour, shown.operations);
    let mut out = String::new();
    section(&mut out, "operations", operation_rows(behaviour, reasons, operations));
    section(&mut out, "capabilities (* inferred)", capability_rows(shown));
    let resources = behaviour.resources.iter().map(|(name, rule)| resource_row(name, rule, reasons));
    section(&mut out, "resources", resources.collect());
    let lists = operations.list.iter().filter_map(|operation| list_row(behaviour, operation));
    section(&mut out, "lists", lists.collect());
    section(&mut out, "shapes", shape_rows(behaviour, reasons));
    section(&mut out, "errors", error_rows(behaviour, reasons));
    section(&mut out, "limits", limit_rows(behaviour, reasons));
    section(&mut out, "also", other_rows(behaviour, reasons));
    out.push_str(&summary(behaviour, operations));
    out
}

fn section(out: &mut String, title: &str, rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for row in rows {
        let last = row.len().saturating_sub(1);
        let shown = |(index, cell): (usize, &String)| {
            let cell = one_line(cell);
            if index == last { cell } else { cut(cell) }
        };
        table.add_row(row.iter().enumerate().map(shown).collect::<Vec<String>>());
    }
    let _ = writeln!(out, "{title}");
    for line in table.lines() {
        let _ = writeln!(out, " {}", line.trim_end());
    }
    out.push('\n');
}

/// Names come from documents and may hold anything; a row is one line.
fn one_line(text: &str) -> String {
    text.split(|letter: char| letter.is_control()).collect::<Vec<_>>().join(" ")
}

/// Long cells lose their end, so that the reasons in the last column stay in sight. The other forms have them whole.
fn cut(mut cell: String) -> String {
    if let Some((end, _)) = cell.char_indices().nth(CELL_CHARACTERS_MAX)
        && cell[end..].chars().nth(1).is_some()
    {
        cell.truncate(end);
        cell.push('…');
    }
    cell
}

fn operation_rows(behaviour: &Behaviour, reasons: &Reasons<'_>, operations: &Operations) -> Vec<Vec<String>> {
    let row = |operation: &Operation| {
        let rule = behaviour.operations.get(&operation.id);
        let does = rule.map_or_else(|| "SAMPLED".to_owned(), does);
        let below = format!("/operations/{}", escape(&operation.id));
        let verb = rule.map_or("sampled", verb).to_owned();
        let why = why(reasons, &format!("{below}/{verb}"));
        let place = format!("{} {}", operation.method, operation.template);
        let id = if operation.id == place { String::new() } else { operation.id.clone() };
        vec![id, format!("{} {}", operation.method, operations.path(operation)), does, why]
    };
    operations.list.iter().map(row).collect()
}

/// The matrix of what clients may count on, below a row that names its columns.
fn capability_rows(shown: &Shown<'_>) -> Vec<Vec<String>> {
    let names = ["operation", "call", "idempotent", "async", "retry-safe", "partial", "emits"];
    let names = (!shown.capabilities.is_empty()).then(|| names.map(str::to_owned).to_vec());
    let rows = shown.operations.list.iter().zip(&shown.capabilities).map(|(operation, facts)| {
        let retry = match facts.retry_safe.value {
            RetrySafety::Always => "always",
            RetrySafety::WithKey => "with key",
            RetrySafety::Never => "never",
        };
        let events = if facts.emits.value.is_empty() { "-".to_owned() } else { facts.emits.value.join(", ") };
        vec![
            operation.id.clone(),
            format!("{} {}{}", operation.method, shown.operations.base, operation.template),
            marked(yes(facts.idempotent.value), facts.idempotent.inferred),
            marked(yes(facts.asynchronous.value), facts.asynchronous.inferred),
            marked(retry, facts.retry_safe.inferred),
            marked(yes(facts.partial_success.value), facts.partial_success.inferred),
            marked(&events, facts.emits.inferred),
        ]
    });
    names.into_iter().chain(rows).collect()
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn marked(text: &str, inferred: bool) -> String {
    if inferred { format!("{text}*") } else { text.to_owned() }
}

fn verb(rule: &OperationRule) -> &'static str {
    rule.verb().unwrap_or(if rule.sampled { "sampled" } else { "reply" })
}

fn does(rule: &OperationRule) -> String {
    let resources = [&rule.list, &rule.get, &rule.create, &rule.update, &rule.replace, &rule.delete, &rule.save];
    let resource = resources.into_iter().flatten().next().cloned();
    let mut text = match (verb(rule), &rule.batch, &rule.deliver) {
        ("sampled", ..) => "SAMPLED".to_owned(),
        ("reply", ..) => "replies".to_owned(),
        (_, Some(batch), _) => format!("batch of {} through {}", batch.items, batch.run),
        (_, _, Some(deliver)) => match &deliver.event {
            Some(event) => format!("deliver {event} to {}", deliver.to),
            None => format!("deliver {} again", deliver.to),
        },
        (verb, ..) => format!("{verb} {}", resource.unwrap_or_default()),
    };
    let conditions: Vec<String> = rule.matching.iter().map(|(field, value)| format!("{field} = {value}")).collect();
    if !conditions.is_empty() {
        let _ = write!(text, " where {}", conditions.join(", "));
    }
    let set: Vec<String> = rule.set.iter().map(|(field, value)| format!("{field} = {value}")).collect();
    if !set.is_empty() {
        let _ = write!(text, ", set {}", set.join(", "));
    }
    if let Some(event) = &rule.emit {
        let _ = write!(text, ", emit {event}");
    }
    let needs: Vec<&str> = rule.with.values().filter_map(|read| read.get.as_deref()).collect();
    if !needs.is_empty() {
        let _ = write!(text, ", reads {}", needs.join(", "));
    }
    text
}

fn resource_row(name: &str, rule: &ResourceRule, reasons: &Reasons<'_>) -> Vec<String> {
    let mut facts = vec![id_text(rule.id.as_ref())];
    let named = |word: &str, value: &Option<String>| value.as_ref().map(|value| format!("{word} {value}"));
    facts.extend(named("created", &rule.created));
    facts.extend(named("updated", &rule.updated));
    facts.extend(named("order", &rule.order));
    facts.extend(named("bytes", &rule.bytes));
    facts.extend(rule.references.iter().map(|(field, reference)| format!("{field} → {}", reference.to)));
    facts.extend(rule.secrets.keys().map(|field| format!("{field} shown once")));
    if !rule.hidden.is_empty() {
        facts.push(format!("hides {}", rule.hidden.join(", ")));
    }
    let schema = rule.schema.as_deref().and_then(|pointer| pointer.rsplit('/').next()).unwrap_or_default();
    let why = why(reasons, &format!("/resources/{}/id", escape(name)));
    vec![name.to_owned(), schema.to_owned(), facts.join("; "), why]
}

fn id_text(rule: Option<&IdRule>) -> String {
    let rule = rule.cloned().unwrap_or_default();
    let field = rule.field.as_deref().unwrap_or("id");
    match (rule.form, &rule.prefix, &rule.pattern) {
        (Some(IdForm::Uuid), ..) => format!("{field} is a UUID"),
        (Some(IdForm::Integer), ..) => format!("{field} counts"),
        (None, Some(prefix), _) => format!("{field} is {prefix}…"),
        (None, None, Some(pattern)) => format!("{field} fits {pattern}"),
        (None, None, None) => format!("{field} is opaque"),
    }
}

fn list_row(behaviour: &Behaviour, operation: &Operation) -> Option<Vec<String>> {
    let rule = behaviour.operations.get(&operation.id).filter(|rule| rule.list.is_some())?;
    let mut facts = vec![page_text(rule.page.as_ref())];
    facts.extend(rule.filters.iter().map(|(parameter, filter)| filter_text(parameter, filter)));
    if let Some(sort) = &rule.sort {
        let parameters: Vec<&str> =
            [&sort.parameter, &sort.direction].into_iter().flatten().map(String::as_str).collect();
        facts.push(format!("ordered by {}", parameters.join(" and ")));
    }
    Some(vec![operation.id.clone(), facts.join("; ")])
}

fn page_text(rule: Option<&PageRule>) -> String {
    let rule = rule.cloned().unwrap_or_default();
    let style = match rule.style {
        PageStyle::None => return "not paged".to_owned(),
        PageStyle::Page => "pages by number",
        PageStyle::Offset => "pages by offset",
        PageStyle::Cursor => "pages by cursor",
    };
    let names: Vec<String> = [rule.at, rule.size].into_iter().flatten().collect();
    let default = rule.default.map(|size| format!(", {size} unless asked")).unwrap_or_default();
    let link = if rule.link { ", Link header" } else { "" };
    format!("{style} ({}){default}{link}", names.join(", "))
}

fn filter_text(parameter: &str, rule: &FilterRule) -> String {
    if rule.nested {
        return format!("filter {parameter}[…]");
    }
    let operator = rule.operator.map(|operator| format!("{operator:?}").to_lowercase());
    let field = rule.field.as_deref().unwrap_or(parameter);
    match operator {
        Some(operator) => format!("filter {parameter} ({field} {operator})"),
        None if field == parameter => format!("filter {parameter}"),
        None => format!("filter {parameter} ({field})"),
    }
}

fn shape_rows(behaviour: &Behaviour, reasons: &Reasons<'_>) -> Vec<Vec<String>> {
    let shapes = &behaviour.shapes;
    let all =
        [("record", &shapes.record), ("list", &shapes.list), ("message", &shapes.message), ("error", &shapes.error)];
    let row = |(name, tree): (&str, &Option<Value>)| {
        let tree = tree.as_ref()?;
        Some(vec![name.to_owned(), why(reasons, &format!("/shapes/{name}")), tree.to_string()])
    };
    all.into_iter().filter_map(row).collect()
}

fn error_rows(behaviour: &Behaviour, reasons: &Reasons<'_>) -> Vec<Vec<String>> {
    let row = |(name, rule): (&String, &super::vocabulary::ErrorRule)| {
        let words = [&rule.code, &rule.kind, &rule.message].map(|word| word.clone().unwrap_or_default());
        let [code, kind, message] = words;
        let code = if kind.is_empty() || kind == code { code } else { format!("{code} ({kind})") };
        vec![name.clone(), rule.status.to_string(), code, message, why(reasons, &format!("/errors/{}", escape(name)))]
    };
    behaviour.errors.iter().map(row).collect()
}

fn limit_rows(behaviour: &Behaviour, reasons: &Reasons<'_>) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (name, rule) in &behaviour.limits {
        let per = match rule.per {
            LimitSubject::Credential => "for each credential",
            LimitSubject::World => "for all calls together",
        };
        let which = rule.operations.as_ref().map_or("every operation".to_owned(), |names| names.join(", "));
        let facts = format!("{} {per}, {which}", rule.rate);
        rows.push(vec![name.clone(), facts, why(reasons, &format!("/limits/{}", escape(name)))]);
    }
    if let Some(headers) = &behaviour.limit_headers {
        let names: Vec<&str> =
            [&headers.limit, &headers.remaining, &headers.reset].into_iter().flatten().map(String::as_str).collect();
        rows.push(vec!["headers".to_owned(), names.join(", "), why(reasons, "/limit_headers")]);
    }
    rows
}

fn other_rows(behaviour: &Behaviour, reasons: &Reasons<'_>) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (scheme, rule) in &behaviour.credentials {
        let facts = format!("{scheme}: {} of {}", rule.secret, rule.resource);
        rows.push(vec!["credentials".to_owned(), facts, why(reasons, &format!("/credentials/{}", escape(scheme)))]);
    }
    if let Some(rule) = &behaviour.idempotency {
        let facts = format!("{} for {}", rule.header, rule.ttl);
        rows.push(vec!["idempotency".to_owned(), facts, why(reasons, "/idempotency")]);
    }
    if let Some(rule) = &behaviour.webhooks {
        let names: Vec<&str> = rule.events.keys().map(String::as_str).collect();
        let facts = format!("to {}: {}", rule.subscriptions, names.join(", "));
        rows.push(vec!["webhooks".to_owned(), facts, why(reasons, "/webhooks")]);
    }
    for (resource, records) in &behaviour.seed {
        let facts = format!("{} of {resource}", records.len());
        rows.push(vec!["seed".to_owned(), facts, why(reasons, &format!("/seed/{}", escape(resource)))]);
    }
    rows
}

fn summary(behaviour: &Behaviour, operations: &Operations) -> String {
    let all = operations.list.len();
    let known = operations
        .list
        .iter()
        .filter(|operation| behaviour.operations.get(&operation.id).is_some_and(|rule| !rule.sampled));
    let known = known.count();
    let sampled = all - known;
    let tail = if sampled == 0 { "" } else { "; say what they do under `x-standin.operations`" };
    format!("{all} operations: {known} known, {sampled} sampled{tail}\n")
}

fn why(reasons: &Reasons<'_>, pointer: &str) -> String {
    reasons.get(pointer).map(|texts| texts.join("; ")).unwrap_or_default()
}

// YAML.

fn yaml(behaviour: &Behaviour, reasons: &Reasons<'_>) -> String {
    let mut out = String::from("x-standin:");
    let value = as_json(behaviour);
    if value.as_object().is_none_or(serde_json::Map::is_empty) {
        out.push_str(" {}\n");
        return out;
    }
    emit(&mut out, &value, "", 1, reasons);
    out
}

/// Writes what follows a key or a dash: a scalar on the same line, or a block below it. Trees are as deep as the shapes that we make, and
/// what an author wrote has passed the reader's limit of depth.
fn emit(out: &mut String, value: &Value, pointer: &str, indent: usize, reasons: &Reasons<'_>) {
    let comment = reasons.get(pointer).map(|texts| format!("  # {}", one_line(&texts.join("; ")))).unwrap_or_default();
    match value {
        Value::Object(map) if !map.is_empty() => {
            let _ = writeln!(out, "{comment}");
            for (key, value) in map {
                let _ = write!(out, "{:width$}{}:", "", scalar(key), width = indent * 2);
                emit(out, value, &format!("{pointer}/{}", escape(key)), indent + 1, reasons);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let _ = writeln!(out, "{comment}");
            for (index, value) in list.iter().enumerate() {
                let _ = write!(out, "{:width$}-", "", width = indent * 2);
                emit(out, value, &format!("{pointer}/{index}"), indent + 1, reasons);
            }
        }
        Value::String(text) => {
            let _ = writeln!(out, " {}{comment}", scalar(text));
        }
        other => {
            let _ = writeln!(out, " {other}{comment}");
        }
    }
}

/// Plain where nobody can mistake it, else quoted; JSON's quotes are YAML's.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./ ".contains(letter));
    let safe = starts && plain && !text.ends_with(' ') && !WORDS.contains(&text.to_lowercase().as_str());
    if safe { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_says_the_same_as_the_behaviour() {
        let behaviour: Behaviour = serde_json::from_value(json!({
            "shapes": {"record": {"data": "{{ record }}", "odd: key": "yes", "list": [{"a": [[], {}]}, null, 1.5]}},
            "operations": {"GET /a#b": {"sampled": true}},
        }))
        .expect("the test's behaviour fits the vocabulary");
        let reasons = [Reason { pointer: "/operations/GET ~1a#b/sampled".into(), text: "not\nknown".into() }];
        let by_pointer = BTreeMap::from([(reasons[0].pointer.as_str(), vec![reasons[0].text.as_str()])]);
        let text = yaml(&behaviour, &by_pointer);
        let read: Value = serde_saphyr::from_str(&text).expect("it is YAML");
        assert_eq!(read, json!({"x-standin": as_json(&behaviour)}), "{text}");
        assert!(text.contains("sampled: true  # not known\n"), "{text}");
    }

    #[test]
    fn an_empty_plan_is_still_yaml() {
        assert_eq!(yaml(&Behaviour::default(), &Reasons::new()), "x-standin: {}\n");
    }

    #[test]
    fn rows_are_one_line_whatever_names_hold() {
        let mut out = String::new();
        section(&mut out, "errors", vec![vec!["a\nb".to_owned(), "c\u{1b}[31m".to_owned()]]);
        assert_eq!(out.lines().count(), 3, "{out}");
        assert!(!out.contains('\u{1b}'));
    }

    #[test]
    fn long_cells_are_cut_and_the_reason_stays() {
        let mut out = String::new();
        let long = "é".repeat(300);
        section(&mut out, "shapes", vec![vec!["list".to_owned(), long.clone(), format!("because {long}")]]);
        assert!(out.contains(&format!(" {}…  because {long}\n", "é".repeat(100))), "{out}");
        assert_eq!(cut("é".repeat(101)), "é".repeat(101));
    }
}
