//! Random histories: calls, clock moves, faults, worlds saved, restored and branched; every reply is judged, every invariant checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde_json::Value;
use sha2::{Digest, Sha256};
use standin::call::Wire;
use standin::contract::Contract;
use standin::engine::{self, Progress};
use standin::world::World;
use standin::world::clock::{Clock, FROZEN_START};
use standin::world::fault::{Fault, FaultKind};
use standin::world::journal::What;
use standin::world::outbox::{Attempt, Outcome};

use crate::draw::{Drawn, Memory, draw};
use crate::history::History;
use crate::oracle::Oracle;
use crate::random::Random;
use crate::{WIDE, flow_with, invariants, support};

const SEED_DEFAULT: u64 = 20_261_121;
const CALLS_DEFAULT: usize = 10_000;
/// After so many calls the invariants are checked.
const CHECK_EVERY: usize = 250;
/// After so many calls the journal, which forgets, is added to the digest.
const DIGEST_EVERY: usize = 200;
const PLACES_MAX: usize = 3;
/// So many calls meet every operation in good and bad ways.
const CALLS_TO_MEET_ALL: usize = 4_000;

/// A world and what the test knows of it.
#[derive(Clone)]
struct Place {
    world: World,
    history: History,
    /// The last journal entry that was looked at.
    seen: u64,
}

pub struct Simulation {
    contract: Arc<Contract>,
    oracle: Oracle,
    random: Random,
    memory: Memory,
    places: Vec<Place>,
    saves: Vec<Place>,
    at: usize,
    seed: u64,
    calls: usize,
    doing: String,
    digest: Sha256,
    /// By operation: calls that succeeded, and calls that were refused.
    met: BTreeMap<String, (u32, u32)>,
}

/// A failure tells how to see it again.
impl Drop for Simulation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("call {} of seed {}: {}", self.calls, self.seed, self.doing);
            eprintln!("to see it again: STANDIN_SIM_SEED={} STANDIN_SIM_CALLS={CALLS_DEFAULT}", self.seed);
        }
    }
}

pub fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

pub fn seed() -> u64 {
    setting("STANDIN_SIM_SEED", SEED_DEFAULT)
}

fn calls() -> usize {
    setting("STANDIN_SIM_CALLS", CALLS_DEFAULT)
}

#[test]
fn random_histories_within_the_limits_keep_every_invariant() {
    Simulation::new(support::flow(), seed()).run(calls() * 2 / 5);
}

#[test]
fn random_histories_that_meet_no_limit_keep_every_invariant() {
    Simulation::new(flow_with(WIDE), seed()).run(calls() * 3 / 5);
}

impl Simulation {
    pub fn new(contract: Arc<Contract>, seed: u64) -> Simulation {
        let world = engine::found(&contract, "default", seed, Clock::frozen(FROZEN_START));
        let (_, credential) = engine::credential(&contract, &world).expect("flow has credentials");
        let mut memory = Memory::default();
        memory.secrets.push(credential.trim_start_matches("Bearer ").to_owned());
        let names: Vec<_> = world.store.names().cloned().collect();
        for index in 0..names.len() {
            world.store.all(index).for_each(|record| memory.learn_id(&record.id));
        }
        let keys = world.store.find("apiKey").expect("there are keys");
        memory.own_key = world.store.all(keys).next().expect("one is there from the start").id.to_string();
        let history = invariants::at_the_start(&contract, &world);
        let seen = world.journal.last_number();
        Simulation {
            contract,
            oracle: Oracle::of_flow(),
            random: Random::new(seed),
            memory,
            places: vec![Place { world, history, seen }],
            saves: Vec::new(),
            at: 0,
            seed,
            calls: 0,
            doing: String::new(),
            digest: Sha256::new(),
            met: BTreeMap::new(),
        }
    }

    /// So many calls, and what lies between them. Gives the digest of all that happened and of the worlds at the end.
    pub fn run(mut self, calls: usize) -> String {
        while self.calls < calls {
            match self.random.below(1000) {
                0..60 => self.move_clock(),
                60..70 => self.save_or_restore(),
                70..76 => self.branch_or_switch(),
                76..84 => self.arm(),
                _ => self.call(),
            }
            self.read_journal();
        }
        self.check();
        if calls >= CALLS_TO_MEET_ALL {
            self.met_all();
        }
        self.note_journal();
        let worlds: Vec<String> = self.places.iter().map(|place| place.world.digest()).collect();
        self.digest.update(worlds.join(" "));
        std::mem::take(&mut self.digest).finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A simulation that never got through somewhere would prove nothing there.
    fn met_all(&self) {
        for operation in &self.contract.operations.list {
            let (succeeded, refused) = self.met.get(&operation.id).copied().unwrap_or_default();
            assert!(succeeded > 0 && refused > 0, "{}: {succeeded} successes, {refused} refusals", operation.id);
        }
    }

    fn place(&mut self) -> &mut Place {
        &mut self.places[self.at]
    }

    fn call(&mut self) {
        self.calls += 1;
        let place = &mut self.places[self.at];
        let Drawn { call, operation } = draw(&self.contract, &place.world, &mut self.memory, &mut self.random);
        let query = call.query.as_deref().unwrap_or_default();
        let text: String = String::from_utf8_lossy(&call.body).chars().take(500).collect();
        self.doing = format!("{} {}?{query} {:?} {:?} {text}", call.method, call.path, call.headers, call.unread);
        let armed = place.world.faults.list();
        let before = records(&place.world);
        let reply = engine::handle(&self.contract, &mut place.world, &call);
        let made = records(&place.world) - before;
        let after = place.world.faults.list();
        let hit = after.iter().zip(&armed).find(|(after, before)| after.hits > before.hits);
        let hit = hit.map(|(after, _)| after.fault.kind.clone());
        let status = reply.status.as_u16();
        let now = place.world.clock.now();
        match &hit {
            Some(FaultKind::Delay { delay_ms }) => assert_eq!(reply.delay, Duration::from_millis(*delay_ms)),
            Some(FaultKind::Drop | FaultKind::Lose) => assert_eq!(reply.wire, Wire::Cut(None)),
            Some(FaultKind::Truncate { bytes }) => assert_eq!(reply.wire, Wire::Cut(Some(*bytes))),
            Some(FaultKind::Status { status: asked, .. }) => assert_eq!(status, *asked),
            None => assert_eq!((reply.delay, reply.wire), (Duration::ZERO, Wire::Intact)),
        }
        let asked = matches!(hit, Some(FaultKind::Status { .. }));
        if asked || hit == Some(FaultKind::Drop) {
            assert_eq!(made, 0, "a fault before the effect leaves none");
        }
        if hit == Some(FaultKind::Drop) {
            return;
        }
        assert!(asked || status != 500, "{}", String::from_utf8_lossy(&reply.body));
        let found = called(&place.world);
        if let Some(drawn) = operation {
            assert_eq!(found.as_deref(), Some(drawn.as_str()), "the operation that was drawn is the one that answers");
        }
        let declared = found.and_then(|id| self.contract.operations.list.iter().find(|known| known.id == id));
        let judged = match declared {
            Some(declared) => self.oracle.judge(&declared.method, &declared.template, &reply, asked),
            None => self.oracle.judge_stray(&reply),
        };
        judged.unwrap_or_else(|wrong| panic!("{status}: {wrong}"));
        if asked {
            return;
        }
        if let Some(declared) = declared {
            let met = self.met.entry(declared.id.clone()).or_default();
            *if status < 400 { &mut met.0 } else { &mut met.1 } += 1;
        }
        let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        let replayed = place.history.idempotent(now, &call, &reply, made);
        let known = declared.filter(|declared| !declared.security.is_empty() && status != 401);
        if let Some(declared) = known {
            place.history.count_call(now, status);
            if status < 300 && !replayed {
                place.history.count_posts(now, &declared.id, &body);
            }
        }
        if status >= 400 {
            assert!(made <= 0, "a refusal makes nothing");
        }
        self.memory.learn(&body, reply.header("location"));
        if self.random.chance(800) {
            self.deliver();
        }
        self.after_call();
    }

    fn after_call(&mut self) {
        let place = self.place();
        let next = place.world.agenda.next_due();
        assert!(next.is_none_or(|next| next >= place.world.clock.now()), "work is planned in the past: {next:?}");
        if self.calls.is_multiple_of(CHECK_EVERY) {
            self.check();
        }
        if self.calls.is_multiple_of(DIGEST_EVERY) {
            self.note_journal();
        }
    }

    fn check(&mut self) {
        self.read_journal();
        let contract = Arc::clone(&self.contract);
        let place = self.place();
        invariants::check(&contract, &place.world, &mut place.history);
    }

    /// Follows the posts' states through the journal, and listens for complaints.
    fn read_journal(&mut self) {
        let place = self.place();
        let entries = place.world.journal.since(place.seen, usize::MAX);
        let gap = entries.first().is_some_and(|first| first.number != place.seen + 1);
        place.seen = place.world.journal.last_number();
        for entry in entries {
            for cause in &entry.causes {
                assert!(!matches!(cause.kind, "bug" | "overlay"), "{}: {}", cause.kind, cause.text);
            }
            match &entry.what {
                What::Lifecycle { resource, id, from, to } if &**resource == "post" && !gap => {
                    place.history.moved(id, from, to);
                }
                What::Control { action } => {
                    assert!(!action.contains("fail") && !action.contains("could not"), "{action}");
                }
                _ => {}
            }
        }
        if gap {
            place.history.posts = invariants::posts(&place.world);
        }
    }

    fn note_journal(&mut self) {
        let text = self.place().world.journal.text();
        self.digest.update(text);
    }

    fn move_clock(&mut self) {
        let seconds = match self.random.below(1000) {
            0..5 => self.random.between(86_400, 70 * 86_400),
            5..40 => self.random.between(3_600, 86_400),
            40..500 => self.random.between(60, 600),
            _ => self.random.between(0, 60),
        };
        self.doing = format!("the clock moves by {seconds} s");
        let until = self.place().world.clock.now() + seconds * 1000;
        let contract = Arc::clone(&self.contract);
        while engine::advance(&contract, &mut self.place().world, until) == Progress::Deliver {
            self.deliver();
        }
        let world = &self.place().world;
        assert_eq!(world.clock.now(), until);
        assert!(world.agenda.next_due().is_none_or(|next| next > until), "work that is due is left undone");
    }

    /// Receivers answer well, badly, or not at all.
    fn deliver(&mut self) {
        for attempt in self.place().world.outbox.take() {
            let outcome = match self.random.below(10) {
                0 => Outcome::Answered(500),
                1 => Outcome::Answered(302),
                2 => Outcome::Failed("no answer".to_owned()),
                _ => Outcome::Answered(204),
            };
            let place = &mut self.places[self.at];
            signed(&attempt);
            let delivery =
                place.world.outbox.get(attempt.delivery).expect("an attempt belongs to a delivery under way");
            let (index, seq) = delivery.log.expect("flow logs deliveries");
            if let Some(log) = place.world.store.by_seq(index, seq) {
                place.history.attempted(log.id.to_string(), outcome.clone());
            }
            engine::settle(&self.contract, &mut place.world, attempt.delivery, &outcome);
        }
    }

    fn save_or_restore(&mut self) {
        let contract = Arc::clone(&self.contract);
        match self.random.below(3) {
            0 => {
                let saved = self.place().clone();
                self.saves.push(saved);
                if self.saves.len() > PLACES_MAX {
                    self.saves.remove(0);
                }
            }
            1 => {
                self.note_journal();
                if let Some(saved) = self.random.pick(&self.saves).cloned() {
                    *self.place() = saved;
                }
            }
            _ => {
                self.doing = "the world is written and read back".to_owned();
                let place = self.place();
                engine::write_touches(&contract, &mut place.world);
                let text = standin::world::state::to_json(&place.world);
                let read = engine::restore(&contract, &text).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(standin::world::state::to_json(&read), text, "what is read back is what was written");
                place.world = read;
                place.seen = 0;
            }
        }
    }

    fn branch_or_switch(&mut self) {
        self.note_journal();
        if self.places.len() < PLACES_MAX && self.random.chance(500) {
            let mut branch = self.place().clone();
            branch.world.name = format!("branch{}", self.calls).into();
            self.places.push(branch);
        }
        self.at = self.random.below(self.places.len());
    }

    fn arm(&mut self) {
        let kind = match self.random.below(6) {
            0 => FaultKind::Drop,
            1 => FaultKind::Lose,
            2 => FaultKind::Delay { delay_ms: 5 },
            3 => FaultKind::Truncate { bytes: 10 },
            4 => FaultKind::Status { status: 503, retry_after: Some(7) },
            _ => FaultKind::Status { status: 418, retry_after: None },
        };
        let operations = &self.contract.operations.list;
        let operation = self.random.chance(500).then(|| self.random.pick(operations).map(|known| known.id.clone()));
        let times = Some(1 + self.random.below(3) as u32);
        let fault = Fault { operation: operation.flatten(), after: self.random.below(3) as u32, times, kind };
        let world = &mut self.place().world;
        if engine::control::arm(world, fault).is_err() {
            let first = world.faults.list()[0].id;
            assert!(engine::control::disarm(world, first));
        }
    }
}

/// Records of callers' making. Deliveries' logs are the events' making, not the calls'.
fn records(world: &World) -> i64 {
    let names = world.store.names().enumerate().filter(|(_, name)| &***name != "webhookDelivery");
    names.map(|(index, _)| world.store.len(index) as i64).sum()
}

/// The operation of the call just journaled.
fn called(world: &World) -> Option<String> {
    let last = world.journal.last_number();
    let entries = world.journal.since(last - 1, 1);
    let What::Call { operation, .. } = &entries.first()?.what else { panic!("a call is journaled last") };
    operation.as_deref().map(str::to_owned)
}

fn signed(attempt: &Attempt) {
    let value = attempt.headers.iter().find(|(name, _)| name == "Flow-Signature").map(|(_, value)| value.as_str());
    let value = value.expect("an attempt is signed");
    assert!(value.starts_with("t=") && value.contains(",v1="), "{value}");
    assert!(HeaderValue::from_str(value).is_ok());
}
