//! Callers: their credentials, the limits that count them, and the keys by which they repeat a call.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::compile::Compiler;
use super::*;
use crate::contract::operation::Operation;
use crate::contract::violation::Place;
use crate::pointer::escape;

/// Most bytes that a compiled pattern may take.
const PATTERN_SIZE_MAX: usize = 1 << 20;

/// What a limit's expressions see.
const LIMIT_NAMES: [&str; 2] = ["me", "now"];

impl<'a> Compiler<'a> {
    pub(super) fn limits(&mut self) -> Vec<Limit> {
        let behaviour = self.behaviour;
        let mut limits = Vec::new();
        for (bucket, rule) in &behaviour.limits {
            let pointer = format!("/limits/{}", escape(bucket));
            for operation in rule.operations.iter().flatten() {
                if self.operations.find(operation).is_none() {
                    let known = self.operations.list.iter().map(|operation| operation.id.as_str()).collect();
                    self.unknown(&format!("{pointer}/operations"), "operation", operation, known);
                }
            }
            let Some((count, window_ms)) = rate(&rule.rate) else {
                self.complain(&format!("{pointer}/rate"), format!("'{}' is not a rate", rule.rate)).hint =
                    Some("write calls per window, such as 100/min, 10/s or 5/10min".to_owned());
                continue;
            };
            if rule.by.is_some() && rule.per == LimitSubject::World {
                self.complain(&format!("{pointer}/by"), "a limit of the whole world tells no callers apart").hint =
                    Some("remove 'by', or count 'per: credential'".to_owned());
            }
            let mut expression = |word: &str, text: &Option<String>| {
                text.as_ref().map(|text| self.expression(&format!("{pointer}/{word}"), text, &LIMIT_NAMES))
            };
            limits.push(Limit {
                bucket: bucket.clone(),
                count,
                window_ms,
                window: rule.window,
                per: rule.per,
                by: expression("by", &rule.by),
                when: expression("when", &rule.when),
            });
        }
        limits
    }

    pub(super) fn limit_headers(&mut self) -> LimitHeaders {
        let Some(rule) = &self.behaviour.limit_headers else { return LimitHeaders::default() };
        let mut name = |word: &str, name: &Option<String>| {
            name.as_ref().and_then(|name| self.header_name(&format!("/limit_headers/{word}"), name))
        };
        LimitHeaders {
            limit: name("limit", &rule.limit),
            remaining: name("remaining", &rule.remaining),
            reset: name("reset", &rule.reset),
            reset_unit: rule.reset_unit,
        }
    }

    pub(super) fn credentials(&mut self) -> BTreeMap<String, Credential> {
        let behaviour = self.behaviour;
        let mut credentials = BTreeMap::new();
        for (scheme, rule) in &behaviour.credentials {
            let pointer = format!("/credentials/{}", escape(scheme));
            let schemes = self.document.at("/components/securitySchemes").and_then(Value::as_object);
            if !schemes.is_some_and(|schemes| schemes.contains_key(scheme)) {
                let known = schemes.into_iter().flat_map(|schemes| schemes.keys().map(String::as_str)).collect();
                self.unknown(&pointer, "security scheme", scheme, known);
            }
            let mut names = vec!["record", "operation", "now"];
            let with = self.reads(&format!("{pointer}/with"), &rule.with, &mut names);
            let credential = Credential {
                resource: self.resource_index(&format!("{pointer}/resource"), &rule.resource),
                secret: rule.secret.clone(),
                scopes: rule.scopes.as_deref().map(Into::into),
                when: rule
                    .when
                    .as_ref()
                    .map(|text| self.expression(&format!("{pointer}/when"), text, &["record", "now"])),
                otherwise: rule.otherwise.as_ref().map(|name| self.error_index(&format!("{pointer}/else"), name)),
                with,
                require: self.guards(&format!("{pointer}/require"), &rule.require, &names),
                touch: rule.touch.clone(),
            };
            credentials.insert(scheme.clone(), credential);
        }
        credentials
    }

    pub(super) fn idempotency(&mut self) -> Option<Idempotency> {
        let rule = self.behaviour.idempotency.as_ref()?;
        Some(Idempotency {
            header: self.header_name("/idempotency/header", &rule.header)?,
            pattern: rule.pattern.as_ref().and_then(|pattern| self.key_pattern(pattern)),
            ttl_ms: self.duration("/idempotency/ttl", &rule.ttl),
            per: rule.per,
            replayed: rule.replayed.as_ref().and_then(|name| self.header_name("/idempotency/replayed", name)),
            keep: rule.keep,
        })
    }

    /// The pattern of whole keys.
    fn key_pattern(&mut self, pattern: &str) -> Option<Regex> {
        let compiled = RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(PATTERN_SIZE_MAX).build();
        let complain = |error: regex::Error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.complain("/idempotency/pattern", format!("'{pattern}' is not a regular expression: {reason}"));
        };
        compiled.map_err(complain).ok()
    }

    pub(super) fn charged(&self, operation: &str) -> Vec<usize> {
        let rules = self.behaviour.limits.values().enumerate();
        let applies =
            |names: &Option<Vec<String>>| names.as_ref().is_none_or(|names| names.iter().any(|name| name == operation));
        rules.filter(|(_, rule)| applies(&rule.operations)).map(|(index, _)| index).collect()
    }

    pub(super) fn replays(&self, operation: &Operation) -> bool {
        let Some(rule) = &self.behaviour.idempotency else { return false };
        match &rule.operations {
            Some(names) => names.contains(&operation.id),
            None => operation
                .parameters
                .iter()
                .any(|parameter| parameter.place == Place::Header && parameter.name.eq_ignore_ascii_case(&rule.header)),
        }
    }
}

/// `100/min`, `5/10min`, `10/s` as calls and milliseconds.
fn rate(text: &str) -> Option<(u64, i64)> {
    let (count, window) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| *count > 0)?;
    let window = window.trim();
    let digits = window.find(|character: char| !character.is_ascii_digit()).unwrap_or(window.len());
    let times: i64 = if digits == 0 { 1 } else { window[..digits].parse().ok().filter(|times| *times > 0)? };
    let unit = match window[digits..].trim() {
        "ms" => 1,
        "s" | "sec" | "second" => 1_000,
        "m" | "min" | "minute" => 60_000,
        "h" | "hour" => 3_600_000,
        "d" | "day" => 86_400_000,
        _ => return None,
    };
    Some((count, times.checked_mul(unit)?))
}
