//! Is the reply's status declared (OpenAPI 3.1, 4.8.16 and 4.8.17)?

use super::promise::ReplyPromise;
use super::{Called, site, wording};
use crate::scenario::code::Code;
use crate::scenario::finding::Finding;

/// Most declared statuses that are listed in a message.
const LISTED_MAX: usize = 12;

/// The promise that the document makes for a status.
pub fn check<'c>(called: &Called<'c>, status: u16, findings: &mut Vec<Finding>) -> Option<&'c ReplyPromise> {
    let reply = called.promise.reply(status);
    if reply.is_none() {
        findings.push(undeclared(called, status));
    }
    reply
}

fn undeclared(called: &Called<'_>, status: u16) -> Finding {
    let id = &called.operation.id;
    let declared = wording::list(called.promise.replies.iter().map(|reply| reply.key.as_str()), LISTED_MAX);
    let expected = if declared.is_empty() { "none is declared".to_owned() } else { declared };
    let message = format!("`{id}` answered {status}, which the document does not declare");
    Finding::new(Code::StatusUndeclared, called.scope.step.clone(), message)
        .hint("mend the service, or declare the status, its range (`4XX`) or `default` under `responses`")
        .document(called.scope.site(&site::responses(called.operation)))
        .compared(expected, status.to_string())
}
