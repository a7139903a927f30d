//! Is the reply's media type declared (RFC 9110, 8.3; OpenAPI 3.1, 4.8.14: the most specific key wins)?

use super::promise::{MediaPromise, ReplyPromise};
use super::{Called, wording};
use crate::pointer;
use crate::scenario::code::Code;
use crate::scenario::exchange::{Exchange, is_json, media_type};
use crate::scenario::finding::Finding;

/// Most declared media types that are listed in a message.
const LISTED_MAX: usize = 12;

/// The declared media type of a reply that has a body, and the name of the real one.
pub(super) fn check<'c>(
    called: &Called<'_>,
    reply: &'c ReplyPromise,
    exchange: &Exchange,
    findings: &mut Vec<Finding>,
) -> Option<(&'c MediaPromise, String)> {
    let Some(header) = exchange.reply.header("content-type").map(str::trim).filter(|text| !text.is_empty()) else {
        findings.push(complain(called, reply, exchange, None));
        // What can only be JSON is still held against its schema, so that one slip does not hide the others.
        let only = reply.media.first().filter(|media| reply.media.len() == 1 && is_json(&media.name));
        return only.filter(|_| !is_text(exchange)).map(|media| (media, media.name.clone()));
    };
    let name = media_type(header);
    match choose(&reply.media, &name) {
        Some(media) => Some((media, name)),
        None => {
            findings.push(complain(called, reply, exchange, Some(&name)));
            None
        }
    }
}

/// The declared media type that fits best.
pub fn choose<'c>(declared: &'c [MediaPromise], name: &str) -> Option<&'c MediaPromise> {
    best(declared.iter().map(|media| media.name.as_str()), name).map(|index| &declared[index])
}

/// Which of the declared names fits best: itself, then `type/*`, then `*/*`.
pub fn best<'n>(declared: impl Iterator<Item = &'n str>, name: &str) -> Option<usize> {
    let main = name.split('/').next().unwrap_or_default();
    let rank = |declared: &str| match declared {
        exact if exact == name => Some(0),
        "*/*" | "*" => Some(2),
        range => range.strip_suffix("/*").filter(|range| *range == main).map(|_| 1),
    };
    let ranked = declared.enumerate().filter_map(|(index, declared)| Some((rank(declared)?, index)));
    ranked.min().map(|(_, index)| index)
}

fn is_text(exchange: &Exchange) -> bool {
    exchange.received.as_ref().is_some_and(serde_json::Value::is_string)
}

fn complain(called: &Called<'_>, reply: &ReplyPromise, exchange: &Exchange, name: Option<&str>) -> Finding {
    let (id, status) = (&called.operation.id, exchange.status());
    let declared = wording::list(reply.media.iter().map(|media| media.name.as_str()), LISTED_MAX);
    let message = match name {
        Some(name) => format!("`{id}` answered {status} with a body of the media type `{name}`, which is not declared"),
        None => format!("`{id}` answered {status} with a body and without a `Content-Type`"),
    };
    let hint = match name {
        Some(_) => "mend the service's `Content-Type`, or declare the media type under `content`",
        None => "let the service send a `Content-Type` with every body",
    };
    Finding::new(Code::MediaTypeUndeclared, called.scope.step.clone(), message)
        .hint(hint)
        .document(called.scope.site(&pointer::join(&reply.pointer, "content")))
        .compared(declared, name.unwrap_or("no Content-Type"))
}
