//! Paths, queries and URLs: the host is `<origin>`, the base path is the document's, and values in them are references.

use percent_encoding::percent_decode_str;

use super::kind::Kind;
use super::literal::{Author, Literals};
use super::names::{Promise, promise};
use super::references::References;
use super::service::Service;
use crate::contract::operation::{Operation, OperationId};
use crate::contract::router::Route;

/// How a target is reached, which differs from one to the next.
#[derive(Debug, Clone, Copy, Default)]
pub struct Host<'h> {
    /// Scheme and authority.
    pub origin: &'h str,
    /// The path before the template of the operation that was called, on this target.
    pub base: &'h str,
    /// The same as its document has it.
    pub declared: &'h str,
}

impl Host<'_> {
    /// A path on this target as the document has it: below the same base, or after what stands before the base here (`/~world`).
    fn declared(&self, path: &str) -> Option<String> {
        let below = |base: &str| path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let same = below(self.base).map(|rest| format!("{}{rest}", self.declared));
        same.or_else(|| below(self.base.strip_suffix(self.declared)?).map(str::to_owned))
    }
}

/// What addresses are told with.
#[derive(Debug)]
pub struct Teller<'t, 'c> {
    pub service: &'t Service<'c>,
    pub references: &'t mut References,
    pub literals: &'t mut Literals,
}

/// A path as an operation's template sees it: the base, and each segment beside its template.
#[derive(Debug)]
pub struct Routed<'p> {
    pub base: &'p str,
    segments: Vec<(&'p str, &'p str)>,
}

/// Takes a path apart by a template; `None` when it is another's.
pub fn routed<'p>(template: &'p str, path: &'p str) -> Option<Routed<'p>> {
    let templates: Vec<&str> = template.strip_prefix('/').unwrap_or(template).split('/').collect();
    let mut base = path;
    let mut segments = Vec::with_capacity(templates.len());
    for template in templates.into_iter().rev() {
        let (before, segment) = base.rsplit_once('/')?;
        if !template.contains('{') && template != segment {
            return None;
        }
        segments.push((template, segment));
        base = before;
    }
    segments.reverse();
    Some(Routed { base, segments })
}

impl<'c> Teller<'_, 'c> {
    /// A call's path and query; `author` says who wrote a path parameter (`true`) or one of the query.
    pub fn target<'a>(
        &mut self,
        id: OperationId,
        path: &str,
        query: Option<&str>,
        author: impl Fn(bool, &str) -> Author<'a>,
    ) -> String {
        let routed =
            self.service.operation(id).and_then(|operation| Some((operation, routed(&operation.template, path)?)));
        let mut told = match routed {
            Some((operation, routed)) => self.path(operation, id, &routed, |name| author(true, name)),
            None => self.references.within(path, self.literals).into_owned(),
        };
        if let Some(query) = query {
            told.push('?');
            told.push_str(&self.query(id, query, |name| author(false, name)));
        }
        told
    }

    fn path<'a>(
        &mut self,
        operation: &Operation,
        id: OperationId,
        routed: &Routed<'_>,
        author: impl Fn(&str) -> Author<'a>,
    ) -> String {
        let mut told = self.service.contract.operations.base_of(operation).to_owned();
        let mut collection = "";
        for (template, segment) in &routed.segments {
            told.push('/');
            let name =
                template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains('{'));
            match name {
                Some(name) => {
                    let kind = self.kind_of_path(operation, id, collection, name);
                    told.push_str(&self.parameter(&kind, name, segment, author(name)));
                }
                None if template.contains('{') => told.push_str(&self.references.within(segment, self.literals)),
                None => {
                    told.push_str(segment);
                    collection = template;
                }
            }
        }
        told
    }

    /// The kind of thing that a path parameter names: by its own name, or by the collection before it.
    fn kind_of_path(&self, operation: &Operation, id: OperationId, collection: &str, name: &str) -> Kind {
        let thing = match promise(name) {
            Promise::IdOf(thing) => thing,
            _ => collection.to_owned(),
        };
        let ends = operation.template.ends_with('}') && operation.template.ends_with(&format!("{{{name}}}"));
        let about = self.service.resource_of(id).filter(|_| ends);
        let resource = self.service.resource_named(&thing).or(about);
        Kind::Id(
            resource
                .map_or_else(|| super::names::reference_word(name), |resource| self.service.word(resource).to_owned()),
        )
    }

    /// One value that is percent-encoded: as sent where the scenario spells it out or nothing in it is known.
    fn parameter(&mut self, kind: &Kind, name: &str, raw: &str, author: Author<'_>) -> String {
        let text = decoded(raw);
        if let Author::Scenario = author {
            self.literals.note(name, &text);
            return raw.to_owned();
        }
        if let Author::Taken(kind) = author {
            return References::unnumbered(kind);
        }
        if let Some(reference) = self.references.typed(kind, &text) {
            return reference;
        }
        let told = self.references.within(&text, self.literals);
        if told != text {
            return told.into_owned();
        }
        if let Author::Template(_) = author {
            self.literals.note(name, &text);
        }
        raw.to_owned()
    }

    fn query<'a>(&mut self, id: OperationId, query: &str, author: impl Fn(&str) -> Author<'a>) -> String {
        let mut told = String::with_capacity(query.len());
        for pair in query.split('&') {
            if !told.is_empty() {
                told.push('&');
            }
            let Some((raw_name, raw)) = pair.split_once('=') else {
                told.push_str(&self.references.within(pair, self.literals));
                continue;
            };
            let name = decoded(raw_name);
            // `filter[channelId][in]` is sent by the parameter `filter`, and its last name says what the value is.
            let parameter = name.split('[').next().unwrap_or(&name);
            let innermost = name.rsplit('[').find(|part| promise(part.trim_end_matches(']')) != Promise::Nothing);
            let leaf = innermost.map_or(parameter, |part| part.trim_end_matches(']'));
            told.push_str(raw_name);
            told.push('=');
            told.push_str(&self.query_value(id, parameter, leaf, raw, author(parameter)));
        }
        told
    }

    fn query_value(&mut self, id: OperationId, parameter: &str, leaf: &str, raw: &str, author: Author<'_>) -> String {
        let promised = promise(leaf);
        let kind = match promised {
            Promise::Secret => Kind::Secret,
            _ if self.service.is_key_query(parameter) => Kind::Secret,
            Promise::Cursor => Kind::Cursor,
            _ if self.service.is_cursor_query(id, parameter) => Kind::Cursor,
            Promise::IdOf(thing) => Kind::Id(thing),
            Promise::OwnId => {
                Kind::Id(self.service.resource_of(id).map_or("id", |resource| self.service.word(resource)).to_owned())
            }
            _ => Kind::Any,
        };
        let text = decoded(raw);
        let (written, taken) = (matches!(author, Author::Scenario), matches!(author, Author::Taken(_)));
        if kind == Kind::Secret || kind == Kind::Cursor && !written {
            self.references.learn(&kind, &text);
            return self.references.typed(&kind, &text).unwrap_or_else(|| raw.to_owned());
        }
        match kind {
            // A number in a query is a page or a size unless its name says that it is an id.
            Kind::Any if !taken && text.bytes().all(|byte| byte.is_ascii_digit()) && !self.references.knows(&text) => {
                if !matches!(author, Author::Elsewhere) {
                    self.literals.note(leaf, &text);
                }
                raw.to_owned()
            }
            kind => self.parameter(&kind, leaf, raw, author),
        }
    }

    /// A URL that a reply gave: one of the service's own operations as `<origin>/…`. `None` for every other address.
    pub fn url(&mut self, host: Host<'_>, text: &str) -> Option<String> {
        let (shown, local) = match text.strip_prefix(host.origin).filter(|_| !host.origin.is_empty()) {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#']) => ("<origin>", rest),
            _ if text.starts_with('/') && !text.starts_with("//") => ("", text),
            _ => return None,
        };
        let (address, fragment) = local.split_once('#').map_or((local, None), |(address, rest)| (address, Some(rest)));
        let (path, query) = address.split_once('?').map_or((address, None), |(path, query)| (path, Some(query)));
        let id = self.operation_at(&host.declared(path)?)?;
        let mut told = format!("{shown}{}", self.target(id, path, query, |_, _| Author::Elsewhere));
        if let Some(fragment) = fragment {
            told.push('#');
            told.push_str(&self.references.within(fragment, self.literals));
        }
        Some(told)
    }

    /// The operation that answers on a path, whatever its method.
    fn operation_at(&self, path: &str) -> Option<OperationId> {
        let router = &self.service.contract.router;
        match router.find(&http::Method::GET, path) {
            Route::Found(id, _) => Some(id),
            Route::MethodUnknown(methods) => match router.find(methods.first()?, path) {
                Route::Found(id, _) => Some(id),
                _ => None,
            },
            Route::Unknown => None,
        }
    }
}

/// A value as it was before it was percent-encoded; what is no UTF-8 stays as it is.
fn decoded(raw: &str) -> String {
    let spaced = raw.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map_or_else(|_| raw.to_owned(), |text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart_from_its_end() {
        let routed = routed("/posts/{id}", "/~world/v1/posts/post_1").expect("it fits");
        assert_eq!(routed.base, "/~world/v1");
        assert_eq!(routed.segments, [("posts", "posts"), ("{id}", "post_1")]);
        assert_eq!(super::routed("/", "/v1/").expect("the root").base, "/v1");
    }

    #[test]
    fn a_path_is_known_below_the_base_and_beside_it() {
        let host = Host { origin: "", base: "/~world/v1", declared: "/v1" };
        assert_eq!(host.declared("/~world/v1/posts").as_deref(), Some("/v1/posts"));
        assert_eq!(host.declared("/~world/authorize").as_deref(), Some("/authorize"));
        assert_eq!(host.declared("/v1/posts"), None);
        let elsewhere = Host { origin: "", base: "/staging", declared: "/v1" };
        assert_eq!(elsewhere.declared("/staging/posts").as_deref(), Some("/v1/posts"));
        assert_eq!(elsewhere.declared("/v1/posts"), None);
    }

    #[test]
    fn a_path_of_another_template_is_not_taken_apart() {
        assert!(routed("/posts/{id}", "/channels/1").is_none());
        assert!(routed("/posts/{id}", "posts").is_none());
        assert!(routed("/a/b/c", "/c").is_none());
    }
}
