//! Times as evidence tells them.

/// Microseconds in a millisecond.
pub const MS: u64 = 1_000;
/// Microseconds in a second.
pub const SECOND: u64 = 1_000_000;

/// Microseconds in words: `0.4 ms`, `12 ms`, `1.5 s`, `2 min`.
pub fn in_words(micros: u64) -> String {
    match micros {
        0 => "0 ms".to_owned(),
        1..1_000 => format!("0.{} ms", (micros / 100).max(1)),
        1_000..1_000_000 => format!("{} ms", micros / MS),
        1_000_000..120_000_000 if (micros / 100_000).is_multiple_of(10) => format!("{} s", micros / SECOND),
        1_000_000..120_000_000 => format!("{}.{} s", micros / SECOND, micros / 100_000 % 10),
        _ => format!("{} min", micros / SECOND / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_digits_that_matter() {
        let told: Vec<String> =
            [0, 40, 900, 1_999, 12_345, 999_999, 1_000_000, 1_540_000, 60_000_000, 86_400_000_000].map(in_words).into();
        assert_eq!(told, ["0 ms", "0.1 ms", "0.9 ms", "1 ms", "12 ms", "999 ms", "1 s", "1.5 s", "60 s", "1440 min"]);
    }
}
