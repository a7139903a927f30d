//! Who is calling: security schemes, credentials that are records, scopes.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use serde_json::Value;

use super::problem::Problem;
use super::turn::Turn;
use crate::call::Call;
use crate::contract::Contract;
use crate::contract::expression::Scope;
use crate::contract::operation::Operation;
use crate::contract::plan::{Credential, ResourceIndex};
use crate::contract::security::Scheme;
use crate::contract::violation::Place;
use crate::json;
use crate::world::journal::Text;
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
    /// The record tells when it was last used.
    pub touched: bool,
    /// The record's field that lists the scopes granted; without one every scope is granted.
    pub scopes: Option<Arc<str>>,
}

impl Principal {
    /// One of whom nothing is known but a name.
    fn named(name: impl Into<Arc<str>>) -> Principal {
        Principal { name: name.into(), record: None, touched: false, scopes: None }
    }

    /// How the journal names the caller: by the credential's record, never by a secret.
    pub fn masked(&self) -> Text {
        match &self.record {
            Some((_, record)) => Text::Shared(record.id.clone()),
            None => Text::Fixed("a credential"),
        }
    }
}

/// Tries the operation's alternatives in order; one that holds wins. `Ok(None)`: the operation takes anyone. Where none holds, the refusal
/// is that of the first for which there was a credential.
pub fn identify(turn: &Turn<'_, '_>, operation: &Operation, call: &Call) -> Result<Option<Principal>, Problem> {
    if operation.security.is_empty() {
        return Ok(None);
    }
    let mut open = false;
    let mut refused = None;
    for alternative in &operation.security {
        if alternative.is_empty() {
            open = true;
            continue;
        }
        match try_alternative(turn, operation, alternative, call) {
            Tried::Holds(principal) => return Ok(Some(principal)),
            Tried::Refused(problem) => {
                refused.get_or_insert(problem);
            }
            Tried::Lacks => {}
        }
    }
    if open {
        return Ok(None);
    }
    let unauthenticated = turn.contract.plan.errors.known.unauthenticated;
    let refused = refused.unwrap_or_else(|| Problem::new(unauthenticated));
    Err(challenge(turn.contract, operation, call, refused))
}

/// What came of an alternative.
enum Tried {
    Holds(Principal),
    /// There was a credential, and it is not good.
    Refused(Problem),
    /// The call has no such credential.
    Lacks,
}

/// The scopes that the operation asks of this caller and that are not granted.
pub fn missing_scope<'o>(operation: &'o Operation, principal: &Principal) -> Option<&'o str> {
    let (field, (_, record)) = principal.scopes.as_ref().zip(principal.record.as_ref())?;
    let granted = json::get(record.memo(), field);
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
fn try_alternative(
    turn: &Turn<'_, '_>,
    operation: &Operation,
    alternative: &BTreeMap<String, Vec<String>>,
    call: &Call,
) -> Tried {
    let mut principal = None;
    for name in alternative.keys() {
        let Some(scheme) = turn.contract.schemes.get(name) else { return Tried::Lacks };
        if *scheme == Scheme::Elsewhere {
            continue;
        }
        let Some(text) = credential(scheme, call) else { return Tried::Lacks };
        principal = Some(match turn.contract.plan.credentials.get(name) {
            None => Principal::named(text),
            Some(rule) => match known(turn, rule, operation, text) {
                Ok(known) => known,
                Err(problem) => return Tried::Refused(problem),
            },
        });
    }
    Tried::Holds(principal.unwrap_or_else(|| Principal::named("anyone")))
}

/// The credentials that a call presents, good or not, each once.
#[derive(Debug, Default)]
pub struct Presented {
    /// Those that the operation takes first, then any that the service knows.
    all: Vec<String>,
    /// How many of them the operation takes.
    accepted: usize,
}

impl Presented {
    pub fn by(contract: &Contract, operation: &Operation, call: &Call) -> Presented {
        let mut presented = Presented::default();
        let taken = operation.security.iter().flat_map(|alternative| alternative.keys());
        presented.look(taken.filter_map(|name| contract.schemes.get(name)), call);
        presented.accepted = presented.all.len();
        presented.look(contract.schemes.values(), call);
        presented
    }

    fn look<'s>(&mut self, schemes: impl Iterator<Item = &'s Scheme>, call: &Call) {
        for text in schemes.filter_map(|scheme| credential(scheme, call)) {
            if !self.all.contains(&text) {
                self.all.push(text);
            }
        }
    }

    pub fn all(&self) -> &[String] {
        &self.all
    }

    /// Those that the operation takes.
    pub fn accepted(&self) -> &[String] {
        &self.all[..self.accepted]
    }
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

/// The caller that a credential's record names, once the rule's guards have let it in.
fn known(turn: &Turn<'_, '_>, rule: &Credential, operation: &Operation, text: String) -> Result<Principal, Problem> {
    let unauthenticated = turn.contract.plan.errors.known.unauthenticated;
    let refusal = || Problem::new(rule.otherwise.unwrap_or(unauthenticated));
    let found = turn.world.store.first_matching(rule.resource, &rule.secret, &Value::String(text));
    let record = found.ok_or_else(refusal)?;
    let now = Value::from(turn.now);
    let mut scope = Scope::default();
    scope.bind_ref("record", record.memo());
    scope.bind_ref("now", &now);
    if let Some(when) = &rule.when
        && !when.holds(&scope).unwrap_or(false)
    {
        return Err(refusal());
    }
    if !rule.with.is_empty() || !rule.require.is_empty() {
        scope.bind_owned("operation", Value::from(operation.id.as_str()));
        admit(turn, rule, &mut scope).map_err(|problem| problem.with("record", Value::clone(record.memo())))?;
    }
    Ok(Principal {
        name: record.id.clone(),
        scopes: rule.scopes.clone(),
        touched: rule.touch.is_some(),
        record: Some((rule.resource, record.clone())),
    })
}

/// The reads and guards of every call with such a credential.
fn admit<'c: 's, 's>(turn: &Turn<'c, '_>, rule: &'c Credential, scope: &mut Scope<'s>) -> Result<(), Problem> {
    turn.bind_reads(&rule.with, scope)?;
    for guard in &rule.require {
        if !turn.holds(&guard.that, scope)? {
            let read = rule.with.iter().filter_map(|read| {
                let value = scope.get(&read.name)?.value().ok()?;
                Some((read.name.clone(), value.clone()))
            });
            let mut problem = Problem::new(guard.otherwise);
            problem.names.extend(read);
            return Err(problem);
        }
    }
    Ok(())
}

/// Adds the challenge that RFC 9110 (11.6.1) asks of a 401.
pub fn challenge(contract: &Contract, operation: &Operation, call: &Call, problem: Problem) -> Problem {
    let unauthenticated = problem.error == contract.plan.errors.known.unauthenticated;
    if !unauthenticated && problem.status(contract) != StatusCode::UNAUTHORIZED.as_u16() {
        return problem;
    }
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
