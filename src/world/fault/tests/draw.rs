//! Chance is a function of seed, fault and count.

use crate::world::fault::Draw;

const EXPECTED: [u64; 2] = [7_848_885_975_026_384_838, 12_090_669_818_841_882_087];

#[test]
fn the_same_seed_fault_and_count_draw_the_same_in_every_process() {
    let mut draw = Draw::new(7, 1, 3);
    // Written down once: another process, machine or version draws these, too.
    assert_eq!([draw.number(), draw.number()], EXPECTED);
    assert!(draw.share() < 1.0);
    let first = |seed, fault, count| Draw::new(seed, fault, count).number();
    let others = [first(8, 1, 3), first(7, 2, 3), first(7, 1, 4)];
    assert!(others.iter().all(|other| *other != EXPECTED[0]), "{others:?}");
}

#[test]
fn shares_are_spread_evenly() {
    let mut draw = Draw::new(1, 1, 1);
    let mut tenths = [0; 10];
    for _ in 0..10_000 {
        tenths[(draw.share() * 10.0) as usize] += 1;
    }
    assert!(tenths.iter().all(|count| (850..1150).contains(count)), "{tenths:?}");
}
