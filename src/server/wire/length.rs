//! A Content-Length that is not the body's, and the end of the connection after the whole body (RFC 9112, 6.3).
//!
//! HTTP/2: the same header, before a stream that ends in good order; such a message is malformed (RFC 9113, 8.1.1).

use http::HeaderValue;
use http::header::{CONTENT_LENGTH, HeaderMap};

use super::script::Script;

pub fn damage(script: &mut Script, by: i64) {
    announce(&mut script.headers, by);
    script.rewrite_head();
}

/// Announces so many bytes more, or fewer; never fewer than none. A reply without a length keeps none.
pub fn announce(headers: &mut HeaderMap, by: i64) {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = announced {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length.saturating_add_signed(by)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn announced(length: Option<&'static str>, by: i64) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static(length));
        }
        announce(&mut headers, by);
        headers.get(CONTENT_LENGTH).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_length_is_off_by_so_many_but_never_below_none() {
        assert_eq!(announced(Some("10"), 5).as_deref(), Some("15"));
        assert_eq!(announced(Some("10"), -4).as_deref(), Some("6"));
        assert_eq!(announced(Some("10"), -11).as_deref(), Some("0"));
        assert_eq!(announced(Some("10"), i64::MIN).as_deref(), Some("0"));
        assert_eq!(announced(None, 5), None);
    }
}
