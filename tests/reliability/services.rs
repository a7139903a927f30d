//! Every shipped service under random histories: each reply is held against the document, and equal seeds give equal histories.

use std::process::Command;
use std::sync::Arc;

use standin::contract::Contract;

use crate::anyone::Anyone;
use crate::oracle::Oracle;
use crate::play::{self, Play};
use crate::random::Random;
use crate::simulation::{DIGEST_EVERY, calls, seed};
use crate::support;
use crate::support::services::{self, Service};

/// Flow's own histories know more of it; here it takes part with few calls.
const CALLS_FOR_FLOW: usize = 500;
const CALLS_FOR_A_DIGEST: usize = 150;
/// So many calls find a way to success for most operations, though the client knows no more than the document.
const CALLS_TO_MEET_MOST: usize = 2_000;
/// Set in the child process, which only tells its digests.
const CHILD: &str = "STANDIN_SERVICES_CHILD";
const TOLD: &str = "digest of ";

struct Simulation {
    name: String,
    play: Play<()>,
    anyone: Anyone,
    random: Random,
    seed: u64,
    calls: usize,
}

/// A failure tells how to see it again.
impl Drop for Simulation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}, call {} of STANDIN_SIM_SEED={}: {}", self.name, self.calls, self.seed, self.play.doing);
        }
    }
}

impl Simulation {
    fn new(service: &Service, contract: Arc<Contract>, seed: u64) -> Simulation {
        let world = play::world(&contract, seed);
        let anyone = Anyone::new(&contract, &world);
        let play = Play::new(contract, Oracle::of(&service.document), world, ());
        Simulation { name: service.name.clone(), play, anyone, random: Random::new(seed), seed, calls: 0 }
    }

    /// So many calls, and what lies between them. Gives the digest of all that happened.
    fn run(&mut self, calls: usize) -> String {
        while self.calls < calls {
            match self.random.below(1000) {
                0..60 => self.play.move_clock(&mut self.random),
                60..70 => self.play.save_or_restore(&mut self.random),
                70..76 => self.play.branch_or_switch(&mut self.random, self.calls),
                76..84 => self.play.arm(&mut self.random),
                _ => self.call(),
            }
            self.play.read_journal();
        }
        self.play.digest()
    }

    fn call(&mut self) {
        self.calls += 1;
        let contract = Arc::clone(&self.play.contract);
        let drawn = self.anyone.draw(&contract, &self.play.here().world, &mut self.random);
        self.play.call(&drawn);
        if self.random.chance(800) {
            self.play.deliver(&mut self.random);
        }
        if self.calls.is_multiple_of(DIGEST_EVERY) {
            self.play.note_journal();
        }
    }

    /// A simulation that never got through would prove nothing.
    fn met_most(&self) {
        let never: Vec<&str> = self
            .play
            .met()
            .filter(|(_, succeeded, _)| *succeeded == 0)
            .map(|(operation, ..)| operation.id.as_str())
            .collect();
        let unrefused =
            self.play.met().filter(|(_, _, refused)| *refused == 0).map(|(operation, ..)| operation.id.as_str());
        assert_eq!(unrefused.collect::<Vec<_>>(), Vec::<&str>::new(), "{}: never refused", self.name);
        let all = self.play.contract.operations.list.len();
        assert!(
            never.len() * 4 <= all,
            "{}: {} of {all} operations never succeeded: {never:?}",
            self.name,
            never.len()
        );
    }
}

/// Each service in a thread of its own.
fn each(what: impl Fn(&Service) + Sync) {
    let services = services::chosen();
    std::thread::scope(|scope| {
        for service in &services {
            scope.spawn(|| what(service));
        }
    });
}

#[test]
fn random_histories_of_every_service_keep_to_its_document() {
    each(|service| {
        let calls = if service.name == "flow" { CALLS_FOR_FLOW } else { calls() / 2 };
        let mut simulation = Simulation::new(service, support::contract(service), seed());
        simulation.run(calls);
        if calls >= CALLS_TO_MEET_MOST {
            simulation.met_most();
        }
    });
}

/// One line for each service.
fn digests() -> String {
    let digest = |service: &Service| {
        let digest = Simulation::new(service, support::contract(service), seed()).run(CALLS_FOR_A_DIGEST);
        format!("{TOLD}{}: {digest}\n", service.name)
    };
    services::chosen().iter().map(digest).collect()
}

#[test]
fn every_service_has_the_same_history_in_two_processes() {
    let here = digests();
    if std::env::var_os(CHILD).is_some() {
        print!("{here}");
        return;
    }
    let test = "services::every_service_has_the_same_history_in_two_processes";
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .env("STANDIN_SIM_SEED", seed().to_string())
        .output()
        .expect("the program starts once more");
    let text = String::from_utf8_lossy(&output.stdout);
    let there: String = text.lines().filter_map(|line| Some(format!("{}\n", &line[line.find(TOLD)?..]))).collect();
    assert_eq!(there, here, "in two processes (left: there)");
}
