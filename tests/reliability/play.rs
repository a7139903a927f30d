//! Worlds in play: calls, clock moves, deliveries, faults, worlds saved, restored and branched. What holds for any service is checked here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use standin::call::{Call, Reply};
use standin::contract::Contract;
use standin::contract::operation::Operation;
use standin::engine::{self, Handled, Progress};
use standin::world::World;
use standin::world::clock::{Clock, FROZEN_START};
use standin::world::compare::compare;
use standin::world::journal::{Entry, What};
use standin::world::outbox::{Attempt, Outcome};

use crate::draw::Drawn;
use crate::faults::{self, Struck};
use crate::oracle::Oracle;
use crate::random::Random;

const PLACES_MAX: usize = 3;

/// What a test counts for itself beside a world.
pub trait Watch: Clone {
    /// Does it count effects by what is called and delivered?
    const COUNTS: bool;

    /// A delivery was attempted.
    fn attempted(&mut self, world: &World, attempt: &Attempt, outcome: &Outcome);
}

/// Nothing is counted.
impl Watch for () {
    const COUNTS: bool = false;

    fn attempted(&mut self, _: &World, _: &Attempt, _: &Outcome) {}
}

/// A world, and what is known of it.
#[derive(Clone)]
pub struct Place<W> {
    pub world: World,
    pub watch: W,
    /// The last journal entry that was looked at.
    seen: u64,
}

pub struct Play<W> {
    pub contract: Arc<Contract>,
    oracle: Oracle,
    pub places: Vec<Place<W>>,
    saves: Vec<Place<W>>,
    at: usize,
    pub doing: String,
    digest: Sha256,
    /// By operation: calls that succeeded, and calls that were refused.
    met: BTreeMap<String, (u32, u32)>,
}

/// A call that was performed and judged.
pub struct Played {
    /// The reply, or what it would have been without a fault that struck it.
    pub reply: Reply,
    /// The status that the caller was told.
    pub told: u16,
    pub body: Value,
    /// The operation that answered.
    pub operation: Option<usize>,
    /// Records that there are more than before.
    pub made: i64,
}

/// A new world, as every play begins.
pub fn world(contract: &Contract, seed: u64) -> World {
    engine::found(contract, "default", seed, Clock::frozen(FROZEN_START))
}

impl<W: Watch> Play<W> {
    pub fn new(contract: Arc<Contract>, oracle: Oracle, world: World, watch: W) -> Play<W> {
        let seen = world.journal.last_number();
        Play {
            contract,
            oracle,
            places: vec![Place { world, watch, seen }],
            saves: Vec::new(),
            at: 0,
            doing: String::new(),
            digest: Sha256::new(),
            met: BTreeMap::new(),
        }
    }

    pub fn here(&mut self) -> &mut Place<W> {
        &mut self.places[self.at]
    }

    /// Sends a call and judges its reply. `None` when a fault kept it from being performed.
    pub fn call(&mut self, drawn: &Drawn) -> Option<Played> {
        let Drawn { call, operation } = drawn;
        let query = call.query.as_deref().unwrap_or_default();
        let text: String = String::from_utf8_lossy(&call.body).chars().take(500).collect();
        self.doing = format!("{} {}?{query} {:?} {:?} {text}", call.method, call.path, call.headers, call.unread);
        let world = &mut self.places[self.at].world;
        let armed = world.faults.list();
        let mut twin = (!armed.is_empty()).then(|| without_faults(world));
        let before = records(&self.contract, world);
        let reply = send(&self.contract, world, call);
        let made = records(&self.contract, world) - before;
        let struck = Struck::between(&armed, &world.faults.list());
        let prevented = struck.prevented();
        // What would have been said without a fault.
        let plain = match &mut twin {
            Some(twin) if !struck.is_empty() && !prevented && !struck.differs() => send(&self.contract, twin, call),
            _ => reply.clone(),
        };
        struck.check(&reply, &plain);
        if prevented {
            assert_eq!(made, 0, "a fault before the effect leaves none");
        } else if let Some(twin) = twin.filter(|_| !struck.is_empty() && !struck.differs()) {
            assert_eq!(compare(&twin, world), [], "a fault after the effect leaves all of it");
        }
        let asked = prevented && struck.asked();
        if prevented && !asked {
            return None;
        }
        let told = reply.status.as_u16();
        let reply = plain;
        let status = reply.status.as_u16();
        assert!(asked || status != 500, "{}", String::from_utf8_lossy(&reply.body));
        let found = called(world);
        if let Some(drawn) = operation {
            assert_eq!(found.as_deref(), Some(drawn.as_str()), "the operation that was drawn is the one that answers");
        }
        let list = &self.contract.operations.list;
        let operation = found.and_then(|id| list.iter().position(|known| known.id == id));
        let judged = match operation.map(|index| &list[index]) {
            Some(declared) => self.oracle.judge(&declared.method, &declared.template, &reply, asked),
            None => self.oracle.judge_stray(&reply),
        };
        judged.unwrap_or_else(|wrong| panic!("{status}: {wrong}"));
        if asked {
            return None;
        }
        if let Some(index) = operation {
            let met = self.met.entry(list[index].id.clone()).or_default();
            *if status < 400 { &mut met.0 } else { &mut met.1 } += 1;
        }
        if status >= 400 {
            assert!(made <= 0, "a refusal makes nothing");
        }
        let next = world.agenda.next_due();
        assert!(next.is_none_or(|next| next >= world.clock.now()), "work is planned in the past: {next:?}");
        let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        Some(Played { reply, told, body, operation, made })
    }

    /// Operations with the number of calls that succeeded, and that were refused.
    pub fn met(&self) -> impl Iterator<Item = (&Operation, u32, u32)> {
        self.contract.operations.list.iter().map(|operation| {
            let (succeeded, refused) = self.met.get(&operation.id).copied().unwrap_or_default();
            (operation, succeeded, refused)
        })
    }

    /// What the journal tells since the last look, and whether it has forgotten some of it. No entry complains.
    pub fn read_journal(&mut self) -> (Vec<Arc<Entry>>, bool) {
        let place = self.here();
        let entries = place.world.journal.since(place.seen, usize::MAX);
        let gap = entries.first().is_some_and(|first| first.number != place.seen + 1);
        place.seen = place.world.journal.last_number();
        for entry in &entries {
            for cause in &entry.causes {
                assert!(!matches!(cause.kind, "bug" | "overlay"), "{}: {}", cause.kind, cause.text);
            }
            if let What::Control { action } = &entry.what {
                assert!(!action.contains("fail") && !action.contains("could not"), "{action}");
            }
        }
        (entries, gap)
    }

    /// Adds the journal, which forgets, to the digest.
    pub fn note_journal(&mut self) {
        let text = self.here().world.journal.text();
        self.digest.update(text);
    }

    /// The digest of all that happened and of the worlds as they are.
    pub fn digest(&mut self) -> String {
        self.note_journal();
        let worlds: Vec<String> = self.places.iter().map(|place| place.world.digest()).collect();
        self.digest.update(worlds.join(" "));
        std::mem::take(&mut self.digest).finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn move_clock(&mut self, random: &mut Random) {
        let seconds = match random.below(1000) {
            0..5 => random.between(86_400, 70 * 86_400),
            5..40 => random.between(3_600, 86_400),
            40..500 => random.between(60, 600),
            _ => random.between(0, 60),
        };
        self.doing = format!("the clock moves by {seconds} s");
        let until = self.here().world.clock.now() + seconds * 1000;
        let contract = Arc::clone(&self.contract);
        while engine::advance(&contract, &mut self.here().world, until) == Progress::Deliver {
            self.deliver(random);
        }
        let world = &self.here().world;
        assert_eq!(world.clock.now(), until);
        assert!(world.agenda.next_due().is_none_or(|next| next > until), "work that is due is left undone");
    }

    /// Receivers answer well, badly, or not at all.
    pub fn deliver(&mut self, random: &mut Random) {
        for attempt in self.here().world.outbox.take() {
            let outcome = match random.below(10) {
                0 => Outcome::Answered(500),
                1 => Outcome::Answered(302),
                2 => Outcome::Failed("no answer".to_owned()),
                _ => Outcome::Answered(204),
            };
            let place = &mut self.places[self.at];
            place.watch.attempted(&place.world, &attempt, &outcome);
            engine::settle(&self.contract, &mut place.world, attempt.delivery, &outcome);
        }
    }

    pub fn save_or_restore(&mut self, random: &mut Random) {
        match random.below(3) {
            0 => {
                let saved = self.here().clone();
                self.saves.push(saved);
                if self.saves.len() > PLACES_MAX {
                    self.saves.remove(0);
                }
            }
            1 => {
                self.note_journal();
                if let Some(saved) = random.pick(&self.saves).cloned() {
                    *self.here() = saved;
                }
            }
            _ => {
                self.doing = "the world is written and read back".to_owned();
                let contract = Arc::clone(&self.contract);
                let place = self.here();
                engine::write_touches(&contract, &mut place.world);
                let text = standin::world::state::to_json(&place.world);
                let read = engine::restore(&contract, &text).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(standin::world::state::to_json(&read), text, "what is read back is what was written");
                place.world = read;
                place.seen = 0;
            }
        }
    }

    /// `number` names a new branch.
    pub fn branch_or_switch(&mut self, random: &mut Random, number: usize) {
        self.note_journal();
        if self.places.len() < PLACES_MAX && random.chance(500) {
            let mut branch = self.here().clone();
            branch.world.name = format!("branch{number}").into();
            self.places.push(branch);
        }
        self.at = random.below(self.places.len());
    }

    pub fn arm(&mut self, random: &mut Random) {
        let fault = faults::draw(&self.contract, W::COUNTS, random);
        let world = &mut self.here().world;
        if engine::control::arm(world, fault, 0).is_err() {
            let first = world.faults.list()[0].id;
            assert!(engine::control::disarm(world, first));
        }
    }
}

/// A reply that waits for a delivery is given as when the receiver takes longer than anyone waits.
pub fn send(contract: &Contract, world: &mut World, call: &Call) -> Reply {
    match engine::handle(contract, world, call) {
        Handled::Done(reply) => reply,
        Handled::Unsound(wrong) => panic!("no call here brings a fault: {wrong}"),
        Handled::Waits(waiting) => engine::conclude(contract, world, call, *waiting),
    }
}

/// The same world, in which nothing is armed.
fn without_faults(world: &World) -> World {
    let mut twin = world.clone();
    for armed in world.faults.list() {
        assert!(twin.faults.disarm(armed.id));
    }
    twin
}

/// Records of callers' making. Deliveries' logs are the events' making, not the calls'.
fn records(contract: &Contract, world: &World) -> i64 {
    let log = contract.plan.webhooks.as_ref().and_then(|webhooks| webhooks.log.as_ref());
    let log = log.map(|(resource, _)| contract.plan.resources[*resource].name.as_str());
    let names = world.store.names().enumerate().filter(|(_, name)| Some(&***name) != log);
    names.map(|(index, _)| world.store.len(index) as i64).sum()
}

/// The operation of the call just journaled.
pub fn called(world: &World) -> Option<String> {
    let last = world.journal.last_number();
    let entries = world.journal.since(last - 1, 1);
    let What::Call { operation, .. } = &entries.first()?.what else { panic!("a call is journaled last") };
    operation.as_deref().map(str::to_owned)
}
