//! Questions that several rules ask of what was seen.

use serde_json::Value;

use super::Case;
use crate::audit::damage::Damage;
use crate::audit::knowledge::Knowledge;
use crate::audit::logical;
use crate::audit::observe::{End, Exchange, Exit, Performed, Run};

/// Did the client get a whole and sound reply?
pub fn is_sound(exchange: &Exchange) -> bool {
    exchange.was_answered() && exchange.damage().is_none()
}

/// Did the client get a whole and sound reply of success?
pub fn succeeded(exchange: &Exchange) -> bool {
    is_sound(exchange) && exchange.status.is_success()
}

/// Did a fault end the connection before the client could read a status?
pub fn lost_reply(exchange: &Exchange) -> bool {
    exchange.end == End::Cut && !matches!(exchange.damage(), Some(damage) if damage != Damage::Garbage)
}

/// Was the call performed, whatever the client was told?
pub fn was_performed(exchange: &Exchange) -> bool {
    matches!(exchange.performed, Performed::Yes | Performed::Twice)
}

/// Does it only read?
pub fn only_reads(exchange: &Exchange) -> bool {
    Knowledge::is_safe(&exchange.method)
}

/// Method, path and query: `POST /posts?draft=1`. Evidence is made of it, so values of parameters that are named like secrets are masked.
pub fn line(exchange: &Exchange) -> String {
    match &exchange.query {
        Some(query) => format!("{} {}?{}", exchange.method, exchange.path, crate::mask::query::masked(query)),
        None => format!("{} {}", exchange.method, exchange.path),
    }
}

/// The same method and target?
pub fn same_place(one: &Exchange, other: &Exchange) -> bool {
    one.method == other.method && one.path == other.path && one.query == other.query
}

/// The same bytes, but for a multipart boundary?
pub fn same_body(one: &Exchange, other: &Exchange) -> bool {
    logical::bare_body(one) == logical::bare_body(other)
}

/// The same method, target and body, whoever sends it?
pub fn same_message(one: &Exchange, other: &Exchange) -> bool {
    same_place(one, other) && same_body(one, other)
}

/// The same method, target and body, from the same client?
pub fn same_request(one: &Exchange, other: &Exchange) -> bool {
    one.client == other.client && same_message(one, other)
}

/// Do the bodies say the same, in whatever order their members stand?
pub fn same_meaning(one: &Exchange, other: &Exchange) -> bool {
    let read = |exchange: &Exchange| serde_json::from_slice::<Value>(&exchange.body).ok();
    same_body(one, other) || matches!((read(one), read(other)), (Some(one), Some(other)) if one == other)
}

/// A later exchange of the same client that asks for the same once more, or carries the same key.
pub fn asked_again(knowledge: &Knowledge<'_>, run: &Run, at: usize) -> Option<usize> {
    let first = &run.exchanges[at];
    let own = knowledge.key_of(first);
    let again = |later: &Exchange| same_message(first, later) || own.is_some() && own == knowledge.key_of(later);
    later_of_client(run, at).find(|later| again(&run.exchanges[*later]))
}

/// What the client of this exchange sent after it.
pub fn later_of_client(run: &Run, at: usize) -> impl Iterator<Item = usize> {
    let client = run.exchanges[at].client;
    (at + 1..run.exchanges.len()).filter(move |later| run.exchanges[*later].client == client)
}

/// Runs in which nothing went wrong: they show what the client usually does.
pub fn without_faults<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Run> {
    case.runs.iter().filter(|run| run.exchanges.iter().all(|one| one.struck.is_empty()))
}

/// Did a client that was not stopped say by its exit that something went wrong?
pub fn exit_tells_failure(run: &Run) -> bool {
    match run.exit {
        Exit::Code(code) => code != 0,
        Exit::Signal(_) => true,
        Exit::TimedOut | Exit::Flooded | Exit::Unknown => false,
    }
}

/// How the client ended, in words.
pub fn exit_in_words(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(signal) => format!("ended by signal {signal}"),
        Exit::TimedOut => "stopped after its time was up".to_owned(),
        Exit::Flooded => "stopped for making too many calls".to_owned(),
        Exit::Unknown => "its end was not watched".to_owned(),
    }
}

/// Why exit 0 says nothing of success: the run that ended with it although a call failed for good, in a way that nobody can overlook.
///
/// Without this, a client that tells its failures by other means would be blamed for what it may well have noticed.
/// Only calls that `counts` takes are looked at: what a rule is about is no witness against itself.
pub fn mute_exit(case: &Case<'_>, counts: impl Fn(&Exchange) -> bool) -> Option<String> {
    let mute = case.calls.iter().find(|call| {
        let run = &case.runs[call.run];
        let last = call.attempts.last().map(|at| &run.exchanges[*at]);
        let failed = |last: &Exchange| match is_sound(last) {
            true => last.status.is_server_error() || matches!(last.status.as_u16(), 401 | 403 | 429),
            false => lost_reply(last) && last.damage().is_none(),
        };
        run.exit == Exit::Code(0) && last.is_some_and(|last| failed(last) && counts(last))
    })?;
    let run = &case.runs[mute.run];
    Some(format!("exit 0 says nothing of this client: it ended so under {} although a call failed for good", run.trial))
}

/// Is there a segment in the path that a program writes when it has no value?
fn has_no_value(path: &str) -> bool {
    const NOTHING: [&str; 7] = ["undefined", "null", "None", "nil", "NaN", "[object Object]", "%5Bobject%20Object%5D"];
    path.split('/').any(|segment| NOTHING.contains(&segment)) || path.contains("//")
}

/// A later call of the run whose path was made of a value that the client does not have: `GET /posts/undefined`.
pub fn went_on_with_nothing(run: &Run, at: usize) -> Option<usize> {
    later_of_client(run, at).find(|later| has_no_value(&run.exchanges[*later].path))
}
