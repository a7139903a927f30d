//! From method and path to an operation.
//!
//! One search tree over all templates, so the cost does not grow with their number. Parameters are numbered in the tree and named
//! per operation: `/posts/{id}` and `/posts/{post_id}` are one node.

use std::collections::BTreeSet;
use std::fmt;

use http::Method;
use indexmap::IndexMap;

use super::error::LoadError;
use super::operation::{Operation, OperationId};

/// Bytes of a path beyond which nothing is searched for: no document has such templates.
pub const PATH_BYTES_MAX: usize = 16 << 10;

pub struct Router {
    tree: wayfind::Router<usize>,
    nodes: Vec<Node>,
}

/// What answers on one template.
#[derive(Debug, Default)]
struct Node {
    methods: Vec<Endpoint>,
}

#[derive(Debug)]
struct Endpoint {
    method: Method,
    operation: OperationId,
    /// Names of the template's parameters, from left to right.
    names: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// The operation, and the path's parameters as sent (still percent-encoded).
    Found(OperationId, Vec<(String, String)>),
    /// The path exists, the method does not; the methods that do, sorted.
    MethodUnknown(Vec<Method>),
    Unknown,
}

impl Router {
    /// `file` is for messages, `base` where the paths of operations begin that have no base of their own. A literal segment wins over a
    /// parameter. Templates that differ only in parameter names are merged.
    pub fn build(file: &str, base: &str, operations: &[Operation]) -> Result<Router, Vec<LoadError>> {
        let mut nodes: IndexMap<String, Node> = IndexMap::new();
        let mut builder = wayfind::RouterBuilder::new();
        let mut errors = Vec::new();
        let mut roots = BTreeSet::new();
        for (index, operation) in operations.iter().enumerate() {
            let complain = |message: String| LoadError::new(file, operation.pointer.as_str(), message);
            let template = full(base, operation);
            let (pattern, names) = match translate(&operation.template).and_then(|_| translate(&template)) {
                Ok(translated) => translated,
                Err(reason) => {
                    errors.push(complain(format!("the path `{template}` cannot be routed: {reason}")));
                    continue;
                }
            };
            if let Some(twice) = nodes.get(&pattern).and_then(|node| node.endpoint(&operation.method)) {
                let other = &operations[twice.operation.0];
                let message = format!("`{} {template}` is the same call as `{}`", operation.method, full(base, other));
                errors.push(complain(message).hint("parameter names do not tell paths apart: remove one of the two"));
                continue;
            }
            if !nodes.contains_key(&pattern)
                && let Err(error) = builder.insert(&pattern, nodes.len())
            {
                errors.push(complain(format!("the path `{template}` cannot be routed: {error}")));
                continue;
            }
            if operation.template == "/" {
                roots.insert(pattern.clone());
            }
            let endpoint = Endpoint { method: operation.method.clone(), operation: OperationId(index), names };
            nodes.entry(pattern).or_default().methods.push(endpoint);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        // The root of a base is asked for with and without its slash.
        for pattern in &roots {
            let bare = pattern.trim_end_matches('/');
            if let (Some(index), None, false) = (nodes.get_index_of(pattern), nodes.get(bare), bare.is_empty()) {
                // The base was routed with its slash, so nothing is wrong with it.
                _ = builder.insert(bare, index);
            }
        }
        Ok(Router { tree: builder.build(), nodes: nodes.into_values().collect() })
    }

    /// `path` is percent-encoded as sent. HEAD falls back to GET where HEAD is not declared.
    pub fn find(&self, method: &Method, path: &str) -> Route {
        if path.len() > PATH_BYTES_MAX {
            return Route::Unknown;
        }
        match self.search(method, path) {
            // `%7E` and `~` are the same character of a literal; only paths that match nothing pay for the comparison.
            Route::Unknown if path.contains('%') => self.search(method, &normalise(path)),
            route => route,
        }
    }

    fn search(&self, method: &Method, path: &str) -> Route {
        let Some(found) = self.tree.search(path) else { return Route::Unknown };
        let node = &self.nodes[*found.data()];
        let endpoint = node.endpoint(method).or_else(|| match *method {
            Method::HEAD => node.endpoint(&Method::GET),
            _ => None,
        });
        match endpoint {
            Some(endpoint) => {
                let values = found.parameters().iter().map(|(_, value)| (*value).to_owned());
                Route::Found(endpoint.operation, endpoint.names.iter().cloned().zip(values).collect())
            }
            None => Route::MethodUnknown(node.allowed()),
        }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Router").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl Node {
    fn endpoint(&self, method: &Method) -> Option<&Endpoint> {
        self.methods.iter().find(|endpoint| endpoint.method == *method)
    }

    fn allowed(&self) -> Vec<Method> {
        let mut methods: Vec<Method> = self.methods.iter().map(|endpoint| endpoint.method.clone()).collect();
        if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
            methods.push(Method::HEAD);
        }
        methods.sort_by(|left, right| left.as_str().cmp(right.as_str()));
        methods
    }
}

/// The whole template, base included.
fn full(base: &str, operation: &Operation) -> String {
    format!("{}{}", operation.base.as_deref().unwrap_or(base), operation.template)
}

/// OpenAPI's `/posts/{id}` as the tree's `/posts/<0>`, and the names in order; or why it cannot be.
fn translate(template: &str) -> Result<(String, Vec<String>), String> {
    if !template.starts_with('/') {
        return Err("it does not start with `/`".to_owned());
    }
    let (mut pattern, mut names) = (String::with_capacity(template.len()), Vec::<String>::new());
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        match character {
            '{' => {
                let end = rest.find('}').ok_or("a `{` has no `}`")?;
                let name = &rest[1..end];
                if name.is_empty() || name.contains(['{', '/']) {
                    return Err(format!("`{{{name}}}` is not a parameter name"));
                }
                if names.iter().any(|known| known == name) {
                    return Err(format!("it has `{{{name}}}` twice"));
                }
                pattern.push_str(&format!("<{}>", names.len()));
                names.push(name.to_owned());
                rest = &rest[end + 1..];
                continue;
            }
            '}' => return Err("a `}` has no `{`".to_owned()),
            '?' | '#' => {
                return Err(format!("`{character}` ends a path; queries and fragments tell no operations apart"));
            }
            _ => literal(character, &mut pattern),
        }
        rest = &rest[character.len_utf8()..];
    }
    Ok((pattern, names))
}

/// A literal character as a client sends it: what a URL's path cannot hold is percent-encoded.
fn literal(character: char, pattern: &mut String) {
    const SENT_AS_IT_IS: &str = "/-._~!$&'()*+,;=:@%";
    if character.is_ascii_alphanumeric() || SENT_AS_IT_IS.contains(character) {
        pattern.push(character);
        return;
    }
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        pattern.push_str(&format!("%{byte:02X}"));
    }
}

/// Decodes escapes of unreserved characters and writes the others with capitals (RFC 3986, 6.2.2).
fn normalise(path: &str) -> String {
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        rest = after;
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => normal.push(char::from(byte)),
            Some(byte) => normal.push_str(&format!("%{byte:02X}")),
            None => {
                normal.push('%');
                continue;
            }
        }
        rest = &after[2..];
    }
    normal.push_str(rest);
    normal
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn operation(method: &str, template: &str) -> Operation {
        Operation {
            id: format!("{method} {template}"),
            method: Method::from_bytes(method.as_bytes()).expect("a method"),
            template: template.to_owned(),
            base: None,
            pointer: format!("/paths/{template}/{method}"),
            summary: String::new(),
            tags: Vec::new(),
            stability: "stable".to_owned(),
            parameters: Vec::new(),
            body: None,
            responses: BTreeMap::new(),
            security: Vec::new(),
        }
    }

    #[test]
    fn paths_lie_below_the_base_or_below_their_own() {
        let mut list = operations(&["GET /", "GET /posts", "POST /posts", "GET /authorize", "GET /"]);
        list[3].base = Some(String::new());
        list[4].base = Some("/other".to_owned());
        let router = Router::build("api.yaml", "/api", &list).expect("good templates");
        let found = |path: &str| match router.find(&Method::GET, path) {
            Route::Found(id, _) => Some(id.0),
            _ => None,
        };
        assert_eq!(["/api", "/api/", "/api/posts", "/authorize"].map(found), [Some(0), Some(0), Some(1), Some(3)]);
        assert_eq!(["/other", "/other/"].map(found), [Some(4), Some(4)]);
        assert_eq!(
            ["/", "", "/posts", "/api/authorize", "/apiposts", "/api//posts", "/otherwise"].map(found),
            [None; 7]
        );
        let mut list = operations(&["GET /x", "GET /api/x"]);
        list[1].base = Some(String::new());
        let twice = Router::build("api.yaml", "/api", &list).expect_err("the same call");
        assert_eq!(twice[0].message, "`GET /api/x` is the same call as `/api/x`");
    }

    fn operations(lines: &[&str]) -> Vec<Operation> {
        let split = lines.iter().filter_map(|line| line.split_once(' '));
        split.map(|(method, template)| operation(method, template)).collect()
    }

    fn router(lines: &[&str]) -> Router {
        Router::build("api.yaml", "", &operations(lines)).expect("good templates")
    }

    #[track_caller]
    fn check(lines: &[&str], call: &str, expected: &str) {
        let (method, path) = call.split_once(' ').expect("method and path");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let found = match router(lines).find(&method, path) {
            Route::Found(id, values) => {
                let values: Vec<String> = values.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("{}{}", lines[id.0], values.concat())
            }
            Route::MethodUnknown(methods) => format!("{methods:?}"),
            Route::Unknown => "unknown".to_owned(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_literal_wins_over_a_parameter() {
        let lines = ["GET /posts/{id}", "GET /posts/mine", "GET /posts/{id}/x", "GET /posts/mine/y"];
        check(&lines, "GET /posts/mine", "GET /posts/mine");
        check(&lines, "GET /posts/mined", "GET /posts/{id} id=mined");
        check(&lines, "GET /posts/mine/x", "GET /posts/{id}/x id=mine");
    }

    #[test]
    fn templates_that_differ_only_in_names_are_merged() {
        let lines = ["GET /a/{x}", "POST /a/{y}", "GET /a/{z}/b/{w}", "PUT /a/{w}/b/{z}"];
        check(&lines, "GET /a/1", "GET /a/{x} x=1");
        check(&lines, "POST /a/1", "POST /a/{y} y=1");
        check(&lines, "PUT /a/1/b/2", "PUT /a/{w}/b/{z} w=1 z=2");
        check(&lines, "DELETE /a/1", "[GET, HEAD, POST]");
    }

    #[test]
    fn several_parameters_and_affixes_fit_in_one_segment() {
        let lines =
            ["GET /c/{base}...{head}", "GET /f/{name}.json", "GET /f/{name}", "POST /p/{id}:cancel", "POST /p/{id}"];
        check(&lines, "GET /c/main...dev", "GET /c/{base}...{head} base=main head=dev");
        check(&lines, "GET /f/a.json", "GET /f/{name}.json name=a");
        check(&lines, "GET /f/a.xml", "GET /f/{name} name=a.xml");
        check(&lines, "POST /p/7:cancel", "POST /p/{id}:cancel id=7");
        check(&lines, "POST /p/7", "POST /p/{id} id=7");
    }

    #[test]
    fn values_stay_encoded_and_an_encoded_slash_does_not_split() {
        check(&["GET /a/{x}"], "GET /a/b%2Fc%20d", "GET /a/{x} x=b%2Fc%20d");
        check(&["GET /a/{x}"], "GET /a/%zz%", "GET /a/{x} x=%zz%");
    }

    #[test]
    fn escapes_of_plain_characters_mean_the_same() {
        check(&["GET /~me"], "GET /%7eme", "GET /~me");
        check(&["GET /a b/{x}"], "GET /a%20b/1", "GET /a b/{x} x=1");
        check(&["GET /é<1>"], "GET /%c3%A9%3c1%3E", "GET /é<1>");
        check(&["GET /x"], "GET /%", "unknown");
    }

    #[test]
    fn empty_segments_and_trailing_slashes_are_other_paths() {
        let lines = ["GET /posts", "GET /posts/{id}"];
        for path in ["/posts/", "/posts/1/", "//posts", "/posts//", "", "/", "posts"] {
            check(&lines, &format!("GET {path}"), "unknown");
        }
        check(&["GET /"], "GET /", "GET /");
    }

    #[test]
    fn head_falls_back_to_get() {
        check(&["GET /a"], "HEAD /a", "GET /a");
        check(&["GET /a", "HEAD /a"], "HEAD /a", "HEAD /a");
        check(&["POST /a"], "HEAD /a", "[POST]");
    }

    #[test]
    fn templates_that_cannot_be_routed_are_all_reported() {
        let lines = ["GET /a?b=1", "GET /a#b", "GET a", "GET /{}", "GET /{a", "GET /a}", "GET /{a}{b}", "GET /{a}/{a}"];
        let errors = Router::build("api.yaml", "", &operations(&lines)).expect_err("bad templates");
        assert_eq!(errors.len(), lines.len());
        let twice = Router::build("api.yaml", "", &operations(&["GET /a/{x}", "GET /a/{y}"])).expect_err("a double");
        assert_eq!(twice[0].message, "`GET /a/{y}` is the same call as `/a/{x}`");
    }

    #[test]
    fn hostile_paths_are_answered() {
        let lines = ["GET /c/{a}-{b}-{c}-{d}", "GET /{a}/{b}/{c}"];
        check(&lines, &format!("GET /c/{}/", "-".repeat(10_000)), "unknown");
        check(&lines, &format!("GET {}", "/".repeat(PATH_BYTES_MAX + 1)), "unknown");
    }
}
