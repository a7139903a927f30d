//! A damaged reply is not taken for success.
//!
//! What a client thinks of a reply cannot be seen; what it does next can. It is fine to ask again, or to end with a failure. It has taken
//! the damage for success when it goes on with a value that it never got (`GET /posts/undefined`), or when it ends with exit 0 and never
//! asked again, unless another run shows that its exit code says nothing.

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::damage::Damage;
use crate::audit::observe::{Exchange, Exit};

pub const RULES: &[Rule] = &[
    Rule {
        code: "refuses-half-body",
        severity: Severity::Critical,
        title: "a body that breaks off is not taken for a whole one",
        explanation: "The connection ended before the announced length was reached, so the reply is incomplete, whatever could be read of \
            it. A client that keeps the half loses the rest without a trace. Check the length, let errors of the stream through, and \
            treat the call like one whose reply was lost.",
        source: "RFC 9112, section 8 (handling incomplete messages); Azure SDK guidelines (retry when the body read fails)",
        judge: |case| refuses(case, Damage::HalfBody),
    },
    Rule {
        code: "refuses-invalid-json",
        severity: Severity::Error,
        title: "a body that is no JSON is not taken for an answer",
        explanation: "Success is what the status and the body say together. A client that swallows the parser's error goes on without \
            the data that it asked for. Treat it like a server error: repeat what is safe to repeat, and report the rest.",
        source: "RFC 8259, section 2; RFC 9110, section 15.3.1",
        judge: |case| refuses(case, Damage::InvalidJson),
    },
    Rule {
        code: "refuses-empty-body",
        severity: Severity::Error,
        title: "an empty body is not taken for an answer where one is promised",
        explanation: "Where the contract promises a body, 200 with nothing in it is a broken reply. Clients that read it as null, or as an \
            empty list, conclude that nothing is there. Only 204 and 304 have no body.",
        source: "RFC 9110, sections 15.3.1 and 15.3.5",
        judge: |case| refuses(case, Damage::EmptyBody),
    },
    Rule {
        code: "refuses-html-page",
        severity: Severity::Error,
        title: "an HTML page with status 200 is not taken for the service's answer",
        explanation: "Proxies, captive portals and maintenance pages answer in the service's place, often with 200. The call may never have \
            reached it. Look at Content-Type before the body is read, and treat another media type as a failure.",
        source: "RFC 9110, section 8.3 (Content-Type); RFC 6585, section 6 and appendix B (captive portals)",
        judge: |case| refuses(case, Damage::HtmlPage),
    },
    Rule {
        code: "refuses-corrupt-gzip",
        severity: Severity::Error,
        title: "compressed data that is broken is not taken for an answer",
        explanation: "A stream that does not end with its checksum and length is incomplete. Some decoders give what they have and no \
            error. Let the decoder's error through and treat the call like one whose reply was lost.",
        source: "RFC 1952, section 2.3.1; RFC 9110, section 8.4",
        judge: |case| refuses(case, Damage::CorruptGzip),
    },
    Rule {
        code: "refuses-wrong-length",
        severity: Severity::Error,
        title: "a body of another length than announced is not taken for an answer",
        explanation: "Content-Length is how the end of a reply is known. Less than that is an incomplete message, and what goes beyond it \
            is no part of it. A client that keeps what came in may keep a part.",
        source: "RFC 9112, sections 6.3 and 8",
        judge: |case| refuses(case, Damage::WrongLength),
    },
    Rule {
        code: "refuses-garbage",
        severity: Severity::Error,
        title: "bytes that are no HTTP are not taken for an answer",
        explanation: "A reply that cannot be parsed says nothing about the call, like a connection that was closed. Treat it as a lost \
            reply: repeat what is safe to repeat, and report the rest.",
        source: "RFC 9112, sections 4 and 8",
        judge: |case| refuses(case, Damage::Garbage),
    },
    Rule {
        code: "refuses-undeclared-status",
        severity: Severity::Error,
        title: "a status that nobody declared is taken for what its class says",
        explanation: "An unknown status counts as the x00 of its class: 3xx, 4xx and 5xx are no success, also when the client has no case for \
            them. A client that only knows the failures that the document lists takes the others for success.",
        source: "RFC 9110, section 15 (status codes, classes)",
        judge: undeclared_status,
    },
];

fn refuses(case: &Case<'_>, damage: Damage) -> Verdict {
    let what = damage.in_words();
    // Garbage has no status either.
    let answers = |exchange: &Exchange| damage == Damage::Garbage || has_answer(exchange);
    let met = |exchange: &Exchange| exchange.damage() == Some(damage) && answers(exchange);
    judge(case, &format!("no reply was {what}"), |_, exchange| met(exchange).then(|| what.to_owned()))
}

/// Does anybody wait for a body? Not where there is none by definition, and an error is a failure without its body, too.
fn has_answer(exchange: &Exchange) -> bool {
    let status = exchange.status;
    status.is_success() && !matches!(status.as_u16(), 204 | 205) && exchange.method != http::Method::HEAD
}

fn undeclared_status(case: &Case<'_>) -> Verdict {
    judge(case, "no reply had a status that its operation does not declare", |case, exchange| {
        let operation = exchange.operation.as_deref()?;
        let status = exchange.status;
        // A client may know by its class what an undeclared 2xx is, and follow a redirect.
        let met = status.as_u16() >= 300 && seen::is_sound(exchange) && exchange.struck_by("status");
        let met = met && exchange.reply_header("location").is_none() && !case.knowledge.declares(operation, status);
        met.then(|| status.as_str().to_owned())
    })
}

/// What became of each reply that `met` finds wrong.
fn judge(case: &Case<'_>, undecided: &str, met: impl Fn(&Case<'_>, &Exchange) -> Option<String>) -> Verdict {
    let mut tally = Tally::default();
    let mute = seen::mute_exit(case, |exchange| met(case, exchange).is_none());
    for (index, run) in case.runs.iter().enumerate() {
        for (at, exchange) in run.exchanges.iter().enumerate() {
            let Some(what) = met(case, exchange) else { continue };
            let line = seen::line(exchange);
            if let Some(next) = seen::went_on_with_nothing(run, at) {
                let text =
                    format!("{line} got {what}, and the client went on with {}", seen::line(&run.exchanges[next]));
                tally.harmed(index, vec![at, next], text);
            } else if let Some(again) = seen::asked_again(case.knowledge, run, at) {
                tally.kept(index, vec![at, again], format!("{line} got {what} and was sent again"));
            } else if seen::exit_tells_failure(run) {
                let text = format!(
                    "{line} got {what}, and the client ended with a failure ({})",
                    seen::exit_in_words(run.exit)
                );
                tally.kept(index, vec![at], text);
            } else if run.exit == Exit::Code(0) && mute.is_none() {
                tally.broken(
                    index,
                    vec![at],
                    format!("{line} got {what}, was not sent again, and the client ended with exit 0"),
                );
            } else {
                let why = format!("the client did not ask again after {what}, and {}", seen::exit_in_words(run.exit));
                tally.unclear(mute.clone().unwrap_or(why));
            }
        }
    }
    tally.verdict(undecided)
}
