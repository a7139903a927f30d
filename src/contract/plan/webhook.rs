//! Events that go out, the consent page, and the records that a world starts with.

use super::change::rule_names;
use super::compile::{Compiler, OPERATION_NAMES, TIMEOUT_MS_MAX};
use super::*;
use crate::contract::vocabulary::{DeliverRule, WebhookRule};
use crate::pointer::escape;

impl<'a> Compiler<'a> {
    pub(super) fn webhooks(&mut self, rule: &WebhookRule) -> Webhooks {
        let behaviour = self.behaviour;
        let mut event_names = OPERATION_NAMES.to_vec();
        event_names.extend(rule_names(behaviour));
        let names = ["event", "event_id", "data", "now", "subscription"];
        let header_names = ["event", "event_id", "data", "now", "seconds", "subscription", "delivery"];
        let log_names = ["delivery", "subscription", "now"];
        let sign_names = ["body", "now", "seconds", "event_id", "hex", "base64"];
        let events = rule.events.iter().map(|(name, tree)| {
            (name.as_str().into(), self.tree(&format!("/webhooks/events/{}", escape(name)), tree, &event_names))
        });
        let events = events.collect();
        let headers = rule.headers.iter().map(|(name, text)| {
            (name.clone(), self.template(&format!("/webhooks/headers/{}", escape(name)), text, &header_names))
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
            when: rule
                .when
                .as_ref()
                .map(|text| self.expression("/webhooks/when", text, &["record", "event", "data", "now"])),
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
            resends: behaviour.operations.values().any(|rule| rule.deliver.as_ref().is_some_and(|rule| rule.again)),
        }
    }

    /// A delivery by hand. It has one of `event` and `again`, and `to` names the resource of the record that this is about.
    pub(super) fn deliver(&mut self, pointer: &str, rule: &DeliverRule) -> Verb {
        let to = self.resource_index(&format!("{pointer}/to"), &rule.to);
        let wait = rule.wait;
        let webhooks = self.behaviour.webhooks.as_ref();
        let what = match (&rule.event, rule.again) {
            (Some(event), false) => {
                if let Some(webhooks) = webhooks.filter(|webhooks| webhooks.subscriptions != rule.to) {
                    let message = format!("'{}' is not the resource of subscriptions", rule.to);
                    let hint = format!("an event is sent to a '{}'", webhooks.subscriptions);
                    self.complain(&format!("{pointer}/to"), message).hint = Some(hint);
                }
                self.event_index(&format!("{pointer}/event"), event).map(Sending::Event)
            }
            (None, true) => {
                match webhooks.and_then(|webhooks| webhooks.log.as_ref()) {
                    None => {
                        let message = "there is no log to send from";
                        self.complain(&format!("{pointer}/again"), message).hint =
                            Some("declare it under webhooks.log".to_owned());
                    }
                    Some(log) if log.resource != rule.to => {
                        let message = format!("'{}' is not the resource of the deliveries' log", rule.to);
                        let hint = format!("what is sent again is told by a '{}'", log.resource);
                        self.complain(&format!("{pointer}/to"), message).hint = Some(hint);
                    }
                    Some(_) => {}
                }
                Some(Sending::Again)
            }
            _ => {
                self.complain(pointer, "a delivery has one of event and again");
                None
            }
        };
        Verb::Deliver { what: what.unwrap_or(Sending::Again), to, wait }
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
