//! What a client must have done in the baseline for a trial to tell anything.

use std::collections::{BTreeMap, BTreeSet};

use http::header::AUTHORIZATION;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::audit::knowledge::{Knowledge, PageAsked};
use crate::audit::observe::{Exchange, Run};

/// Kinds of calls that a client may or may not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Need {
    /// A call that only reads (RFC 9110, 9.2.1).
    Read,
    /// A call that may change something.
    Write,
    /// A call that makes a record.
    Create,
    /// A call that changes something and carries an idempotency key.
    KeyedWrite,
    /// More than one page of a list.
    Page,
    /// A call whose reply tells of items one by one.
    Batch,
    /// A webhook delivered to it.
    Webhook,
    /// A call with a credential.
    Credential,
    /// A call that gives it the credential of later ones.
    Login,
}

impl Need {
    /// Did the baseline see it?
    pub fn is_met(self, knowledge: &Knowledge<'_>, baseline: &Run) -> bool {
        let exchanges = &baseline.exchanges;
        let any = |test: &dyn Fn(&Exchange) -> bool| {
            exchanges.iter().any(|exchange| is_of_service(exchange) && test(exchange))
        };
        let writes = |exchange: &Exchange| !Knowledge::is_safe(&exchange.method);
        match self {
            Need::Read => any(&|exchange| !writes(exchange)),
            Need::Write => any(&writes),
            Need::Create => any(&|exchange| writes(exchange) && !exchange.made.is_empty()),
            Need::KeyedWrite => {
                let header = knowledge.key_header.as_ref().map_or("idempotency-key", |header| header.as_str());
                any(&|exchange| writes(exchange) && exchange.headers.contains_key(header))
            }
            Need::Page => pages(knowledge, exchanges),
            Need::Batch => any(&|exchange| {
                exchange.operation.as_deref().is_some_and(|operation| knowledge.succeeds_in_part(operation))
            }),
            Need::Webhook => !baseline.deliveries.is_empty(),
            Need::Credential => any(&|exchange| knowledge.credential_of(exchange).is_some()),
            Need::Login => logs_in(exchanges),
        }
    }

    /// Why a trial that needs it was left out: fits after "the baseline".
    pub fn missed(self) -> &'static str {
        match self {
            Need::Read => "made no call that only reads",
            Need::Write => "made no call that changes anything",
            Need::Create => "made no call that creates anything",
            Need::KeyedWrite => "made no call with an idempotency key",
            Need::Page => "read no second page of any list",
            Need::Batch => "made no call with several items",
            Need::Webhook => "was sent no webhook",
            Need::Credential => "made no call with a credential",
            Need::Login => "got itself no credential",
        }
    }
}

fn is_of_service(exchange: &Exchange) -> bool {
    exchange.operation.is_some()
}

/// Was one list asked for at two positions?
fn pages(knowledge: &Knowledge<'_>, exchanges: &[Exchange]) -> bool {
    let mut first: BTreeMap<String, Option<String>> = BTreeMap::new();
    exchanges.iter().filter_map(|exchange| knowledge.page_asked(exchange)).any(|PageAsked { list, position }| {
        let before = first.entry(list).or_insert_with(|| position.clone());
        *before != position
    })
}

/// Does a call carry a credential that the reply to one before it told?
fn logs_in(exchanges: &[Exchange]) -> bool {
    let told = |token: &str, before: &[Exchange]| {
        let token = token.as_bytes();
        before.iter().any(|exchange| exchange.reply_body.windows(token.len()).any(|part| part == token))
    };
    let mut seen = BTreeSet::new();
    exchanges.iter().enumerate().any(|(at, exchange)| {
        let token = exchange
            .header(AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .map(|(_, token)| token.trim());
        // Each token is looked for once: when it is first used.
        token
            .filter(|token| !token.is_empty() && seen.insert(*token))
            .is_some_and(|token| told(token, &exchanges[..at]))
    })
}
