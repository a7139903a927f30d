//! Request Body Objects and their Payload Replacement Objects.

use super::node::Node;
use super::scope::Scope;
use super::shape;
use super::value;
use crate::scenario::exchange::media_type;
use crate::scenario::model::{Replacement, RequestBody, Version};
use crate::scenario::template::replacement::parse_target;

pub fn request_body<'a>(scope: &Scope<'a>, node: &Node<'a>) -> Option<RequestBody> {
    if !node.check(&shape::REQUEST_BODY) {
        return None;
    }
    let content_type = node.text_of("contentType").map(str::to_owned);
    if let (Some(text), Some(at)) = (&content_type, node.get("contentType")) {
        check_media_type(&at, text);
    }
    let payload = node.get("payload").and_then(|payload| value::template(scope, &payload));
    let xml =
        content_type.as_deref().map(media_type).is_some_and(|media| media.ends_with("/xml") || media.ends_with("+xml"));
    let mut replacements = Vec::new();
    if let Some(list) = node.get("replacements") {
        if !node.has("payload") && !list.items().is_empty() {
            list.refuse_key(
                "there is no `payload` to replace anything in",
                "add the payload that the replacements change",
            );
        }
        list.check_unique();
        replacements.extend(list.items().iter().filter_map(|item| replacement(scope, item, xml)));
    }
    Some(RequestBody { content_type, payload, replacements, site: node.site() })
}

/// `type/subtype`, with or without parameters (RFC 9110, 8.3.1).
fn check_media_type(node: &Node<'_>, text: &str) {
    let media = media_type(text);
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    if !media.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype)) {
        let hint = "write it as `type/subtype`, such as `application/json`";
        node.refuse(format!("`{text}` is not a media type"), hint);
    }
}

fn replacement<'a>(scope: &Scope<'a>, node: &Node<'a>, xml: bool) -> Option<Replacement> {
    if !node.check(&shape::REPLACEMENT) {
        return None;
    }
    let value = node.get("value").and_then(|value| value::template(scope, &value));
    if xml && !node.has("targetSelectorType") {
        node.refuse(
            "not supported: replacements in XML payloads",
            "write the payload as a whole, with `{$expressions}` in it",
        );
        return None;
    }
    let selector = node.get("targetSelectorType").filter(|_| node.version() >= Version::V1_1);
    let target = match parse_target(node.text_of("target")?, selector.map(|selector| selector.value)) {
        Ok(target) => target,
        Err((pointer, error)) => {
            value::refuse_syntax(&value::below(node, &pointer), &error);
            return None;
        }
    };
    Some(Replacement { target, value: value?, site: node.site() })
}
