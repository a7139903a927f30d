//! Chance without randomness: a function of the world's seed, the fault and how often it was asked.

use sha2::{Digest, Sha256};

/// Draws for one hit of one fault. The same seed, fault and count give the same draws, in every process.
#[derive(Debug, Clone)]
pub struct Draw {
    base: [u8; 32],
    drawn: u64,
}

impl Draw {
    /// `count`: how many matching calls the fault has seen.
    pub fn new(seed: u64, fault: u64, count: u32) -> Draw {
        let mut hash = Sha256::new();
        hash.update(b"fault");
        hash.update(seed.to_be_bytes());
        hash.update(fault.to_be_bytes());
        hash.update(count.to_be_bytes());
        Draw { base: hash.finalize().into(), drawn: 0 }
    }

    /// From 0 up to, but not, 1.
    pub fn share(&mut self) -> f64 {
        // A double holds 53 bits.
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.base);
        hash.update(self.drawn.to_be_bytes());
        self.drawn += 1;
        let digest: [u8; 32] = hash.finalize().into();
        u64::from_be_bytes(digest[..8].try_into().unwrap_or_default())
    }
}
