//! Instants: milliseconds since the Unix epoch, and how they are written. Always UTC; nothing here reads a clock.

use std::ops::{Range, RangeInclusive};

use jiff::civil::{Date, DateTime, date as civil_date};
use jiff::fmt::temporal::Pieces;
use jiff::fmt::{rfc2822, strtime};
use jiff::{Span, SpanRelativeTo, Timestamp, Unit};

pub const DAY_MS: i64 = 86_400_000;

/// The instants of the years 0 to 9999.
const WRITABLE: RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

const EPOCH: Date = civil_date(1970, 1, 1);
const RFC2822: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// RFC 3339 with `Z`; milliseconds only where there are any. `None` outside the years that can be written.
pub fn iso(ms: i64) -> Option<String> {
    if ms.rem_euclid(1000) == 0 { written(ms, false) } else { iso_millis(ms) }
}

/// RFC 3339 with `Z` and always milliseconds.
pub fn iso_millis(ms: i64) -> Option<String> {
    written(ms, true)
}

fn written(ms: i64, millis: bool) -> Option<String> {
    let (date, seconds) = (day(ms)?, ms.rem_euclid(DAY_MS) / 1000);
    let mut text = String::with_capacity(24);
    two_digits(&mut text, i64::from(date.year()) / 100, "");
    two_digits(&mut text, i64::from(date.year()) % 100, "-");
    two_digits(&mut text, date.month().into(), "-");
    two_digits(&mut text, date.day().into(), "T");
    two_digits(&mut text, seconds / 3600, ":");
    two_digits(&mut text, seconds / 60 % 60, ":");
    two_digits(&mut text, seconds % 60, if millis { "." } else { "Z" });
    if millis {
        text.push(char::from(b'0' + (ms.rem_euclid(1000) / 100) as u8));
        two_digits(&mut text, ms.rem_euclid(100), "Z");
    }
    Some(text)
}

/// Every record has an instant or two, and the formatting of the standard library takes its time.
fn two_digits(text: &mut String, number: i64, after: &str) {
    let digits = number.rem_euclid(100) as u8;
    text.push(char::from(b'0' + digits / 10));
    text.push(char::from(b'0' + digits % 10));
    text.push_str(after);
}

/// Would [`iso`] write this text, if it is an instant at all? Leap seconds, which it never writes, are left out.
pub fn is_canonical(text: &str) -> bool {
    match text.len() {
        20 => has_shape(text, b"dddd-dd-ddTdd:dd:ddZ") && !text.ends_with(":60Z"),
        24 => has_shape(text, b"dddd-dd-ddTdd:dd:dd.dddZ") && !text.ends_with(".000Z") && !text[..20].ends_with(":60."),
        _ => false,
    }
}

/// Milliseconds of a duration: `1h30m`, `PT1H`, `30s`, `7d`, `500ms`. Days have 24 hours; months and years have no length.
pub fn duration_ms(text: &str) -> Option<i64> {
    let span: Span = text.trim().parse().ok()?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let total = span.total((Unit::Millisecond, SpanRelativeTo::days_are_24_hours())).ok()?;
    // Up to 2^53 a double holds every integer.
    (total.abs() < 9_007_199_254_740_992.0).then(|| total.round() as i64)
}

/// An HTTP-date (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. `None` outside the years that can be written.
pub fn http_date(ms: i64) -> Option<String> {
    let timestamp = Timestamp::from_second(ms.div_euclid(1000)).ok()?;
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp).ok()
}

/// An HTTP-date in any of its three forms (RFC 9110, 5.6.7), in milliseconds since the Unix epoch.
pub fn parse_http_date(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(timestamp) = RFC2822.parse_timestamp(text) {
        return Some(timestamp.as_millisecond());
    }
    let obsolete = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let mut parsed = obsolete.iter().filter_map(|format| strtime::parse(format, text).ok()?.to_datetime().ok());
    parsed.next().and_then(in_utc)
}

fn in_utc(civil: DateTime) -> Option<i64> {
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_millisecond())
}

/// `YYYY-MM-DD`.
pub fn date(ms: i64) -> Option<String> {
    day(ms).map(|day| day.to_string())
}

/// The instant itself; `None` outside the years 0 to 9999, the ones that can be written.
pub fn writable(ms: i64) -> Option<i64> {
    WRITABLE.contains(&ms).then_some(ms)
}

/// The day of an instant that can be written.
pub fn day(ms: i64) -> Option<Date> {
    let since = Span::new().try_days(writable(ms)?.div_euclid(DAY_MS)).ok()?;
    EPOCH.checked_add(since).ok()
}

/// RFC 3339 text or a date (its midnight) as milliseconds, rounded down, as a clock that shows milliseconds would.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if is_canonical(text) {
        return parse_canonical(text.as_bytes());
    }
    let ms = match text.parse::<Timestamp>() {
        Ok(moment) => i64::try_from(moment.as_nanosecond().div_euclid(1_000_000)).ok()?,
        Err(_) => parse_by_parts(text)?,
    };
    writable(ms)
}

/// What [`iso`] wrote, read back: most instants that are read are ours.
fn parse_canonical(text: &[u8]) -> Option<i64> {
    let number =
        |digits: Range<usize>| text[digits].iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    let (year, month, day) = (number(0..4) as i16, number(5..7) as i8, number(8..10) as i8);
    let (hour, minute, second) = (number(11..13), number(14..16), number(17..19));
    let ms = if text.len() == 24 { number(20..23) } else { 0 };
    let date = Date::new(year, month, day).ok().filter(|_| hour < 24 && minute < 60 && second < 60)?;
    Some(midnight(date)? + (hour * 3600 + minute * 60 + second) * 1000 + ms)
}

/// A date, or one of the last instants before the year 10000, which a [`Timestamp`] does not reach.
fn parse_by_parts(text: &str) -> Option<i64> {
    let parts = Pieces::parse(text).ok()?;
    let midnight = midnight(parts.date())?;
    match (parts.time(), parts.to_numeric_offset()) {
        (None, None) => Some(midnight),
        (Some(time), Some(offset)) => {
            let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
            let offset = i64::from(offset.seconds());
            Some(midnight + (seconds - offset) * 1000 + i64::from(time.millisecond()))
        }
        _ => None,
    }
}

pub fn midnight(date: Date) -> Option<i64> {
    Some(i64::from(EPOCH.until(date).ok()?.get_days()) * DAY_MS)
}

/// `YYYY-MM-DD`, a day of the calendar: the format `date` of JSON Schema.
pub fn is_date(text: &str) -> bool {
    has_shape(text, b"dddd-dd-dd") && text.parse::<Date>().is_ok()
}

/// The format `date-time` of JSON Schema, for instants that can be written in UTC again.
pub fn is_date_time(text: &str) -> bool {
    if is_canonical(text) {
        return parse_canonical(text.as_bytes()).is_some();
    }
    // Up to the seconds; then a fraction, and the offset.
    let Some((start, rest)) = text.split_at_checked(19) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if offset.len() == fraction.len() {
                return false;
            }
            offset
        }
        None => rest,
    };
    let offset = rest.eq_ignore_ascii_case("z") || has_shape(rest, b"+dd:dd") || has_shape(rest, b"-dd:dd");
    offset && has_shape(&start.to_ascii_uppercase(), b"dddd-dd-ddTdd:dd:dd") && parse(text).is_some()
}

/// `d` stands for a digit, everything else for itself.
fn has_shape<const LEN: usize>(text: &str, shape: &[u8; LEN]) -> bool {
    let Ok(text) = <&[u8; LEN]>::try_from(text.as_bytes()) else { return false };
    // All bytes are looked at whatever the first one says: so they are looked at many at once.
    let mut fits = true;
    for (byte, wanted) in text.iter().zip(shape) {
        fits &= (*wanted == b'd') & byte.is_ascii_digit() | (byte == wanted) & (*wanted != b'd');
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::{
        DAY_MS, WRITABLE, date, duration_ms, http_date, is_canonical, is_date, is_date_time, iso, iso_millis, parse,
        parse_http_date,
    };

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
    fn the_first_and_the_last_writable_instant_are_read_back() {
        for text in ["0000-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"] {
            let ms = parse(text).expect(text);
            assert_eq!(iso(ms).as_deref(), Some(text));
        }
        let written = ["2023-12-21T01:50:56Z", "2023-12-21T01:50:56.789Z"];
        let otherwise = ["2023-12-21T01:50:60Z", "2023-12-21T01:50:56.5Z", "2023-12-21T01:50:56z"];
        let more = ["2023-12-21T01:50:56.000Z", "2023-12-21T01:50:60.789Z", "2023-12-21T01:50:56.789z"];
        for text in written.into_iter().chain(otherwise).chain(more) {
            let ms = parse(text).expect(text);
            assert_eq!(is_canonical(text), iso(ms).as_deref() == Some(text), "{text}");
        }
        let first = parse("0000-01-01T00:00:00Z").expect("the first one");
        let last = parse("9999-12-31T23:59:59.999Z").expect("the last one");
        assert_eq!(WRITABLE, first..=last);
        assert_eq!((iso(first - 1), iso(last + 1), iso(i64::MIN), iso(i64::MAX)), (None, None, None, None));
        assert_eq!(date(last).as_deref(), Some("9999-12-31"));
        assert_eq!(parse("9999-12-31T23:59:59-01:00"), None);
        assert_eq!(parse("9999-12-31T23:59:59+01:00"), Some(last - 3_600_999));
        assert_eq!(iso_millis(0).as_deref(), Some("1970-01-01T00:00:00.000Z"));
    }

    #[test]
    fn every_day_is_read_back_and_every_other_number_is_no_day() {
        let (first, last) = (parse("0000-01-01").expect("the first"), parse("9999-12-31").expect("the last"));
        for (at, day) in (first..=last).step_by(DAY_MS as usize).enumerate() {
            let ms = day + at as i64 * 7_919_013 % DAY_MS;
            let text = iso(ms).expect("it can be written");
            assert_eq!((parse(&text), is_date_time(&text)), (Some(ms), true), "{text}");
        }
        let times = ["24:00:00", "23:60:00", "23:59:61", "23:59:99", "24:00:00.001", "23:59:61.001"]
            .map(|time| format!("2023-12-21T{time}Z"));
        let days = ["2023-02-29", "1900-02-29", "2023-00-01", "2023-13-01", "2023-04-31", "2023-04-00", "2023-99-99"];
        for text in days.map(|day| format!("{day}T00:00:00Z")).iter().chain(&times) {
            assert_eq!((parse(text), is_date_time(text)), (None, false), "{text}");
        }
    }

    #[test]
    fn formats_are_strict() {
        for good in ["2024-02-29", "0000-01-01", "9999-12-31"] {
            assert!(is_date(good), "{good}");
        }
        for bad in ["2023-02-29", "-001-01-01", "2023-1-01", "20230101", "2023-01-01Z", "2023-01-01 ", ""] {
            assert!(!is_date(bad), "{bad}");
        }
        for good in [
            "2023-12-21T01:50:56Z",
            "2023-12-21t01:50:56.123456789z",
            "2023-12-21T01:50:56-23:30",
            "1998-12-31T23:59:60Z",
        ] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in [
            "2023-12-21",
            "2023-12-21T01:50:56",
            "2023-12-21 01:50:56Z",
            "2023-12-21T24:00:00Z",
            "2023-12-21T01:50:56.Z",
            "2023-12-21T01:50:56+0100",
            "2023-12-21T01:50:56Z ",
            "2023-02-30T01:50:56Z",
            "9999-12-31T23:59:59-01:00",
            "ééééééééééé",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_no_instant_is_none() {
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2023-13-01"), None);
        assert_eq!(parse("2023-12-21T25:00:00Z"), None, "nor is it the midnight of its day");
        assert_eq!(iso(i64::MAX), None);
    }

    #[test]
    fn durations_are_read_in_both_forms() {
        let hour = 3_600_000;
        for (text, expected) in [
            ("1h30m", Some(hour + hour / 2)),
            ("PT1H", Some(hour)),
            ("30s", Some(30_000)),
            ("500ms", Some(500)),
            ("7d", Some(7 * 24 * hour)),
            ("P1W", Some(7 * 24 * hour)),
            ("P1DT12H", Some(36 * hour)),
            ("PT0.5S", Some(500)),
            ("0s", Some(0)),
            ("P1M", None),
            ("1y", None),
            ("30", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn http_dates_are_read_as_they_are_written() {
        assert_eq!(http_date(784_111_777_999).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(http_date(-1).as_deref(), Some("Wed, 31 Dec 1969 23:59:59 GMT"));
        assert_eq!(http_date(i64::MAX), None);
        assert_eq!(parse_http_date("soon"), None);
    }
}
