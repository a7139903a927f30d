//! The world's clock: read, set, stop, and advance.

use std::sync::Arc;

use http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Number, Value, json};

use super::{Answer, Refusal, ask, json, refuse};
use crate::call::{Call, Reply};
use crate::engine::control as change;
use crate::server::drive::{self, Stuck};
use crate::server::hub::Hub;
use crate::server::settings::wall_ms;
use crate::server::tenant::{Held, Tenant, guarded};
use crate::world::clock::Mode;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    /// Milliseconds since the Unix epoch, or RFC 3339.
    now: Option<Value>,
    mode: Option<SetMode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SetMode {
    Frozen,
    Wall,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: Option<Number>,
    /// ISO 8601.
    duration: Option<String>,
    /// Either of the two.
    by: Option<Value>,
}

pub fn get(tenant: &Tenant) -> Answer {
    Ok(shown(&tenant.lock()))
}

/// Forward, everything due on the way is performed; back, the clock is just set.
pub async fn set(hub: &Arc<Hub>, tenant: &Arc<Tenant>, call: &Call) -> Answer {
    let asked: Set = ask::body(call)?;
    if asked.now.is_none() && asked.mode.is_none() {
        return Err(refuse(StatusCode::BAD_REQUEST, "the request body: give now, mode, or both"));
    }
    let instant = asked.now.as_ref().map(instant).transpose()?;
    let _turn = tenant.turn.lock().await;
    if let Some(instant) = instant {
        if instant > now_of(tenant) {
            jump(hub, tenant, instant).await?;
        } else {
            let mut held = tenant.lock();
            guarded(&mut held.world, true, |world| change::set_clock(world, instant, wall_ms()))?;
        }
    }
    let (reply, follow_up) = {
        let mut held = tenant.lock();
        if let Some(mode) = asked.mode {
            guarded(&mut held.world, true, |world| change::set_mode(world, mode == SetMode::Frozen, wall_ms()))?;
        }
        (shown(&held), held.follow_up())
    };
    drive::begin(hub, tenant, follow_up);
    tenant.timer.notify_one();
    Ok(reply)
}

pub async fn advance(hub: &Arc<Hub>, tenant: &Arc<Tenant>, call: &Call) -> Answer {
    let asked: Advance = ask::body(call)?;
    let _turn = tenant.turn.lock().await;
    let now = now_of(tenant);
    let until = until(&asked, now)?;
    jump(hub, tenant, until).await?;
    Ok(shown(&tenant.lock()))
}

/// One jump, alone on this world's clock: the caller holds its turn.
async fn jump(hub: &Arc<Hub>, tenant: &Arc<Tenant>, until: i64) -> Result<(), Refusal> {
    drive::advance(hub, tenant, until).await.map_err(|stuck| match stuck {
        Stuck::Rounds => refuse(
            StatusCode::CONFLICT,
            format!("after {} rounds there was still something due; advance in smaller steps", drive::ROUNDS_MAX),
        ),
        Stuck::Bug(bug) => bug.into(),
    })?;
    let follow_up = {
        let mut held = tenant.lock();
        guarded(&mut held.world, true, |world| change::keep_offset(world, wall_ms()))?;
        held.follow_up()
    };
    drive::begin(hub, tenant, follow_up);
    tenant.timer.notify_one();
    Ok(())
}

/// Where the clock stands now: on wall time, a little later than when it was last used.
fn now_of(tenant: &Tenant) -> i64 {
    tenant.lock().world.clock.target(wall_ms())
}

fn shown(held: &Held) -> Reply {
    let clock = held.world.clock;
    let now = clock.target(wall_ms());
    let mode = match clock.mode() {
        Mode::Frozen => "frozen",
        Mode::Wall { .. } => "wall",
    };
    let text = Timestamp::from_millisecond(now).map(|instant| format!("{instant:.3}")).unwrap_or_default();
    json(StatusCode::OK, &json!({ "now": now, "time": text, "mode": mode, "nextDue": held.world.agenda.next_due() }))
}

/// Milliseconds since the Unix epoch from a number or RFC 3339 text.
fn instant(value: &Value) -> Result<i64, Refusal> {
    let wrong = || {
        let detail = format!("now is {value}, but must be milliseconds since the Unix epoch or RFC 3339 text");
        refuse(StatusCode::BAD_REQUEST, detail)
    };
    match value {
        Value::Number(number) => {
            let millis = number.as_i64().ok_or_else(wrong)?;
            Timestamp::from_millisecond(millis).map(Timestamp::as_millisecond).map_err(|_| wrong())
        }
        Value::String(text) => text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// The instant to advance to.
fn until(asked: &Advance, now: i64) -> Result<i64, Refusal> {
    let by = match (&asked.seconds, &asked.duration, &asked.by) {
        (Some(seconds), None, None) => Value::Number(seconds.clone()),
        (None, Some(duration), None) => Value::String(duration.clone()),
        (None, None, Some(by)) => by.clone(),
        _ => {
            let detail = "the request body: give exactly one of seconds, duration and by";
            return Err(refuse(StatusCode::BAD_REQUEST, detail));
        }
    };
    let wrong = |what: &str| refuse(StatusCode::BAD_REQUEST, format!("cannot advance by {by}: {what}"));
    let until = match &by {
        Value::Number(seconds) => after_seconds(now, seconds),
        Value::String(text) => after_duration(now, text),
        _ => Err("not a number of seconds or an ISO 8601 duration like P30D"),
    };
    let until = until.map_err(wrong)?;
    if until < now {
        return Err(wrong("a clock is advanced forward only; setClock sets it back"));
    }
    Ok(until)
}

fn after_seconds(now: i64, seconds: &Number) -> Result<i64, &'static str> {
    const OUT_OF_RANGE: &str = "beyond the year 9999";
    let millis = match seconds.as_i64() {
        Some(seconds) => seconds.checked_mul(1_000).ok_or(OUT_OF_RANGE)?,
        // Casting saturates, and what is out of range is refused below.
        None => (seconds.as_f64().ok_or("not a number")? * 1_000.0).round() as i64,
    };
    let until = now.checked_add(millis).ok_or(OUT_OF_RANGE)?;
    Timestamp::from_millisecond(until).map(Timestamp::as_millisecond).map_err(|_| OUT_OF_RANGE)
}

/// Months and years count on the calendar, in UTC.
fn after_duration(now: i64, text: &str) -> Result<i64, &'static str> {
    let span: Span = text.parse().map_err(|_| "not an ISO 8601 duration like PT90S, PT2H or P30D")?;
    let start = Timestamp::from_millisecond(now).map_err(|_| "the clock is out of range")?;
    let end = start.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| "beyond the year 9999")?;
    Ok(end.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::control::detail;

    const NOW: i64 = 1_767_225_600_000;

    #[track_caller]
    fn check(body: &str, millis: i64) {
        let asked: Advance = serde_json::from_str(body).unwrap();
        assert_eq!(until(&asked, NOW).map_err(|refusal| detail(&refusal)), Ok(NOW + millis), "{body}");
    }

    #[test]
    fn a_clock_advances_by_seconds_or_by_a_duration() {
        const DAY: i64 = 86_400_000;
        check(r#"{"seconds": 90}"#, 90_000);
        check(r#"{"seconds": 0}"#, 0);
        check(r#"{"seconds": 0.25}"#, 250);
        check(r#"{"by": 1.5}"#, 1_500);
        check(r#"{"duration": "P30D"}"#, 30 * DAY);
        check(r#"{"by": "PT1H30M"}"#, 5_400_000);
        check(r#"{"by": "P1M"}"#, 31 * DAY);
    }

    #[test]
    fn what_is_no_step_forward_is_refused() {
        for (body, part) in [
            ("{}", "exactly one of"),
            (r#"{"seconds": 1, "by": 2}"#, "exactly one of"),
            (r#"{"seconds": -1}"#, "forward only"),
            (r#"{"duration": "-P1D"}"#, "forward only"),
            (r#"{"duration": "tomorrow"}"#, "ISO 8601"),
            (r#"{"by": [1]}"#, "not a number of seconds"),
            (r#"{"seconds": 1e300}"#, "beyond the year 9999"),
            (r#"{"seconds": 9223372036854775807}"#, "beyond the year 9999"),
            (r#"{"duration": "P19000Y"}"#, "beyond the year 9999"),
        ] {
            let asked: Advance = serde_json::from_str(body).unwrap();
            let detail = detail(&until(&asked, NOW).unwrap_err());
            assert!(detail.contains(part), "{body}: {detail}");
        }
    }

    #[test]
    fn an_instant_is_a_number_or_rfc_3339() {
        assert_eq!(instant(&json!(NOW)).unwrap(), NOW);
        assert_eq!(instant(&json!("2026-01-01T00:00:00Z")).unwrap(), NOW);
        assert_eq!(instant(&json!("2026-01-01T02:00:00+02:00")).unwrap(), NOW);
        for bad in [json!("yesterday"), json!(1.5), json!(null), json!(i64::MAX), json!({})] {
            assert!(instant(&bad).is_err(), "{bad}");
        }
    }
}
