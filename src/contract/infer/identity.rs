//! The form of a resource's ids, told by the schema and by examples.

use serde_json::Value;

use super::envelope::Content;
use super::example::{generative, is_uuid, prefix, reply_examples};
use super::resource::Resource;
use super::site::{Site, Survey};
use super::view::{Kind, Property};
use crate::contract::violation::Place;
use crate::contract::vocabulary::{IdForm, IdRule};

/// How many examples are looked at.
const EXAMPLES_MAX: usize = 50;

/// The rule, and why.
pub fn rule(survey: &Survey<'_>, resource: &Resource<'_>) -> (IdRule, String) {
    let field = (resource.id != "id").then(|| resource.id.clone());
    let bare = IdRule { field, ..IdRule::default() };
    let property = resource.view.properties.get(resource.id.as_str());
    let Some(property) = property else {
        return (bare, "the path has an id that the schema does not show".to_owned());
    };
    if matches!(property.kind(), Kind::Integer | Kind::Number) {
        return (IdRule { form: Some(IdForm::Integer), ..bare }, "the id is an integer".to_owned());
    }
    if property.format() == "uuid" {
        return (IdRule { form: Some(IdForm::Uuid), ..bare }, "the id's format is uuid".to_owned());
    }
    if let Some(pattern) = property.say("pattern").and_then(Value::as_str).and_then(generative) {
        return (IdRule { pattern: Some(pattern), ..bare }, "the id has a pattern".to_owned());
    }
    let Some(example) = example(survey, resource, property) else {
        return (bare, "the id's form is not said".to_owned());
    };
    let reason = format!("an example has `{example}`");
    if is_uuid(&example) {
        return (IdRule { form: Some(IdForm::Uuid), ..bare }, reason);
    }
    if let Some(prefix) = prefix(&example) {
        return (IdRule { prefix: Some(prefix.to_owned()), ..bare }, reason);
    }
    if !example.is_empty() && example.len() <= 18 && example.chars().all(|digit| digit.is_ascii_digit()) {
        let pattern = format!("[1-9][0-9]{{{}}}", example.len().max(2) - 1);
        return (IdRule { pattern: Some(pattern), ..bare }, reason);
    }
    (bare, format!("{reason}, which has no form to repeat"))
}

fn example(survey: &Survey<'_>, resource: &Resource<'_>, property: &Property<'_>) -> Option<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let own = property.example().and_then(text);
    let sites = || survey.sites.iter().filter(|site| resource.collections.contains(&site.collection));
    own.or_else(|| sites().find_map(parameter_example)).or_else(|| {
        sites()
            .flat_map(|site| record_examples(survey, site))
            .find_map(|record| record.get(&resource.id).and_then(text))
    })
}

fn parameter_example(site: &Site<'_>) -> Option<String> {
    let last = site.path.last()?.parameter()?;
    let parameters = &site.operation.parameters;
    let parameter = parameters.iter().find(|parameter| parameter.place == Place::Path && parameter.name == last)?;
    let several = parameter.raw.get("examples").and_then(|list| list.get(0));
    several.or_else(|| parameter.raw.get("example")).and_then(Value::as_str).map(str::to_owned)
}

/// The records in the examples of an operation's success, at the place where its payload is.
pub fn record_examples<'a>(survey: &Survey<'a>, site: &Site<'a>) -> Vec<&'a Value> {
    let Some(success) = &site.success else { return Vec::new() };
    let mut records = Vec::new();
    for example in reply_examples(survey, site.operation, success.status) {
        let Some(found) = super::example::at_path(example, &success.payload.path) else { continue };
        match (success.payload.content, found) {
            (Content::List(_), Value::Array(list)) => records.extend(list.iter().filter(|item| item.is_object())),
            (Content::Record(_), Value::Object(_)) => records.push(found),
            _ => {}
        }
    }
    records.truncate(EXAMPLES_MAX);
    records
}
