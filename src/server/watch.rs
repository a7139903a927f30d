//! Remembers what clients did in a world: calls as they came and went, and attempts to deliver webhooks to them. An audit judges it.
//!
//! Bounded: what comes beyond the limits is counted, not kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;

use super::front::Told;
use super::tenant::Tenant;
use super::wire;
use crate::audit::observe::{DeliveryAttempt, End, Exchange, Performed, StruckFault};
use crate::call::{Call, Reply};
use crate::contract::Contract;
use crate::world::fault::Kind;
use crate::world::journal;
use crate::world::outbox::{Attempt, Outcome, Receipt};

/// Most calls of one world that are kept.
pub const EXCHANGES_WATCHED_MAX: usize = 20_000;
/// Most attempts of deliveries of one world that are kept.
pub const DELIVERIES_WATCHED_MAX: usize = 20_000;
/// Most bytes of bodies that are kept of one world, requests and replies together.
pub const BYTES_WATCHED_MAX: usize = 64 * 1024 * 1024;

/// What was seen of a world's clients. Times are microseconds since the server's start, see [`Watched::since`].
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// In the order begun, numbered from 1. One that is still under way is told as [`End::Left`] now: take it once the client is gone.
    pub exchanges: Vec<Exchange>,
    /// In the order begun.
    pub deliveries: Vec<DeliveryAttempt>,
    /// Calls that were not kept, because of [`EXCHANGES_WATCHED_MAX`] or [`BYTES_WATCHED_MAX`].
    pub exchanges_left_out: u64,
    /// Attempts that were not kept, because of [`DELIVERIES_WATCHED_MAX`].
    pub deliveries_left_out: u64,
}

/// The watch over one world.
#[derive(Debug)]
pub struct Watch {
    epoch: Instant,
    seen: Mutex<Seen>,
    /// Calls that were answered by the engine and are not over.
    under_way: tokio::sync::watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Seen {
    watched: Watched,
    /// Calls since the watch began, kept or not.
    calls: u64,
    bytes: usize,
}

/// A call that the watch follows to its end. One that is dropped before was left by its client.
#[derive(Debug)]
pub struct Following {
    watch: Arc<Watch>,
    /// Its index among those that are kept; `None` when it is only counted.
    place: Option<usize>,
}

/// What the rim knows of a call beside call and reply.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    pub contract: &'a Contract,
    /// The connection's number; 0 where there is none.
    pub connection: u64,
    /// The number of the client that called; 0 where it does not say.
    pub client: u32,
    /// When its head was read.
    pub begun: Instant,
}

/// An attempt of a delivery that the watch follows.
#[derive(Debug)]
pub struct FollowedAttempt {
    watch: Arc<Watch>,
    begun: Instant,
    event: String,
    event_id: String,
    url: String,
    struck: Vec<StruckFault>,
}

impl Watched {
    /// With times since this instant on the same clock, and without what had begun before it.
    pub fn since(mut self, instant: u64) -> Watched {
        self.exchanges.retain(|exchange| exchange.begun >= instant);
        self.deliveries.retain(|attempt| attempt.begun >= instant);
        for (at, exchange) in self.exchanges.iter_mut().enumerate() {
            exchange.number = at as u64 + 1;
            exchange.begun -= instant;
            exchange.ended = exchange.ended.saturating_sub(instant);
        }
        for attempt in &mut self.deliveries {
            attempt.begun -= instant;
            attempt.ended = attempt.ended.saturating_sub(instant);
        }
        self
    }
}

impl Watch {
    /// A watch whose times count from `epoch`.
    pub fn new(epoch: Instant) -> Watch {
        Watch { epoch, seen: Mutex::default(), under_way: tokio::sync::watch::Sender::new(0) }
    }

    /// Begins to follow a call that the engine has answered.
    pub fn follow(self: &Arc<Watch>, call: &Call, reply: &Reply, told: &Told, arrival: Arrival<'_>) -> Following {
        let seen_body = wire::body_of(reply, &call.method);
        let mut seen = self.lock();
        seen.calls += 1;
        let bytes = seen.bytes.saturating_add(call.body.len()).saturating_add(seen_body.len());
        let place = if seen.watched.exchanges.len() >= EXCHANGES_WATCHED_MAX || bytes > BYTES_WATCHED_MAX {
            seen.watched.exchanges_left_out += 1;
            None
        } else {
            let begun = self.micros(arrival.begun);
            seen.bytes = bytes;
            seen.watched.exchanges.push(Exchange { begun, ..exchange(call, reply, seen_body, told, arrival) });
            Some(seen.watched.exchanges.len() - 1)
        };
        drop(seen);
        self.under_way.send_modify(|count| *count += 1);
        Following { watch: self.clone(), place }
    }

    /// Begins to follow an attempt of a delivery; `None` when the delivery is gone.
    pub fn attempt(self: &Arc<Watch>, tenant: &Tenant, attempt: &Attempt) -> Option<FollowedAttempt> {
        let delivery = tenant.lock().world.outbox.get(attempt.delivery).cloned()?;
        let struck = delivery.spoiled.iter().filter_map(|spoiled| {
            let kind = Kind::WORDS.iter().find(|word| **word == spoiled.kind)?;
            Some(StruckFault { kind, text: spoiled.told.clone() })
        });
        Some(FollowedAttempt {
            watch: self.clone(),
            begun: Instant::now(),
            event: delivery.event.clone(),
            event_id: delivery.event_id.clone(),
            url: attempt.url.clone(),
            struck: struck.collect(),
        })
    }

    /// What was seen so far.
    pub fn watched(&self) -> Watched {
        let mut watched = self.lock().watched.clone();
        watched.exchanges.sort_by_key(|exchange| exchange.begun);
        watched.deliveries.sort_by_key(|attempt| attempt.begun);
        let now = self.micros(Instant::now());
        for (at, exchange) in watched.exchanges.iter_mut().enumerate() {
            exchange.number = at as u64 + 1;
            if exchange.ended == UNDER_WAY {
                exchange.ended = now;
            }
        }
        watched
    }

    /// Calls since the watch began, kept or not.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Waits until no call is under way.
    pub async fn idle(&self) {
        // The sender lives as long as this watch, so waiting cannot fail.
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    fn micros(&self, instant: Instant) -> u64 {
        micros(self.epoch, instant)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Following {
    /// The call is over.
    pub fn finish(mut self, end: End) {
        self.conclude(end);
    }

    fn conclude(&mut self, end: End) {
        let Some(place) = self.place.take() else { return };
        let ended = self.watch.micros(Instant::now());
        if let Some(exchange) = self.watch.lock().watched.exchanges.get_mut(place) {
            (exchange.ended, exchange.end) = (ended, end);
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.conclude(End::Left);
        self.watch.under_way.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl FollowedAttempt {
    pub fn finish(self, receipt: &Receipt) {
        let (status, failure) = match &receipt.outcome {
            Outcome::Answered(status) => (Some(*status), None),
            Outcome::Failed(reason) => (None, Some(reason.clone())),
        };
        let attempt = DeliveryAttempt {
            begun: self.watch.micros(self.begun),
            ended: self.watch.micros(Instant::now()),
            event: self.event,
            event_id: self.event_id,
            url: self.url,
            status,
            failure,
            struck: self.struck,
        };
        let mut seen = self.watch.lock();
        if seen.watched.deliveries.len() >= DELIVERIES_WATCHED_MAX {
            seen.watched.deliveries_left_out += 1;
        } else {
            seen.watched.deliveries.push(attempt);
        }
    }
}

/// Microseconds from one instant to a later one.
pub fn micros(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u64::MAX)
}

/// `ended` of a call under way.
const UNDER_WAY: u64 = u64::MAX;

fn exchange(call: &Call, reply: &Reply, seen_body: Bytes, told: &Told, arrival: Arrival<'_>) -> Exchange {
    let (account, resources) = (&told.account, &arrival.contract.plan.resources);
    let performed = match account.performed {
        journal::Performed::No => Performed::No,
        journal::Performed::Yes => Performed::Yes,
        journal::Performed::Twice => Performed::Twice,
        journal::Performed::Replayed => Performed::Replayed,
    };
    let struck = account.struck.iter().map(|(kind, text)| StruckFault { kind, text: text.clone() });
    Exchange {
        number: 0,
        connection: arrival.connection,
        client: arrival.client,
        begun: 0,
        ended: UNDER_WAY,
        end: End::Left,
        method: call.method.clone(),
        path: call.path.clone(),
        query: call.query.clone(),
        headers: call.headers.clone(),
        body: call.body.clone(),
        operation: told.operation.as_deref().map(str::to_owned),
        status: reply.status,
        reply_headers: reply.headers.clone(),
        reply_body: seen_body,
        struck: struck.collect(),
        performed,
        made: account.made.iter().map(|(resource, id)| (resources[*resource].name.clone(), id.to_string())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};

    use super::*;
    use crate::contract::Selection;
    use crate::contract::document::Source;

    struct Nothing;

    impl Source for Nothing {
        fn read(&self, _: &str) -> Result<String, String> {
            Ok("{openapi: 3.1.0, info: {title: Nothing, version: '1'}, paths: {/things: {get: {responses: {'200': {description: Fine.}}}}}}".to_owned())
        }
    }

    fn contract() -> Contract {
        Contract::load(&Nothing, "nothing.yaml", &Selection::default()).unwrap()
    }

    /// Follows a call whose body has so many bytes.
    fn follow(watch: &Arc<Watch>, contract: &Contract, bytes: usize) -> Following {
        let mut call = Call::new(Method::POST, "/things");
        call.body = Bytes::from(vec![b'x'; bytes]);
        let arrival = Arrival { contract, connection: 1, client: 0, begun: Instant::now() };
        watch.follow(&call, &Reply::new(StatusCode::OK), &Told::default(), arrival)
    }

    fn watch() -> Arc<Watch> {
        Arc::new(Watch::new(Instant::now()))
    }

    #[test]
    fn calls_beyond_the_limit_are_counted_and_not_kept() {
        let (watch, contract) = (watch(), contract());
        for _ in 0..EXCHANGES_WATCHED_MAX + 3 {
            follow(&watch, &contract, 0).finish(End::Replied);
        }
        let watched = watch.watched();
        assert_eq!((watched.exchanges.len(), watched.exchanges_left_out), (EXCHANGES_WATCHED_MAX, 3));
        assert_eq!(watch.calls(), EXCHANGES_WATCHED_MAX as u64 + 3);
    }

    #[test]
    fn bodies_beyond_the_limit_are_not_kept_but_small_calls_still_are() {
        let (watch, contract) = (watch(), contract());
        for bytes in [BYTES_WATCHED_MAX - 10, 11, 10] {
            follow(&watch, &contract, bytes).finish(End::Replied);
        }
        let watched = watch.watched();
        let bodies: Vec<usize> = watched.exchanges.iter().map(|exchange| exchange.body.len()).collect();
        assert_eq!((bodies, watched.exchanges_left_out), (vec![BYTES_WATCHED_MAX - 10, 10], 1));
    }

    #[test]
    fn calls_end_each_in_its_own_way_whichever_ends_first() {
        let (watch, contract) = (watch(), contract());
        let (early, late) = (follow(&watch, &contract, 0), follow(&watch, &contract, 0));
        late.finish(End::Replied);
        let ends = || watch.watched().exchanges.iter().map(|exchange| exchange.end).collect::<Vec<_>>();
        assert_eq!(ends(), [End::Left, End::Replied], "one that is under way is told as left");
        early.finish(End::Cut);
        assert_eq!(ends(), [End::Cut, End::Replied]);
    }

    #[test]
    fn a_call_that_is_dropped_was_left() {
        let (watch, contract) = (watch(), contract());
        drop(follow(&watch, &contract, 0));
        let watched = watch.watched();
        assert_eq!(watched.exchanges[0].end, End::Left);
        assert_ne!(watched.exchanges[0].ended, UNDER_WAY);
    }
}
