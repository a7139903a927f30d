//! Random histories of flow: every reply is judged, every invariant checked.

use std::sync::Arc;

use http::HeaderValue;
use standin::contract::Contract;
use standin::engine;
use standin::world::World;
use standin::world::journal::What;
use standin::world::outbox::{Attempt, Outcome};

use crate::draw::{Memory, draw};
use crate::history::History;
use crate::oracle::Oracle;
use crate::play::{self, Play, Played, Watch};
use crate::random::Random;
use crate::{WIDE, flow_with, invariants, support};

const SEED_DEFAULT: u64 = 20_261_121;
const CALLS_DEFAULT: usize = 10_000;
/// After so many calls the invariants are checked.
const CHECK_EVERY: usize = 250;
/// After so many calls the journal, which forgets, is added to the digest.
pub const DIGEST_EVERY: usize = 200;
/// So many calls meet every operation in good and bad ways.
const CALLS_TO_MEET_ALL: usize = 4_000;

pub struct Simulation {
    play: Play<History>,
    random: Random,
    memory: Memory,
    seed: u64,
    calls: usize,
}

/// A failure tells how to see it again.
impl Drop for Simulation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("call {} of seed {}: {}", self.calls, self.seed, self.play.doing);
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

/// How many calls a history of flow has; other services get a share of it.
pub fn calls() -> usize {
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
        let world = play::world(&contract, seed);
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
        let play = Play::new(contract, Oracle::of_flow(), world, history);
        Simulation { play, random: Random::new(seed), memory, seed, calls: 0 }
    }

    /// So many calls, and what lies between them. Gives the digest of all that happened and of the worlds at the end.
    pub fn run(mut self, calls: usize) -> String {
        while self.calls < calls {
            match self.random.below(1000) {
                0..60 => self.play.move_clock(&mut self.random),
                60..70 => self.play.save_or_restore(&mut self.random),
                70..76 => self.play.branch_or_switch(&mut self.random, self.calls),
                76..84 => self.play.arm(&mut self.random),
                _ => self.call(),
            }
            self.read_journal();
        }
        self.check();
        if calls >= CALLS_TO_MEET_ALL {
            self.met_all();
        }
        self.play.digest()
    }

    /// A simulation that never got through somewhere would prove nothing there.
    fn met_all(&self) {
        for (operation, succeeded, refused) in self.play.met() {
            assert!(succeeded > 0 && refused > 0, "{}: {succeeded} successes, {refused} refusals", operation.id);
        }
    }

    fn call(&mut self) {
        self.calls += 1;
        let contract = Arc::clone(&self.play.contract);
        let drawn = draw(&contract, &self.play.here().world, &mut self.memory, &mut self.random);
        let Some(Played { reply, told, body, operation, made }) = self.play.call(&drawn) else { return };
        let status = reply.status.as_u16();
        let place = self.play.here();
        let now = place.world.clock.now();
        let replayed = place.watch.idempotent(now, &drawn.call, &reply, made);
        let declared = operation.map(|index| &contract.operations.list[index]);
        let known = declared.filter(|declared| !declared.security.is_empty() && status != 401);
        if let Some(declared) = known {
            place.watch.count_call(now, told);
            if status < 300 && !replayed {
                place.watch.count_posts(now, &declared.id, &body);
            }
        }
        self.memory.learn(&body, reply.header("location"));
        if self.random.chance(800) {
            self.play.deliver(&mut self.random);
        }
        if self.calls.is_multiple_of(CHECK_EVERY) {
            self.check();
        }
        if self.calls.is_multiple_of(DIGEST_EVERY) {
            self.play.note_journal();
        }
    }

    fn check(&mut self) {
        self.read_journal();
        let contract = Arc::clone(&self.play.contract);
        let place = self.play.here();
        invariants::check(&contract, &place.world, &mut place.watch);
    }

    /// Follows the posts' states through the journal.
    fn read_journal(&mut self) {
        let (entries, gap) = self.play.read_journal();
        let place = self.play.here();
        for entry in entries {
            match &entry.what {
                What::Lifecycle { resource, id, from, to } if &**resource == "post" && !gap => {
                    place.watch.moved(id, from, to);
                }
                _ => {}
            }
        }
        if gap {
            place.watch.posts = invariants::posts(&place.world);
        }
    }
}

impl Watch for History {
    const COUNTS: bool = true;

    fn attempted(&mut self, world: &World, attempt: &Attempt, outcome: &Outcome) {
        signed(attempt);
        let delivery = world.outbox.get(attempt.delivery).expect("an attempt belongs to a delivery under way");
        let (index, seq) = delivery.log.expect("flow logs deliveries");
        if let Some(log) = world.store.by_seq(index, seq) {
            self.count_attempt(log.id.to_string(), outcome.clone());
        }
    }
}

fn signed(attempt: &Attempt) {
    let value = attempt.headers.iter().find(|(name, _)| name == "Flow-Signature").map(|(_, value)| value.as_str());
    let value = value.expect("an attempt is signed");
    assert!(value.starts_with("t=") && value.contains(",v1="), "{value}");
    assert!(HeaderValue::from_str(value).is_ok());
}
