//! How long a reply asks to wait: `Retry-After` in both of its forms (RFC 9110, 10.2.3).

use std::time::Duration;

use super::WAIT_MAX;
use crate::instant::parse_http_date;
use crate::scenario::exchange::Exchange;

/// The wait that the reply asks for, in whole seconds, rounded up; `None` where it asks for none that can be read.
pub fn retry_after(exchange: &Exchange) -> Option<Duration> {
    let text = exchange.reply.header("retry-after")?.trim();
    let seconds = match seconds(text) {
        Some(seconds) => seconds,
        None => {
            let now = exchange.reply.header("date").and_then(parse_http_date).unwrap_or(exchange.received_at);
            let ms = parse_http_date(text)?.saturating_sub(now).max(0);
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

#[cfg(test)]
mod tests;
