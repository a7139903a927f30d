//! Pages and files that the fake itself serves below `/_standin/`: consent pages and the bytes of uploads.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::inputs::CallFields;
use crate::call::{Call, Reply};
use crate::contract::Contract;
use crate::contract::expression::{Object, Scope};
use crate::contract::plan::Consent;
use crate::contract::template::Template;
use crate::world::World;
use crate::world::store::Record;

/// `path` starts after `/_standin/`. `None` when there is nothing there.
pub fn own_page(contract: &Contract, world: &World, path: &str, call: &Call) -> Option<Reply> {
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["consent", id] => consent(contract, world, id, call, false),
        ["consent", id, "done"] => consent(contract, world, id, call, true),
        ["bytes", resource, id] => bytes(contract, world, resource, id),
        _ => None,
    }
}

fn consent(contract: &Contract, world: &World, id: &str, call: &Call, done: bool) -> Option<Reply> {
    let consent = contract.plan.consent.as_ref()?;
    let record = world.store.get(consent.resource, id)?;
    let html = consent_html(contract, consent, record, call, done);
    let mut reply = Reply::new(StatusCode::OK);
    reply.headers.push((CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")));
    // Nothing from elsewhere, and nothing that runs: the page is its own text and style.
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    reply.headers.push((CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)));
    reply.headers.push((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    reply.body = Bytes::from(html);
    Some(reply)
}

fn consent_html(contract: &Contract, consent: &Consent, record: &Record, call: &Call, done: bool) -> String {
    let value = record.value();
    let call = CallFields::of(contract, call, Value::Null);
    let mut scope = Scope::default();
    scope.bind_ref("record", &value);
    scope.bind_object("call", Object::lent(&call));
    let text = |template: &Template| escape(&template.render(&scope).unwrap_or_else(|error| error.message));
    let title = text(&consent.title);
    let main = if done {
        format!("<p role=\"status\">{}</p>", text(&consent.done))
    } else {
        format!(
            "<p>{}</p>\n<p class=\"choice\"><a id=\"approve\" class=\"button yes\" role=\"button\" href=\"{}\">Approve</a>\n\
             <a id=\"deny\" class=\"button\" role=\"button\" href=\"{}\">Deny</a></p>",
            text(&consent.text),
            text(&consent.approve),
            text(&consent.deny)
        )
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<h1>{title}</h1>\n{main}\n<p class=\"note\">This page is served by standin: no real account is involved.</p>\n\
         </main>\n</body>\n</html>\n"
    )
}

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;background:#f3f4f6;color:#111827;margin:0;padding:0 1rem}\
main{max-width:26rem;margin:12vh auto;background:#fff;padding:2rem;border-radius:12px;box-shadow:0 1px 4px rgba(0,0,0,.15)}\
h1{font-size:1.25rem;margin:0 0 1rem;text-transform:none}\
.choice{display:flex;gap:.75rem;margin:1.5rem 0 0}\
.button{flex:1;text-align:center;padding:.6rem 1rem;border-radius:8px;border:1px solid #6b7280;color:#111827;text-decoration:none}\
.button.yes{background:#1d4ed8;border-color:#1d4ed8;color:#fff}\
.button:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}\
.note{margin:1.5rem 0 0;font-size:.85rem;color:#4b5563}";

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn bytes(contract: &Contract, world: &World, resource: &str, id: &str) -> Option<Reply> {
    let index = contract.plan.resources.iter().position(|candidate| candidate.name == resource)?;
    contract.plan.resources[index].bytes.as_ref()?;
    let record = world.store.get(index, id)?;
    let bytes = world.store.bytes(index, record.seq)?;
    let visible = record.visible();
    let kinds = ["contentType", "content_type", "mimeType", "mime_type"];
    let kind = kinds.iter().find_map(|name| visible.get(name).and_then(Value::as_str));
    let kind = kind.and_then(|kind| HeaderValue::from_str(kind).ok());
    let mut reply = Reply::new(StatusCode::OK);
    reply.headers.push((CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream"))));
    reply.headers.push((http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
    reply.body = bytes.clone();
    Some(reply)
}
