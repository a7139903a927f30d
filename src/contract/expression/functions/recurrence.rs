//! What comes back daily, weekly or monthly: when it is due next.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use serde_json::{Map, Value};

use super::argument::Arguments;
use super::convert::whole_number;
use super::time::{moment, read_moment};
use super::zone::{zone, zoned};
use crate::contract::expression::operators::{NULL, kind};
use crate::instant;

/// Most days, weeks or months between two rounds.
const INTERVAL_MAX: i64 = 1_000;
/// How many rounds are looked through for the next date. The first is one before the round of `after`, and one round always holds a date at
/// the same time of day; a third is to spare for a clock that is put forward or back.
const ROUNDS_MAX: i64 = 4;

/// A rule as its object says it.
struct Rule {
    frequency: Frequency,
    interval: i64,
    zone: TimeZone,
    starts: Zoned,
    starts_ms: i64,
    ends_ms: Option<i64>,
}

enum Frequency {
    Daily,
    /// Days after Sunday, in order.
    Weekly(Vec<i64>),
    Monthly(i8),
}

/// `nextOccurrence(rule, after)`: see the table of functions.
pub fn next_occurrence(arguments: Arguments<'_>) -> Result<Value, String> {
    let rule = arguments.object(0)?.ok_or_else(|| arguments.mismatch(0, "an object"))?;
    let rule = Rule::read(rule)?;
    let next = rule.next(moment(arguments, 1)?)?;
    Ok(next.map_or(Value::Null, Value::from))
}

impl Rule {
    fn read(rule: &Map<String, Value>) -> Result<Rule, String> {
        let member = |name: &str| rule.get(name).unwrap_or(&NULL);
        let integer = |name: &str, least: i64, most: i64| match member(name) {
            Value::Null => Ok(None),
            value => match whole_number(value).filter(|number| (least..=most).contains(number)) {
                Some(number) => Ok(Some(number)),
                None => Err(format!("rule.{name} must be an integer from {least} to {most}")),
            },
        };
        let instant = |name: &str| {
            read_moment(member(name), |wanted| format!("rule.{name} must be {wanted}, got {}", kind(member(name))))
        };
        let zone = match member("timezone") {
            Value::Null => TimeZone::UTC,
            Value::String(name) => zone(name)?,
            other => return Err(format!("rule.timezone must be text, got {}", kind(other))),
        };
        let starts_ms = instant("startsAt")?;
        let starts = zoned(starts_ms, zone.clone())?;
        let frequency = match member("frequency").as_str() {
            Some("daily") => Frequency::Daily,
            Some("weekly") => Frequency::Weekly(weekdays(member("daysOfWeek"), starts.weekday())?),
            Some("monthly") => {
                let day = integer("dayOfMonth", 1, 31)?.and_then(|day| i8::try_from(day).ok());
                Frequency::Monthly(day.unwrap_or(starts.day()))
            }
            _ => return Err("rule.frequency must be 'daily', 'weekly' or 'monthly'".to_owned()),
        };
        Ok(Rule {
            frequency,
            interval: integer("interval", 1, INTERVAL_MAX)?.unwrap_or(1),
            ends_ms: if member("endsAt").is_null() { None } else { Some(instant("endsAt")?) },
            zone,
            starts,
            starts_ms,
        })
    }

    /// The first occurrence after the instant; `None` when none is left, or none that can be written.
    fn next(&self, after: i64) -> Result<Option<i64>, String> {
        // One that falls on the start itself is not before it.
        let after = after.max(self.starts_ms - 1);
        let reached = zoned(after, self.zone.clone())?.date();
        let round = (self.rounds_until(reached) - 1).max(0);
        let dates = (round..round + ROUNDS_MAX).flat_map(|round| self.dates(round));
        let mut occurrences = dates.filter_map(|date| self.instant(date));
        let next = occurrences.find(|occurrence| *occurrence > after);
        Ok(next.filter(|next| self.ends_ms.is_none_or(|ends| *next <= ends)))
    }

    /// How many whole rounds lie between the start's and a date's own day, week or month.
    fn rounds_until(&self, date: Date) -> i64 {
        let first = self.starts.date();
        let passed = match self.frequency {
            Frequency::Daily => days_between(first, date),
            Frequency::Weekly(_) => days_between(first, date).saturating_add(days_after_sunday(first)).div_euclid(7),
            Frequency::Monthly(_) => months(date) - months(first),
        };
        passed.div_euclid(self.interval)
    }

    /// The dates of one round, in order; those that no calendar here has are left out.
    fn dates(&self, round: i64) -> Vec<Date> {
        let first = self.starts.date();
        let steps = round.saturating_mul(self.interval);
        match &self.frequency {
            Frequency::Daily => later(first, steps).into_iter().collect(),
            Frequency::Weekly(days) => {
                let sunday = steps.saturating_mul(7) - days_after_sunday(first);
                days.iter().filter_map(|day| later(first, sunday + day)).collect()
            }
            Frequency::Monthly(day) => {
                let month = Span::new().try_months(steps).and_then(|steps| first.first_of_month().checked_add(steps));
                let date =
                    month.and_then(|month| Date::new(month.year(), month.month(), (*day).min(month.days_in_month())));
                date.ok().into_iter().collect()
            }
        }
    }

    /// The start's time of day on a date, in ms. A time that a clock put forward leaves out comes as much later; of one that comes twice it
    /// is the first.
    fn instant(&self, date: Date) -> Option<i64> {
        let time: Time = self.starts.time();
        let local = DateTime::from_parts(date, time).to_zoned(self.zone.clone()).ok()?;
        let ms = local.timestamp().as_millisecond();
        instant::day(ms).map(|_| ms)
    }
}

fn weekdays(named: &Value, own: Weekday) -> Result<Vec<i64>, String> {
    let wrong = || "rule.daysOfWeek must be a list of integers from 0 (Sunday) to 6".to_owned();
    let mut days = match named {
        Value::Null => Vec::new(),
        Value::Array(days) => {
            let day = |day: &Value| whole_number(day).filter(|day| (0..=6).contains(day)).ok_or_else(wrong);
            days.iter().map(day).collect::<Result<Vec<i64>, String>>()?
        }
        _ => return Err(wrong()),
    };
    if days.is_empty() {
        days.push(own.to_sunday_zero_offset().into());
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

fn days_after_sunday(date: Date) -> i64 {
    date.weekday().to_sunday_zero_offset().into()
}

fn days_between(first: Date, date: Date) -> i64 {
    first.until(date).map_or(0, |span| span.get_days().into())
}

fn months(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month())
}

fn later(date: Date, days: i64) -> Option<Date> {
    Span::new().try_days(days).and_then(|days| date.checked_add(days)).ok()
}
