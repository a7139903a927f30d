//! Headers of a server whose clock is wrong.

use http::HeaderValue;
use http::header::DATE;

use crate::call::Reply;
use crate::contract::Contract;
use crate::contract::vocabulary::ResetUnit;
use crate::instant::{http_date, parse_http_date};
use crate::world::fault::kind::ClockSkew;

/// Shifts every instant in the headers: all HTTP-dates (RFC 9110, 5.6.7) and the end of a limit's window; and adds `Date`. What is told as a
/// distance stays as it is.
pub fn shift(contract: &Contract, reply: &mut Reply, skew: &ClockSkew, now: i64) {
    let off = skew.seconds.saturating_mul(1000);
    if reply.header("date").is_none() {
        let date = http_date(now).and_then(|text| HeaderValue::try_from(text).ok());
        reply.headers.extend(date.map(|date| (DATE, date)));
    }
    let names = &contract.plan.limit_headers;
    for (name, value) in &mut reply.headers {
        let Ok(text) = value.to_str() else { continue };
        let shifted = match names.reset_unit {
            ResetUnit::UnixSeconds if names.reset.as_ref() == Some(name) => number(text, skew.seconds),
            ResetUnit::UnixMilliseconds if names.reset.as_ref() == Some(name) => number(text, off),
            _ => parse_http_date(text).and_then(|instant| http_date(instant.saturating_add(off))),
        };
        if let Some(shifted) = shifted.and_then(|text| HeaderValue::try_from(text).ok()) {
            *value = shifted;
        }
    }
}

fn number(text: &str, off: i64) -> Option<String> {
    text.parse::<i64>().ok().map(|number| number.saturating_add(off).to_string())
}
