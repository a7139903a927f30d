//! Instants: milliseconds since the Unix epoch, and how they are written. Always UTC; nothing here reads a clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub const DAY_MS: i64 = 86_400_000;

/// RFC 3339 with `Z`; milliseconds only where there are any. `None` outside the years that can be written.
pub fn iso(ms: i64) -> Option<String> {
    let moment = timestamp(ms)?;
    let whole = ms.rem_euclid(1000) == 0;
    Some(if whole { format!("{moment:.0}") } else { format!("{moment:.3}") })
}

/// RFC 3339 with `Z` and always milliseconds.
pub fn iso_millis(ms: i64) -> Option<String> {
    timestamp(ms).map(|moment| format!("{moment:.3}"))
}

/// `YYYY-MM-DD`.
pub fn date(ms: i64) -> Option<String> {
    day(ms).map(|day| day.to_string())
}

pub fn day(ms: i64) -> Option<Date> {
    Some(timestamp(ms)?.to_zoned(TimeZone::UTC).date())
}

/// RFC 3339 text or a date (its midnight) as milliseconds, rounded down, as a clock that shows milliseconds would.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.parse::<Timestamp>() {
        Ok(moment) => Some(moment.as_nanosecond().div_euclid(1_000_000) as i64),
        // Not the midnight of a date whose time of day makes no sense.
        Err(_) if text.contains(':') => None,
        Err(_) => midnight(text.parse().ok()?),
    }
}

pub fn midnight(date: Date) -> Option<i64> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Can this instant be written?
pub fn timestamp(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok()
}

#[cfg(test)]
mod tests {
    use super::{date, iso, parse};

    #[test]
    fn instants_are_written_and_read_back() {
        assert_eq!(iso(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(iso(1_703_123_456_789).as_deref(), Some("2023-12-21T01:50:56.789Z"));
        assert_eq!(date(1_703_123_456_789).as_deref(), Some("2023-12-21"));
        assert_eq!(parse("2023-12-21T01:50:56.789Z"), Some(1_703_123_456_789));
        assert_eq!(parse("2023-12-21T02:50:56+01:00"), Some(1_703_123_456_000));
        assert_eq!(parse("1970-01-02"), Some(86_400_000));
    }

    #[test]
    fn what_is_no_instant_is_none() {
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2023-13-01"), None);
        assert_eq!(parse("2023-12-21T25:00:00Z"), None, "nor is it the midnight of its day");
        assert_eq!(iso(i64::MAX), None);
    }
}
