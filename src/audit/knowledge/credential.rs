//! Where credentials stand in calls, and which operations give new ones.

use http::header::{AUTHORIZATION, COOKIE};
use serde_json::Value;

use super::Knowledge;
use crate::audit::observe::Exchange;
use crate::contract::operation::Operation;
use crate::contract::plan::{ChangeVerb, Verb};
use crate::contract::security::Scheme;
use crate::contract::violation::Place;

impl Knowledge<'_> {
    /// What the caller proves itself by: the text of the header, query parameter or cookie where the document's schemes have it.
    pub fn credential_of(&self, exchange: &Exchange) -> Option<String> {
        let bearer = || exchange.headers.get(AUTHORIZATION)?.to_str().ok().map(str::to_owned);
        let key = |scheme: &Scheme| match scheme {
            Scheme::Key(Place::Query, name) => {
                let query = exchange.query.as_deref().unwrap_or_default();
                let mut pairs = form_urlencoded::parse(query.as_bytes());
                pairs.find(|(key, _)| key == name.as_str()).map(|(_, value)| value.into_owned())
            }
            Scheme::Key(Place::Cookie, name) => {
                let cookies = exchange.headers.get(COOKIE)?.to_str().ok()?;
                let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
                pairs.find(|(key, _)| key == name).map(|(_, value)| value.to_owned())
            }
            Scheme::Key(_, name) => exchange.header(name).map(str::to_owned),
            Scheme::Bearer | Scheme::Basic | Scheme::Elsewhere => None,
        };
        bearer().or_else(|| self.contract.schemes.values().find_map(key))
    }

    /// What a call asks for beside its body, whoever asks: its query without the parameters that take credentials.
    pub fn query_without_credential(&self, exchange: &Exchange) -> Option<String> {
        let is_key = |name: &str| {
            let is_it = |scheme: &Scheme| matches!(scheme, Scheme::Key(Place::Query, key) if key == name);
            self.contract.schemes.values().any(is_it)
        };
        let pairs = form_urlencoded::parse(exchange.query.as_deref()?.as_bytes());
        let mut others = form_urlencoded::Serializer::new(String::new());
        others.extend_pairs(pairs.filter(|(name, _)| !is_key(name)));
        Some(others.finish()).filter(|others| !others.is_empty())
    }

    /// Does this operation give a caller a new credential when the old one is good no more? It asks for no such credential itself, and it
    /// makes a record that is one, is the token endpoint of an OAuth flow (RFC 6749, section 3.2), or answers with an access token
    /// (section 5.1).
    pub fn gives_credential(&self, operation: &str) -> bool {
        let Some(id) = self.contract.operations.find(operation) else { return false };
        let operation = self.contract.operations.get(id);
        operation.security.iter().all(|any| any.is_empty() || any.keys().all(|scheme| self.is_apart(scheme)))
            && (self.makes_credential(&operation.id)
                || self.is_token_endpoint(operation)
                || answers_token(self, operation))
    }

    /// Is there any way to get a new credential?
    pub fn renews_credentials(&self) -> bool {
        self.contract.operations.list.iter().any(|operation| self.gives_credential(&operation.id))
    }

    /// A scheme for the token endpoint itself: a client's id and secret.
    fn is_apart(&self, scheme: &str) -> bool {
        self.contract.schemes.get(scheme) == Some(&Scheme::Basic)
    }

    fn makes_credential(&self, operation: &str) -> bool {
        let plan = &self.contract.plan;
        let is_credential = |resource: usize| plan.credentials.values().any(|rule| rule.resource == resource);
        let Some(action) = self.action(operation) else { return false };
        let by_verb = match action.verb {
            Verb::Create(resource) | Verb::Save(resource) => is_credential(resource),
            _ => false,
        };
        let made = |verb: ChangeVerb| matches!(verb, ChangeVerb::Create | ChangeVerb::Save);
        by_verb || action.also.iter().any(|change| made(change.verb) && is_credential(change.resource))
    }

    fn is_token_endpoint(&self, operation: &Operation) -> bool {
        let path = self.contract.operations.path(operation);
        let schemes = self.contract.document.at("/components/securitySchemes").and_then(Value::as_object);
        let flows = schemes.into_iter().flatten().filter_map(|(_, scheme)| scheme.get("flows")?.as_object());
        let urls = flows.flatten().flat_map(|(_, flow)| ["tokenUrl", "refreshUrl"].map(|word| flow.get(word)));
        urls.flatten().filter_map(Value::as_str).any(|url| path_of(url) == path)
    }
}

/// The path of a URL, or of a reference without a host.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    rest.split(['?', '#']).next().unwrap_or(rest).trim_end_matches('/')
}

/// Does a reply of success have an access token?
fn answers_token(knowledge: &Knowledge<'_>, operation: &Operation) -> bool {
    const NAMES: [&str; 2] = ["access_token", "accessToken"];
    let document = &knowledge.contract.document;
    let successes = operation.responses.iter().filter(|(status, _)| status.starts_with('2'));
    successes.flat_map(|(_, response)| &response.media).any(|media| {
        let properties = document.resolve(&media.raw).get("properties").and_then(Value::as_object);
        properties.is_some_and(|properties| NAMES.iter().any(|name| properties.contains_key(*name)))
    })
}
