//! Chance from a seed, and nothing else: the same seed draws the same everywhere.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

pub struct Random(ChaCha8Rng);

/// Texts that have broken programs before.
const ODD: [&str; 12] = [
    "",
    " ",
    "a",
    "Ünïcödé \u{1F600}",
    "\u{0}",
    "' OR 1=1 --",
    "{{ record.id }}",
    "../../etc/passwd",
    "\u{202e}txet",
    "null",
    "-1",
    "line\nbreak",
];

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn seed(&mut self) -> u64 {
        self.0.random()
    }

    /// A number from 0 up to, not including, `end`; 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        self.0.random_range(first..=last)
    }

    /// True so many times in a thousand.
    pub fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    pub fn text(&mut self) -> String {
        match self.below(4) {
            0 => (*self.pick(&ODD).expect("there are some")).to_owned(),
            1 => format!("Text {}", self.below(1000)),
            2 => "word ".repeat(1 + self.below(80)),
            _ => format!("Name {}", self.below(20)),
        }
    }

    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.0.random::<u8>()).collect()
    }
}
