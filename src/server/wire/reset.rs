//! A connection that is broken off (RST, RFC 9293, 3.5.2).
//!
//! HTTP/2: the stream is reset. Half a header block would break every stream of the connection, so within the headers is before them.

use super::script::{Ending, Script};
use crate::call::CutPoint;

pub fn damage(script: &mut Script, point: CutPoint) {
    script.ending = Ending::Reset;
    match point {
        CutPoint::Start => script.write_nothing(),
        CutPoint::Head => {
            script.head.truncate(script.head.len() / 2);
            script.body.clear();
        }
        CutPoint::Body(bytes) => script.body.truncate(bytes),
    }
}
