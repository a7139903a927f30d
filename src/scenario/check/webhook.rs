//! Is a delivered payload what the document says of its event (`webhooks` of OpenAPI 3.1, `x-webhooks` before)?

use serde_json::Value;

use super::outline::{OutlineId, Outlines, Place as SchemaPlace};
use super::{Scope, site, undeclared, wording};
use crate::contract::Contract;
use crate::contract::document::Document;
use crate::contract::sample::Direction;
use crate::contract::schema::{SchemaId, Schemas, SchemasBuilder};
use crate::contract::violation::{Place, Violation};
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::exchange::{is_json, media_type};
use crate::scenario::finding::Finding;
use crate::words::did_you_mean;

/// Where events are declared.
const SECTIONS: [&str; 2] = ["/webhooks", "/x-webhooks"];
/// Properties of a payload that say which event it is.
const TAGS: [&str; 5] = ["event", "type", "event_type", "eventType", "topic"];
/// Most events that are listed in a message.
const LISTED_MAX: usize = 12;
/// More violations than this of one payload are not told.
const TOLD_MAX: usize = 20;

/// Every event of a document.
#[derive(Debug)]
pub struct Webhooks {
    list: Vec<Webhook>,
    /// The payloads' schemas, or why they cannot be used.
    schemas: Result<Schemas, String>,
}

#[derive(Debug)]
struct Webhook {
    /// The key of the section.
    name: String,
    /// What the payload itself calls the event, where its schema fixes that.
    said: Option<String>,
    pointer: String,
    payload: Option<Payload>,
}

#[derive(Debug)]
struct Payload {
    schema: SchemaId,
    pointer: String,
    outline: Option<OutlineId>,
}

impl Webhooks {
    pub fn compile(contract: &Contract, outlines: &Outlines) -> Webhooks {
        let document = &contract.document;
        let mut builder = SchemasBuilder::default();
        let mut list = Vec::new();
        for section in SECTIONS {
            for (name, item) in document.at(section).and_then(Value::as_object).into_iter().flatten() {
                let pointer = resolved(document, pointer::join(section, name), item);
                let payload = payload_schema(document, &pointer).map(|place| Payload {
                    // The service writes it: what is `writeOnly` is not in it.
                    schema: builder.add_for(Direction::Reply, place.schema, &place.pointer),
                    pointer: place.pointer.clone(),
                    outline: outlines.intern(document, vec![place]),
                });
                let said = payload.as_ref().and_then(|payload| said(document, outlines, payload));
                list.push(Webhook { name: name.clone(), said, pointer, payload });
            }
        }
        let schemas = builder.build(&document.name, &document.root);
        let schemas = schemas.map_err(|errors| errors.first().map(ToString::to_string).unwrap_or_default());
        Webhooks { list, schemas }
    }

    pub fn check(&self, scope: &Scope<'_>, event: &str, payload: &Value) -> Vec<Finding> {
        let Some(webhook) = self.find(event) else { return vec![self.unknown(scope, event)] };
        let Some(declared) = &webhook.payload else { return Vec::new() };
        let schemas = match &self.schemas {
            Ok(schemas) => schemas,
            Err(reason) => {
                let message = format!("the payload of `{event}` cannot be checked: {reason}");
                let finding = Finding::new(Code::WebhookInvalid, scope.step.clone(), message);
                return vec![finding.document(scope.site(&declared.pointer))];
            }
        };
        let violations = schemas.check(declared.schema, payload, Place::Body);
        let invalid =
            violations.iter().take(TOLD_MAX).map(|violation| invalid(scope, event, declared, payload, violation));
        let mut findings: Vec<Finding> = invalid.collect();
        if let Some(outline) = declared.outline {
            let told: Vec<String> = violations.into_iter().map(|violation| violation.pointer).collect();
            let whose = || format!("the payload of the webhook `{event}`");
            undeclared::check(scope, outline, payload, &whose, &told, &mut findings);
        }
        findings
    }

    /// By the key of the section, else by what the payload calls itself, else by the same letters (`postSent` for `post.sent`).
    fn find(&self, event: &str) -> Option<&Webhook> {
        let by = |fits: &dyn Fn(&Webhook) -> bool| self.list.iter().find(|webhook| fits(webhook));
        by(&|webhook| webhook.name == event)
            .or_else(|| by(&|webhook| webhook.said.as_deref() == Some(event)))
            .or_else(|| by(&|webhook| letters(&webhook.name) == letters(event)))
    }

    fn unknown(&self, scope: &Scope<'_>, event: &str) -> Finding {
        let names = || self.list.iter().map(|webhook| webhook.name.as_str());
        let hint = match did_you_mean(event, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.list.is_empty() => "declare it under `webhooks`".to_owned(),
            None => format!("declare it under `webhooks`; there are: {}", wording::list(names(), LISTED_MAX)),
        };
        let message = format!("the document declares no webhook `{event}`");
        let place =
            self.list.first().map_or("", |webhook| pointer::split_last(&webhook.pointer).map_or("", |(up, _)| up));
        Finding::new(Code::WebhookInvalid, scope.step.clone(), message).hint(hint).document(scope.site(place))
    }
}

fn invalid(scope: &Scope<'_>, event: &str, declared: &Payload, payload: &Value, violation: &Violation) -> Finding {
    let demand = wording::demand(violation);
    let place = site::broken(&scope.contract.document, &declared.pointer, violation);
    let at = wording::place(&violation.pointer);
    let message = format!("the payload of the webhook `{event}` breaks its schema: {at} {demand}");
    Finding::new(Code::WebhookInvalid, scope.step.clone(), message)
        .hint("mend what the service delivers, or what the document says of the event")
        .document(scope.site(&place))
        .compared(wording::expected(&demand), wording::found(payload, &violation.pointer))
}

/// The schema of what is posted, and where it stands.
fn payload_schema<'d>(document: &'d Document, item: &str) -> Option<SchemaPlace<'d>> {
    let body = pointer::join(&pointer::join(item, "post"), "requestBody");
    let body = resolved(document, body.clone(), document.at(&body)?);
    let content = document.at(&pointer::join(&body, "content"))?.as_object()?;
    let json = content.keys().position(|name| is_json(&media_type(name)));
    let schema = site::media_schema(document, &body, json.unwrap_or(0))?;
    SchemaPlace::at(document, &schema)
}

/// The name that the payload's own property gives the event.
fn said(document: &Document, outlines: &Outlines, payload: &Payload) -> Option<String> {
    let outline = outlines.get(document, payload.outline?)?;
    TAGS.iter().find_map(|tag| {
        let property = outlines.get(document, (*outline.properties.get(*tag)?)?)?;
        let schema = document.at(&property.pointer)?;
        let only = || schema.get("enum")?.as_array().filter(|options| options.len() == 1)?.first();
        schema.get("const").or_else(only)?.as_str().map(str::to_owned)
    })
}

fn resolved(document: &Document, pointer: String, value: &Value) -> String {
    document.resolve_named(value).1.unwrap_or(pointer)
}

fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
