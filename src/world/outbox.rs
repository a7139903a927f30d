//! Deliveries on their way to other servers (webhooks), from the first attempt to the last.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::state::base64_text;

/// One event on its way to one receiver.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Delivery {
    /// Unique within the world; counts up.
    pub number: u64,
    pub event: String,
    /// The event's id, shared by its deliveries.
    pub event_id: String,
    /// What the event says; headers are made of it at each attempt.
    #[serde(default)]
    pub data: Value,
    /// The subscription's id.
    pub subscription: String,
    pub url: String,
    /// The headers of the newest attempt, its signature among them.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Secret to sign with, if any.
    pub secret: Option<String>,
    /// Attempts made since the delivery was started, or started again.
    pub attempts: u32,
    /// Attempts made before it was started again.
    #[serde(default)]
    pub earlier: u32,
    /// Log record (collection, seq) that mirrors its fate, if the service keeps one.
    pub log: Option<(usize, u64)>,
    pub created_at: i64,
    /// What a fault does to its next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoiled: Option<Spoiled>,
}

/// What a fault does to a delivery's next attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Spoiled {
    /// The armed fault, until the journal tells of its hit.
    pub fault: Option<u64>,
    /// The fault's kind, by its word.
    #[serde(default)]
    pub kind: String,
    /// The fault in words.
    pub told: String,
    /// It counts as made, and nothing is sent.
    pub dropped: bool,
    /// Until when it is held back at the latest, on the world's clock.
    pub held_until: Option<i64>,
    /// Is it made once the next one to the same subscription was?
    pub overtaken: bool,
    /// How many times it is sent again after it was delivered.
    pub copies: u32,
    /// Was it delivered, so that what is sent is a copy?
    pub copying: bool,
}

/// One attempt, ready for the wire: what the rim performs.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub delivery: u64,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub timeout_ms: u64,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered with this status.
    Answered(u16),
    /// No answer: refused, timed out, not allowed. The reason in words.
    Failed(String),
}

/// An outcome, and what was seen of the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub outcome: Outcome,
    /// The beginning of the receiver's answer, as text; nothing when it gave none.
    pub body: String,
    /// How long the attempt took. Whoever keeps time by hand says 0.
    pub latency_ms: u64,
}

impl From<Outcome> for Receipt {
    fn from(outcome: Outcome) -> Receipt {
        Receipt { outcome, body: String::new(), latency_ms: 0 }
    }
}

impl From<&Outcome> for Receipt {
    fn from(outcome: &Outcome) -> Receipt {
        Receipt::from(outcome.clone())
    }
}

/// Most deliveries under way in a world.
pub const DELIVERIES_MAX: usize = 10_000;

#[derive(Debug, Clone, Default)]
pub struct Outbox {
    under_way: imbl::OrdMap<u64, Arc<Delivery>>,
    /// The numbers of those that wait to be overtaken: few of many, and asked for at every attempt.
    overtakable: imbl::OrdSet<u64>,
    /// In the order handed over.
    due: Arc<Vec<Attempt>>,
    /// How many deliveries were ever started: the newest one's number.
    count: u64,
}

/// An outbox as it is written.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedOutbox {
    count: u64,
    deliveries: Vec<Delivery>,
    due: Vec<SavedAttempt>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAttempt {
    delivery: u64,
    url: String,
    headers: Vec<(String, String)>,
    #[serde(with = "base64_text")]
    body: Option<Bytes>,
    timeout_ms: u64,
}

impl Delivery {
    /// Is it held back until the next one to its subscription was made?
    fn waits_to_be_overtaken(&self) -> bool {
        self.spoiled.as_ref().is_some_and(|spoiled| spoiled.overtaken && spoiled.held_until.is_some())
    }

    /// All attempts made so far.
    pub fn attempts_in_all(&self) -> u32 {
        self.earlier.saturating_add(self.attempts)
    }
}

impl Outbox {
    /// Starts a delivery and gives it a number; `None` when [`DELIVERIES_MAX`] are under way.
    pub fn start(&mut self, mut delivery: Delivery) -> Option<u64> {
        if self.under_way.len() >= DELIVERIES_MAX {
            return None;
        }
        self.count += 1;
        delivery.number = self.count;
        self.note(&delivery);
        self.under_way.insert(self.count, Arc::new(delivery));
        Some(self.count)
    }

    fn note(&mut self, delivery: &Delivery) {
        match delivery.waits_to_be_overtaken() {
            true => self.overtakable.insert(delivery.number),
            false => self.overtakable.remove(&delivery.number),
        };
    }

    pub fn get(&self, number: u64) -> Option<&Arc<Delivery>> {
        self.under_way.get(&number)
    }

    /// The deliveries under way, by number.
    pub fn deliveries(&self) -> impl Iterator<Item = &Arc<Delivery>> {
        self.under_way.values()
    }

    /// Those that are held back until the next one to this subscription was made.
    pub fn overtaken_next(&self, subscription: &str) -> impl Iterator<Item = &Arc<Delivery>> {
        let waiting = self.overtakable.iter().filter_map(|number| self.under_way.get(number));
        waiting.filter(move |delivery| delivery.subscription == subscription)
    }

    /// Puts a changed delivery in the place of the one with its number; one that is not under way stays so.
    pub fn replace(&mut self, delivery: Delivery) {
        if !self.under_way.contains_key(&delivery.number) {
            return;
        }
        self.note(&delivery);
        self.under_way.insert(delivery.number, Arc::new(delivery));
    }

    pub fn finish(&mut self, number: u64) -> Option<Arc<Delivery>> {
        self.overtakable.remove(&number);
        self.under_way.remove(&number)
    }

    /// Ends the delivery that a log record (collection, seq) tells of, if it is under way.
    pub fn finish_logged(&mut self, log: (usize, u64)) {
        let number = self.under_way.values().find(|delivery| delivery.log == Some(log)).map(|delivery| delivery.number);
        if let Some(number) = number {
            self.finish(number);
        }
    }

    /// Hands an attempt to the rim. A delivery has one attempt at a time: a newer one takes the place of one not yet taken.
    pub fn push(&mut self, attempt: Attempt) {
        let due = Arc::make_mut(&mut self.due);
        match due.iter_mut().rev().find(|waiting| waiting.delivery == attempt.delivery) {
            Some(waiting) => *waiting = attempt,
            None => due.push(attempt),
        }
    }

    /// The rim takes every attempt that is due.
    pub fn take(&mut self) -> Vec<Attempt> {
        if self.due.is_empty() {
            return Vec::new();
        }
        Arc::unwrap_or_clone(std::mem::take(&mut self.due))
    }

    /// Attempts waiting to be taken.
    pub fn has_due(&self) -> bool {
        !self.due.is_empty()
    }

    /// Deliveries under way.
    pub fn len(&self) -> usize {
        self.under_way.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn save(&self) -> SavedOutbox {
        let due = self.due.iter().map(|attempt| SavedAttempt {
            delivery: attempt.delivery,
            url: attempt.url.clone(),
            headers: attempt.headers.clone(),
            body: Some(attempt.body.clone()),
            timeout_ms: attempt.timeout_ms,
        });
        SavedOutbox {
            count: self.count,
            deliveries: self.under_way.values().map(|delivery| Delivery::clone(delivery)).collect(),
            due: due.collect(),
        }
    }

    /// `collection` turns a collection's place in the saved world into its place here.
    pub(super) fn restore(saved: SavedOutbox, collection: impl Fn(usize) -> Option<usize>) -> Result<Outbox, String> {
        if saved.deliveries.len() > DELIVERIES_MAX || saved.due.len() > DELIVERIES_MAX {
            return Err(format!("the outbox holds more than {DELIVERIES_MAX} deliveries"));
        }
        if saved.count > u64::MAX / 2 {
            return Err("the outbox's count of deliveries is out of range".to_owned());
        }
        let mut outbox = Outbox { count: saved.count, ..Outbox::default() };
        for mut delivery in saved.deliveries {
            let number = delivery.number;
            if let Some((index, _)) = &mut delivery.log {
                let Some(here) = collection(*index) else {
                    return Err(format!("delivery {number} names collection number {index}, and there is none"));
                };
                *index = here;
            }
            outbox.note(&delivery);
            if number == 0 || number > saved.count || outbox.under_way.insert(number, Arc::new(delivery)).is_some() {
                return Err(format!("delivery {number} is out of sequence"));
            }
        }
        let due = saved.due.into_iter().map(|attempt| Attempt {
            delivery: attempt.delivery,
            url: attempt.url,
            headers: attempt.headers,
            body: attempt.body.unwrap_or_default(),
            timeout_ms: attempt.timeout_ms,
        });
        outbox.due = Arc::new(due.collect());
        Ok(outbox)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        Delivery {
            number: 0,
            event: "parcel.sent".to_owned(),
            data: Value::Null,
            subscription: "hook_1".to_owned(),
            url: "http://127.0.0.1:9/".to_owned(),
            headers: Vec::new(),
            body: "{}".to_owned(),
            secret: None,
            attempts: 0,
            earlier: 0,
            log: None,
            created_at: 0,
            event_id: "event_1".to_owned(),
            spoiled: None,
        }
    }

    fn attempt(delivery: u64, timeout_ms: u64) -> Attempt {
        Attempt { delivery, url: String::new(), headers: Vec::new(), body: Bytes::new(), timeout_ms }
    }

    #[test]
    fn deliveries_are_numbered_from_one_and_numbers_are_not_reused() {
        let mut outbox = Outbox::default();
        assert_eq!((outbox.start(delivery()), outbox.start(delivery())), (Some(1), Some(2)));
        assert_eq!(outbox.finish(2).map(|delivery| delivery.number), Some(2));
        assert!(outbox.finish(2).is_none());
        assert_eq!(outbox.start(delivery()), Some(3));
        assert_eq!(outbox.len(), 2);
    }

    #[test]
    fn a_finished_delivery_is_not_brought_back() {
        let mut outbox = Outbox::default();
        let number = outbox.start(delivery()).unwrap();
        outbox.replace(Delivery { number, attempts: 1, ..delivery() });
        assert_eq!(outbox.get(number).map(|delivery| delivery.attempts), Some(1));
        outbox.finish(number);
        outbox.replace(Delivery { number, attempts: 2, ..delivery() });
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_delivery_is_ended_by_the_log_record_that_tells_of_it() {
        let mut outbox = Outbox::default();
        for seq in [7, 8] {
            outbox.start(Delivery { log: Some((2, seq)), ..delivery() });
        }
        outbox.finish_logged((2, 9));
        outbox.finish_logged((2, 7));
        assert_eq!((outbox.get(1).is_none(), outbox.get(2).is_some()), (true, true));
    }

    #[test]
    fn what_waits_to_be_overtaken_is_known_by_its_subscription_until_it_goes() {
        let waiting = Spoiled { overtaken: true, held_until: Some(9), ..Spoiled::default() };
        let held = || Delivery { spoiled: Some(waiting.clone()), ..delivery() };
        let numbers = |outbox: &Outbox, subscription| -> Vec<u64> {
            outbox.overtaken_next(subscription).map(|delivery| delivery.number).collect()
        };
        let mut outbox = Outbox::default();
        outbox.start(delivery());
        outbox.start(held());
        outbox.start(held());
        outbox.start(Delivery { subscription: "hook_2".to_owned(), ..held() });
        outbox.replace(Delivery { number: 9, ..held() });
        let restored = Outbox::restore(outbox.save(), Some).expect("it was saved");
        for mut outbox in [outbox, restored] {
            assert_eq!((numbers(&outbox, "hook_1"), numbers(&outbox, "hook_2")), (vec![2, 3], vec![4]));
            outbox.replace(Delivery { number: 1, ..held() });
            outbox.replace(Delivery { number: 2, ..delivery() });
            outbox.finish(3);
            assert_eq!((numbers(&outbox, "hook_1"), numbers(&outbox, "hook_3")), (vec![1], vec![]));
        }
    }

    #[test]
    fn a_full_outbox_starts_nothing() {
        let mut outbox = Outbox::default();
        for _ in 0..DELIVERIES_MAX {
            assert!(outbox.start(delivery()).is_some());
        }
        assert_eq!(outbox.start(delivery()), None);
    }

    #[test]
    fn attempts_are_taken_once_in_order_and_one_for_a_delivery() {
        let mut outbox = Outbox::default();
        [attempt(1, 10), attempt(2, 10), attempt(1, 20)].into_iter().for_each(|attempt| outbox.push(attempt));
        assert!(outbox.has_due());
        let kept = outbox.clone();
        let taken: Vec<_> = outbox.take().iter().map(|attempt| (attempt.delivery, attempt.timeout_ms)).collect();
        assert_eq!(taken, [(1, 20), (2, 10)]);
        assert!(!outbox.has_due() && outbox.take().is_empty());
        assert!(kept.has_due());
    }
}
