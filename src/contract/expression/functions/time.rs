//! Functions of time: milliseconds since the Unix epoch, always in UTC. None reads a clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp, Unit};
use serde_json::Value;

use super::argument::Arguments;

const DAY_MS: i64 = 86_400_000;

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

pub fn iso(arguments: Arguments<'_>) -> Result<Value, String> {
    let moment = timestamp(moment(arguments, 0)?)?;
    let whole = moment.as_millisecond().rem_euclid(1000) == 0;
    Ok(if whole { format!("{moment:.0}") } else { format!("{moment:.3}") }.into())
}

pub fn iso_millis(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(format!("{:.3}", timestamp(moment(arguments, 0)?)?).into())
}

pub fn millis(arguments: Arguments<'_>) -> Result<Value, String> {
    moment(arguments, 0).map(Value::from)
}

pub fn seconds(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(moment(arguments, 0)?.div_euclid(1000).into())
}

pub fn date(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(day(moment(arguments, 0)?)?.to_string().into())
}

pub fn day_start(arguments: Arguments<'_>) -> Result<Value, String> {
    let moment = moment(arguments, 0)?;
    Ok((moment - moment.rem_euclid(DAY_MS)).into())
}

pub fn month_start(arguments: Arguments<'_>) -> Result<Value, String> {
    midnight(day(moment(arguments, 0)?)?.first_of_month()).map(Value::from)
}

pub fn add_days(arguments: Arguments<'_>) -> Result<Value, String> {
    let moment = moment(arguments, 0)?;
    let later = arguments.integer(1)?.checked_mul(DAY_MS).and_then(|days| moment.checked_add(days));
    let later = later.ok_or("the result is out of the range of time")?;
    timestamp(later).map(|moment| moment.as_millisecond().into())
}

pub fn weekday(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(day(moment(arguments, 0)?)?.weekday().to_monday_one_offset().into())
}

pub fn duration(arguments: Arguments<'_>) -> Result<Value, String> {
    let text = arguments.text(0)?;
    duration_ms(text)
        .map(Value::from)
        .ok_or_else(|| format!("'{text}' is not a duration such as 1h30m, PT1H, 30s or 7d"))
}

/// A moment given as milliseconds, as RFC 3339 text or as a date; always one that can be written as text.
fn moment(arguments: Arguments<'_>, index: usize) -> Result<i64, String> {
    let text = match arguments.value(index) {
        Value::String(text) => text.trim(),
        value => {
            let wanted = "milliseconds, RFC 3339 text or a date";
            let millis = value.as_i64().ok_or_else(|| arguments.mismatch(index, wanted))?;
            return timestamp(millis).map(|moment| moment.as_millisecond());
        }
    };
    if let Ok(moment) = text.parse::<Timestamp>() {
        // Rounded down, as a clock that shows milliseconds would.
        return Ok(moment.as_nanosecond().div_euclid(1_000_000) as i64);
    }
    let date: Date = text.parse().map_err(|_| format!("'{text}' is not RFC 3339 text or a date"))?;
    midnight(date)
}

fn timestamp(millis: i64) -> Result<Timestamp, String> {
    Timestamp::from_millisecond(millis).map_err(|_| format!("{millis} is out of the range of time"))
}

fn day(millis: i64) -> Result<Date, String> {
    Ok(timestamp(millis)?.to_zoned(TimeZone::UTC).date())
}

fn midnight(date: Date) -> Result<i64, String> {
    let zoned = date.to_zoned(TimeZone::UTC).map_err(|_| format!("{date} is out of the range of time"))?;
    Ok(zoned.timestamp().as_millisecond())
}
