//! What is sent: parameters by the document's styles, bodies by their media type.

use serde_json::json;
use standin::scenario::run::Verdict;

use crate::harness;
use crate::support::{Sent, reply, told};

/// The call that one step sends.
#[track_caller]
fn sends(step: &str) -> Sent {
    let harness = harness(&format!("  - workflowId: w\n    steps:\n      - stepId: s\n{step}"));
    let (record, sent) = harness.run("w", vec![reply(200, json!({}))]);
    assert_eq!(sent.len(), 1, "{:?}", told(&record));
    sent.into_iter().next().expect("one call")
}

/// Why a step's call cannot be sent: code, message and place below the step.
#[track_caller]
fn refuses(step: &str) -> (String, String) {
    let harness = harness(&format!("  - workflowId: w\n    steps:\n      - stepId: s\n{step}"));
    let (record, sent) = harness.run("w", Vec::new());
    assert_eq!((sent.len(), record.verdict, record.findings.len()), (0, Verdict::Failed, 1), "{:?}", told(&record));
    let place = record.findings[0].scenario.pointer.strip_prefix("/workflows/0/steps/0").expect("below the step");
    (told(&record).remove(0), place.to_owned())
}

#[track_caller]
fn posts(body: &str) -> (String, String) {
    let sent = sends(&format!("        operationId: createThing\n        requestBody:\n{body}"));
    (sent.header("content-type").unwrap_or_default().to_owned(), sent.body)
}

#[test]
fn parameters_are_written_by_style() {
    let sent = sends(
        "        operationId: listThings
        parameters:
          - {name: page, in: query, value: 2}
          - {name: tags, in: query, value: [a b, c]}
          - {name: filter, in: query, value: {name: x}}
          - {name: path, in: query, value: 'a/b:c'}
          - {name: odd, in: query, value: {a: [1]}}
          - {name: x-trace, in: header, value: t1}
          - {name: session, in: cookie, value: a;b}
          - {name: other, in: cookie, value: 1}
",
    );
    let query = "page=2&tags=a%20b&tags=c&filter%5Bname%5D=x&path=a/b:c&odd=%7B%22a%22%3A%5B1%5D%7D";
    assert_eq!(sent.url, format!("http://api.test/v1/things?{query}"));
    assert_eq!(sent.header("x-trace"), Some("t1"));
    assert_eq!(sent.header("cookie"), Some("session=a%3Bb; other=1"));
    assert_eq!(sent.header("accept"), Some("application/json, application/problem+json"));
}

#[test]
fn a_whole_query_string_and_a_given_accept_are_taken() {
    let sent = sends(
        "        operationId: listThings
        parameters:
          - {name: all, in: querystring, value: 'page=1&q=a b'}
          - {name: Accept, in: header, value: text/csv}
",
    );
    assert_eq!(sent.url, "http://api.test/v1/things?page=1&q=a%20b");
    assert_eq!(sent.header("accept"), Some("text/csv"));
}

#[test]
fn values_that_no_message_can_carry_are_refused() {
    let header = |value: &str| {
        refuses(&format!(
            "        operationId: listThings\n        parameters: [{{name: X-Trace, in: header, value: {value}}}]\n"
        ))
    };
    let told = "request-unbuildable: the header `X-Trace` cannot carry its value: it is not visible ASCII";
    assert_eq!(header("\"a\\r\\nEvil: 1\""), (told.to_owned(), "/parameters/0".to_owned()));
    assert_eq!(header("é").0, told);
    let (told, _) = refuses(
        "        operationId: listThings\n        parameters: [{name: Content-Length, in: header, value: 5}]\n",
    );
    assert_eq!(told, "request-unbuildable: the header `Content-Length` belongs to the connection and cannot be set");
    let (told, _) = refuses("        operationId: getThing\n        parameters: [{name: id, in: path, value: ''}]\n");
    assert_eq!(told, "request-unbuildable: the path parameter `id` is empty, so the path would lead elsewhere");
}

#[test]
fn json_is_written_as_structures_or_sent_as_its_text() {
    assert_eq!(posts("          payload: {a: [1, null]}\n").1, "{\"a\":[1,null]}");
    assert_eq!(
        posts(
            "          payload: '{ \"a\" : \"{$method}\" }'\n"
                .replace("$method", "$self")
                .as_str()
                .replace("{$self}", "x")
                .as_str()
        )
        .1,
        "{ \"a\" : \"x\" }"
    );
    assert_eq!(posts("          payload: '{\"a\":'\n").1, "{\"a\":", "broken JSON is what this asks for");
    let sent = sends(
        "        operationId: nameThing\n        parameters: [{name: id, in: path, value: a}]\n        requestBody: {payload: Ann}\n",
    );
    assert_eq!(sent.body, "\"Ann\"", "the schema takes a string");
    assert_eq!(
        posts("          {contentType: application/merge-patch+json, payload: {a: null}}\n"),
        ("application/merge-patch+json".to_owned(), "{\"a\":null}".to_owned())
    );
}

#[test]
fn forms_are_written_by_their_encoding() {
    let (kind, body) = posts(
        "          contentType: application/x-www-form-urlencoded
          payload: {a: x y&z, list: [1, 2], joined: [3, 4], deep: {k: v}, plain: {k: v}, none: null}
",
    );
    assert_eq!(kind, "application/x-www-form-urlencoded");
    assert_eq!(body, "a=x+y%26z&list=1&list=2&joined=3%2C4&deep%5Bk%5D=v&plain=%7B%22k%22%3A%22v%22%7D&none=");
    assert_eq!(posts("          {contentType: application/x-www-form-urlencoded, payload: 'a=1&b=2'}\n").1, "a=1&b=2");
}

#[test]
fn multipart_bodies_have_files_fields_and_structures() {
    let (kind, body) = posts(
        "          contentType: multipart/form-data
          payload:
            title: a
            picture: {x-standin-file: {name: 'p\"1.png', base64: aGk=}}
            texts: [{x-standin-file: {name: t.txt, contentType: text/plain, text: hello}}, b]
            meta: {n: 1}
",
    );
    assert_eq!(kind, "multipart/form-data; boundary=standin-boundary");
    let expected = "--standin-boundary
Content-Disposition: form-data; name=\"title\"

a
--standin-boundary
Content-Disposition: form-data; name=\"picture\"; filename=\"p%221.png\"
Content-Type: image/png

hi
--standin-boundary
Content-Disposition: form-data; name=\"texts\"; filename=\"t.txt\"
Content-Type: text/plain

hello
--standin-boundary
Content-Disposition: form-data; name=\"texts\"

b
--standin-boundary
Content-Disposition: form-data; name=\"meta\"
Content-Type: application/json

{\"n\":1}
--standin-boundary--
";
    assert_eq!(body, expected.replace('\n', "\r\n"));
}

#[test]
fn a_boundary_that_stands_in_a_part_is_not_used() {
    let (kind, body) = posts("          {contentType: multipart/form-data, payload: {a: x--standin-boundary--y}}\n");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a boundary");
    assert_ne!(boundary, "standin-boundary");
    assert_eq!(body.matches(boundary).count(), 2);
}

#[test]
fn files_that_cannot_be_read_are_refused() {
    let told = |file: &str| {
        refuses(&format!("        operationId: createThing\n        requestBody: {{contentType: multipart/form-data, payload: {{a: {{x-standin-file: {file}}}}}}}\n")).0
    };
    assert_eq!(
        told("{base64: '!'}"),
        "request-unbuildable: `base64` of `x-standin-file` is not base64: Invalid symbol 33, offset 0."
    );
    assert_eq!(told("{txt: a}"), "request-unbuildable: `x-standin-file` has no field `txt`");
    assert_eq!(told("{name: a}"), "request-unbuildable: `x-standin-file` has no content");
    assert_eq!(told("5"), "request-unbuildable: `x-standin-file` is not an object");
}

#[test]
fn other_bodies_are_text_or_refused() {
    assert_eq!(posts("          {contentType: application/xml, payload: '<a>1</a>'}\n").1, "<a>1</a>");
    assert_eq!(posts("          {contentType: text/plain, payload: 5}\n").1, "5");
    assert_eq!(posts("          {contentType: image/png, payload: {x-standin-file: {base64: aGk=}}}\n").1, "hi");
    let (told, place) = refuses(
        "        operationId: createThing\n        requestBody: {contentType: application/xml, payload: {a: 1}}\n",
    );
    assert_eq!(
        (told.as_str(), place.as_str()),
        ("request-unbuildable: an object cannot be written as application/xml", "/requestBody/payload")
    );
}

#[test]
fn replacements_set_values_and_miss_none() {
    let body = |replacements: &str| {
        format!(
            "          payload: {{a: {{b: 1}}, list: [1, 2], s: [{{n: 1}}, {{n: 2}}]}}\n          replacements: [{replacements}]\n"
        )
    };
    assert_eq!(
        posts(&body("{target: /a/b, value: 2}, {target: /a/c, value: {d: 3}}, {target: /list/-, value: 4}")).1,
        "{\"a\":{\"b\":2,\"c\":{\"d\":3}},\"list\":[1,2,4],\"s\":[{\"n\":1},{\"n\":2}]}"
    );
    let path = posts(&body("{target: '$.s[*].n', targetSelectorType: jsonpath, value: 9}")).1;
    assert!(path.ends_with("\"s\":[{\"n\":9},{\"n\":9}]}"), "{path}");
    let text = posts("          payload: '{\"a\": 1}'\n          replacements: [{target: /a, value: 2}]\n").1;
    assert_eq!(text, "{\"a\":2}");
    let refused = |replacement: &str| {
        refuses(&format!("        operationId: createThing\n        requestBody:\n{}", body(replacement)))
    };
    assert_eq!(refused("{target: /x/y, value: 1}").1, "/requestBody/replacements/0/target");
    assert!(refused("{target: /list/7, value: 1}").0.starts_with("request-unbuildable: "));
    assert!(
        refused("{target: $.nothing, targetSelectorType: jsonpath, value: 1}").0.starts_with("request-unbuildable: ")
    );
}
