//! Who may use the control API.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

/// Does the request carry the token, where one is demanded? Compares in constant time.
pub fn allowed(token: Option<&str>, headers: &HeaderMap) -> bool {
    let Some(token) = token else { return true };
    let Some(value) = headers.get(AUTHORIZATION) else { return false };
    let bytes = value.as_bytes();
    let Some((scheme, given)) = bytes.split_at_checked("Bearer ".len()) else { return false };
    scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(given.trim_ascii().ct_eq(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn without_a_token_everyone_may() {
        assert!(allowed(None, &HeaderMap::new()));
    }

    #[test]
    fn with_a_token_only_its_bearer_may() {
        assert!(allowed(Some("s3cret"), &with("Bearer s3cret")));
        assert!(allowed(Some("s3cret"), &with("bearer s3cret")));
        for wrong in ["Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret", "Bearer", "Bearer "] {
            assert!(!allowed(Some("s3cret"), &with(wrong)), "{wrong}");
        }
        assert!(!allowed(Some("s3cret"), &HeaderMap::new()));
    }
}
