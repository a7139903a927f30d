//! Bytes that are no HTTP, and the end of the connection.
//!
//! HTTP/2: they are no frame either, so the connection breaks, with every stream on it.

use bytes::Bytes;

use super::script::Script;

/// What is written: bytes that begin no HTTP version's message, no TLS record and no UTF-8 text, the same each time.
pub const GARBAGE: &[u8] = b"\xff\xfe\x00garbage\x80\x81\x00\r\n\xc3\x28\xff this is no HTTP \x00\xfe\r\n\r\n";

pub fn damage(script: &mut Script) {
    script.head = Bytes::from_static(GARBAGE);
    script.body.clear();
}
