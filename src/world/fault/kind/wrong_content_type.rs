//! A page in place of the answer.

use std::fmt;

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::call::{Reply, takes_body};
use crate::world::fault::Draw;

/// The body is an HTML page with the media type `text/html`, under the reply's own status: what proxies and captive portals do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WrongContentType {}

impl FaultKind for WrongContentType {
    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        reply.set_header(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if takes_body(reply.status) {
            let title = format!("{} {}", reply.status.as_u16(), reply.status.canonical_reason().unwrap_or_default());
            let title = title.trim_end();
            let page = format!(
                "<!doctype html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
            );
            reply.body = page.into();
        }
    }
}

impl fmt::Display for WrongContentType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an HTML page")
    }
}
