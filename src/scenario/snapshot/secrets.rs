//! The secrets that exchanges hold: credentials in requests, keys in replies.

use std::rc::Rc;

use base64::Engine as _;
use serde_json::Value;

use super::kind::Kind;
use super::literal::{Author, is_word, scalar};
use super::names::{Promise, promise};
use super::reading::Bodies;
use super::request::{Authors, input_kind};
use super::service::Service;
use super::volatile::Marked;
use crate::call::{Call, Reply};
use crate::scenario::model::{Step, StepTarget, Suite};
use crate::scenario::run::{Record, What};
use crate::scenario::template::Template;

/// Every secret of a record, in order of appearance.
pub(super) fn collect(
    suite: &Suite,
    record: &Record,
    services: &[Rc<Service<'_>>],
    bodies: &[Bodies<'_>],
) -> Vec<String> {
    let mut secrets = Vec::new();
    let inputs = suite.workflow(record.workflow).inputs.iter().flat_map(|inputs| &inputs.properties);
    for input in inputs.filter(|input| input_kind(input) == Some(Kind::Secret)) {
        secrets.extend(record.inputs.get(&input.name).and_then(scalar));
    }
    secrets.extend(record.secrets.iter().cloned());
    for (visit, bodies) in record.visits.iter().zip(bodies) {
        let Some(step) = suite.workflow(visit.workflow).steps.get(visit.step) else { continue };
        let StepTarget::Operation { api, .. } = step.target else { continue };
        let Some(service) = services.get(api) else { continue };
        match &visit.what {
            What::Exchange(exchange) => {
                of_call(service, step, &exchange.call, &mut secrets);
                if let (Some(sent), Some(marked)) = (&exchange.sent, &bodies.sent) {
                    gather(marked, Authors::of(step, sent).root, &mut secrets);
                }
                if let Some(marked) = &bodies.received {
                    gather(marked, Author::Elsewhere, &mut secrets);
                }
                of_reply_headers(&exchange.reply, &mut secrets);
            }
            What::Failed { call, .. } => of_call(service, step, call, &mut secrets),
            What::Skipped(_) | What::Workflow(_) | What::Unsent => {}
        }
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

/// Credentials in headers and query, but for words that the scenario spells out.
fn of_call(service: &Service<'_>, step: &Step, call: &Call, secrets: &mut Vec<String>) {
    let mut found = Vec::new();
    credentials(service, call, &mut found);
    let spelled = step.parameters.iter().filter_map(|parameter| match &parameter.value {
        Template::Literal(Value::String(text)) => Some(text.as_str()),
        _ => None,
    });
    let spelled: Vec<&str> = spelled.collect();
    found.retain(|secret| !(is_word(secret) && spelled.iter().any(|text| text.ends_with(secret.as_str()))));
    secrets.extend(found);
}

fn credentials(service: &Service<'_>, call: &Call, secrets: &mut Vec<String>) {
    for (name, value) in &call.headers {
        let Ok(value) = value.to_str() else { continue };
        match name.as_str() {
            "authorization" | "proxy-authorization" => of_authorization(value, secrets),
            "cookie" => {
                let pairs = value.split(';').filter_map(|pair| pair.split_once('='));
                secrets.extend(pairs.map(|(_, value)| value.trim().to_owned()));
            }
            name if service.is_key_header(name) || promise(name) == Promise::Secret => secrets.push(value.to_owned()),
            _ => {}
        }
    }
    for (name, value) in form_urlencoded::parse(call.query.as_deref().unwrap_or_default().as_bytes()) {
        if service.is_key_query(&name) || promise(&name) == Promise::Secret {
            secrets.push(value.into_owned());
        }
    }
}

/// `Bearer KEY` and `Basic BASE64(USER:PASSWORD)`.
fn of_authorization(value: &str, secrets: &mut Vec<String>) {
    let (scheme, text) = value.split_once(' ').unwrap_or(("", value));
    secrets.push(text.trim().to_owned());
    if scheme.eq_ignore_ascii_case("basic")
        && let Ok(pair) = base64::engine::general_purpose::STANDARD.decode(text.trim())
        && let Ok(pair) = String::from_utf8(pair)
    {
        // Some services send the whole key as the user, with an empty password.
        match pair.split_once(':') {
            Some((user, "")) => secrets.push(user.to_owned()),
            Some((_, password)) => secrets.push(password.to_owned()),
            None => secrets.push(pair),
        }
    }
}

fn of_reply_headers(reply: &Reply, secrets: &mut Vec<String>) {
    for (name, value) in &reply.headers {
        let Ok(value) = value.to_str() else { continue };
        if name == http::header::SET_COOKIE {
            let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
            secrets.extend(pair.map(|(_, value)| value.to_owned()));
        } else if promise(name.as_str()) == Promise::Secret {
            secrets.push(value.to_owned());
        }
    }
}

fn gather(marked: &Marked<'_>, author: Author<'_>, secrets: &mut Vec<String>) {
    match marked {
        Marked::Object(fields) => {
            fields.iter().for_each(|(name, field)| gather(field, author.property(name), secrets));
        }
        Marked::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| gather(item, author.item(index), secrets));
        }
        Marked::Leaf(value, Some(mark)) if mark.kind == Kind::Secret => {
            let spelled = |text: &String| matches!(author, Author::Scenario) && is_word(text);
            secrets.extend(scalar(value).filter(|text| !spelled(text)));
        }
        Marked::Leaf(..) => {}
    }
}
