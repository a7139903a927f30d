//! Which world a request is for: by path prefix `/~NAME/`, else by header, else `default`.

use http::HeaderMap;

/// The world of those who name none.
pub const DEFAULT: &str = "default";
/// The header that names a world.
pub const HEADER: &str = "x-standin-world";
/// Longest name.
pub const NAME_CHARS_MAX: usize = 64;

/// The world chosen, and what is left of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'a> {
    pub name: &'a str,
    /// The path without the prefix; starts with `/`.
    pub path: &'a str,
    /// Was the world chosen by the path? Links in replies then carry the prefix.
    pub prefixed: bool,
}

/// The prefix wins over the header. An error says what is wrong with the name.
pub fn choose<'a>(path: &'a str, headers: &'a HeaderMap) -> Result<Choice<'a>, String> {
    if let Some(rest) = path.strip_prefix("/~") {
        let (name, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        };
        return checked(name).map(|name| Choice { name, path, prefixed: true });
    }
    let name = match headers.get(HEADER) {
        None => DEFAULT,
        Some(value) => {
            let text =
                value.to_str().map_err(|_| "the world's name in X-Standin-World is not plain text".to_owned())?;
            checked(text)?
        }
    };
    Ok(Choice { name, path: if path.is_empty() { "/" } else { path }, prefixed: false })
}

/// The name, if it is one: 1 to 64 letters, digits, `_`, `.` and `-`.
pub fn checked(name: &str) -> Result<&str, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.bytes().all(allowed) {
        return Ok(name);
    }
    let shown: String = name.chars().take(NAME_CHARS_MAX).collect();
    Err(format!("{shown:?} is no world's name; use 1 to {NAME_CHARS_MAX} letters, digits, '_', '.' and '-'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, header: Option<&str>, name: &str, rest: &str, prefixed: bool) {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(HEADER, header.parse().unwrap());
        }
        assert_eq!(choose(path, &headers), Ok(Choice { name, path: rest, prefixed }));
    }

    #[test]
    fn a_prefix_wins_over_a_header_and_a_header_over_the_default() {
        check("/v1/posts", None, "default", "/v1/posts", false);
        check("/v1/posts", Some("bob"), "bob", "/v1/posts", false);
        check("/~alice/v1/posts", Some("bob"), "alice", "/v1/posts", true);
        check("/~alice", None, "alice", "/", true);
        check("/~alice/", None, "alice", "/", true);
        check("", None, "default", "/", false);
    }

    #[test]
    fn a_bad_name_is_refused_with_the_rule() {
        for path in ["/~", "/~/x", "/~a%20b/x", "/~a:b/x"] {
            let error = choose(path, &HeaderMap::new()).unwrap_err();
            assert!(error.contains("1 to 64 letters"), "{path}: {error}");
        }
        assert!(checked(&"a".repeat(64)).is_ok());
        assert!(checked(&"a".repeat(65)).is_err());
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, "a/b".parse().unwrap());
        assert!(choose("/x", &headers).is_err());
    }
}
