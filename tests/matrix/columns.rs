//! The five columns: what each cell says is tried in worlds that go different ways from the same start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use standin::contract::Contract;
use standin::contract::vocabulary::{CapabilityRule, RetrySafety};

use crate::case::{Case, Casebook, Partial, Request, Step, Subject, member};
use crate::lab::{Complaint, Lab, succeeded};
use crate::support::Answer;

/// How long nothing may happen after a reply that does not say that work is queued.
const STILL_SECONDS: i64 = 600;
/// How long queued work, and the events that follow a call, may take.
const QUIET_SECONDS: i64 = 3_600;
const KEY: &str = "one-attempt-and-its-repeats";
/// Words by which a reply says that work is queued.
const QUEUED: [&str; 4] = ["queued", "publishing", "pending", "processing"];

/// One row of a matrix, and how its operation is called.
pub struct Row<'a> {
    pub contract: &'a Arc<Contract>,
    pub book: &'a Casebook,
    pub operation: &'a str,
    pub case: &'a Case,
}

/// A call that was made.
struct Made {
    before: Lab,
    answer: Answer,
    /// The world as the reply left it.
    replied: Lab,
    /// The world once everything has happened that happens at the same instant: what is delivered at once has arrived.
    after: Lab,
}

impl Row<'_> {
    /// What is wrong with each cell, as `operation column: what`.
    pub fn judge(&self, claim: &CapabilityRule) -> Vec<Complaint> {
        let unsaid = || Err("the cell is empty".to_owned());
        let cells = [
            ("idempotent", claim.idempotent.map_or_else(unsaid, |said| self.idempotent(said))),
            ("async", claim.asynchronous.map_or_else(unsaid, |said| self.asynchronous(said))),
            ("emits", claim.emits.as_ref().map_or_else(unsaid, |said| self.emits(said))),
            ("retry_safe", claim.retry_safe.map_or_else(unsaid, |said| self.retry_safe(said))),
            ("partial_success", claim.partial_success.map_or_else(unsaid, |said| self.partial_success(said))),
        ];
        let wrong = cells.into_iter().filter_map(|(column, result)| Some((column, result.err()?)));
        wrong.map(|(column, wrong)| format!("{} {column}: {wrong}", self.operation)).collect()
    }

    fn idempotent(&self, said: bool) -> Result<(), Complaint> {
        let first = self.first(Some(KEY))?;
        let again = self.call(&first.after, &self.case.call, Some(KEY))?;
        let conflict = self.conflict(&first)?;
        let replayed = self.replayed(&again.answer);
        if !said && self.case.accepts_key.is_none() {
            return match conflict.unwrap_or(replayed) {
                true => Err("the key is looked at, though it should not be".to_owned()),
                false => Ok(()),
            };
        }
        same_answer(&first.answer, &again.answer)?;
        if !replayed {
            return Err("the repeat is not marked as a replay".to_owned());
        }
        if conflict == Some(false) {
            return Err("another body under the same key does not conflict".to_owned());
        }
        no_second_effect(&first.after, &again.after)
    }

    /// Does the first call's key refuse another body, without an effect? Unknown where the operation takes no body.
    fn conflict(&self, first: &Made) -> Result<Option<bool>, Complaint> {
        let id = self.contract.operations.find(self.operation).ok_or("there is no such operation")?;
        let takes_json = self.contract.operations.get(id).body.as_ref().is_some_and(|_| self.case.call.bytes.is_none());
        let Some(body) = &self.case.other else {
            return if takes_json { Err("the case has no other body".to_owned()) } else { Ok(None) };
        };
        let other = Request { body: Some(body.clone()), ..self.case.call.clone() };
        let refused = self.call(&first.after, &other, Some(KEY))?;
        let expected = &self.book.conflict;
        let code = member(&refused.answer.body, &expected.at);
        if refused.answer.status != expected.status || *code != expected.code {
            return Ok(Some(false));
        }
        nothing("the conflict has an effect", &refused.after.effects_since(&first.after))?;
        Ok(Some(true))
    }

    fn replayed(&self, answer: &Answer) -> bool {
        let rule = self.contract.plan.idempotency.as_ref();
        rule.and_then(|rule| rule.replayed.as_ref()).is_some_and(|name| answer.header(name.as_str()).is_some())
    }

    fn asynchronous(&self, said: bool) -> Result<(), Complaint> {
        let first = self.first(None)?;
        let queued = first.answer.status == 202 || says_queued(&first.answer.body);
        if said {
            if !queued {
                return Err(format!("the reply does not say that work is queued: {}", first.answer.body));
            }
            let subject = self.case.subject.as_ref().ok_or("the case does not say where completion is seen")?;
            if done(&first.replied, subject)?.is_ok() {
                return Err("the work is done at once".to_owned());
            }
            return done(&first.after.later(QUIET_SECONDS), subject)?;
        }
        if first.answer.status == 202 {
            return Err("202 says that work is queued".to_owned());
        }
        if self.case.unrest.is_some() {
            return Ok(());
        }
        let at_once: BTreeSet<String> = first.after.effects_since(&first.before).into_iter().collect();
        let (without, with) = (first.before.later(STILL_SECONDS), first.after.later(STILL_SECONDS));
        let afterwards: BTreeSet<String> = with.effects_since(&without).into_iter().collect();
        let changed: Vec<String> = afterwards.symmetric_difference(&at_once).cloned().collect();
        nothing("something goes on after the reply", &changed)
    }

    fn emits(&self, said: &[String]) -> Result<(), Complaint> {
        let named: BTreeSet<&str> = said.iter().map(String::as_str).collect();
        let mut union: BTreeSet<String> = BTreeSet::new();
        for made in self.ways()? {
            let events = extra_events(&made.before.later(QUIET_SECONDS), &made.after.later(QUIET_SECONDS));
            if let Some(other) = events.keys().find(|event| !named.contains(event.as_str())) {
                return Err(format!("{other} is emitted, which is not named"));
            }
            if events.is_empty() && !named.is_empty() {
                return Err("none of the named events is emitted".to_owned());
            }
            union.extend(events.into_keys());
        }
        let missing: Vec<&str> = named.into_iter().filter(|event| !union.contains(*event)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("no way of the case brings about {}", missing.join(", "))) }
    }

    fn retry_safe(&self, said: RetrySafety) -> Result<(), Complaint> {
        let key = (said == RetrySafety::WithKey).then_some(KEY);
        let first = self.first(key)?;
        let again = self.call(&first.after, &self.case.call, key)?;
        match said {
            RetrySafety::WithKey => no_second_effect(&first.after, &again.after),
            RetrySafety::Always => {
                let (once, twice) = (first.after.later(QUIET_SECONDS), again.after.later(QUIET_SECONDS));
                nothing("the repeat leads to another state", &twice.effects_since(&once))
            }
            RetrySafety::Never => {
                let fails = again.answer.status >= 400;
                let changes = !again.after.effects_since(&first.after).is_empty();
                match fails || changes || again.answer.body != first.answer.body {
                    true => Ok(()),
                    false => Err("the repeat does the same again".to_owned()),
                }
            }
        }
    }

    fn partial_success(&self, said: bool) -> Result<(), Complaint> {
        match (&self.case.partial, said) {
            (Some(partial), true) => self.in_part(partial),
            (None, true) => Err("the case has no call with good and bad items".to_owned()),
            (Some(_), false) => Err("the case has a call with good and bad items".to_owned()),
            (None, false) => {
                for made in self.ways()? {
                    if let Some(item) = failed_item(&made.answer.body) {
                        return Err(format!("the reply tells of an item that failed: {item}"));
                    }
                }
                Ok(())
            }
        }
    }

    fn in_part(&self, partial: &Partial) -> Result<(), Complaint> {
        let made = self.made(&partial.setup, &partial.call, None)?;
        let items = &partial.items;
        let body = match (&self.case.subject, items.in_subject) {
            (_, false) => made.answer.body.clone(),
            (Some(subject), true) => made.after.later(QUIET_SECONDS).look(subject)?,
            (None, true) => return Err("the case does not say where completion is seen".to_owned()),
        };
        let list = member(&body, &items.at).as_array().ok_or_else(|| format!("no list at {} in {body}", items.at))?;
        for (fate, what) in [(&items.succeeded, "succeeded"), (&items.failed, "failed")] {
            if !list.iter().any(|item| member(item, &items.fate) == fate) {
                return Err(format!("no item {what}: {body}"));
            }
        }
        Ok(())
    }

    /// The case's call, and its further ways.
    fn ways(&self) -> Result<Vec<Made>, Complaint> {
        let mut made = vec![self.first(None)?];
        for (index, way) in self.case.otherwise.iter().enumerate() {
            let other = self.made(&way.setup, &way.call, None);
            made.push(other.map_err(|wrong| format!("way {} of otherwise: {wrong}", index + 1))?);
        }
        Ok(made)
    }

    fn first(&self, key: Option<&str>) -> Result<Made, Complaint> {
        self.made(&self.case.setup, &self.case.call, key)
    }

    /// A call in a fresh world, which must succeed.
    fn made(&self, setup: &[Step], call: &Request, key: Option<&str>) -> Result<Made, Complaint> {
        let mut lab = Lab::new(self.contract, self.book.private.keys().cloned());
        lab.perform(setup)?;
        let made = self.call(&lab, call, key)?;
        succeeded(&made.answer)?;
        Ok(made)
    }

    fn call(&self, before: &Lab, request: &Request, key: Option<&str>) -> Result<Made, Complaint> {
        let mut replied = before.clone();
        let answer = replied.call(self.operation, request, key)?;
        replied.bind("reply", answer.body.clone());
        let after = replied.later(0);
        Ok(Made { before: before.clone(), answer, replied, after })
    }
}

fn same_answer(first: &Answer, again: &Answer) -> Result<(), Complaint> {
    if (first.status, &first.reply.body) == (again.status, &again.reply.body) {
        return Ok(());
    }
    Err(format!(
        "the repeat is answered with {} {}, not with {} {}",
        again.status, again.body, first.status, first.body
    ))
}

/// Neither at once nor later is there anything that the first call alone does not bring about.
fn no_second_effect(once: &Lab, twice: &Lab) -> Result<(), Complaint> {
    nothing("the repeat has an effect", &twice.effects_since(once))?;
    let (once, twice) = (once.later(QUIET_SECONDS), twice.later(QUIET_SECONDS));
    nothing("the repeat has an effect later", &twice.effects_since(&once))?;
    let extra: Vec<String> = extra_events(&once, &twice).into_keys().collect();
    nothing("the repeat emits", &extra)
}

fn nothing(what: &str, found: &[String]) -> Result<(), Complaint> {
    if found.is_empty() { Ok(()) } else { Err(format!("{what}: {}", found.join(" "))) }
}

/// Events that only the second of two worlds has seen.
fn extra_events(without: &Lab, with: &Lab) -> BTreeMap<String, usize> {
    let known = without.events();
    let extra = with.events().into_iter().filter_map(|(event, count)| {
        let more = count.saturating_sub(known.get(&event).copied().unwrap_or(0));
        (more > 0).then_some((event, more))
    });
    extra.collect()
}

/// Does the reply, or something right within it, say by a word that work is queued?
fn says_queued(body: &Value) -> bool {
    let word = |value: &Value| value.as_str().is_some_and(|text| QUEUED.contains(&text.to_ascii_lowercase().as_str()));
    let state = |value: &Value| word(&value["status"]) || word(&value["state"]);
    state(body) || body.as_object().is_some_and(|members| members.values().any(state))
}

/// Is the work done? The inner error says what is missing.
fn done(lab: &Lab, subject: &Subject) -> Result<Result<(), Complaint>, Complaint> {
    let seen = lab.look(subject)?;
    let missing = subject.done.iter().find(|(way, wanted)| member(&seen, way) != *wanted);
    let told = missing.map(|(way, wanted)| format!("{way} never becomes {wanted}, it is {}", member(&seen, way)));
    Ok(told.map_or(Ok(()), Err))
}

/// An item of a list right within the reply that says of itself that it failed.
fn failed_item(body: &Value) -> Option<&Value> {
    let lists = body.as_object().into_iter().flat_map(|members| members.values()).filter_map(Value::as_array);
    lists.flatten().find(|item| {
        let told =
            |name: &str| !matches!(item[name], Value::Null | Value::Bool(_)) && item[name] != Value::Array(vec![]);
        told("error") || told("errors") || item["success"] == false || item["status"] == "failed"
    })
}
