//! Events, and their deliveries to subscribers: started, attempted, settled.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::change::{Fields, Source};
use super::problem::Problem;
use super::turn::Turn;
use crate::contract::expression::Scope;
use crate::contract::plan::Webhooks;
use crate::words::hex;
use crate::world::agenda::Work;
use crate::world::journal::What;
use crate::world::outbox::{Attempt, DELIVERIES_MAX, Delivery, Outcome};
use crate::world::store::Record;

/// How a delivery stands, as its log tells it.
struct Standing<'a> {
    status: &'a str,
    attempts: u32,
    response_status: Option<u16>,
    error: Option<&'a str>,
    next_at: Option<i64>,
    delivered_at: Option<i64>,
}

impl<'c> Turn<'c, '_> {
    /// Tells every subscriber that asked for the event.
    pub fn emit<'s>(&mut self, event: usize, record: &Arc<Record>, scope: &mut Scope<'s>) -> Result<(), Problem>
    where
        'c: 's,
    {
        let Some(webhooks) = &self.contract.plan.webhooks else { return Ok(()) };
        let (name, data) = self.event_data(webhooks, event, record, scope)?;
        let event_id = self.next_id("event", &webhooks.event_id);
        let what = What::Event { event: name.into(), data: data.to_string() };
        self.world.journal.push(self.now, what, self.causes.clone());
        self.because("event", name.to_owned());
        let wanted = Value::String(name.to_owned());
        let subscriptions = self.world.store.matching(webhooks.subscriptions, &webhooks.events_field, &wanted);
        for subscription in subscriptions {
            if self.listens(webhooks, &subscription)? {
                self.start(webhooks, name, &event_id, &data, &subscription)?;
            }
        }
        Ok(())
    }

    /// Sends an event to one subscription, whether or not it asked for it; gives the delivery's log record.
    pub fn deliver_to<'s>(
        &mut self,
        event: usize,
        subscription: &Arc<Record>,
        scope: &mut Scope<'s>,
    ) -> Result<Option<Arc<Record>>, Problem>
    where
        'c: 's,
    {
        let Some(webhooks) = &self.contract.plan.webhooks else { return Ok(None) };
        let (name, data) = self.event_data(webhooks, event, subscription, scope)?;
        let event_id = self.next_id("event", &webhooks.event_id);
        self.because("event", name.to_owned());
        self.start(webhooks, name, &event_id, &data, subscription)
    }

    fn event_data<'s>(
        &self,
        webhooks: &'c Webhooks,
        event: usize,
        record: &Arc<Record>,
        scope: &mut Scope<'s>,
    ) -> Result<(&'c str, Value), Problem>
    where
        'c: 's,
    {
        let (name, tree) = &webhooks.events[event];
        let depth = scope.len();
        self.bind_record(scope, "record", record);
        let data = tree.evaluate(scope);
        scope.truncate(depth);
        Ok((name, data.map_err(|error| Problem::evaluation(self.contract, &error))?))
    }

    fn listens(&self, webhooks: &Webhooks, subscription: &Record) -> Result<bool, Problem> {
        let Some(when) = &webhooks.when else { return Ok(true) };
        let (value, now) = (subscription.value(), Value::from(self.now));
        let mut scope = Scope::default();
        scope.bind("record", Cow::Borrowed(&value));
        scope.bind("now", Cow::Borrowed(&now));
        self.holds(when, &scope)
    }

    fn start(
        &mut self,
        webhooks: &'c Webhooks,
        event: &str,
        event_id: &Value,
        data: &Value,
        subscription: &Record,
    ) -> Result<Option<Arc<Record>>, Problem> {
        let fields = subscription.value();
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (event_value, now) = (Value::from(event), Value::from(self.now));
        let mut scope = Scope::default();
        scope.bind("event", Cow::Borrowed(&event_value));
        scope.bind("event_id", Cow::Borrowed(event_id));
        scope.bind("data", Cow::Borrowed(data));
        scope.bind("now", Cow::Borrowed(&now));
        scope.bind("subscription", Cow::Borrowed(&fields));
        let failed = |error| Problem::evaluation(self.contract, &error);
        let body = webhooks.body.evaluate(&scope).map_err(failed)?;
        let mut headers = Vec::new();
        for (name, template) in &webhooks.headers {
            headers.push((name.clone(), template.render(&scope).map_err(failed)?));
        }
        drop(scope);
        let mut delivery = Delivery {
            number: 0,
            event: event.to_owned(),
            event_id: event_id.as_str().map_or_else(|| event_id.to_string(), str::to_owned),
            subscription: subscription.id.to_string(),
            url: text(&webhooks.url),
            headers,
            body: body.to_string(),
            secret: webhooks.secret.as_deref().map(text),
            attempts: 0,
            log: None,
            created_at: self.now,
        };
        let wait = webhooks.attempts_ms.first().copied().unwrap_or(0);
        let room = self.world.outbox.len() < DELIVERIES_MAX;
        let standing = Standing {
            status: if room { "pending" } else { "failed" },
            attempts: 0,
            response_status: None,
            error: (!room).then_some("too many deliveries are under way"),
            next_at: room.then_some(self.now + wait),
            delivered_at: None,
        };
        let log = self.open_log(webhooks, &delivery, &fields, &standing)?;
        delivery.log = webhooks.log.as_ref().zip(log.as_ref()).map(|((resource, _), record)| (*resource, record.seq));
        match self.world.outbox.start(delivery) {
            Some(number) if wait == 0 => self.attempt(number),
            Some(number) => self.plan_attempt(self.now + wait, number),
            None => self.because("limit", "too many deliveries are under way: this one is dropped"),
        }
        Ok(log)
    }

    fn plan_attempt(&mut self, at: i64, number: u64) {
        if self.world.agenda.plan(at, Work::Attempt { delivery: number }).is_err() {
            self.because("limit", "the agenda is full: a delivery's next attempt was not planned");
        }
    }

    /// Hands the next attempt of a delivery to the rim, signed now. A subscription that has gone or fallen silent gets nothing more.
    pub fn attempt(&mut self, number: u64) {
        let Some(webhooks) = &self.contract.plan.webhooks else { return };
        let Some(delivery) = self.world.outbox.get(number).cloned() else { return };
        let subscription = self.world.store.get(webhooks.subscriptions, &delivery.subscription).cloned();
        let listens = subscription.as_ref().is_some_and(|record| self.listens(webhooks, record).unwrap_or(false));
        if !listens && delivery.attempts > 0 {
            self.world.outbox.finish(number);
            let standing = Standing {
                status: "failed",
                attempts: delivery.attempts,
                response_status: None,
                error: Some("the subscription is gone or inactive"),
                next_at: None,
                delivered_at: None,
            };
            self.write_log(webhooks, &delivery, &standing);
            return;
        }
        let mut headers = delivery.headers.clone();
        headers.extend(self.signature(webhooks, &delivery));
        self.world.outbox.push(Attempt {
            delivery: number,
            url: delivery.url.clone(),
            headers,
            body: delivery.body.clone().into(),
            timeout_ms: webhooks.timeout_ms,
        });
    }

    fn signature(&self, webhooks: &Webhooks, delivery: &Delivery) -> Option<(String, String)> {
        let sign = webhooks.sign.as_ref()?;
        let (body, now) = (Value::from(delivery.body.as_str()), Value::from(self.now));
        let (seconds, event_id) = (Value::from(self.now.div_euclid(1000)), Value::from(delivery.event_id.as_str()));
        let mut scope = Scope::default();
        scope.bind("body", Cow::Borrowed(&body));
        scope.bind("now", Cow::Borrowed(&now));
        scope.bind("seconds", Cow::Borrowed(&seconds));
        scope.bind("event_id", Cow::Borrowed(&event_id));
        let over = sign.over.render(&scope).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(delivery.secret.as_ref()?.as_bytes()).ok()?;
        mac.update(over.as_bytes());
        let digest = mac.finalize().into_bytes();
        scope.bind("hex", Cow::Owned(Value::from(hex(&digest))));
        scope.bind("base64", Cow::Owned(Value::from(base64::engine::general_purpose::STANDARD.encode(digest))));
        Some((sign.header.clone(), sign.value.render(&scope).ok()?))
    }

    /// See [`super::settle`].
    pub fn settle(&mut self, number: u64, outcome: &Outcome) {
        let Some(webhooks) = &self.contract.plan.webhooks else { return };
        let Some(mut delivery) = self.world.outbox.get(number).map(|delivery| (**delivery).clone()) else { return };
        delivery.attempts += 1;
        let (response_status, error) = match outcome {
            Outcome::Answered(status) if (200..300).contains(status) => (Some(*status), None),
            Outcome::Answered(status) => (Some(*status), Some(format!("the receiver answered {status}"))),
            Outcome::Failed(reason) => (None, Some(reason.clone())),
        };
        let what = What::Attempt {
            delivery: number,
            event: delivery.event.clone(),
            url: delivery.url.clone(),
            attempt: delivery.attempts,
            outcome: error.clone().unwrap_or_else(|| format!("delivered ({})", response_status.unwrap_or_default())),
            payload: delivery.body.clone().into(),
        };
        self.world.journal.push(self.now, what, Vec::new());
        let wait = webhooks.attempts_ms.get(delivery.attempts as usize);
        let next_at = wait.filter(|_| error.is_some()).map(|wait| self.now.saturating_add(*wait));
        let standing = Standing {
            status: match (&error, next_at) {
                (None, _) => "delivered",
                (Some(_), Some(_)) => "pending",
                (Some(_), None) => "failed",
            },
            attempts: delivery.attempts,
            response_status,
            error: error.as_deref(),
            next_at,
            delivered_at: error.is_none().then_some(self.now),
        };
        self.write_log(webhooks, &delivery, &standing);
        match next_at {
            Some(at) => {
                self.world.outbox.replace(delivery);
                self.plan_attempt(at, number);
            }
            None => {
                self.world.outbox.finish(number);
            }
        }
    }

    fn open_log(
        &mut self,
        webhooks: &'c Webhooks,
        delivery: &Delivery,
        subscription: &Value,
        standing: &Standing<'_>,
    ) -> Result<Option<Arc<Record>>, Problem> {
        let Some((resource, set)) = &webhooks.log else { return Ok(None) };
        let (view, now, empty) = (view(delivery, standing), Value::from(self.now), Map::new());
        let mut scope = Scope::default();
        bind_log(&mut scope, &view, subscription, &now);
        let source = Source { body: &empty, matching: &[], set, trusted: false };
        self.create(*resource, &source, &mut scope).map(Some)
    }

    /// A log that cannot be written is told in the journal; the delivery goes on.
    fn write_log(&mut self, webhooks: &'c Webhooks, delivery: &Delivery, standing: &Standing<'_>) {
        let (Some((resource, set)), Some((_, seq))) = (&webhooks.log, delivery.log) else { return };
        let Some(record) = self.world.store.by_seq(*resource, seq).cloned() else { return };
        let subscription = self.world.store.get(webhooks.subscriptions, &delivery.subscription);
        let gone = json!({"id": delivery.subscription});
        let (view, now) = (view(delivery, standing), Value::from(self.now));
        let subscription = subscription.map_or(gone, |record| record.value());
        let mut scope = Scope::default();
        bind_log(&mut scope, &view, &subscription, &now);
        let mut fields = Fields::of(&record);
        let written = self
            .assign(self.resource(*resource), set, &mut fields, &mut scope, None)
            .and_then(|()| self.store_fields(*resource, &record, fields));
        if let Err(problem) = written {
            let action =
                format!("a delivery's log could not be written: {}", problem.message.as_deref().unwrap_or_default());
            self.world.journal.push(self.now, What::Control { action }, Vec::new());
        }
    }
}

fn view(delivery: &Delivery, standing: &Standing<'_>) -> Value {
    json!({
        "event": delivery.event,
        "event_id": delivery.event_id,
        "status": standing.status,
        "attempts": standing.attempts,
        "response_status": standing.response_status,
        "error": standing.error,
        "next_at": standing.next_at,
        "delivered_at": standing.delivered_at,
        "created_at": delivery.created_at,
    })
}

fn bind_log<'s>(scope: &mut Scope<'s>, view: &'s Value, subscription: &'s Value, now: &'s Value) {
    scope.bind("delivery", Cow::Borrowed(view));
    scope.bind("subscription", Cow::Borrowed(subscription));
    scope.bind("now", Cow::Borrowed(now));
}
