//! How a pace in bytes a second becomes slices and pauses.

use std::time::Duration;

/// The pause between two slices, where the pace is not so slow that single bytes are further apart.
pub const PAUSE: Duration = Duration::from_millis(50);
/// Fewest bytes written at once.
pub const SLICE_MIN: u64 = 1;

/// So many bytes at once, then a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drip {
    pub slice: usize,
    pub pause: Duration,
}

impl Drip {
    pub fn at(bytes_per_second: u32) -> Drip {
        let rate = u64::from(bytes_per_second.max(1));
        let in_a_pause = rate * u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX) / 1000;
        let slice = in_a_pause.max(SLICE_MIN);
        let pause = Duration::from_micros(slice * 1_000_000 / rate);
        Drip { slice: usize::try_from(slice).unwrap_or(usize::MAX), pause }
    }

    /// How long so many bytes take, the pause after the last slice included.
    pub fn time_of(self, bytes: usize) -> Duration {
        let slices = u32::try_from(bytes.div_ceil(self.slice)).unwrap_or(u32::MAX);
        self.pause.saturating_mul(slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_and_pauses_keep_the_pace() {
        assert_eq!(Drip::at(1000), Drip { slice: 50, pause: Duration::from_millis(50) });
        assert_eq!(Drip::at(20), Drip { slice: 1, pause: Duration::from_millis(50) });
        assert_eq!(Drip::at(2), Drip { slice: 1, pause: Duration::from_millis(500) });
        assert_eq!(Drip::at(0), Drip::at(1));
        let most = Drip::at(u32::MAX);
        assert!(most.slice > 200_000_000 && most.pause <= PAUSE, "{most:?}");
    }

    #[test]
    fn a_pace_says_how_long_bytes_take() {
        assert_eq!(Drip::at(1000).time_of(500), Duration::from_millis(500));
        assert_eq!(Drip::at(2).time_of(3), Duration::from_millis(1500));
        assert_eq!(Drip::at(2).time_of(0), Duration::ZERO);
    }
}
