//! How long a reply asks to wait: `Retry-After` in both of its forms (RFC 9110, 10.2.3).

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::{rfc2822, strtime};

use super::WAIT_MAX;
use crate::scenario::exchange::Exchange;

const RFC2822: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// The wait that the reply asks for, in whole seconds, rounded up; `None` where it asks for none that can be read.
pub fn retry_after(exchange: &Exchange) -> Option<Duration> {
    let text = exchange.reply.header("retry-after")?.trim();
    let seconds = match seconds(text) {
        Some(seconds) => seconds,
        None => {
            let now = exchange.reply.header("date").and_then(http_date).unwrap_or(exchange.received_at);
            let ms = http_date(text)?.saturating_sub(now).max(0);
            u64::try_from(ms).ok()?.div_ceil(1_000)
        }
    };
    Some(Duration::from_secs(seconds).min(WAIT_MAX))
}

/// Whole seconds; some servers write a fraction.
fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // More than fits is more than anybody waits.
    let whole = whole.parse().unwrap_or(u64::MAX);
    Some(if fraction.bytes().all(|byte| byte == b'0') { whole } else { whole.saturating_add(1) })
}

/// An HTTP-date in any of its three forms (RFC 9110, 5.6.7), in milliseconds since the Unix epoch.
fn http_date(text: &str) -> Option<i64> {
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

#[cfg(test)]
mod tests;
