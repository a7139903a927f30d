//! Rate limits: the names of the headers that tell how they stand, and the rate where an example gives it.

use indexmap::IndexMap;
use serde_json::Value;

use super::names::flat;
use super::notes::Notes;
use super::site::Survey;
use super::view::Property;
use crate::contract::operation::ResponseHeader;
use crate::contract::vocabulary::{LimitHeaders, LimitRule, LimitSubject, LimitWindow, ResetUnit};

/// The highest rate that an example is believed.
const RATE_MAX: u64 = 1_000_000;

pub fn rules(survey: &Survey<'_>, notes: &mut Notes) -> (Option<LimitHeaders>, Option<LimitRule>) {
    let responses = survey.sites.iter().flat_map(|site| site.operation.responses.values());
    let mut by_name: IndexMap<&str, &ResponseHeader> = IndexMap::new();
    for header in responses.flat_map(|response| &response.headers) {
        by_name.entry(&header.name).or_insert(header);
    }
    by_name.retain(|name, _| flat(name).contains("ratelimit"));
    let all = || by_name.values().copied();
    let find = |ending: &str| all().find(|header| flat(&header.name).ends_with(ending));
    let limit = all().find(|header| {
        let name = flat(&header.name);
        name.ends_with("ratelimitlimit") || name.ends_with("limitrequests")
    });
    let (remaining, reset) = (find("remaining"), find("reset"));
    if limit.is_none() && remaining.is_none() && reset.is_none() {
        return (None, None);
    }
    let name = |header: Option<&ResponseHeader>| header.map(|header| header.name.clone());
    let (reset_unit, why) = reset.map_or((ResetUnit::default(), "unix seconds are usual"), |reset| unit(survey, reset));
    notes.add(&["limit_headers"], "replies declare these headers");
    if reset.is_some() {
        notes.add(&["limit_headers", "reset_unit"], why);
    }
    let headers = LimitHeaders { limit: name(limit), remaining: name(remaining), reset: name(reset), reset_unit };
    let refused = survey.sites.iter().any(|site| site.operation.response(429).is_some() && site.declares("429"));
    let rate = limit.filter(|_| refused).and_then(|limit| rate(survey, limit));
    if let Some((rate, window)) = &rate {
        notes.add(&["limits", "default"], format!("429 is declared, and the limit's example is {rate} ({window})"));
    }
    let rule = rate.map(|(rate, window)| LimitRule {
        rate: format!("{rate}/{window}"),
        per: LimitSubject::Credential,
        window: LimitWindow::Sliding,
        ..LimitRule::default()
    });
    (Some(headers), rule)
}

/// The header's object stands in the document beside its schema; the schema alone may hold the example.
fn example(survey: &Survey<'_>, header: &ResponseHeader) -> Option<u64> {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let own = Property::of(survey.document, &header.raw);
    let in_schema = own.example().or_else(|| own.say("default")).and_then(number);
    in_schema.or_else(|| {
        written(survey, header).into_iter().find_map(|header| {
            let several =
                header.get("examples").and_then(Value::as_object).and_then(|map| map.values().next()?.get("value"));
            header.get("example").or(several).and_then(number)
        })
    })
}

/// Every Header Object of this name.
fn written<'a>(survey: &Survey<'a>, header: &ResponseHeader) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for site in &survey.sites {
        for status in site.operation.responses.keys() {
            found.extend(survey.written(site.operation, &["responses", status, "headers", &header.name]));
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

fn text(survey: &Survey<'_>, header: &ResponseHeader) -> String {
    let own = Property::of(survey.document, &header.raw);
    let described = own.say("description").and_then(Value::as_str).unwrap_or_default();
    let headers = written(survey, header);
    let outer =
        headers.first().and_then(|header| header.get("description")).and_then(Value::as_str).unwrap_or_default();
    format!("{described} {outer} {}", own.format()).to_lowercase()
}

fn rate(survey: &Survey<'_>, limit: &ResponseHeader) -> Option<(u64, &'static str)> {
    let rate = example(survey, limit).filter(|rate| (1..=RATE_MAX).contains(rate))?;
    let text = text(survey, limit);
    let window = if text.contains("hour") {
        "h"
    } else if text.contains("per second") || text.contains("each second") {
        "s"
    } else if text.contains("day") {
        "d"
    } else {
        "min"
    };
    Some((rate, window))
}

fn unit(survey: &Survey<'_>, reset: &ResponseHeader) -> (ResetUnit, &'static str) {
    const MILLISECONDS_MIN: u64 = 100_000_000_000;
    const SECONDS_MIN: u64 = 100_000_000;
    let text = text(survey, reset);
    match example(survey, reset) {
        Some(example) if example >= MILLISECONDS_MIN => {
            (ResetUnit::UnixMilliseconds, "the example is Unix milliseconds")
        }
        Some(example) if example >= SECONDS_MIN => (ResetUnit::UnixSeconds, "the example is Unix seconds"),
        Some(_) => (ResetUnit::DeltaSeconds, "the example is a few seconds"),
        None if text.contains("milli") => (ResetUnit::UnixMilliseconds, "the description speaks of milliseconds"),
        None if text.contains("unix") || text.contains("epoch") || text.contains("timestamp") => {
            (ResetUnit::UnixSeconds, "the description speaks of Unix time")
        }
        None if text.contains("seconds") => (ResetUnit::DeltaSeconds, "the description speaks of seconds"),
        // The IETF's `RateLimit-Reset` counts from now, the older `X-RateLimit-Reset` from the epoch.
        None if !reset.name.to_lowercase().starts_with("x-") => {
            (ResetUnit::DeltaSeconds, "the IETF's header counts from now")
        }
        None => (ResetUnit::UnixSeconds, "unix seconds are usual"),
    }
}
