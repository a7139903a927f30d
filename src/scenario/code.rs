//! The stable codes of findings, each with an explanation: `standin explain CODE`.
//!
//! A code never changes its meaning. The enum, the words and the texts stand in this one file, as one table: a code without any of its
//! texts does not compile.

use serde::{Serialize, Serializer};

use super::finding::Severity;
use crate::words::did_you_mean;

/// Writes the enum and everything that is said of its variants from one table.
macro_rules! codes {
    ($($(#[$about:meta])* $variant:ident = $word:literal, $severity:ident, $title:literal, $explanation:literal;)*) => {
        /// What a finding is about. Its word is its name in kebab case: `status-undeclared`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$about])* $variant,)*
        }

        impl Code {
            /// Every code, in the order of this file.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The word: `status-undeclared`.
            pub fn word(self) -> &'static str {
                match self { $(Code::$variant => $word,)* }
            }

            /// How bad it is by itself. A finding may weigh more: an undeclared property where objects are closed.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// One line: what it means.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }

            /// Some paragraphs: what it means, why it matters, how to mend it, an example, the source (RFC, section).
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $explanation,)* }
            }
        }
    };
}

codes! {
    // What the reply says against the document (check).

    /// The document declares no reply of this status (RFC 9110 status, OpenAPI Responses Object).
    StatusUndeclared = "status-undeclared", Error,
    "the document declares no reply of this status",
    "The service answered with a status for which the operation has no response: not the code itself, not its \
range (`4XX`), and no `default`.

Clients are generated and written from the document. A status that it does not name is one that they do not \
handle, so an ordinary refusal becomes a crash.

Mend the service if the status is wrong. If it is right, declare it at the operation, or declare the range or \
`default` for what any call may answer.

    responses:
      \"404\": { $ref: \"#/components/responses/NotFound\" }
      5XX: { description: The service is in trouble }

Source: OpenAPI 3.1, Responses Object (4.8.16); RFC 9110, section 15.";

    MediaTypeUndeclared = "media-type-undeclared", Error,
    "the reply's media type is not declared",
    "The reply has a body whose `Content-Type` is none of the media types under `content`, not even by a range \
such as `image/*` or `*/*`; or it has a body and no `Content-Type` at all. Parameters (`; charset=utf-8`) do not \
count.

Clients choose how to read a body by its media type. One that is sent as something else is read wrongly, or not \
at all. A common case is an HTML error page from a proxy.

Mend the service's header, or declare the media type.

    content:
      application/problem+json:
        schema: { $ref: \"#/components/schemas/Problem\" }

Source: OpenAPI 3.1, Response Object (4.8.17) and Media Type Object (4.8.14); RFC 9110, section 8.3.";

    /// The reply has no body where the document declares one.
    BodyMissing = "body-missing", Error,
    "the reply has no body, and the document declares one",
    "The response declares `content`, and the reply came with no bytes. Replies to HEAD and the statuses 1xx, 204 \
and 304 never have a body, and are not held to it; nor is text of no length that names its media type.

A client that reads the declared body fails on nothing as it does on a broken one.

Let the service send the body, or remove `content` from the response if there is none.

    \"200\": { description: Deleted }          # no content: no body

Source: OpenAPI 3.1, Response Object (4.8.17); RFC 9110, section 6.4.";

    /// The reply has a body where the document declares none.
    BodyUnexpected = "body-unexpected", Warning,
    "the reply has a body, and there should be none",
    "The reply came with a body although the response declares no `content`, or although HTTP allows none: in \
replies to HEAD, and with the statuses 1xx, 204 and 304.

What is not declared cannot be relied on, and a body after a 204 can break the connection for the next reply.

Declare the body under `content`, answer 200 instead of 204, or send no body.

    \"200\":
      description: The deleted post
      content:
        application/json: { schema: { $ref: \"#/components/schemas/Post\" } }

Source: OpenAPI 3.1, Response Object (4.8.17); RFC 9110, sections 6.4.1, 9.3.2, 15.3.5 and 15.4.5.";

    /// The body is not what its media type says: not JSON, not UTF-8.
    BodyMalformed = "body-malformed", Error,
    "the body is not what its media type says",
    "The reply says that its body is JSON (or text) and it is not: the JSON does not parse, or the text is not \
UTF-8. Its schema was not looked at.

No client can read such a body. It is often cut off, or written by a proxy in another format.

Mend the body, or send the `Content-Type` that it really has.

    Content-Type: application/json
    {\"id\": 1,}                               # a comma too many

Source: RFC 8259 (JSON); RFC 9110, section 8.3.";

    /// The body breaks its schema.
    BodyInvalid = "body-invalid", Error,
    "the body breaks its schema",
    "A value in the reply's body is not what the schema says: of another type, missing though required, not one \
of the listed values, too long, of another format. The finding names the value by its JSON Pointer and the place \
of the schema that it breaks. `readOnly` and `writeOnly` are understood.

Generated clients read by the schema. What breaks it is lost, or stops them.

Decide who is right. If the document is, mend the service; if the service is, mend the schema.

    status: { type: string, enum: [queued, sent] }
    # the reply had: {\"status\": \"posted\"}

Source: OpenAPI 3.1, Schema Object (4.8.24); JSON Schema 2020-12.";

    HeaderMissing = "header-missing", Error,
    "a required header is missing",
    "The response declares a header with `required: true`, and the reply does not have it.

Headers carry what clients steer by: limits, links, locations. A required one is promised on every reply of this \
status.

Let the service send it, or declare it without `required`.

    headers:
      X-RateLimit-Remaining: { required: true, schema: { type: integer } }

Source: OpenAPI 3.1, Header Object (4.8.21).";

    HeaderInvalid = "header-invalid", Error,
    "a header breaks its schema",
    "A declared header has a value that its schema does not allow. Its text is read by `style: simple`: lists are \
divided by commas, numbers and booleans are recognised where the schema asks for them, and `content` headers are \
JSON.

A client that takes the header for a number fails when it says `soon`.

Mend the header, or what the document says of it.

    headers:
      Retry-After: { schema: { type: integer } }
    # the reply had: Retry-After: Wed, 21 Oct 2026 07:28:00 GMT

Source: OpenAPI 3.1, Header Object (4.8.21) and Parameter Object, style values (4.8.12.3).";

    /// A property that no schema of the document names.
    PropertyUndeclared = "property-undeclared", Note,
    "a property that no schema names",
    "The body has a property that none of the schemas of its object names: not under `properties`, not by a \
pattern, and not in any branch of `allOf`, `anyOf`, `oneOf` or a condition. Where `additionalProperties` or \
`unevaluatedProperties` says that others may come, nothing is reported. `*` in the path stands for every item of \
a list.

Objects are open unless closed, so this breaks nothing: it is a note. But it is how a misspelled property hides, \
and clients cannot use what they do not know of. With closed objects (`--closed-objects`) it is an error.

Declare the property, correct its name, or say that others may come.

    Post:
      properties: { createdAt: { type: string } }
    # the reply had: {\"created_at\": \"2026-11-21T00:00:00Z\"}

Source: JSON Schema 2020-12, additionalProperties (core, 10.3.2.3) and unevaluatedProperties (core, 11.3).";

    /// The request breaks the document and was accepted (status below 400).
    RequestInvalidAccepted = "request-invalid-accepted", Error,
    "the service accepted a request that the document forbids",
    "A parameter or the body of the request breaks the document (missing, of another type, too long ...), and the \
service answered below 400 as if nothing were wrong.

Either the service does not check what it promises to check, and stores what it cannot read later; or the \
document is stricter than the service, and clients refuse what would work.

Let the service refuse it, loosen the document, or mend the request if it was not meant to be wrong.

    parameters:
      - { name: per_page, in: query, schema: { type: integer, maximum: 100 } }
    # GET /posts?per_page=5000 was answered with 200

Source: OpenAPI 3.1, Parameter Object (4.8.12) and Request Body Object (4.8.13).";

    /// The request fits the document and was refused as invalid (400, 415 or 422). Warning.
    RequestValidRefused = "request-valid-refused", Warning,
    "the service refused a request that the document allows",
    "Nothing in the request breaks the document, and the service answered 400, 415 or 422.

Often the service has a rule that no schema can say (a date in the past, a name that is taken), and then all is \
well: it is a warning, and only a note where the step's criteria hold for the refusal. Often it has a rule that \
the document could say and does not, and every client learns it by failing.

Write the rule into the schema if it can be said there (`maxLength`, `pattern`, `required`), else into the \
description. Answer 409 for a conflict with what is stored, and 403 for what is not permitted.

    content: { type: string, maxLength: 280 }   # rather than a surprise at 281

Source: RFC 9110, sections 15.5.1, 15.5.16 and 15.5.21.";

    /// A header or query parameter was sent that the operation does not declare. Note.
    ParameterUndeclared = "parameter-undeclared", Note,
    "a parameter was sent that the operation does not declare",
    "The request had a query parameter or a header that is not among the operation's parameters. Headers that \
HTTP itself defines, credentials, cookies and `X-Standin-*` are not counted.

Services ignore what they do not know, so a misspelled filter looks as if it worked.

Correct the name, declare the parameter, or leave it out.

    - { name: perpage, in: query, value: 10 }    # declared: per_page

Source: OpenAPI 3.1, Parameter Object (4.8.12).";

    /// A delivered webhook's payload breaks its schema, or the document declares no such webhook.
    WebhookInvalid = "webhook-invalid", Error,
    "a delivered webhook is not what the document says",
    "A webhook arrived whose payload breaks the schema of its event, or whose event the document does not declare \
under `webhooks`.

Receivers are written from the document, and run where nobody sees them fail.

Mend what the service delivers, or declare the event and its payload. Events are found by their key under \
`webhooks`, or by the constant that the payload's own `event` or `type` has.

    webhooks:
      post.sent:
        post:
          requestBody:
            content:
              application/json: { schema: { $ref: \"#/components/schemas/PostSent\" } }

Source: OpenAPI 3.1, OpenAPI Object, webhooks (4.8.1).";

    // What the scenario says (run).

    CriterionFailed = "criterion-failed", Error,
    "a success criterion does not hold",
    "A criterion of the step's `successCriteria` is false for the reply. A step without criteria fails when its \
reply's status is 400 or above.

This is what the scenario is for: the service does not do what its author expects.

Look at the reply in the report. Mend the service, or the criterion. Texts are compared without regard to case \
in `simple` conditions; `x-standin-strict: true` makes them exact.

    successCriteria:
      - condition: $statusCode == 201
      - condition: $response.body#/status == 'queued'

Source: Arazzo 1.1, Step Object (successCriteria) and Criterion Object.";

    /// A condition could not be evaluated: syntax after substitution, bad context.
    CriterionError = "criterion-error", Error,
    "a condition could not be evaluated",
    "A condition is well formed in the file, but could not be evaluated for this reply: its context has no value, \
or what was put in for `{$...}` made a regular expression or a JSONPath that cannot be read. It counts as false.

A condition that cannot be evaluated says nothing about the service.

Quote what is substituted, and make sure that the context exists: check the status first.

    - context: $response.body
      type: jsonpath
      condition: $[?@.name == \"{$inputs.name}\"]    # with the quotes

Source: Arazzo 1.1, Criterion Object; RFC 9535; RFC 9485.";

    /// An expression led nowhere where a value is needed.
    ExpressionUndefined = "expression-undefined", Error,
    "an expression leads to no value",
    "A runtime expression in a parameter, a payload or an output has no value: the header is not in the reply, the \
JSON Pointer leads nowhere, the step has no such output, or it has not run. A step whose request needs the value \
is not sent.

Sending `null` or an empty text instead would test something else than what the scenario says.

Look at the reply that the expression reads from. Correct the pointer, or give the output in every case.

    outputs:
      id: $response.body#/data/id                  # not #/id

Source: Arazzo 1.1, Runtime Expressions; RFC 6901.";

    InputMissing = "input-missing", Error,
    "a required input has no value",
    "The workflow's `inputs` require a value that nobody gave: no `--var`, no environment variable, no caller, no \
`default`, and on a fake no `x-standin-from`. The workflow was not started.

Give the value, or a default.

    standin run FILE --var api_key=...
    # or in the file
    inputs:
      required: [api_key]
      properties: { api_key: { type: string, x-standin-from: credential } }

Source: Arazzo 1.1, Workflow Object (inputs); JSON Schema 2020-12, required.";

    InputInvalid = "input-invalid", Error,
    "an input breaks its schema",
    "A value was given for an input, and the workflow's `inputs` schema does not allow it. The workflow was not \
started.

Text from `--var` and the environment is read by the type that the schema names: `10` is a number where a number \
is asked for.

Give a value that fits, or correct the schema.

    inputs: { properties: { count: { type: integer, minimum: 1 } } }
    # standin run FILE --var count=0

Source: Arazzo 1.1, Workflow Object (inputs); JSON Schema 2020-12.";

    /// A step ran before one that it depends on.
    DependencyUnmet = "dependency-unmet", Error,
    "a step was reached before one that it depends on",
    "The step names another under `dependsOn`, or uses its outputs, and a `goto` led here before that one was done. \
The step was not sent.

A dependency does not start the step that it names: it only says that it must be done.

Lead the `goto` to the step that is needed first, or give the value in another way.

    - stepId: publish
      dependsOn: [create]

Source: Arazzo 1.1, Step Object (dependsOn).";

    /// A workflow that this one depends on failed.
    DependencyFailed = "dependency-failed", Error,
    "a workflow that this one depends on failed",
    "The workflow names another under `dependsOn`, or uses its outputs, and that one failed. This workflow was not \
run: its findings would only repeat the other's.

Mend the workflow that failed first.

    - workflowId: publish
      dependsOn: [connect]

Source: Arazzo 1.1, Workflow Object (dependsOn).";

    StepTimeout = "step-timeout", Error,
    "a step took longer than its timeout",
    "No reply came within the step's `timeout`, which counts for each attempt. The step failed, and its `onFailure` \
actions were considered without a reply.

Find out why the service is slow, or allow more time. The value is in milliseconds.

    timeout: 5000

Source: Arazzo 1.1, Step Object (timeout).";

    /// The same steps went round too often.
    LoopLimit = "loop-limit", Error,
    "the workflow goes round without end",
    "The workflow visited more steps, or called workflows more deeply, than any sensible one does. `goto` and \
`retry` actions led back again and again.

A run must end. The most likely cause is a condition that never becomes true.

Give the loop an end: a `retry` with a `retryLimit`, or a criterion that is sure to hold at last.

    onFailure:
      - { name: poll, type: retry, retryAfter: 1, retryLimit: 30 }

Source: Arazzo 1.1, Failure Action Object; the limit is standin's own.";

    /// A request could not be built: a path parameter is missing, a body cannot be written as its media type.
    RequestUnbuildable = "request-unbuildable", Error,
    "a request could not be built",
    "The step's parameters and payload do not make a request: a path parameter has no value, a header's value has a \
line break, a list cannot be written as its media type, a replacement's target is not in the payload. Nothing \
was sent.

Give every name of the path a value, and a `contentType` that can hold the payload.

    parameters:
      - { name: id, in: path, value: $steps.create.outputs.id }

Source: Arazzo 1.1, Parameter Object and Request Body Object; OpenAPI 3.1, style values (4.8.12.3).";

    // The wire.

    Unreachable = "unreachable", Error,
    "the target could not be reached",
    "No connection: the name is unknown, the port is closed, or nothing answered. Nothing is known about the \
service.

Check the URL and that the service runs. The exit code differs from that of a failed check.

    standin run FILE --against http://127.0.0.1:4010

Source: RFC 9110, section 4.2.";

    TlsFailed = "tls-failed", Error,
    "the secure connection failed",
    "The connection was opened, and TLS did not come about: the certificate is not trusted, is of another name, has \
expired, or the other side speaks no TLS.

Check the URL's scheme and host, and the certificate.

    https://localhost:4010                       # a server of plain HTTP: use http://

Source: RFC 8446; RFC 9110, section 4.3.4.";

    ReplyTooLarge = "reply-too-large", Error,
    "the reply is larger than the limit",
    "The body was larger than the runner reads, and was left unread. The step failed.

Ask for less: a smaller page, a smaller file.

Source: the limit is standin's own.";

    ReplyBroken = "reply-broken", Error,
    "the reply broke off, or is no HTTP",
    "The connection ended before the reply did, or what came is not HTTP: a length that is not kept, a header that \
cannot be read, another protocol.

Clients see an error here whose cause they cannot know, and cannot tell whether the call had an effect.

Look into the service's log, and into proxies between.

Source: RFC 9112, sections 6.3 and 8.";

    // Snapshots.

    SnapshotChanged = "snapshot-changed", Error,
    "the transcript differs from the approved snapshot",
    "What happened is not what was approved: a value, a header, a status or an order is another. Values that differ \
from run to run (ids, instants, secrets) are shown as typed references and do not count.

A change that nobody meant is a fault; one that was meant should be seen by a person once.

Read the difference, then approve it or mend the service.

    standin review

Source: spec/scenarios.md, snapshots.";

    SnapshotMissing = "snapshot-missing", Error,
    "there is no approved snapshot",
    "The workflow has no approved snapshot to be compared with. The new one waits beside it as `.snap.new`, unless \
the run may not write.

Read it and approve it. A workflow that needs none says so.

    standin review
    x-standin-snapshot: false                    # at the workflow

Source: spec/scenarios.md, snapshots.";

    SnapshotUnreferenced = "snapshot-unreferenced", Warning,
    "an approved snapshot belongs to no workflow",
    "A `.snap` file lies beside the scenarios, and no workflow has its name: it was renamed or removed.

Nothing compares with it any more, so it only seems to protect something.

Delete the file, or rename it to its workflow's new name.

Source: spec/scenarios.md, snapshots.";

    /// A volatile value does not have the type that its reference stands for.
    SnapshotType = "snapshot-type", Error,
    "a value does not have the type of its reference",
    "A value that differs from run to run is shown by its type, such as `<uuid:1>`, and this value is not of that \
type. A hidden value is still checked.

An id that was a UUID and now is a number breaks clients, although the snapshot would look the same.

Mend the value, or redact it by its new type.

    x-standin-snapshot:
      redact: [{ path: $.token, as: text }]

Source: spec/scenarios.md, snapshots.";

    /// An author's redaction matched nothing.
    RedactionUnmatched = "redaction-unmatched", Error,
    "a redaction matches nothing",
    "A JSONPath under `x-standin-snapshot.redact` found no value in the reply's body.

A redaction that no longer fits hides nothing: the value that it was meant for may be in the snapshot in full.

Correct the path, or remove the redaction.

    redact: [{ path: $.data.token, as: text }]   # not $.token

Source: spec/scenarios.md, snapshots; RFC 9535.";

    // The rest.

    /// A control step was left out, because the target is not a fake. Note.
    ControlSkipped = "control-skipped", Note,
    "a control step was left out",
    "The step calls the fake's own control API (clock, faults, received webhooks), and the target is a deployment, \
which has none. The step was left out; those that follow were run.

The same scenario can judge both, as long as what follows does not depend on the step: waiting is done in real \
time there.

    x-standin-if: $inputs.fake == true           # leave out what depends on it, too

Source: spec/scenarios.md, targets.";

    /// A fault that a step armed never hit anything.
    FaultNotFired = "fault-not-fired", Error,
    "a fault that a step armed never fired",
    "A step armed a fault in the fake (`armFault`), and when the workflows of its world were over it had hit no call \
and no delivery. The finding says how many it had seen of those that it is for.

A scenario about a failure that did not happen proves nothing: it passes for a client or a service that would not \
have survived it.

Make the call that the fault is for, or correct what says which calls: `operation`, `method`, `nth`, `after`, \
`from`. A fault that is meant to wait in vain is taken back with `disarmFaults`, which accounts for it; so does \
`resetWorld`.

    - stepId: lose-the-answer
      operationId: $sourceDescriptions.control.armFault
      requestBody: { payload: { kind: close, effect: done, operation: createPost, times: 1 } }

Source: spec/scenarios.md, targets; spec/faults.md.";

    /// A fault was armed for more calls than it hit.
    FaultLeftOver = "fault-left-over", Warning,
    "a fault was armed for more calls than it hit",
    "A step armed a fault for so many `times`, and it hit fewer calls than that. Faults by `probability` are not held \
to it.

The rest would have hit whatever came next: perhaps the client gave up earlier than the scenario's author thinks.

Lower `times`, make the other calls, or disarm the fault where it has done its work.

    requestBody: { payload: { kind: status, status: 503, times: 2 } }   # and two calls that meet it

Source: spec/scenarios.md, targets; spec/faults.md.";

    /// Coverage is below what was asked for.
    CoverageLow = "coverage-low", Error,
    "coverage is below what was asked for",
    "The run saw less of the document than `--min-coverage` asks for. The finding names what was not seen.

What no scenario calls is free to break unseen.

Add steps that call it, or ask for less.

    standin run FILE --min-coverage operation=100,status=80

Source: spec/scenarios.md, coverage.";
}

impl Code {
    /// The code of a word.
    pub fn find(word: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.word() == word)
    }

    /// The code that a misspelled word was meant for.
    pub fn nearest(word: &str) -> Option<Code> {
        let word = word.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        Code::find(&word).or_else(|| Code::find(did_you_mean(&word, Code::ALL.iter().map(|code| code.word()))?))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `StatusUndeclared` as `status-undeclared`.
    fn kebab(name: &str) -> String {
        let mut word = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !word.is_empty() {
                word.push('-');
            }
            word.push(letter.to_ascii_lowercase());
        }
        word
    }

    #[test]
    fn the_word_of_a_code_is_its_name_and_finds_it_again() {
        for code in Code::ALL {
            assert_eq!(code.word(), kebab(&format!("{code:?}")));
            assert_eq!(Code::find(code.word()), Some(*code));
            assert_eq!(serde_json::to_value(code).ok(), Some(code.word().into()));
        }
        assert_eq!(Code::ALL.len(), 36);
    }

    #[test]
    fn every_code_is_explained_with_its_source() {
        for code in Code::ALL {
            let (title, text) = (code.title(), code.explanation());
            assert!(title.len() <= 80 && !title.ends_with('.'), "{}: {title}", code.word());
            assert!(title.starts_with(|first: char| first.is_lowercase()), "{}: {title}", code.word());
            let paragraphs: Vec<&str> = text.split("\n\n").collect();
            assert!(paragraphs.len() >= 3, "{} has too little to say", code.word());
            let source = paragraphs.last().copied().unwrap_or_default();
            assert!(source.starts_with("Source: ") && source.ends_with('.'), "{}: {source}", code.word());
            let example = paragraphs.iter().all(|one| one.starts_with("    ") || !one.contains("    "));
            assert!(example, "{} has an example that is not a paragraph of its own", code.word());
        }
    }

    #[test]
    fn what_is_only_worth_knowing_fails_nothing() {
        let with = |severity| Code::ALL.iter().filter(move |code| code.severity() == severity).map(|code| code.word());
        let notes: Vec<&str> = with(Severity::Note).collect();
        let warnings: Vec<&str> = with(Severity::Warning).collect();
        assert_eq!(notes, ["property-undeclared", "parameter-undeclared", "control-skipped"]);
        assert_eq!(warnings, ["body-unexpected", "request-valid-refused", "snapshot-unreferenced", "fault-left-over"]);
    }

    #[test]
    fn a_misspelled_word_finds_its_code() {
        assert_eq!(Code::nearest("status-undeclard"), Some(Code::StatusUndeclared));
        assert_eq!(Code::nearest("BODY_INVALID"), Some(Code::BodyInvalid));
        assert_eq!(Code::nearest("zebra"), None);
        assert_eq!(Code::find("Status-Undeclared"), None);
    }
}
