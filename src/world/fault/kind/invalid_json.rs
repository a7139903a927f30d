//! A body that says it is JSON and is not.

use std::fmt;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::call::{Reply, takes_body};
use crate::world::fault::Draw;

/// The body loses its second half, so that it is no JSON; its length is that of what is written, its media type stays. A reply without a
/// body gets the beginning of one, if its status allows any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct InvalidJson {}

impl FaultKind for InvalidJson {
    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        if takes_body(reply.status) {
            reply.body = broken(&reply.body).into();
        }
    }
}

/// The first half, and no JSON.
fn broken(body: &[u8]) -> Vec<u8> {
    let mut half = body[..body.len() / 2].to_vec();
    if half.trim_ascii().is_empty() || serde_json::from_slice::<IgnoredAny>(&half).is_ok() {
        half.push(b'{');
    }
    half
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("invalid JSON")
    }
}
