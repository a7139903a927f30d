//! Events: told to every subscriber that asked, sent to one by hand, or sent once more. What becomes of each is told in `delivery`.

use std::sync::Arc;

use serde_json::Value;

use super::delivery::{Original, Standing};
use super::problem::Problem;
use super::turn::Turn;
use crate::contract::expression::Scope;
use crate::contract::plan::Webhooks;
use crate::world::journal::What;
use crate::world::outbox::{DELIVERIES_MAX, Delivery};
use crate::world::store::Record;

/// Room for an event's data as text, in bytes, before it has to grow.
const EVENT_ROOM: usize = 512;

/// A delivery that was started by hand.
#[derive(Default)]
pub struct Sent {
    /// Its log record, if the service keeps one.
    pub log: Option<Arc<Record>>,
    /// Its number, unless too many are under way.
    pub delivery: Option<u64>,
}

/// A delivery about to start.
struct Start<'a> {
    delivery: Delivery,
    /// The fields of its subscription.
    subscription: &'a Value,
    /// The log record that goes on; a new one is made when absent.
    log: Option<&'a Arc<Record>>,
    /// Is the first attempt made now, whatever the schedule says?
    at_once: bool,
}

impl<'c> Turn<'c, '_> {
    /// Tells every subscriber that asked for the event.
    pub fn emit<'s>(&mut self, event: usize, record: &Arc<Record>, scope: &mut Scope<'s>) -> Result<(), Problem>
    where
        'c: 's,
    {
        let Some(webhooks) = &self.contract.plan.webhooks else { return Ok(()) };
        let (name, text) = self.event_data(webhooks, event, record, scope)?;
        let event_id = self.next_id("event", &webhooks.event_id);
        let wanted = [(webhooks.events_field.as_str(), Value::from(&**name))];
        let subscriptions = self.world.store.matching(webhooks.subscriptions, &wanted);
        let data = if subscriptions.is_empty() { Value::Null } else { data(&text) };
        self.world.journal.push(self.now, What::Event { event: name.clone(), data: text }, self.causes.clone());
        self.because("event", name.clone());
        for subscription in subscriptions {
            if self.listens(webhooks, &subscription, name, &data)? {
                self.send(webhooks, name, &event_id, &data, &subscription, false)?;
            }
        }
        Ok(())
    }

    /// Sends an event to one subscription, whether or not it asked for it.
    pub fn deliver_to<'s>(
        &mut self,
        event: usize,
        subscription: &Arc<Record>,
        at_once: bool,
        scope: &mut Scope<'s>,
    ) -> Result<Sent, Problem>
    where
        'c: 's,
    {
        let Some(webhooks) = &self.contract.plan.webhooks else { return Ok(Sent::default()) };
        let (name, text) = self.event_data(webhooks, event, subscription, scope)?;
        let data = data(&text);
        let event_id = self.next_id("event", &webhooks.event_id);
        self.because("event", name.clone());
        self.send(webhooks, name, &event_id, &data, subscription, at_once)
    }

    /// Sends what a log record tells of once more, to where its subscription points now. The record goes on; what was still planned for it
    /// is not.
    pub fn deliver_again(&mut self, log: &Arc<Record>, at_once: bool) -> Result<Sent, Problem> {
        let Some(webhooks) = &self.contract.plan.webhooks else { return Ok(Sent::default()) };
        let Some((resource, _)) = &webhooks.log else { return Ok(Sent::default()) };
        let missing = |turn: &Self, index: usize| {
            let problem = Problem::new(turn.contract.plan.errors.known.not_found);
            problem.with("resource", turn.resource(index).label.clone())
        };
        let kept = self.world.store.bytes(*resource, log.seq);
        let Some(original) = kept.and_then(|bytes| serde_json::from_slice::<Original>(bytes).ok()) else {
            self.because("deliver", "the record was not made by a delivery: there is nothing to send");
            return Err(missing(self, *resource));
        };
        let Some(subscription) = self.world.store.get(webhooks.subscriptions, &original.subscription).cloned() else {
            self.because("deliver", "the subscription is gone");
            return Err(missing(self, webhooks.subscriptions));
        };
        self.because("event", original.event.clone());
        self.world.outbox.finish_logged((*resource, log.seq));
        let fields = subscription.value();
        let mut delivery = addressed(webhooks, &fields);
        delivery.event = original.event;
        delivery.event_id = original.event_id;
        delivery.data = original.data;
        delivery.body = original.body;
        delivery.earlier = original.attempts;
        delivery.created_at = original.created_at;
        delivery.subscription = subscription.id.to_string();
        self.start(webhooks, Start { delivery, subscription: &fields, log: Some(log), at_once })
    }

    /// The event's name and its data as JSON text, of which a value is made only where somebody wants one.
    fn event_data<'s>(
        &self,
        webhooks: &'c Webhooks,
        event: usize,
        record: &Arc<Record>,
        scope: &mut Scope<'s>,
    ) -> Result<(&'c Arc<str>, String), Problem>
    where
        'c: 's,
    {
        let (name, tree) = &webhooks.events[event];
        let depth = scope.len();
        self.bind_record(scope, "record", record);
        let shows = scope.show(true);
        let mut bytes = Vec::with_capacity(EVENT_ROOM);
        let written = tree.write_text(scope, &mut bytes);
        scope.show(shows);
        scope.truncate(depth);
        written.map_err(|error| Problem::evaluation(self.contract, &error))?;
        Ok((name, String::from_utf8(bytes).unwrap_or_default()))
    }

    /// Does the subscription want this event now?
    pub fn listens(
        &self,
        webhooks: &Webhooks,
        subscription: &Arc<Record>,
        event: &str,
        data: &Value,
    ) -> Result<bool, Problem> {
        let Some(when) = &webhooks.when else { return Ok(true) };
        let (now, event) = (Value::from(self.now), Value::from(event));
        let mut scope = Scope::default();
        self.bind_record(&mut scope, "record", subscription);
        scope.bind_ref("event", &event);
        scope.bind_ref("data", data);
        scope.bind_ref("now", &now);
        self.holds(when, &scope)
    }

    /// A new delivery of an event to one subscription.
    fn send(
        &mut self,
        webhooks: &'c Webhooks,
        event: &str,
        event_id: &Value,
        data: &Value,
        subscription: &Record,
        at_once: bool,
    ) -> Result<Sent, Problem> {
        let fields = subscription.value();
        let (event_value, now) = (Value::from(event), Value::from(self.now));
        let mut scope = Scope::default();
        scope.bind_ref("event", &event_value);
        scope.bind_ref("event_id", event_id);
        scope.bind_ref("data", data);
        scope.bind_ref("now", &now);
        scope.bind_ref("subscription", &fields);
        let body = webhooks.body.evaluate(&scope).map_err(|error| Problem::evaluation(self.contract, &error))?;
        let mut delivery = addressed(webhooks, &fields);
        delivery.event = event.to_owned();
        delivery.event_id = event_id.as_str().map_or_else(|| event_id.to_string(), str::to_owned);
        delivery.data = data.clone();
        delivery.body = body.to_string();
        delivery.created_at = self.now;
        delivery.subscription = subscription.id.to_string();
        self.start(webhooks, Start { delivery, subscription: &fields, log: None, at_once })
    }

    fn start(&mut self, webhooks: &'c Webhooks, start: Start<'_>) -> Result<Sent, Problem> {
        let Start { mut delivery, subscription, log, at_once } = start;
        // Headers that cannot be made refuse the call before anything is written.
        let id = self.log_id(webhooks, log);
        let headers = self.headers(webhooks, &delivery, &id, subscription)?;
        let wait = if at_once { 0 } else { webhooks.attempts_ms.first().copied().unwrap_or(0) };
        let room = self.world.outbox.len() < DELIVERIES_MAX;
        let standing = Standing {
            status: if room { "pending" } else { "failed" },
            error: (!room).then_some("too many deliveries are under way"),
            next_at: room.then_some(self.now.saturating_add(wait)),
            ..Standing::default()
        };
        let record = match log {
            None => self.open_log(webhooks, &delivery, &id, subscription, &standing)?,
            Some(log) => Some(log.clone()),
        };
        delivery.log =
            webhooks.log.as_ref().zip(record.as_ref()).map(|((resource, _), record)| (*resource, record.seq));
        match log {
            None => self.keep_original(webhooks, &delivery),
            Some(_) => self.write_log(webhooks, &delivery, &standing),
        }
        let place = delivery.log;
        let number = self.world.outbox.start(delivery);
        match number {
            Some(number) if wait == 0 => self.hand_over(webhooks, number, headers),
            Some(number) => self.plan_attempt(self.now.saturating_add(wait), number),
            None => self.because("limit", "too many deliveries are under way: this one is dropped"),
        }
        let log = place.and_then(|(resource, seq)| self.world.store.by_seq(resource, seq).cloned());
        Ok(Sent { log, delivery: number })
    }
}

/// An event's data from its text, which is always JSON.
fn data(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// A delivery to where a subscription points now, of nothing yet.
pub fn addressed(webhooks: &Webhooks, subscription: &Value) -> Delivery {
    let text = |name: &str| subscription.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Delivery {
        number: 0,
        event: String::new(),
        event_id: String::new(),
        data: Value::Null,
        subscription: String::new(),
        url: text(&webhooks.url),
        headers: Vec::new(),
        body: String::new(),
        secret: webhooks.secret.as_deref().map(text),
        attempts: 0,
        earlier: 0,
        log: None,
        created_at: 0,
        spoiled: None,
    }
}
