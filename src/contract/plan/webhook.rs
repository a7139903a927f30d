//! Events that go out, the consent page, and the records that a world starts with.

use super::compile::{Compiler, OPERATION_NAMES, TIMEOUT_MS_MAX};
use super::*;
use crate::contract::vocabulary::WebhookRule;
use crate::pointer::escape;

impl<'a> Compiler<'a> {
    pub(super) fn webhooks(&mut self, rule: &WebhookRule) -> Webhooks {
        let behaviour = self.behaviour;
        let mut event_names = OPERATION_NAMES.to_vec();
        event_names.extend(behaviour.operations.values().flat_map(|rule| rule.with.keys()).map(String::as_str));
        let names = ["event", "event_id", "data", "now", "subscription"];
        let log_names = ["delivery", "subscription", "now"];
        let sign_names = ["body", "now", "seconds", "event_id", "hex", "base64"];
        let events = rule.events.iter().map(|(name, tree)| {
            (name.clone(), self.tree(&format!("/webhooks/events/{}", escape(name)), tree, &event_names))
        });
        let events = events.collect();
        let headers = rule.headers.iter().map(|(name, text)| {
            (name.clone(), self.template(&format!("/webhooks/headers/{}", escape(name)), text, &names))
        });
        let headers = headers.collect();
        let attempts_ms: Vec<i64> =
            rule.attempts.iter().map(|text| self.duration("/webhooks/attempts", text)).collect();
        if attempts_ms.is_empty() {
            self.complain("/webhooks/attempts", "there must be at least one attempt").hint =
                Some("write the wait before each attempt, such as [0s, 30s, 2m]".to_owned());
        }
        Webhooks {
            subscriptions: self.resource_index("/webhooks/subscriptions", &rule.subscriptions),
            url: rule.url.clone(),
            events_field: rule.events_field.clone(),
            secret: rule.secret.clone(),
            when: rule.when.as_ref().map(|text| self.expression("/webhooks/when", text, &["record", "now"])),
            events,
            body: self.tree("/webhooks/body", &rule.body, &names),
            headers,
            sign: rule.sign.as_ref().map(|sign| Sign {
                header: sign.header.clone(),
                over: self.template("/webhooks/sign/over", &sign.over, &sign_names[..4]),
                value: self.template("/webhooks/sign/value", &sign.value, &sign_names),
            }),
            attempts_ms,
            timeout_ms: self.duration("/webhooks/timeout", &rule.timeout).clamp(1, TIMEOUT_MS_MAX) as u64,
            event_id: match &rule.event_id {
                Some(rule) => self.id("/webhooks/event_id", Some(rule), &[]).kind,
                None => IdKind::Prefixed("evt_".to_owned()),
            },
            log: rule.log.as_ref().map(|log| {
                let resource = self.resource_index("/webhooks/log/resource", &log.resource);
                (resource, self.assignments("/webhooks/log/set", &log.set, &log_names))
            }),
        }
    }

    pub(super) fn consent(&mut self) -> Option<Consent> {
        let rule = self.behaviour.consent.as_ref()?;
        let names = ["record", "call"];
        Some(Consent {
            resource: self.resource_index("/consent/resource", &rule.resource),
            title: self.template("/consent/title", &rule.title, &names),
            text: self.template("/consent/text", &rule.text, &names),
            approve: self.template("/consent/approve", &rule.approve, &names),
            deny: self.template("/consent/deny", &rule.deny, &names),
            done: self.template("/consent/done", &rule.done, &names),
        })
    }

    pub(super) fn seed(&mut self) -> Vec<(ResourceIndex, Vec<Tree>)> {
        let behaviour = self.behaviour;
        let mut seed = Vec::new();
        for (resource, records) in &behaviour.seed {
            let pointer = format!("/seed/{}", escape(resource));
            let index = self.resource_index(&pointer, resource);
            let trees = records.iter().enumerate();
            let trees = trees.map(|(place, tree)| self.tree(&format!("{pointer}/{place}"), tree, &["now"])).collect();
            seed.push((index, trees));
        }
        seed
    }
}
