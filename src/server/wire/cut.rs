//! A connection that is closed in good order (FIN) before its reply is complete.
//!
//! HTTP/2: the stream is reset before its headers, or after so many bytes of data.

use super::script::Script;

/// After this many bytes of the body; before the first byte of the reply without.
pub fn damage(script: &mut Script, point: Option<usize>) {
    match point {
        Some(bytes) => script.body.truncate(bytes),
        None => script.write_nothing(),
    }
}
