//! URI references (RFC 3986) and file names: `../specs/a.yaml` as seen from a base.

use percent_encoding::percent_decode_str;

/// Resolves a reference against a base (RFC 3986, 5.2): a URI, or the name of a file, whose relative references are file names.
pub fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or_default();
    if scheme(reference).is_some() {
        return clean_uri(reference);
    }
    let Some(scheme) = scheme(base) else {
        return resolve_file(base, reference);
    };
    if reference.starts_with("//") {
        return clean_uri(&format!("{scheme}:{reference}"));
    }
    let (root, path) = split_root(base);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match reference {
        "" => format!("{root}{path}"),
        query if query.starts_with('?') => format!("{root}{path}{query}"),
        absolute if absolute.starts_with('/') => clean_uri(&format!("{root}{absolute}")),
        relative => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            clean_uri(&format!("{root}{folder}/{relative}"))
        }
    }
}

/// The name of a file as seen from another one. Escapes (`%20`) are those of the URI, not of the name.
pub fn resolve_file(base: &str, reference: &str) -> String {
    let name = percent_decode_str(reference).decode_utf8_lossy();
    match base.rsplit_once('/') {
        _ if name.is_empty() => clean(base),
        Some((folder, _)) if !name.starts_with('/') => clean(&format!("{folder}/{name}")),
        _ => clean(&name),
    }
}

/// A file's name without `.`, `..` and empty segments: `a/b/../c` is `a/c`.
pub fn clean(name: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let rooted = name.starts_with('/');
    for segment in name.split('/') {
        match segment {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if rooted => {}
            other => kept.push(other),
        }
    }
    let joined = kept.join("/");
    if rooted { format!("/{joined}") } else { joined }
}

/// `https` of `https://…`. A single letter is a drive, not a scheme.
pub fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.');
    let named = scheme.len() > 1 && scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    (named && scheme.chars().all(fits)).then_some(scheme)
}

/// The file that a resolved reference names, if it names one: a path, or a `file:` URI of this machine.
pub fn file_of(resolved: &str) -> Option<String> {
    match scheme(resolved) {
        None => Some(resolved.to_owned()),
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
            let path = resolved[scheme.len() + 1..].strip_prefix("//").unwrap_or(&resolved[scheme.len() + 1..]);
            let path = path.strip_prefix("localhost").unwrap_or(path);
            path.starts_with('/').then(|| clean(&percent_decode_str(path).decode_utf8_lossy()))
        }
        Some(_) => None,
    }
}

/// Why this is no URI reference: a character that RFC 3986 does not allow, or a broken escape. Letters of other scripts pass, because
/// file names have them.
pub fn fault(text: &str) -> Option<String> {
    let wrong = |character: &char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
    };
    if let Some(character) = text.chars().find(wrong) {
        let escaped: String = character.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        return Some(format!("{character:?} is written `{escaped}` in a URI"));
    }
    let broken = text.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    broken.then(|| "`%` starts an escape of two hexadecimal digits: a percent sign itself is `%25`".to_owned())
}

/// Scheme and authority, and the rest: `https://a.b` and `/c/d`.
fn split_root(uri: &str) -> (&str, &str) {
    let after = uri.find(':').map_or(0, |colon| colon + 1);
    let Some(authority) = uri[after..].strip_prefix("//") else { return uri.split_at(after) };
    let start = after + 2;
    uri.split_at(start + authority.find(['/', '?', '#']).unwrap_or(authority.len()))
}

/// A URI without dot segments. What has no path hierarchy (`urn:a:b`) stays as it is.
fn clean_uri(uri: &str) -> String {
    let (root, rest) = split_root(uri);
    if !rest.starts_with('/') {
        return uri.to_owned();
    }
    let (path, query) = rest.find('?').map_or((rest, ""), |query| rest.split_at(query));
    let folder = if path.ends_with('/') && path.len() > 1 { "/" } else { "" };
    format!("{root}{}{folder}{query}", clean(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_in_appendix_b_of_the_specification() {
        let cases = [
            (
                "https://api.example.com/workflows/purchase.yaml",
                "../specs/pets.yaml",
                "https://api.example.com/specs/pets.yaml",
            ),
            (
                "https://api.example.com/v2/description.yaml",
                "workflows/a.yaml",
                "https://api.example.com/v2/workflows/a.yaml",
            ),
            ("https://a.b/c", "https://d.e/f/./g", "https://d.e/f/g"),
            ("https://a.b/c/d", "/e", "https://a.b/e"),
            ("https://a.b/c/d?q", "", "https://a.b/c/d"),
            ("https://a.b/c/d", "?q", "https://a.b/c/d?q"),
            ("https://a.b/c", "//d.e/f", "https://d.e/f"),
            ("https://a.b", "c#d", "https://a.b/c"),
            ("https://a.b/c", "../../../d", "https://a.b/d"),
            ("urn:a:b", "urn:c:d", "urn:c:d"),
            ("scenarios/a/b.yaml", "../../spec/x.yaml", "spec/x.yaml"),
            ("a.yaml", "./b%20c.yaml", "b c.yaml"),
            ("a.yaml", "../b.yaml", "../b.yaml"),
            ("/x/a.yaml", "../../b.yaml", "/b.yaml"),
        ];
        for (base, reference, expected) in cases {
            assert_eq!(resolve(base, reference), expected, "{reference} from {base}");
        }
    }

    #[test]
    fn a_file_uri_names_a_file_and_others_do_not() {
        assert_eq!(file_of("file:///a/../b.yaml").as_deref(), Some("/b.yaml"));
        assert_eq!(file_of("file://localhost/b.yaml").as_deref(), Some("/b.yaml"));
        assert_eq!(file_of("a/b.yaml").as_deref(), Some("a/b.yaml"));
        assert_eq!(file_of("https://a.b/c"), None);
        assert_eq!(file_of("file://elsewhere/b.yaml"), None);
    }

    #[test]
    fn what_is_no_uri_reference_is_told() {
        for fine in ["a.yaml", "../ä.yaml", "https://a.b/c?d=e#f", "a%20b", ""] {
            assert_eq!(fault(fine), None, "{fine}");
        }
        assert_eq!(fault("a b").as_deref(), Some("' ' is written `%20` in a URI"));
        assert!(fault("50%").is_some() && fault("%zz").is_some() && fault("{a}").is_some());
    }
}
