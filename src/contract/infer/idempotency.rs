//! Replay of replies: from a header parameter that is named like an idempotency key.

use super::names::flat;
use super::notes::Notes;
use super::site::{Site, Survey};
use crate::contract::parameter::Parameter;
use crate::contract::violation::Place;
use crate::contract::vocabulary::{IdempotencyRule, Kept, LimitSubject};

pub fn header<'a>(site: &Site<'a>) -> Option<&'a Parameter> {
    let mut headers = site.operation.parameters.iter().filter(|parameter| parameter.place == Place::Header);
    headers.find(|parameter| {
        let name = flat(&parameter.name);
        name.contains("idempoten") || name == "xrequesttoken"
    })
}

pub fn rule(survey: &Survey<'_>, notes: &mut Notes) -> Option<IdempotencyRule> {
    let taking = || survey.sites.iter().filter_map(|site| header(site).map(|header| (site, header)));
    let header = taking().next()?.1;
    let count = taking().count();
    notes.add(&["idempotency"], format!("the header `{}` is declared ({count} times)", header.name));
    let replayed = taking().find_map(|(site, _)| {
        let headers = site.operation.responses.values().flat_map(|response| &response.headers);
        let mut named = headers.filter(|header| flat(&header.name).contains("replay"));
        named.next().map(|header| header.name.clone())
    });
    if let Some(replayed) = &replayed {
        notes.add(&["idempotency", "replayed"], format!("replies declare the header `{replayed}`"));
    }
    let ttl = ttl(&header.description).unwrap_or_else(|| "24h".to_owned());
    let per = LimitSubject::Credential;
    Some(IdempotencyRule {
        header: header.name.clone(),
        ttl,
        per,
        operations: None,
        replayed,
        keep: Kept::Successes,
        ..IdempotencyRule::default()
    })
}

/// `24 hours` in the description.
fn ttl(description: &str) -> Option<String> {
    let parts: Vec<&str> = description.split_whitespace().collect();
    parts.windows(2).find_map(|pair| {
        let number: u32 = pair[0].parse().ok().filter(|number| (1..=1000).contains(number))?;
        let unit = pair[1].trim_end_matches(|letter: char| !letter.is_alphabetic()).to_lowercase();
        match unit.trim_end_matches('s') {
            "hour" => Some(format!("{number}h")),
            "day" => Some(format!("{number}d")),
            "minute" => Some(format!("{number}min")),
            _ => None,
        }
    })
}
