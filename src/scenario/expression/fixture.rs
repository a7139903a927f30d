//! What tests of the languages evaluate against: one exchange, and the values around it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Context, Finished};
use crate::call::{Call, Reply};
use crate::contract::operation::OperationId;
use crate::contract::parameter::Arguments;
use crate::scenario::exchange::{Exchange, parse_body};

/// Owns what a [`Context`] borrows.
pub(crate) struct Fixture {
    pub exchange: Option<Exchange>,
    pub inputs: Map<String, Value>,
    pub outputs: Map<String, Value>,
    pub steps: BTreeMap<String, Map<String, Value>>,
    pub workflows: BTreeMap<String, Finished>,
    pub sources: Vec<(String, String, String)>,
    pub self_uri: Option<String>,
}

impl Fixture {
    /// Nothing has happened yet.
    pub fn empty() -> Fixture {
        Fixture {
            exchange: None,
            inputs: Map::new(),
            outputs: Map::new(),
            steps: BTreeMap::new(),
            workflows: BTreeMap::new(),
            sources: Vec::new(),
            self_uri: None,
        }
    }

    /// A reply of this status with this JSON body.
    pub fn reply(status: u16, body: &Value) -> Fixture {
        let mut reply = Reply::new(StatusCode::from_u16(status).expect("a status"));
        reply.headers.push(header("content-type", "application/json"));
        reply.body = Bytes::from(body.to_string());
        let mut fixture = Fixture::empty();
        fixture.exchange = Some(exchange(reply));
        fixture
    }

    /// An order was made, with a bit of everything.
    pub fn order() -> Fixture {
        let mut fixture = Fixture::reply(
            201,
            &json!({
                "id": "ord_1", "state": "Active", "count": 3, "price": "9.50", "none": null, "paid": true, "sent": false,
                "items": [{ "sku": "a/b", "n~m": 1 }, { "sku": "c" }], "empty": [], "a.b": "dotted", "full name": "Ada", "": "nameless",
                "nested": { "list": [1, 2.0, 3] },
            }),
        );
        fixture.inputs = object(json!({ "id": "ord_1", "expected": 201, "tags": ["x", "y"], "a.b": 7 }));
        fixture.outputs = object(json!({ "total": 12 }));
        fixture
            .steps
            .insert("create".into(), object(json!({ "order": { "id": "ord_1", "lines": [5] }, "none": null })));
        let finished = Finished { inputs: object(json!({ "who": "Ada" })), outputs: object(json!({ "token": "t" })) };
        fixture.workflows.insert("sign-in".into(), finished);
        fixture.sources = vec![("shop".into(), "./shop.yaml".into(), "openapi".into())];
        fixture.self_uri = Some("https://example.com/orders.arazzo.yaml".into());
        fixture
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            exchange: self.exchange.as_ref(),
            inputs: &self.inputs,
            outputs: &self.outputs,
            steps: &self.steps,
            workflows: &self.workflows,
            sources: &self.sources,
            self_uri: self.self_uri.as_deref(),
        }
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

fn header(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}

fn exchange(mut reply: Reply) -> Exchange {
    let mut call = Call::new(Method::POST, "/v1/shops/s%201/orders?dry=true&tag=x");
    call.origin = "https://api.example.com".to_owned();
    call.headers.append("accept", HeaderValue::from_static("application/json"));
    call.headers.append("x-trace", HeaderValue::from_static("17"));
    reply.headers.push(header("x-tag", "first"));
    reply.headers.push(header("x-tag", "second"));
    reply.headers.push(header("x-remaining", "41"));
    let (received, malformed) = parse_body(&reply);
    let arguments = Arguments {
        path: object(json!({ "shop": "s 1" })),
        query: object(json!({ "dry": true, "tag": "x", "": "nameless" })),
        header: object(json!({ "X-Trace": 17 })),
        cookie: Map::new(),
    };
    Exchange {
        api: 0,
        operation: OperationId(0),
        call,
        arguments,
        sent: Some(json!({ "item": "tea", "count": 3 })),
        reply,
        received,
        malformed,
        elapsed: Duration::from_millis(5),
        received_at: 0,
    }
}
