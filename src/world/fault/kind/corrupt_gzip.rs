//! Compressed bytes that are broken.

use std::fmt;

use http::HeaderValue;
use http::header::CONTENT_ENCODING;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::call::{Reply, takes_body};
use crate::world::fault::Draw;

/// The body is marked `Content-Encoding: gzip` and breaks off in the middle of what should be compressed data (RFC 1952).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CorruptGzip {}

impl FaultKind for CorruptGzip {
    fn damage(&self, reply: &mut Reply, _draw: &mut Draw) {
        if takes_body(reply.status) {
            reply.set_header(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            reply.body = corrupt(&reply.body).into();
        }
    }
}

/// A member's header (RFC 1952, 2.3): deflate, no name, no time, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block, of the type that is reserved for errors (RFC 1951, 3.2.3).
const INVALID_BLOCK: u8 = 0b0000_0111;
/// Most bytes that a stored block holds (RFC 1951, 3.2.4).
const STORED_BYTES_MAX: usize = 0xffff;

/// The first half of a body in a block that is stored as it is, and a block that nobody can read.
fn corrupt(body: &[u8]) -> Vec<u8> {
    let half = &body[..(body.len() / 2).min(STORED_BYTES_MAX)];
    let length = u16::try_from(half.len()).unwrap_or(u16::MAX);
    let mut bytes = HEADER.to_vec();
    bytes.push(0);
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(half);
    bytes.push(INVALID_BLOCK);
    bytes
}

impl fmt::Display for CorruptGzip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("corrupt gzip")
    }
}
