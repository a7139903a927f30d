//! A world in which cases are tried: what steps bind, calls, clock moves, events, and what tells two worlds apart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};
use standin::call::{Call, RESERVED};
use standin::contract::Contract;
use standin::contract::operation::Operation;
use standin::engine;
use standin::world::compare::{Difference, compare};
use standin::world::journal::What;

use crate::case::{Request, Step, Subject, member};
use crate::support::{Answer, Fake};

/// What a case does wrong, or what is wrong with the fake: told with the operation and the column.
pub type Complaint = String;

/// A copy is another world that goes its own way from there.
#[derive(Clone)]
pub struct Lab {
    pub fake: Fake,
    bound: BTreeMap<String, Value>,
    /// Collections that do not count.
    private: Arc<BTreeSet<String>>,
}

impl Lab {
    pub fn new(contract: &Arc<Contract>, private: impl Iterator<Item = String>) -> Lab {
        // What became of a delivery is told by the receiver, not by the call.
        let log = contract.plan.webhooks.as_ref().and_then(|webhooks| webhooks.log.as_ref());
        let log = log.map(|(resource, _)| contract.plan.resources[*resource].name.clone());
        let private = Arc::new(private.chain(log).collect());
        Lab { fake: Fake::new(Arc::clone(contract), 1), bound: BTreeMap::new(), private }
    }

    pub fn bind(&mut self, name: &str, value: Value) {
        self.bound.insert(name.to_owned(), value);
    }

    pub fn perform(&mut self, steps: &[Step]) -> Result<(), Complaint> {
        for (index, step) in steps.iter().enumerate() {
            self.step(step).map_err(|wrong| format!("step {} of the setup: {wrong}", index + 1))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), Complaint> {
        let made = match (&step.operation, &step.seed, &step.record, step.wait) {
            (Some(operation), None, None, None) => {
                let answer = self.call(operation, &step.with, None)?;
                // What is delivered at once has arrived before the next step.
                self.fake.wait(0);
                succeeded(&answer).map_err(|wrong| format!("{operation}: {wrong}"))?;
                answer.body
            }
            (None, Some(resource), None, None) => {
                let records: Result<Vec<Value>, _> = step.records.iter().map(|record| self.fill(record)).collect();
                let contract = Arc::clone(&self.fake.contract);
                Value::from(engine::seed(&contract, &mut self.fake.world, resource, &records?)?)
            }
            (None, None, Some(resource), None) => {
                self.records(resource)?.pop().ok_or_else(|| format!("there is no {resource}"))?
            }
            (None, None, None, Some(seconds)) => {
                self.fake.wait(seconds);
                Value::Null
            }
            _ => return Err("a step has one of do, seed, record and wait".to_owned()),
        };
        if let Some(name) = &step.name {
            self.bind(name, made);
        }
        Ok(())
    }

    /// All records of a resource, oldest first, with the fields that callers never see.
    fn records(&self, resource: &str) -> Result<Vec<Value>, Complaint> {
        let store = &self.fake.world.store;
        let index = store.find(resource).ok_or_else(|| format!("there is no resource {resource}"))?;
        let mut records: Vec<_> = store.all(index).collect();
        records.sort_by_key(|record| record.seq);
        Ok(records.into_iter().map(|record| record.value()).collect())
    }

    /// What a subject looks like now.
    pub fn look(&self, subject: &Subject) -> Result<Value, Complaint> {
        match (&subject.get, &subject.record) {
            (Some(operation), None) => {
                // Looking is a call; the world does not go on from it.
                let seen = self.clone().call(operation, &subject.with, None)?;
                succeeded(&seen).map_err(|wrong| format!("{operation}: {wrong}"))?;
                Ok(seen.body)
            }
            (None, Some(resource)) => {
                let id = self.fill_text(&subject.id)?;
                let found = self.records(resource)?.into_iter().find(|record| record["id"] == id);
                found.ok_or_else(|| format!("there is no {resource} {id}"))
            }
            _ => Err("a subject has one of get and record".to_owned()),
        }
    }

    /// Sends a request to an operation, with an idempotency key if one is given.
    pub fn call(&mut self, operation: &str, request: &Request, key: Option<&str>) -> Result<Answer, Complaint> {
        let contract = Arc::clone(&self.fake.contract);
        let id = contract.operations.find(operation).ok_or_else(|| format!("there is no operation {operation}"))?;
        let call = self.prepare(&contract, contract.operations.get(id), request, key)?;
        Ok(Answer::of(self.fake.send(&call)))
    }

    fn prepare(
        &self,
        contract: &Contract,
        operation: &Operation,
        request: &Request,
        key: Option<&str>,
    ) -> Result<Call, Complaint> {
        let mut call = Call::new(Method::GET, &self.target(contract, operation, request)?);
        call.method = operation.method.clone();
        let mut headers: Vec<(String, String)> = Vec::new();
        headers.extend(self.fake.credential.clone().filter(|_| !request.anonymous));
        if request.body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        if let Some(whole) = &request.headers_of {
            let Value::Object(members) = self.fill_text(whole)? else { return Err(format!("{whole} is no object")) };
            headers.extend(members.into_iter().map(|(name, value)| (name, text(&value))));
        }
        for (name, value) in &request.headers {
            headers.push((name.clone(), text(&self.fill_text(value)?)));
        }
        if let (Some(key), Some(rule)) = (key, &contract.plan.idempotency) {
            headers.push((rule.header.to_string(), key.to_owned()));
        }
        for (name, value) in headers {
            let wrong = || format!("{name}: {value} is no header");
            let header = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).map_err(|_| wrong())?;
            call.headers.insert(header, HeaderValue::from_str(&value).map_err(|_| wrong())?);
        }
        if let Some(body) = &request.body {
            call.body = self.fill(body)?.to_string().into();
        } else if let Some(bytes) = &request.bytes {
            call.body = bytes.clone().into();
        }
        Ok(call)
    }

    /// Path and query.
    fn target(&self, contract: &Contract, operation: &Operation, request: &Request) -> Result<String, Complaint> {
        if let Some(url) = &request.url {
            let url = text(&self.fill_text(url)?);
            let below =
                url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|start| rest[start..].to_owned()));
            return below.ok_or_else(|| format!("{url} is no URL"));
        }
        let mut path = contract.operations.path(operation);
        for (name, value) in &request.path {
            let place = format!("{{{name}}}");
            if !path.contains(&place) {
                return Err(format!("{} has no {place}", operation.template));
            }
            path = path.replace(&place, &encoded(&text(&self.fill_text(value)?)));
        }
        if path.contains('{') {
            return Err(format!("{path} is not filled in"));
        }
        let mut joint = '?';
        for (name, value) in &request.query {
            path += &format!("{joint}{}={}", encoded(name), encoded(&text(&self.fill_text(value)?)));
            joint = '&';
        }
        Ok(path)
    }

    fn fill(&self, value: &Value) -> Result<Value, Complaint> {
        Ok(match value {
            Value::String(text) => self.fill_text(text)?,
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill(item)).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let filled = members.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?)));
                Value::Object(filled.collect::<Result<Map<_, _>, Complaint>>()?)
            }
            other => other.clone(),
        })
    }

    fn fill_text(&self, template: &str) -> Result<Value, Complaint> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (way, after) = after.split_once('}').ok_or_else(|| format!("{template} has a {{ without its }}"))?;
            let (name, members) = way.split_once('.').unwrap_or((way, ""));
            let bound = self.bound.get(name).ok_or_else(|| format!("nothing is bound to {name} in {template}"))?;
            let value = member(bound, members);
            if value.is_null() {
                return Err(format!("there is no {way} in {bound}"));
            }
            if before.is_empty() && after.is_empty() && filled.is_empty() {
                return Ok(value.clone());
            }
            filled += before;
            filled += &text(value);
            rest = after;
        }
        Ok(Value::String(filled + rest))
    }

    /// The same world, so many seconds later.
    pub fn later(&self, seconds: i64) -> Lab {
        let mut lab = self.clone();
        lab.fake.wait(seconds);
        lab
    }

    /// How often each event was emitted in this world.
    pub fn events(&self) -> BTreeMap<String, usize> {
        let mut events = BTreeMap::new();
        for entry in self.fake.world.journal.since(0, usize::MAX) {
            if let What::Event { event, .. } = &entry.what {
                *events.entry(event.to_string()).or_default() += 1;
            }
        }
        events
    }

    /// What differs from an earlier or a parallel world, as text; only what callers can see.
    pub fn effects_since(&self, before: &Lab) -> Vec<String> {
        let seen = compare(&before.fake.world, &self.fake.world).into_iter().filter(|difference| match difference {
            Difference::Clock { .. } => false,
            Difference::Added { collection, .. }
            | Difference::Removed { collection, .. }
            | Difference::Changed { collection, .. } => !self.private.contains(&**collection),
            Difference::More => true,
        });
        seen.map(|difference| serde_json::to_string(&difference).expect("a difference is JSON")).collect()
    }
}

pub fn succeeded(answer: &Answer) -> Result<(), Complaint> {
    let sound = (200..400).contains(&answer.status);
    if sound { Ok(()) } else { Err(format!("it is answered with {}: {}", answer.status, answer.body)) }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
