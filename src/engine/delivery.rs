//! Deliveries of events: attempted, settled, and told in their log.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::change::{Draft, Source};
use super::event::addressed;
use super::fault::Fate;
use super::problem::Problem;
use super::turn::Turn;
use crate::contract::expression::Scope;
use crate::contract::plan::Webhooks;
use crate::words::hex;
use crate::world::agenda::Work;
use crate::world::journal::What;
use crate::world::outbox::{Attempt, Delivery, Outcome, Receipt};
use crate::world::store::Record;

/// What the log says that the receiver answered to an attempt that was never sent.
const STATUS_OF_DROPPED: u16 = 200;

/// How a delivery stands, as its log tells it.
#[derive(Default)]
pub struct Standing<'a> {
    pub status: &'a str,
    pub response_status: Option<u16>,
    pub response_body: Option<&'a str>,
    pub latency_ms: Option<u64>,
    pub error: Option<&'a str>,
    pub next_at: Option<i64>,
    pub delivered_at: Option<i64>,
}

/// What a delivery sent, kept as the bytes of its log record, so that it can be sent again however old it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Original {
    pub event: String,
    pub event_id: String,
    pub data: Value,
    pub body: String,
    pub subscription: String,
    pub created_at: i64,
    /// Attempts made so far, of all rounds.
    pub attempts: u32,
}

impl<'c> Turn<'c, '_> {
    pub fn plan_attempt(&mut self, at: i64, number: u64) {
        if self.world.agenda.plan(at, Work::Attempt { delivery: number }).is_err() {
            self.because("limit", "the agenda is full: a delivery's next attempt was not planned");
        }
    }

    /// Makes the attempt of a delivery that is due. A subscription that has gone or fallen silent since the first one gets nothing more.
    pub fn attempt(&mut self, number: u64) {
        let Some(webhooks) = &self.contract.plan.webhooks else { return };
        let Some(delivery) = self.world.outbox.get(number).cloned() else { return };
        let subscription = self.world.store.get(webhooks.subscriptions, &delivery.subscription).cloned();
        let listens = subscription
            .as_ref()
            .is_some_and(|record| self.listens(webhooks, record, &delivery.event, &delivery.data).unwrap_or(false));
        if !listens && delivery.attempts > 0 {
            return self.give_up(webhooks, &delivery, "the subscription is gone or inactive");
        }
        let delivery = match &subscription {
            Some(subscription) => self.readdress(webhooks, &delivery, &subscription.value()),
            None => delivery,
        };
        let log = delivery.log.and_then(|(resource, seq)| self.world.store.by_seq(resource, seq).cloned());
        let id = self.log_id(webhooks, log.as_ref());
        let fields = subscription_fields(subscription.as_deref(), &delivery);
        match self.headers(webhooks, &delivery, &id, &fields) {
            Ok(headers) => self.hand_over(webhooks, number, headers),
            Err(problem) => {
                let reason = problem.message.as_deref().unwrap_or("its headers could not be made");
                self.give_up(webhooks, &delivery, reason);
            }
        }
    }

    /// The delivery as it goes to where its subscription points now, with the secret of now: it may have changed since the last attempt.
    fn readdress(&mut self, webhooks: &Webhooks, delivery: &Arc<Delivery>, subscription: &Value) -> Arc<Delivery> {
        let now = addressed(webhooks, subscription);
        if now.url == delivery.url && now.secret == delivery.secret {
            return delivery.clone();
        }
        let moved = Delivery { url: now.url, secret: now.secret, ..Delivery::clone(delivery) };
        self.world.outbox.replace(moved.clone());
        Arc::new(moved)
    }

    fn give_up(&mut self, webhooks: &'c Webhooks, delivery: &Delivery, error: &str) {
        self.world.outbox.finish(delivery.number);
        self.write_log(webhooks, delivery, &Standing { status: "failed", error: Some(error), ..Standing::default() });
    }

    /// Hands an attempt to the rim, signed now; unless a fault keeps it.
    pub fn hand_over(&mut self, webhooks: &'c Webhooks, number: u64, mut headers: Vec<(String, String)>) {
        let Some(delivery) = self.world.outbox.get(number).cloned() else { return };
        let fate = self.strike_delivery(&delivery);
        if fate == Fate::Held {
            return;
        }
        let Some(delivery) = self.world.outbox.get(number).cloned() else { return };
        headers.extend(self.signature(webhooks, &delivery, fate == Fate::Forged));
        let delivery = Delivery { headers, ..Delivery::clone(&delivery) };
        self.world.outbox.replace(delivery.clone());
        match fate {
            Fate::Dropped => self.settle(number, &Outcome::Answered(STATUS_OF_DROPPED).into()),
            _ => self.push(webhooks, &delivery),
        }
    }

    fn push(&mut self, webhooks: &Webhooks, delivery: &Delivery) {
        self.world.outbox.push(Attempt {
            delivery: delivery.number,
            url: delivery.url.clone(),
            headers: delivery.headers.clone(),
            body: delivery.body.clone().into(),
            timeout_ms: webhooks.timeout_ms,
        });
    }

    /// The headers of a delivery's next attempt, without its signature. `id` is that of its log record.
    pub fn headers(
        &self,
        webhooks: &Webhooks,
        delivery: &Delivery,
        id: &Value,
        subscription: &Value,
    ) -> Result<Vec<(String, String)>, Problem> {
        let (event, event_id) = (Value::from(delivery.event.as_str()), Value::from(delivery.event_id.as_str()));
        let (now, seconds) = (Value::from(self.now), Value::from(self.now.div_euclid(1000)));
        let this = json!({"id": id, "attempt": delivery.attempts_in_all().saturating_add(1)});
        let mut scope = Scope::default();
        scope.bind_ref("event", &event);
        scope.bind_ref("event_id", &event_id);
        scope.bind_ref("data", &delivery.data);
        scope.bind_ref("now", &now);
        scope.bind_ref("seconds", &seconds);
        scope.bind_ref("subscription", subscription);
        scope.bind_ref("delivery", &this);
        let rendered = webhooks.headers.iter().map(|(name, template)| {
            let value = template.render(&scope).map_err(|error| Problem::evaluation(self.contract, &error))?;
            Ok((name.clone(), value))
        });
        rendered.collect()
    }

    /// `forged`: made with another secret than the receiver knows.
    fn signature(&self, webhooks: &Webhooks, delivery: &Delivery, forged: bool) -> Option<(String, String)> {
        let sign = webhooks.sign.as_ref()?;
        let (body, now) = (Value::from(delivery.body.as_str()), Value::from(self.now));
        let (seconds, event_id) = (Value::from(self.now.div_euclid(1000)), Value::from(delivery.event_id.as_str()));
        let mut scope = Scope::default();
        scope.bind_ref("body", &body);
        scope.bind_ref("now", &now);
        scope.bind_ref("seconds", &seconds);
        scope.bind_ref("event_id", &event_id);
        let over = sign.over.render(&scope).ok()?;
        let mut secret = delivery.secret.clone()?;
        if forged {
            secret.push_str(" of somebody else");
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(over.as_bytes());
        let digest = mac.finalize().into_bytes();
        scope.bind_owned("hex", Value::from(hex(&digest)));
        scope.bind_owned("base64", Value::from(base64::engine::general_purpose::STANDARD.encode(digest)));
        Some((sign.header.clone(), sign.value.render(&scope).ok()?))
    }

    /// See [`super::settle`].
    pub fn settle(&mut self, number: u64, receipt: &Receipt) {
        let Some(webhooks) = &self.contract.plan.webhooks else { return };
        let Some(mut delivery) = self.world.outbox.get(number).map(|delivery| (**delivery).clone()) else { return };
        if delivery.spoiled.as_ref().is_some_and(|spoiled| spoiled.copying) {
            return self.settle_copy(webhooks, delivery, receipt);
        }
        delivery.attempts += 1;
        let (response_status, error) = (status(&receipt.outcome), failure(&receipt.outcome));
        let subscription = delivery.subscription.clone();
        self.record_attempt(&mut delivery, &receipt.outcome);
        let wait = webhooks.attempts_ms.get(delivery.attempts as usize);
        let next_at = wait.filter(|_| error.is_some()).map(|wait| self.now.saturating_add(*wait));
        let standing = Standing {
            status: match (&error, next_at) {
                (None, _) => "delivered",
                (Some(_), Some(_)) => "pending",
                (Some(_), None) => "failed",
            },
            response_status,
            response_body: response_status.map(|_| receipt.body.as_str()),
            latency_ms: Some(receipt.latency_ms),
            error: error.as_deref(),
            next_at,
            delivered_at: error.is_none().then_some(self.now),
        };
        self.write_log(webhooks, &delivery, &standing);
        match next_at {
            Some(at) => {
                // A fault strikes one attempt, but for copies: they follow the one that is delivered.
                delivery.spoiled = delivery.spoiled.filter(|spoiled| spoiled.copies > 0);
                self.world.outbox.replace(delivery);
                self.plan_attempt(at, number);
            }
            None if error.is_none() && delivery.spoiled.as_ref().is_some_and(|spoiled| spoiled.copies > 0) => {
                self.send_copy(webhooks, delivery);
            }
            None => {
                self.world.outbox.finish(number);
            }
        }
        self.release_overtaken(&subscription);
    }

    /// What came of a copy is told in the journal alone: to the service it was delivered before.
    fn settle_copy(&mut self, webhooks: &Webhooks, mut delivery: Delivery, receipt: &Receipt) {
        self.record_attempt(&mut delivery, &receipt.outcome);
        match delivery.spoiled.as_ref().is_some_and(|spoiled| spoiled.copies > 0) {
            true => self.send_copy(webhooks, delivery),
            false => {
                self.world.outbox.finish(delivery.number);
            }
        }
    }

    /// Sends what was delivered once more, byte for byte.
    fn send_copy(&mut self, webhooks: &Webhooks, mut delivery: Delivery) {
        if let Some(spoiled) = &mut delivery.spoiled {
            spoiled.copies = spoiled.copies.saturating_sub(1);
            spoiled.copying = true;
        }
        self.push(webhooks, &delivery);
        self.world.outbox.replace(delivery);
    }

    fn record_attempt(&mut self, delivery: &mut Delivery, outcome: &Outcome) {
        let dropped = delivery.spoiled.as_ref().is_some_and(|spoiled| spoiled.dropped);
        let what = What::Attempt {
            delivery: delivery.number,
            event: delivery.event.clone(),
            url: delivery.url.clone(),
            attempt: delivery.attempts_in_all(),
            outcome: match failure(outcome) {
                None if dropped => "dropped, and counted as delivered".to_owned(),
                None => format!("delivered ({})", status(outcome).unwrap_or_default()),
                Some(failure) => failure,
            },
            headers: delivery.headers.clone(),
            payload: delivery.body.clone().into(),
        };
        let causes = self.fault_of_attempt(delivery);
        let entry = self.world.journal.push(self.now, what, causes);
        self.note_attempt(delivery, entry);
    }

    /// The id of a delivery's log record, or of the one that is made next; null without a log.
    pub fn log_id(&self, webhooks: &Webhooks, log: Option<&Arc<Record>>) -> Value {
        let Some((resource, _)) = &webhooks.log else { return Value::Null };
        let resource = self.resource(*resource);
        match log {
            Some(log) => log.field(&resource.id.field).map_or_else(|| Value::from(log.id.as_ref()), Cow::into_owned),
            None => self.foreseen_id(&resource.name, &resource.id.kind),
        }
    }

    pub fn open_log(
        &mut self,
        webhooks: &'c Webhooks,
        delivery: &Delivery,
        id: &Value,
        subscription: &Value,
        standing: &Standing<'_>,
    ) -> Result<Option<Arc<Record>>, Problem> {
        let Some((resource, set)) = &webhooks.log else { return Ok(None) };
        let (view, now, empty) = (view(delivery, id, standing), Value::from(self.now), Map::new());
        let mut scope = Scope::default();
        bind_log(&mut scope, &view, subscription, &now);
        let source = Source { body: &empty, matching: &[], set, trusted: false };
        self.create(*resource, &source, &mut scope).map(Some)
    }

    /// A log that cannot be written is told in the journal; the delivery goes on.
    pub fn write_log(&mut self, webhooks: &'c Webhooks, delivery: &Delivery, standing: &Standing<'_>) {
        let (Some((resource, set)), Some((_, seq))) = (&webhooks.log, delivery.log) else { return };
        let Some(record) = self.world.store.by_seq(*resource, seq).cloned() else { return };
        let subscription = self.world.store.get(webhooks.subscriptions, &delivery.subscription);
        let subscription = subscription_fields(subscription.map(|record| &**record), delivery);
        let id = self.log_id(webhooks, Some(&record));
        let (view, now) = (view(delivery, &id, standing), Value::from(self.now));
        let mut scope = Scope::default();
        bind_log(&mut scope, &view, &subscription, &now);
        let mut draft = Draft::of(&record);
        let written = self
            .assign(self.resource(*resource), set, &mut draft, &scope, None)
            .and_then(|()| self.store_fields(*resource, &record, draft));
        if let Err(problem) = written {
            let action =
                format!("a delivery's log could not be written: {}", problem.message.as_deref().unwrap_or_default());
            self.world.journal.push(self.now, What::Control { action }, Vec::new());
        }
        self.keep_original(webhooks, delivery);
    }

    /// Keeps what is sent beside the log record, where an operation can ask for it again.
    pub fn keep_original(&mut self, webhooks: &Webhooks, delivery: &Delivery) {
        let Some((resource, seq)) = delivery.log.filter(|_| webhooks.resends) else { return };
        let original = Original {
            event: delivery.event.clone(),
            event_id: delivery.event_id.clone(),
            data: delivery.data.clone(),
            body: delivery.body.clone(),
            subscription: delivery.subscription.clone(),
            created_at: delivery.created_at,
            attempts: delivery.attempts_in_all(),
        };
        let bytes = serde_json::to_vec(&original).unwrap_or_default();
        self.world.store.keep_bytes(resource, seq, bytes.into());
    }
}

/// The status that a receiver answered with.
fn status(outcome: &Outcome) -> Option<u16> {
    match outcome {
        Outcome::Answered(status) => Some(*status),
        Outcome::Failed(_) => None,
    }
}

/// Why an attempt failed, if it did.
fn failure(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Answered(status) if (200..300).contains(status) => None,
        Outcome::Answered(status) => Some(format!("the receiver answered {status}")),
        Outcome::Failed(reason) => Some(reason.clone()),
    }
}

/// The fields of a delivery's subscription; of one that is gone, its id.
fn subscription_fields(subscription: Option<&Record>, delivery: &Delivery) -> Value {
    subscription.map_or_else(|| json!({"id": delivery.subscription}), Record::value)
}

fn view(delivery: &Delivery, id: &Value, standing: &Standing<'_>) -> Value {
    json!({
        "id": id,
        "event": delivery.event,
        "event_id": delivery.event_id,
        "url": delivery.url,
        "status": standing.status,
        "attempts": delivery.attempts_in_all(),
        "response_status": standing.response_status,
        "response_body": standing.response_body,
        "latency_ms": standing.latency_ms,
        "error": standing.error,
        "next_at": standing.next_at,
        "delivered_at": standing.delivered_at,
        "created_at": delivery.created_at,
    })
}

fn bind_log<'s>(scope: &mut Scope<'s>, view: &'s Value, subscription: &'s Value, now: &'s Value) {
    scope.bind_ref("delivery", view);
    scope.bind_ref("subscription", subscription);
    scope.bind_ref("now", now);
}
