//! One world, one seed, one sequence; and no other world is touched.

use serde_json::{Value, json};
use standin::call::Reply;
use standin::engine::{self, control};
use standin::world::clock::Clock;
use standin::world::compare::compare;
use standin::world::fault::Fault;

use super::support::{Fake, flow};
use super::{CHANNEL, POSTS, START, arm, armed, hits, new_post, restored};

/// Faults that chance rules, of several aspects at once.
fn chances() -> [Value; 5] {
    [
        json!({"kind": "latency", "uniform": {"minMs": 0, "maxMs": 500}, "probability": 0.7}),
        json!({"kind": "status", "status": 503, "retryAfter": 1, "probability": 0.3}),
        json!({"kind": "close", "effect": "done", "probability": 0.3}),
        json!({"kind": "double", "probability": 0.3}),
        json!({"kind": "clockSkew", "seconds": 60, "probability": 0.5}),
    ]
}

fn under_chance(seed: u64) -> Fake {
    let mut fake = Fake::new(flow(), seed);
    for written in chances() {
        arm(&mut fake, written);
    }
    fake
}

/// Sixty calls, some of which change something.
fn play(fake: &mut Fake, calls: usize) -> Vec<Reply> {
    (0..calls)
        .map(|call| match call % 3 {
            0 => fake.post(POSTS, new_post()).reply,
            1 => fake.get(POSTS).reply,
            _ => fake.get(CHANNEL).reply,
        })
        .collect()
}

#[test]
fn the_same_seed_and_calls_give_the_same_bytes_and_another_seed_does_not() {
    let (mut one, mut two, mut other) = (under_chance(7), under_chance(7), under_chance(8));
    let replies = play(&mut one, 60);
    assert_eq!(replies, play(&mut two, 60));
    assert_eq!(one.world.digest(), two.world.digest());
    assert_eq!(one.world.journal.text(), two.world.journal.text());
    let outcomes = |replies: &[Reply]| replies.iter().map(|it| (it.status, it.wire, it.delay)).collect::<Vec<_>>();
    assert_ne!(outcomes(&replies), outcomes(&play(&mut other, 60)));
    assert!(hits(&one).iter().all(|hits| (2..60).contains(hits)), "{:?}", hits(&one));
}

#[test]
fn a_world_read_back_in_the_middle_goes_on_as_the_original() {
    let mut original = under_chance(7);
    play(&mut original, 20);
    let mut copy = restored(&original);
    assert_eq!(play(&mut original, 40), play(&mut copy, 40));
    assert_eq!(compare(&original.world, &copy.world), []);
    assert_eq!(hits(&original), hits(&copy));
}

#[test]
fn a_branch_takes_its_faults_along_and_goes_its_own_way() {
    let mut main = Fake::flow();
    arm(&mut main, json!({"kind": "close", "nth": 2}));
    main.get(CHANNEL).expect(200);
    let mut branch = main.clone();
    assert_ne!(branch.get(CHANNEL).reply.wire, standin::call::Wire::Intact);
    assert_eq!((hits(&main), hits(&branch)), (vec![0], vec![1]));
    assert_ne!(main.get(CHANNEL).reply.wire, standin::call::Wire::Intact);
}

#[test]
fn two_worlds_in_parallel_never_touch_each_other() {
    let alone = play(&mut Fake::new(flow(), 7), 60);
    let faulty = play(&mut under_chance(7), 60);
    let (beside, stormy) = std::thread::scope(|scope| {
        let calm = scope.spawn(|| play(&mut Fake::new(flow(), 7), 60));
        let storm = scope.spawn(|| play(&mut under_chance(7), 60));
        (calm.join().expect("no panic"), storm.join().expect("no panic"))
    });
    assert_eq!((alone, faulty), (beside, stormy));
}

#[test]
fn a_fault_is_armed_at_the_present_however_long_ago_the_world_was_called() {
    let contract = flow();
    let world = engine::found(&contract, "default", 1, Clock::wall(START));
    let credential = engine::credential(&contract, &world);
    let mut fake = Fake { contract, world, credential };
    let present = START + 600_000;
    let fault = Fault::read(&json!({"kind": "maintenance", "until": "2m"})).expect("a fault");
    let id = control::arm(&mut fake.world, fault, present).expect("armed");
    assert_eq!(armed(&fake, id).armed_at, present);
    for (after, status) in [(0, 503), (119_999, 503), (120_000, 200)] {
        let mut call = fake.prepare("GET", CHANNEL, None);
        call.received_at = present + after;
        assert_eq!(fake.send(&call).status, status, "{after} ms after it was armed");
    }
}
