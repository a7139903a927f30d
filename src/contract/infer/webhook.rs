//! Events, where the document has a resource of subscriptions and a `webhooks` section that says what is sent.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::names::{flat, flat_singular, leaf, member, words};
use super::notes::Notes;
use super::resource::{Resource, Resources};
use super::shape::{constant, instant};
use super::site::Survey;
use super::verb::Proposal;
use super::view::{Kind, Property, View};
use crate::contract::vocabulary::{DeliverRule, DeliveryLogRule, SignRule, WebhookRule};

/// One event of the document.
struct Event<'a> {
    name: String,
    body: View<'a>,
    raw: &'a Value,
    /// Header parameters: name and schema.
    headers: Vec<(&'a str, Property<'a>)>,
}

/// The rule, and the events that operations emit.
pub fn rule(
    survey: &Survey<'_>,
    resources: &Resources<'_>,
    proposals: &mut [Proposal],
    notes: &mut Notes,
) -> Option<WebhookRule> {
    let events = events(survey);
    let first = events.first()?;
    let (subscriptions, url, events_field) =
        resources.list.iter().find_map(|resource| subscription(survey, resource))?;
    notes.add(&["webhooks"], format!("{} has a target and a list of events", super::names::one(&subscriptions.name)));
    let data = data_property(&first.body);
    let mut trees = IndexMap::new();
    for event in &events {
        let content = data.and_then(|name| event.body.properties.get(name)).map(|property| property.raw);
        trees.insert(event.name.clone(), tree(survey, resources, event, content.unwrap_or(event.raw)));
    }
    emit(resources, proposals, &events, notes);
    let log = log(resources, subscriptions, notes);
    deliver(survey, resources, subscriptions, log.as_ref(), proposals, &events, notes);
    let body = match data {
        Some(data) => body(first, data),
        None => leaf("data"),
    };
    let sign = sign(first);
    if sign.is_some() {
        notes.add(&["webhooks", "sign"], "the signature header's form is declared");
    }
    let active = subscriptions.view.properties.iter().find(|(name, property)| {
        ["active", "enabled", "isactive", "isenabled"].contains(&flat(name).as_str())
            && property.kind() == Kind::Boolean
    });
    Some(WebhookRule {
        subscriptions: subscriptions.name.clone(),
        url,
        events_field,
        secret: subscriptions.rule.secrets.keys().next().cloned(),
        when: active.map(|(name, _)| member("record", name)),
        events: trees,
        body,
        headers: headers(first),
        sign,
        attempts: ["0s", "30s", "2min"].map(str::to_owned).to_vec(),
        timeout: "10s".to_owned(),
        event_id: None,
        log,
    })
}

fn events<'a>(survey: &Survey<'a>) -> Vec<Event<'a>> {
    let section = survey.document.at("/webhooks").and_then(Value::as_object);
    let mut events = Vec::new();
    for (name, path) in section.into_iter().flatten() {
        let Some(operation) = survey.document.resolve(path).get("post") else { continue };
        let content = operation.get("requestBody").and_then(|body| survey.document.resolve(body).get("content"));
        let media = content.and_then(Value::as_object).and_then(|content| content.values().next());
        let Some(raw) = media.and_then(|media| media.get("schema")) else { continue };
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let parameters = parameters.map(|parameter| survey.document.resolve(parameter));
        let headers = parameters.filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("header"));
        let headers = headers.filter_map(|parameter| {
            let schema = parameter.get("schema")?;
            Some((parameter.get("name")?.as_str()?, Property::of(survey.document, schema)))
        });
        let body = View::of(survey.document, raw);
        // The event's own name is what its body says; the key of the section may be another.
        let said =
            body.properties.iter().find(|(name, _)| ["event", "type", "eventtype"].contains(&flat(name).as_str()));
        let said = said.and_then(|(_, property)| property.say("const")?.as_str());
        events.push(Event { name: said.unwrap_or(name).to_owned(), body, raw, headers: headers.collect() });
    }
    events
}

fn subscription<'r, 'a>(survey: &Survey<'a>, resource: &'r Resource<'a>) -> Option<(&'r Resource<'a>, String, String)> {
    let find = |names: &[&str]| names.iter().find_map(|name| resource.view.find(name));
    let (url, _) = find(&["url", "targeturl", "endpoint", "callbackurl", "endpointurl", "target"])?;
    let (events, property) = find(&["events", "eventtypes", "enabledevents", "topics", "subscribedevents"])?;
    let listed = property.kind() == Kind::Array
        && property.items(survey.document).is_some_and(|items| items.kind() == Kind::Text);
    listed.then(|| (resource, url.to_owned(), events.to_owned()))
}

fn data_property<'a>(body: &View<'a>) -> Option<&'a str> {
    ["data", "payload", "object", "resource"].iter().find_map(|name| body.find(name)).map(|(name, _)| name)
}

/// What is sent around the data.
fn body(event: &Event<'_>, data: &str) -> Value {
    let mut tree = Map::new();
    for (name, property) in &event.body.properties {
        let value = match flat(name).as_str() {
            _ if *name == data => Some(leaf("data")),
            "event" | "type" | "eventtype" | "eventname" | "topic" => Some(leaf("event")),
            "id" | "eventid" | "webhookeventid" => Some(leaf("event_id")),
            "timestamp" | "createdat" | "created" | "sentat" | "occurredat" | "time" => instant(property),
            _ => None,
        };
        if let Some(value) = value.or_else(|| property.required.then(|| constant(property, None))) {
            tree.insert((*name).to_owned(), value);
        }
    }
    Value::Object(tree)
}

fn headers(event: &Event<'_>) -> IndexMap<String, String> {
    let mut headers = IndexMap::new();
    for (name, property) in &event.headers {
        let words = words(name);
        let has = |word: &str| words.iter().any(|other| other == word);
        if has("signature") {
            continue;
        }
        let is_event =
            property.say("const").and_then(Value::as_str) == Some(event.name.as_str()) || has("event") && !has("id");
        let text = if is_event {
            Some("{{ event }}")
        } else if has("id") || has("delivery") {
            Some("{{ event_id }}")
        } else if has("timestamp") {
            Some("{{ now / 1000 }}")
        } else {
            None
        };
        headers.extend(text.map(|text| ((*name).to_owned(), text.to_owned())));
    }
    headers
}

/// A signature whose pattern shows a known form.
fn sign(event: &Event<'_>) -> Option<SignRule> {
    let (name, property) = event.headers.iter().find(|(name, _)| flat(name).contains("signature"))?;
    let pattern = property.say("pattern").and_then(Value::as_str).unwrap_or_default();
    let example = property.example().and_then(Value::as_str).unwrap_or_default();
    let either = |mark: &str| pattern.contains(mark) || example.contains(mark);
    let (over, value) = if either("t=") && either("v1=") {
        ("{{ seconds }}.{{ body }}", "t={{ seconds }},v1={{ hex }}")
    } else if either("sha256=") {
        ("{{ body }}", "sha256={{ hex }}")
    } else {
        return None;
    };
    Some(SignRule { header: (*name).to_owned(), over: over.to_owned(), value: value.to_owned() })
}

/// What an event says, of the record that it is about.
fn tree(survey: &Survey<'_>, resources: &Resources<'_>, event: &Event<'_>, raw: &Value) -> Value {
    let view = View::of(survey.document, raw);
    let about = about(resources, &event.name).map(|index| resources.get(index));
    let Some(about) = about else { return made_up(&view) };
    if !view.names.is_empty() && view.related(&about.components) {
        return leaf("record");
    }
    let word = flat(&about.name);
    let mut tree = Map::new();
    for (name, property) in &view.properties {
        let name_flat = flat(name);
        let field = about.view.find(&name_flat).map(|(field, _)| field.to_owned());
        let own_id = name_flat == format!("{word}id") || name_flat == format!("{word}{}", flat(&about.id));
        let whole = property.kind() == Kind::Object && name_flat == word;
        let value = if whole {
            Some(leaf("record"))
        } else if own_id {
            Some(leaf(&member("record", &about.id)))
        } else if let Some(field) = field {
            Some(leaf(&member("record", &field)))
        } else if name_flat.ends_with("at") && property.is_instant() {
            instant(property)
        } else {
            property.required.then(|| constant(property, None))
        };
        if let Some(value) = value {
            tree.insert((*name).to_owned(), value);
        }
    }
    Value::Object(tree)
}

fn made_up(view: &View<'_>) -> Value {
    let required = view.properties.iter().filter(|(_, property)| property.required);
    Value::Object(required.map(|(name, property)| ((*name).to_owned(), constant(property, None))).collect())
}

/// The resource that an event is about: `post.created` is of `post`.
fn about(resources: &Resources<'_>, event: &str) -> Option<usize> {
    let parts = words(event);
    (1..=parts.len()).rev().find_map(|count| resources.named(&flat_singular(&parts[..count].join("_"))))
}

/// Creations, changes and deletions emit the event that is named after them.
fn emit(resources: &Resources<'_>, proposals: &mut [Proposal], events: &[Event<'_>], notes: &mut Notes) {
    for proposal in proposals {
        let Some(index) = proposal.resource else { continue };
        let rule = &mut proposal.rule;
        let words: &[&str] = if rule.create.is_some() {
            &["created", "create", "added", "new"]
        } else if rule.delete.is_some() {
            &["deleted", "delete", "removed"]
        } else if (rule.update.is_some() || rule.replace.is_some()) && rule.set.is_empty() {
            &["updated", "update", "changed", "modified"]
        } else {
            // An action that sets a state is told by an event of that state.
            &[]
        };
        let states: Vec<String> = rule.set.values().filter_map(Value::as_str).map(flat).collect();
        let name = flat(&resources.get(index).name);
        let found = events.iter().find(|event| {
            let flat_event = flat(&event.name);
            let tail = flat_event.strip_prefix(&name).unwrap_or_default();
            words.contains(&tail) || states.iter().any(|state| state == tail)
        });
        if let Some(event) = found {
            rule.emit = Some(event.name.clone());
            notes.add(
                &["webhooks", "events", &event.name],
                format!("`{}` is emitted by what it is named after", event.name),
            );
        }
    }
}

/// The resource of deliveries below the subscriptions.
fn log(resources: &Resources<'_>, subscriptions: &Resource<'_>, notes: &mut Notes) -> Option<DeliveryLogRule> {
    let log = resources.list.iter().find(|resource| {
        let below = resource
            .collections
            .iter()
            .any(|path| subscriptions.collections.iter().any(|above| path.starts_with(&format!("{above}/{{}}/"))));
        let named = words(&resource.name).iter().any(|word| ["delivery", "attempt"].contains(&word.as_str()));
        below && named
    })?;
    let owner = flat(&subscriptions.name);
    let mut set = IndexMap::new();
    for (name, property) in &log.view.properties {
        let expression = match flat(name).as_str() {
            field if *field == format!("{owner}id") => member("subscription", &subscriptions.id),
            "eventid" => "delivery.event_id".to_owned(),
            "eventtype" | "event" | "eventname" | "type" if property.kind() == Kind::Text => {
                "delivery.event".to_owned()
            }
            "status" | "state" => "delivery.status".to_owned(),
            "attempts" | "attemptcount" | "attempt" => "delivery.attempts".to_owned(),
            "retrycount" | "retries" => "delivery.attempts > 0 ? delivery.attempts - 1 : 0".to_owned(),
            "responsecode" | "responsestatus" | "statuscode" | "httpstatus" => "delivery.response_status".to_owned(),
            "lasterror" | "error" | "errormessage" => "delivery.error".to_owned(),
            "nextretryat" | "nextattemptat" => "delivery.next_at".to_owned(),
            "deliveredat" | "completedat" => "delivery.delivered_at".to_owned(),
            "success" | "succeeded" | "delivered" if property.kind() == Kind::Boolean => {
                "delivery.status == 'delivered'".to_owned()
            }
            "url" | "endpoint" if subscriptions.view.has(name) => member("subscription", name),
            _ => continue,
        };
        let text = property.kind() == Kind::Text && flat(name).ends_with("at");
        let value =
            if text { leaf(&format!("{expression} == null ? null : iso({expression})")) } else { leaf(&expression) };
        set.insert((*name).to_owned(), value);
    }
    notes.add(
        &["webhooks", "log"],
        format!("each {} of a {} is kept", super::names::prose(&log.name), super::names::prose(&subscriptions.name)),
    );
    Some(DeliveryLogRule { resource: log.name.clone(), set })
}

/// `POST /webhooks/{id}/test` that answers with a delivery sends the test event.
fn deliver(
    survey: &Survey<'_>,
    resources: &Resources<'_>,
    subscriptions: &Resource<'_>,
    log: Option<&DeliveryLogRule>,
    proposals: &mut [Proposal],
    events: &[Event<'_>],
    notes: &mut Notes,
) {
    let test = |word: &str| ["test", "ping"].contains(&word);
    let Some(event) = events.iter().find(|event| words(&event.name).iter().any(|word| test(word))) else { return };
    let Some(log) = log else { return };
    for (site, proposal) in survey.sites.iter().zip(proposals) {
        let action =
            proposal.rule.sampled && *site.method() == http::Method::POST && site.last_literal().is_some_and(test);
        let Some((index, id, _)) =
            super::verb::nearest(resources, site).filter(|_| action && !site.ends_in_parameter())
        else {
            continue;
        };
        let shown = match site.content() {
            super::envelope::Content::Record(raw) => resources.shown_by(&View::of(survey.document, raw)),
            _ => None,
        };
        if resources.get(index).name != subscriptions.name
            || shown.map(|shown| &resources.get(shown).name) != Some(&log.resource)
        {
            continue;
        }
        proposal.rule.sampled = false;
        proposal.rule.with.clear();
        proposal.rule.id = Some(id);
        proposal.rule.deliver = Some(DeliverRule {
            event: Some(event.name.clone()),
            to: subscriptions.name.clone(),
            ..DeliverRule::default()
        });
        proposal.resource = shown;
        proposal.reason = format!("answers with a delivery, and `{}` is an event", event.name);
        notes.add(&["webhooks", "events", &event.name], "sent by the operation that tests a subscription");
    }
}
