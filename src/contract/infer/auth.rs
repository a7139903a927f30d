//! Credentials, where the service itself issues them: a resource whose secret is shown once and that lists permissions.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::names::{flat, member, words};
use super::notes::Notes;
use super::resource::{Resource, Resources};
use super::site::Survey;
use super::view::{Kind, View};
use crate::contract::vocabulary::CredentialRule;

const SCOPES: [&str; 6] = ["permissions", "scopes", "abilities", "scope", "grants", "privileges"];

/// The rules by security scheme, and the first credential of every world.
pub fn rules(
    survey: &Survey<'_>,
    resources: &Resources<'_>,
    notes: &mut Notes,
) -> (IndexMap<String, CredentialRule>, Option<(String, Value)>) {
    let mut rules = IndexMap::new();
    let Some((resource, secret, scopes)) = resources.list.iter().find_map(issues) else { return (rules, None) };
    for scheme in schemes(survey) {
        let rule = CredentialRule {
            resource: resource.name.clone(),
            secret: secret.clone(),
            scopes: Some(scopes.clone()),
            when: alive(&resource.view),
            touch: find(&resource.view, &["lastusedat", "lastused"]),
            ..CredentialRule::default()
        };
        let reason = format!(
            "{} is made with a secret shown once and a list of what it may do",
            super::names::one(&resource.name)
        );
        notes.add(&["credentials", &scheme], reason);
        rules.insert(scheme, rule);
    }
    if rules.is_empty() {
        return (rules, None);
    }
    notes.add(&["seed", &resource.name], "a world without a credential could not be called");
    let seed = Value::Object(Map::from_iter([(scopes.clone(), Value::Array(every_scope(survey, resource, &scopes)))]));
    let seed = (resource.name.clone(), seed);
    (rules, Some(seed))
}

fn issues<'r, 'a>(resource: &'r Resource<'a>) -> Option<(&'r Resource<'a>, String, String)> {
    let secret = resource.rule.secrets.keys().next()?;
    let name = words(&resource.name);
    let issued = name.iter().any(|word| ["key", "token", "credential", "pat"].contains(&word.as_str()));
    let scopes = find(&resource.view, &SCOPES)?;
    issued.then(|| (resource, secret.clone(), scopes))
}

/// Schemes that carry one opaque text: bearer tokens and API keys.
fn schemes(survey: &Survey<'_>) -> Vec<String> {
    let declared = survey.document.at("/components/securitySchemes").and_then(Value::as_object);
    let mut found = Vec::new();
    for (name, scheme) in declared.into_iter().flatten() {
        let scheme = survey.document.resolve(scheme);
        let word = |key: &str| scheme.get(key).and_then(Value::as_str).map(str::to_lowercase).unwrap_or_default();
        let opaque = word("type") == "apikey" || word("type") == "http" && word("scheme") == "bearer";
        let used =
            survey.operations.list.iter().any(|operation| operation.security.iter().any(|any| any.contains_key(name)));
        if opaque && used {
            found.push(name.clone());
        }
    }
    found
}

fn find(view: &View<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| view.find(name)).map(|(name, _)| name.to_owned())
}

/// What must hold for a key to be good: not revoked, not expired.
fn alive(view: &View<'_>) -> Option<String> {
    let mut conditions = Vec::new();
    if let Some(field) = find(view, &["revokedat", "deletedat"]) {
        conditions.push(format!("{} == null", member("record", &field)));
    }
    let expires =
        view.properties.iter().find(|(name, _)| ["expiresat", "expiry", "expires"].contains(&flat(name).as_str()));
    if let Some((name, _)) = expires.filter(|(_, property)| property.kind() == Kind::Integer) {
        let field = member("record", name);
        conditions.push(format!("({field} == null || {field} > now)"));
    }
    (!conditions.is_empty()).then(|| conditions.join(" && "))
}

fn every_scope(survey: &Survey<'_>, resource: &Resource<'_>, field: &str) -> Vec<Value> {
    let property = resource.view.properties.get(field);
    let items = property.and_then(|property| property.items(survey.document));
    items.map(|items| items.choices().cloned().collect()).unwrap_or_default()
}
