//! Which world a request is for: by path prefix `/~NAME/`, else by header, else `default`.
//!
//! Where several clients share a world, each may say which one it is: `NAME~2` in place of `NAME`. Nothing but the watch makes a difference
//! between them.

use http::{HeaderMap, HeaderName};

/// The world of those who name none.
pub const DEFAULT: &str = "default";
/// The header that names a world.
pub const HEADER: &str = "x-standin-world";
/// The same, ready to be looked for.
static HEADER_NAME: HeaderName = HeaderName::from_static(HEADER);
/// Longest name.
pub const NAME_CHARS_MAX: usize = 64;

/// The world chosen, and what is left of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'a> {
    pub name: &'a str,
    /// The client's number, from 1; 0 where it does not say.
    pub client: u32,
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
        let (name, client) = shared(name)?;
        return Ok(Choice { name, client, path, prefixed: true });
    }
    let (name, client) = match headers.get(&HEADER_NAME) {
        None => (DEFAULT, 0),
        Some(value) => {
            let text =
                value.to_str().map_err(|_| "the world's name in X-Standin-World is not plain text".to_owned())?;
            shared(text)?
        }
    };
    Ok(Choice { name, client, path: if path.is_empty() { "/" } else { path }, prefixed: false })
}

/// How the client of this number names a world that it shares with others.
pub fn for_client(world: &str, client: u32) -> String {
    format!("{world}~{client}")
}

/// A world's name, and the number of the client where one follows.
fn shared(text: &str) -> Result<(&str, u32), String> {
    let Some((name, client)) = text.split_once('~') else { return Ok((checked(text)?, 0)) };
    let is_number = client.bytes().all(|byte| byte.is_ascii_digit());
    let client = client.parse().ok().filter(|client| is_number && *client > 0);
    let client = client.ok_or("after '~' a world's name has the number of a client, from 1")?;
    Ok((checked(name)?, client))
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
        assert_eq!(choose(path, &headers), Ok(Choice { name, client: 0, path: rest, prefixed }));
    }

    #[test]
    fn clients_of_one_world_are_told_apart_by_their_numbers() {
        let none = HeaderMap::new();
        let herd = |client, path, prefixed| Ok(Choice { name: "herd", client, path, prefixed });
        assert_eq!(choose(&format!("/~{}/v1/posts", for_client("herd", 3)), &none), herd(3, "/v1/posts", true));
        let named = HeaderMap::from_iter([(HEADER_NAME.clone(), "herd~12".parse().unwrap())]);
        assert_eq!(choose("/v1/posts", &named), herd(12, "/v1/posts", false));
        assert_eq!(choose("/~herd~4294967295", &none), herd(u32::MAX, "/", true));
        for wrong in ["/~herd~/x", "/~herd~0/x", "/~herd~+1/x", "/~herd~1~2/x", "/~herd~4294967296/x"] {
            let error = choose(wrong, &none).unwrap_err();
            assert_eq!(error, "after '~' a world's name has the number of a client, from 1", "{wrong}");
        }
        assert!(choose("/~~1/x", &none).unwrap_err().contains("1 to 64 letters"));
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
