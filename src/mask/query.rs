//! A query string without secrets, known by the names of its parameters.

use std::borrow::Cow;

use super::MASKED;

/// Words in a query parameter's name that make its value a secret.
const SECRET_WORDS: [&str; 8] = ["key", "token", "secret", "code", "password", "signature", "credential", "verifier"];

/// The query with the values of names like `key`, `token` and `secret` masked.
pub fn masked(query: &str) -> Cow<'_, str> {
    if !query.split('&').any(is_secret) {
        return Cow::Borrowed(query);
    }
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(pair) => format!("{name}={MASKED}"),
        _ => pair.to_owned(),
    });
    Cow::Owned(pairs.collect::<Vec<_>>().join("&"))
}

/// Does the name of a parameter, header or member say that its value is a secret?
pub fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

fn is_secret(pair: &str) -> bool {
    let Some((name, _)) = pair.split_once('=') else { return false };
    // A name can hide behind percent-encoding: `%6bey`.
    names_secret(&percent_encoding::percent_decode_str(name).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_names_are_masked_and_others_stay() {
        for (plain, shown) in [
            ("page=2&per_page=5", "page=2&per_page=5"),
            ("api_key=abc&page=2", "api_key=***&page=2"),
            ("page=2&access_token=a=b", "page=2&access_token=***"),
            ("%6bey=abc", "%6bey=***"),
            ("X-Amz-Signature=abc&Client_Secret=", "X-Amz-Signature=***&Client_Secret=***"),
            ("code=1&state=open", "code=***&state=open"),
            ("token", "token"),
            ("", ""),
        ] {
            assert_eq!(masked(plain), shown);
        }
    }
}
