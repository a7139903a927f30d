//! Changes that come with time: due work, in order, each at its own instant.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::Progress;
use super::change::Draft;
use super::problem::Problem;
use super::turn::Turn;
use crate::contract::Contract;
use crate::contract::expression::Scope;
use crate::contract::plan::{Due, ResourceIndex, Transition};
use crate::world::World;
use crate::world::agenda::Work;
use crate::world::journal::{Cause, What};
use crate::world::store::Record;

/// Most work done at one instant: a lifecycle that goes round in circles without time passing is stopped here.
pub const WORK_PER_INSTANT_MAX: usize = 100_000;

/// The rules that made records enter their own state anew at one instant: resource, record and place of the rule.
type Reentered = BTreeSet<(ResourceIndex, u64, usize)>;

/// Brings the world to the instant that its clock shows at this wall time. Deliveries stay in the outbox.
pub fn catch_up(contract: &Contract, world: &mut World, wall: i64) {
    let target = world.clock.target(wall);
    while !run_next(contract, world, target) {}
}

/// See [`super::advance`].
pub fn advance(contract: &Contract, world: &mut World, until: i64) -> Progress {
    loop {
        if world.outbox.has_due() {
            return Progress::Deliver;
        }
        if run_next(contract, world, until) {
            return if world.outbox.has_due() { Progress::Deliver } else { Progress::Reached };
        }
    }
}

/// Performs everything at the next due instant; true when that instant lies beyond `until`, which is then reached.
fn run_next(contract: &Contract, world: &mut World, until: i64) -> bool {
    let Some(due) = world.agenda.next_due().filter(|due| *due <= until) else {
        world.clock.reach(until);
        return true;
    };
    world.clock.reach(due);
    let now = world.clock.now();
    let mut reentered = Reentered::new();
    for _ in 0..WORK_PER_INSTANT_MAX {
        let Some((_, work)) = world.agenda.take_due(now) else { return false };
        let mut turn = Turn::new(contract, world);
        match work {
            Work::Lifecycle { collection, seq, entry } => turn.live(collection, seq, entry, &mut reentered),
            Work::Attempt { delivery } => turn.attempt(delivery),
        }
        turn.wake(false);
    }
    let text = format!("more than {WORK_PER_INSTANT_MAX} changes at one instant; the rest is dropped");
    world.journal.push(now, What::Control { action: text }, Vec::new());
    while world.agenda.take_due(now).is_some() {}
    false
}

impl<'c> Turn<'c, '_> {
    /// Plans the instants at which a record's state may change.
    pub fn plan_lifecycle(&mut self, index: ResourceIndex, record: &Arc<Record>) {
        let resource = self.resource(index);
        if resource.lifecycle.is_empty() {
            return;
        }
        let object = self.object(record);
        let mut planned = Vec::new();
        let mut seen: Option<&Due> = None;
        for rules in resource.lifecycle.chunk_by(|one, next| one.field == next.field) {
            let state = object.member(&rules[0].field);
            for rule in rules.iter().filter(|rule| leaves(rule, state)) {
                // Rules that leave a state at the same time mostly stand together.
                if seen.replace(&rule.due).is_some_and(|seen| seen.is_same(&rule.due)) {
                    continue;
                }
                planned.extend(self.due(rule, record).filter(|due| !planned.contains(due)));
            }
        }
        let work = Work::Lifecycle { collection: index, seq: record.seq, entry: record.entry };
        for due in planned {
            if self.world.agenda.plan(due.max(self.now), work.clone()).is_err() {
                self.because("limit", "the agenda is full: a change of state was not planned");
            }
        }
    }

    fn due(&mut self, rule: &Transition, record: &Arc<Record>) -> Option<i64> {
        match &rule.due {
            Due::After(wait) => Some(record.since.saturating_add(*wait)),
            Due::At(expression) => {
                let now = Value::from(self.now);
                let mut scope = Scope::default();
                self.bind_record(&mut scope, "record", record);
                scope.bind_ref("now", &now);
                match expression.evaluate(&scope) {
                    Ok(at) => at.as_i64().or_else(|| at.as_str().and_then(crate::instant::parse)),
                    Err(error) => {
                        self.because("overlay", format!("'{}' failed: {}", error.expression, error.message));
                        None
                    }
                }
            }
        }
    }

    /// A record's state may change now: the first rule that is due and holds fires; one that is due and does not hold waits.
    fn live(&mut self, index: ResourceIndex, seq: u64, entry: u32, reentered: &mut Reentered) {
        let Some(record) = self.world.store.by_seq(index, seq).filter(|record| record.entry == entry).cloned() else {
            return;
        };
        let object = self.object(&record);
        let mut waits = false;
        let rules = self.resource(index).lifecycle.iter().enumerate();
        for (place, rule) in rules.filter(|(_, rule)| leaves(rule, object.member(&rule.field))) {
            if self.due(rule, &record).is_none_or(|due| due > self.now) {
                continue;
            }
            let reenters = rule.from == rule.to;
            if reenters && reentered.contains(&(index, seq, place)) {
                self.stopped(index, &record, rule);
                continue;
            }
            match self.fire_whole(index, &record, rule) {
                Ok(true) => {
                    if reenters {
                        reentered.insert((index, seq, place));
                    }
                    return;
                }
                Ok(false) => waits = true,
                Err(problem) => {
                    let action = format!("a lifecycle rule failed: {}", problem.message.as_deref().unwrap_or_default());
                    self.world.journal.push(self.now, What::Control { action }, std::mem::take(&mut self.causes));
                    return;
                }
            }
        }
        if waits {
            self.world.agenda.wait(Work::Lifecycle { collection: index, seq, entry });
        }
    }

    /// A rule that makes a record enter its state anew would do so again without time passing, and for ever.
    fn stopped(&mut self, index: ResourceIndex, record: &Record, rule: &Transition) {
        let (resource, id, state) = (&self.resource(index).name, &record.id, &rule.to);
        let action = format!(
            "{resource} {id} would enter '{state}' again at the instant at which it just did, and is left there; \
             let the rule's 'at' give a later instant than before"
        );
        self.world.journal.push(self.now, What::Control { action }, Vec::new());
    }

    /// Fires a rule, or leaves the records as they were when it fails half-way.
    fn fire_whole(
        &mut self,
        index: ResourceIndex,
        record: &Arc<Record>,
        rule: &'c Transition,
    ) -> Result<bool, Problem> {
        let before = (!rule.also.is_empty()).then(|| self.world.clone());
        let fired = self.fire(index, record, rule);
        if let (Err(_), Some(before)) = (&fired, before) {
            *self.world = before;
        }
        fired
    }

    fn fire(&mut self, index: ResourceIndex, record: &Arc<Record>, rule: &'c Transition) -> Result<bool, Problem> {
        let resource = self.resource(index);
        let now = Value::from(self.now);
        let mut scope = Scope::default();
        scope.bind_ref("now", &now);
        self.bind_record(&mut scope, "record", record);
        self.bind_reads(&rule.with, &mut scope)?;
        if let Some(when) = &rule.when
            && !self.holds(when, &scope)?
        {
            return Ok(false);
        }
        let mut draft = Draft::of(record);
        draft.put(resource, &rule.field, Value::String(rule.to.clone()));
        self.stamp(resource, &mut draft);
        self.assign(resource, &rule.set, &mut draft, &scope, None)?;
        let stored = match rule.from == rule.to {
            true => self.store_entered(index, record, draft, Some(self.now))?,
            false => self.store_fields(index, record, draft)?,
        };
        let what = What::Lifecycle {
            resource: resource.name.as_str().into(),
            id: record.id.clone(),
            from: rule.from.clone(),
            to: rule.to.clone(),
        };
        let causes = vec![Cause::new("due", format!("{} → {}", rule.from, rule.to))];
        self.world.journal.push(self.now, what, causes);
        if let Some(event) = rule.emit {
            self.emit(event, &stored, &mut scope)?;
        }
        if !rule.also.is_empty() {
            self.bind_record(&mut scope, "record", &stored);
            self.bind_record(&mut scope, "outer", &stored);
            self.also(&rule.also, &mut scope)?;
        }
        Ok(true)
    }
}

/// Does the rule lead out of this state of its field?
fn leaves(rule: &Transition, state: Option<&Value>) -> bool {
    state.and_then(Value::as_str) == Some(&rule.from)
}
