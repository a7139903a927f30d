//! Rate limits: what a call is charged, and the headers that tell how the tightest limit stands.

use std::borrow::Cow;
use std::cell::OnceCell;

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::problem::Problem;
use crate::contract::Contract;
use crate::contract::expression::{EvaluationError, Scope};
use crate::contract::plan::Limit;
use crate::contract::vocabulary::{LimitSubject, LimitWindow, ResetUnit};
use crate::json;
use crate::world::World;
use crate::world::quota::{Rate, Standing, Window};

/// What a service without limits asks callers to wait when one is made up, in seconds.
const RETRY_SECONDS_UNLIMITED: i64 = 60;

/// Who is counted.
pub struct Caller<'a> {
    /// What names the credential; nothing where there is none.
    name: Option<&'a str>,
    /// The credential's record, or null.
    me: &'a Value,
    /// What limits see, made once for those that look.
    scope: OnceCell<Scope<'a>>,
}

impl<'a> Caller<'a> {
    pub fn new(name: Option<&'a str>, me: &'a Value) -> Caller<'a> {
        Caller { name, me, scope: OnceCell::new() }
    }

    fn scope(&self, now: i64) -> &Scope<'a> {
        self.scope.get_or_init(|| {
            let mut scope = Scope::with_capacity(2);
            scope.bind_ref("me", self.me);
            scope.bind_owned("now", Value::from(now));
            scope
        })
    }
}

/// Charges every limit of the operation at once: a call that one of them refuses is charged to none. Gives the tightest standing.
pub fn charge(
    contract: &Contract,
    world: &mut World,
    limits: &[usize],
    caller: &Caller<'_>,
) -> Result<Option<Standing>, (Problem, Option<Standing>)> {
    let now = world.clock.now();
    let mut counted = Vec::with_capacity(limits.len());
    for limit in limits.iter().map(|index| &contract.plan.limits[*index]) {
        let subject = subject(limit, caller, now).map_err(|error| (Problem::evaluation(contract, &error), None))?;
        counted.extend(subject.map(|subject| (limit, subject)));
    }
    let refused = |standing: Standing| {
        let mut problem = Problem::new(contract.plan.errors.known.rate_limited);
        problem.retry_after = Some(seconds_until(standing.reset_at, now));
        (problem, Some(standing))
    };
    // One alone may be charged unasked: a call that it refuses is not counted.
    let asked = counted.iter().filter(|_| counted.len() > 1);
    let asked = asked.map(|(limit, subject)| world.quotas.standing(&limit.bucket, subject, rate(limit), now));
    // Who waits for the last of them to open gets through.
    if let Some(standing) = asked.filter(|standing| !standing.passes).max_by_key(|standing| standing.reset_at) {
        return Err(refused(standing));
    }
    let mut tightest: Option<Standing> = None;
    for (limit, subject) in &counted {
        let standing = world.quotas.charge(&limit.bucket, subject, rate(limit), now);
        if !standing.passes {
            return Err(refused(standing));
        }
        if tightest.is_none_or(|known| standing.remaining < known.remaining) {
            tightest = Some(standing);
        }
    }
    Ok(tightest.or_else(|| untouched(contract, now)))
}

/// The refusal of a caller who has no call left in the window, whatever was counted; nothing is charged. Gives the standing that it tells:
/// that of the tightest limit, with none remaining.
pub fn used_up(
    contract: &Contract,
    world: &World,
    limits: &[usize],
    caller: &Caller<'_>,
) -> (Problem, Option<Standing>) {
    let now = world.clock.now();
    let limits = limits.iter().map(|index| &contract.plan.limits[*index]);
    let standings = limits.filter_map(|limit| {
        let subject = subject(limit, caller, now).ok()??;
        Some(world.quotas.standing(&limit.bucket, &subject, rate(limit), now))
    });
    let standing = standings.min_by_key(|standing| standing.remaining).or_else(|| untouched(contract, now));
    let standing = standing.map(|standing| Standing { passes: false, remaining: 0, ..standing });
    let mut problem = Problem::new(contract.plan.errors.known.rate_limited);
    problem.retry_after = Some(standing.map_or(RETRY_SECONDS_UNLIMITED, |it| seconds_until(it.reset_at, now)));
    (problem, standing)
}

/// How the general limit stands for somebody who has not called yet: what callers without a name are told.
pub fn untouched(contract: &Contract, now: i64) -> Option<Standing> {
    let limit = contract.plan.limits.first()?;
    Some(Standing { passes: true, limit: limit.count, remaining: limit.count, reset_at: now + limit.window_ms })
}

/// The headers that the service uses, in the order limit, remaining, reset.
pub fn headers(
    contract: &Contract,
    standing: &Standing,
    now: i64,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
    let names = &contract.plan.limit_headers;
    let reset = match names.reset_unit {
        ResetUnit::UnixSeconds => div_ceil(standing.reset_at, 1000),
        ResetUnit::UnixMilliseconds => standing.reset_at,
        ResetUnit::DeltaSeconds => seconds_until(standing.reset_at, now),
    };
    let named = [
        names.limit.clone().map(|name| (name, number(standing.limit))),
        names.remaining.clone().map(|name| (name, number(standing.remaining))),
        names.reset.clone().map(|name| (name, number(reset))),
    ];
    named.into_iter().flatten()
}

fn number(number: impl itoa::Integer) -> HeaderValue {
    // Digits, with a sign or without, are always a header's value.
    HeaderValue::from_str(itoa::Buffer::new().format(number)).unwrap_or(HeaderValue::from_static("0"))
}

/// What a limit counts this call under, if it counts it at all.
fn subject<'a>(limit: &Limit, caller: &Caller<'a>, now: i64) -> Result<Option<Cow<'a, str>>, EvaluationError> {
    let name = match limit.per {
        LimitSubject::Credential => caller.name,
        LimitSubject::World => Some("*"),
    };
    let Some(name) = name else { return Ok(None) };
    if limit.when.is_none() && limit.by.is_none() {
        return Ok(Some(Cow::Borrowed(name)));
    }
    let scope = caller.scope(now);
    if let Some(when) = &limit.when
        && !when.holds(scope)?
    {
        return Ok(None);
    }
    let by = limit.by.as_ref().map(|by| by.value(scope)).transpose()?;
    // Whom nothing tells apart is counted by the credential. A text in quotes is never taken for a credential's name.
    Ok(Some(by.filter(|by| !by.is_null()).map_or(Cow::Borrowed(name), |by| Cow::Owned(json::text(&by)))))
}

fn rate(limit: &Limit) -> Rate {
    let window = match limit.window {
        LimitWindow::Sliding => Window::Sliding,
        LimitWindow::Fixed => Window::Fixed,
    };
    Rate { count: limit.count, window_ms: limit.window_ms, window }
}

/// Whole seconds to wait, at least one: who waits that long gets through.
pub fn seconds_until(instant: i64, now: i64) -> i64 {
    div_ceil(instant - now, 1000).max(1)
}

fn div_ceil(value: i64, by: i64) -> i64 {
    value.div_euclid(by) + i64::from(value.rem_euclid(by) > 0)
}
