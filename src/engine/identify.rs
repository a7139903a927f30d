//! Who is calling: security schemes, credentials that are records, scopes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use serde_json::Value;

use super::problem::Problem;
use crate::call::Call;
use crate::contract::Contract;
use crate::contract::operation::Operation;
use crate::contract::plan::{Credential, ResourceIndex};
use crate::contract::security::Scheme;
use crate::contract::violation::Place;
use crate::world::World;
use crate::world::store::Record;

/// Longest credential that is looked at, in bytes.
const CREDENTIAL_BYTES_MAX: usize = 8 * 1024;

/// A caller who has shown who they are.
#[derive(Debug, Clone)]
pub struct Principal {
    /// What limits and idempotency keys are counted by.
    pub name: Arc<str>,
    /// The credential's record, where credentials are records.
    pub record: Option<(ResourceIndex, Arc<Record>)>,
    /// The record's field that lists the scopes granted; without one every scope is granted.
    pub scopes: Option<Arc<str>>,
}

impl Principal {
    /// How the journal names the caller: by the credential's record, never by a secret.
    pub fn masked(&self) -> Cow<'static, str> {
        match &self.record {
            Some((_, record)) => Cow::Owned(record.id.to_string()),
            None => Cow::Borrowed("a credential"),
        }
    }
}

/// Tries the operation's alternatives in order. `Ok(None)`: the operation takes anyone.
pub fn identify(
    contract: &Contract,
    world: &World,
    operation: &Operation,
    call: &Call,
) -> Result<Option<Principal>, Problem> {
    if operation.security.is_empty() {
        return Ok(None);
    }
    let mut open = false;
    for alternative in &operation.security {
        if alternative.is_empty() {
            open = true;
            continue;
        }
        if let Some(principal) = alternative_holds(contract, world, alternative, call) {
            return Ok(Some(principal));
        }
    }
    if open { Ok(None) } else { Err(refusal(contract, operation, call)) }
}

/// The scopes that the operation asks of this caller and that are not granted.
pub fn missing_scope<'o>(operation: &'o Operation, principal: &Principal) -> Option<&'o str> {
    let (field, (_, record)) = principal.scopes.as_ref().zip(principal.record.as_ref())?;
    let granted = record.memo().get(&**field);
    let grants = |scope: &str| match granted {
        Some(Value::Array(granted)) => granted.iter().any(|granted| granted == scope),
        Some(Value::String(granted)) => granted.split(' ').any(|granted| granted == scope),
        _ => false,
    };
    let lacking = |alternative: &'o BTreeMap<String, Vec<String>>| {
        alternative.values().flatten().find(|scope| !grants(scope)).map(String::as_str)
    };
    let mut lacks = operation.security.iter().filter(|alternative| !alternative.is_empty()).map(lacking);
    let first = lacks.next()?;
    if first.is_none() || lacks.any(|lack| lack.is_none()) { None } else { first }
}

/// Every scheme of the alternative must be satisfied; the principal is that of the last one that names somebody.
fn alternative_holds(
    contract: &Contract,
    world: &World,
    alternative: &BTreeMap<String, Vec<String>>,
    call: &Call,
) -> Option<Principal> {
    let mut principal = Principal { name: "anyone".into(), record: None, scopes: None };
    for name in alternative.keys() {
        let scheme = contract.schemes.get(name)?;
        if *scheme == Scheme::Elsewhere {
            continue;
        }
        let text = credential(scheme, call)?;
        principal = match contract.plan.credentials.get(name) {
            Some(rule) => known(world, rule, &text)?,
            None => Principal { name: text.into(), record: None, scopes: None },
        };
    }
    Some(principal)
}

/// The text of a credential as the caller sent it, if it is well formed.
pub fn credential(scheme: &Scheme, call: &Call) -> Option<String> {
    let text = match scheme {
        Scheme::Bearer => after_scheme(call, "bearer")?.to_owned(),
        Scheme::Basic => {
            use base64::Engine as _;
            let decoded = base64::engine::general_purpose::STANDARD.decode(after_scheme(call, "basic")?).ok()?;
            String::from_utf8(decoded).ok()?
        }
        Scheme::Key(Place::Query, name) => {
            let query = call.query.as_deref().unwrap_or_default();
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name)?.1.into_owned()
        }
        Scheme::Key(Place::Cookie, name) => {
            let cookies = call.header(COOKIE.as_str())?.split(';');
            let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
            pairs.find(|(key, _)| key == name)?.1.to_owned()
        }
        Scheme::Key(_, name) => call.header(name)?.to_owned(),
        Scheme::Elsewhere => return None,
    };
    (!text.is_empty() && text.len() <= CREDENTIAL_BYTES_MAX).then_some(text)
}

/// What follows the scheme's name, which is case-insensitive (RFC 9110, 11.1). Two credentials at once name nobody (RFC 9110, 5.3).
fn after_scheme<'c>(call: &'c Call, scheme: &str) -> Option<&'c str> {
    let mut sent = call.headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (sent.next(), sent.next()) else { return None };
    let (name, rest) = only.to_str().ok()?.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then_some(rest.trim())
}

fn known(world: &World, rule: &Credential, text: &str) -> Option<Principal> {
    let wanted = Value::String(text.to_owned());
    let record = world.store.matching(rule.resource, &rule.secret, &wanted).into_iter().next()?;
    if let Some(when) = &rule.when {
        let value = record.memo();
        let mut scope = crate::contract::expression::Scope::default();
        let now = Value::from(world.clock.now());
        scope.bind("record", std::borrow::Cow::Borrowed(&**value));
        scope.bind("now", std::borrow::Cow::Borrowed(&now));
        if !when.holds(&scope).unwrap_or(false) {
            return None;
        }
    }
    Some(Principal { name: record.id.clone(), scopes: rule.scopes.clone(), record: Some((rule.resource, record)) })
}

/// 401 with the challenge that RFC 9110 (11.6.1) asks for.
fn refusal(contract: &Contract, operation: &Operation, call: &Call) -> Problem {
    let problem = Problem::new(contract.plan.errors.known.unauthenticated);
    let mut schemes = operation.security.iter().flat_map(|alternative| alternative.keys());
    let schemes = schemes.find_map(|name| contract.schemes.get(name));
    let sent = call.headers.contains_key(AUTHORIZATION);
    match schemes {
        Some(Scheme::Bearer) if sent => problem.header(WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""),
        Some(Scheme::Basic) => problem.header(WWW_AUTHENTICATE, "Basic realm=\"api\""),
        Some(Scheme::Bearer) => problem.header(WWW_AUTHENTICATE, "Bearer"),
        _ => problem,
    }
}
