//! Functions of time: milliseconds since the Unix epoch, always in UTC. None reads a clock.

use jiff::civil::Date;
use serde_json::Value;

use super::argument::Arguments;
use crate::instant::{self, DAY_MS};

pub fn iso(arguments: Arguments<'_>) -> Result<Value, String> {
    written(moment(arguments, 0)?, instant::iso)
}

pub fn iso_millis(arguments: Arguments<'_>) -> Result<Value, String> {
    written(moment(arguments, 0)?, instant::iso_millis)
}

pub fn millis(arguments: Arguments<'_>) -> Result<Value, String> {
    moment(arguments, 0).map(Value::from)
}

pub fn seconds(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(moment(arguments, 0)?.div_euclid(1000).into())
}

pub fn date(arguments: Arguments<'_>) -> Result<Value, String> {
    written(moment(arguments, 0)?, instant::date)
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
    instant::writable(later).map(Value::from).ok_or_else(|| out_of_range(later))
}

pub fn weekday(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(day(moment(arguments, 0)?)?.weekday().to_monday_one_offset().into())
}

pub fn hour(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok((moment(arguments, 0)?.rem_euclid(DAY_MS) / 3_600_000).into())
}

pub fn duration(arguments: Arguments<'_>) -> Result<Value, String> {
    let text = arguments.text(0)?;
    instant::duration_ms(text)
        .map(Value::from)
        .ok_or_else(|| format!("'{text}' is not a duration such as 1h30m, PT1H, 30s or 7d"))
}

/// The moment that an argument names.
pub(super) fn moment(arguments: Arguments<'_>, index: usize) -> Result<i64, String> {
    read_moment(arguments.value(index), |wanted| arguments.mismatch(index, wanted))
}

/// A moment given as milliseconds, as RFC 3339 text or as a date; always one that can be written as text. `mismatch` words the complaint
/// about another kind of value.
pub(super) fn read_moment(value: &Value, mismatch: impl FnOnce(&str) -> String) -> Result<i64, String> {
    if let Value::String(text) = value {
        return instant::parse(text).ok_or_else(|| format!("'{}' is not RFC 3339 text or a date", text.trim()));
    }
    let ms = value.as_i64().ok_or_else(|| mismatch("milliseconds, RFC 3339 text or a date"))?;
    instant::writable(ms).ok_or_else(|| out_of_range(ms))
}

fn written(ms: i64, form: fn(i64) -> Option<String>) -> Result<Value, String> {
    form(ms).map(Value::from).ok_or_else(|| out_of_range(ms))
}

fn day(ms: i64) -> Result<Date, String> {
    instant::day(ms).ok_or_else(|| out_of_range(ms))
}

fn midnight(date: Date) -> Result<i64, String> {
    instant::midnight(date).ok_or_else(|| format!("{date} is out of the range of time"))
}

fn out_of_range(ms: i64) -> String {
    format!("{ms} is out of the range of time")
}
