//! One call of an operation with its reply, as expressions, checks, snapshots and reports look at it.

use std::time::Duration;

use serde_json::Value;

use crate::call::{Call, Reply};
use crate::contract::operation::OperationId;
use crate::contract::parameter::Arguments;

/// The control API's operation that waits for a webhook: its answer is something that the service said.
pub const AWAIT_WEBHOOK: &str = "awaitWebhook";

#[derive(Debug, Clone)]
pub struct Exchange {
    /// Index in [`super::model::Suite::apis`].
    pub api: usize,
    pub operation: OperationId,
    /// As sent. `call.origin` is the target's scheme and authority.
    pub call: Call,
    /// The values that the request was built from, under the names of the parameters as the document declares them.
    pub arguments: Arguments,
    /// The body before it was written as its media type; `None` without a body.
    pub sent: Option<Value>,
    pub reply: Reply,
    /// The reply's body: parsed where its media type is JSON, as text where it is text, `None` for none or for bytes.
    pub received: Option<Value>,
    /// Why a body that says it is JSON is not.
    pub malformed: Option<String>,
    pub elapsed: Duration,
    /// When the reply came, in milliseconds since the Unix epoch: the world's time on a fake.
    pub received_at: i64,
}

impl Exchange {
    /// The whole URL as sent.
    pub fn url(&self) -> String {
        self.call.url()
    }

    pub fn status(&self) -> u16 {
        self.reply.status.as_u16()
    }

    /// Is [`Exchange::received`] parsed JSON, rather than text?
    pub fn received_json(&self) -> bool {
        let media = self.reply.header("content-type").map(media_type).unwrap_or_default();
        match &self.received {
            None => false,
            // Without a media type a body counts as JSON when it is: see `parse_body`.
            Some(Value::String(_)) if media.is_empty() => self.reply.body.trim_ascii_start().starts_with(b"\""),
            Some(Value::String(_)) => self.malformed.is_none() && is_json(&media),
            Some(_) => true,
        }
    }
}

/// Reads a reply's body by its media type: the value, and why it is not what it says.
pub fn parse_body(reply: &Reply) -> (Option<Value>, Option<String>) {
    if reply.body.is_empty() {
        return (None, None);
    }
    let media = reply.header("content-type").map(media_type).unwrap_or_default();
    if is_json(&media) || media.is_empty() {
        return match serde_json::from_slice(&reply.body) {
            Ok(value) => (Some(value), None),
            Err(_) if media.is_empty() => (text(&reply.body), None),
            Err(error) => (text(&reply.body), Some(error.to_string())),
        };
    }
    (text(&reply.body), None)
}

fn text(body: &[u8]) -> Option<Value> {
    std::str::from_utf8(body).ok().map(|text| Value::String(text.to_owned()))
}

/// A `Content-Type` without parameters, lower-case.
pub fn media_type(header: &str) -> String {
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// `application/json`, `application/problem+json` ... (RFC 6838, 4.2.8; RFC 8259).
pub fn is_json(media: &str) -> bool {
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}
