//! How long replies ask their clients to wait.

use super::observe::Exchange;
use crate::instant::parse_http_date;

/// Nobody means to wait longer than this before a retry, in seconds.
pub const ABSURD_SECONDS: u64 = 3_600;

/// What a reply's `Retry-After` asks for (RFC 9110, 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Seconds(u64),
    /// An HTTP-date, so many seconds ahead on the server's clock; below 0 for one in the past. `None` where nothing shows what its clock says.
    Date(Option<i64>),
    Malformed,
}

impl Asked {
    /// `None` where nothing is asked.
    pub fn by(exchange: &Exchange) -> Option<Asked> {
        let value = exchange.reply_header("retry-after")?.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit are far beyond any bound, too.
            return Some(Asked::Seconds(value.parse().unwrap_or(u64::MAX)));
        }
        let Some(date) = parse_http_date(value) else { return Some(Asked::Malformed) };
        let now = exchange.reply_header("date").and_then(parse_http_date);
        let ahead = now.map(|now| date.saturating_sub(now).div_euclid(1_000));
        Some(Asked::Date(ahead.or_else(|| said_by_fault(exchange))))
    }

    /// The wait in seconds, where it is known; a date in the past asks for none.
    pub fn seconds(self) -> Option<u64> {
        match self {
            Asked::Seconds(seconds) => Some(seconds),
            Asked::Date(ahead) => Some(u64::try_from(ahead?).unwrap_or_default()),
            Asked::Malformed => None,
        }
    }

    /// Would a sensible client rather give up, or wait less?
    pub fn is_absurd(self) -> bool {
        self.seconds().is_some_and(|seconds| seconds >= ABSURD_SECONDS)
    }
}

/// Seconds that the fault behind a date was to put between it and now: for replies that do not tell the time.
fn said_by_fault(exchange: &Exchange) -> Option<i64> {
    let said = exchange.struck.iter().find_map(|struck| struck.text.split_once("retry after "));
    said.and_then(|(_, rest)| rest.split(' ').next()).and_then(|seconds| seconds.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::{get, run};
    use crate::audit::observe::StruckFault;

    #[test]
    fn retry_after_is_read_in_both_forms_and_nothing_else() {
        let asked = |value: &str, date: Option<&str>| {
            let seen = get("/posts").status(503).retry_after(value);
            let seen = date.into_iter().fold(seen, |seen, date| seen.reply_header("date", date));
            Asked::by(&run("one").saw(seen).exchanges[0])
        };
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(asked("120", None), Some(Asked::Seconds(120)));
        assert_eq!(asked("99999999999999999999999", None), Some(Asked::Seconds(u64::MAX)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:40 GMT", now), Some(Asked::Date(Some(3))));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:30 GMT", now), Some(Asked::Date(Some(-7))));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:40 GMT", None), Some(Asked::Date(None)));
        for malformed in ["soon", "-1", "1.5", "", "Sun, 06 Nov"] {
            assert_eq!(asked(malformed, now), Some(Asked::Malformed), "{malformed}");
        }
        assert_eq!(Asked::by(&run("one").saw(get("/posts").status(503)).exchanges[0]), None);
    }

    #[test]
    fn a_reply_that_does_not_tell_the_time_is_read_by_the_fault_behind_it() {
        let mut run = run("one").saw(get("/posts").status(429).retry_after("Sun, 06 Nov 1994 08:49:40 GMT"));
        run.exchanges[0].struck.push(StruckFault { kind: "status", text: "status 429, retry after 3 s".to_owned() });
        assert_eq!(Asked::by(&run.exchanges[0]), Some(Asked::Date(Some(3))));
    }
}
