//! A record on its way to being told: the marks of its bodies and the secrets in them.
//!
//! To follow the schemas along a body costs more than anything else in a snapshot, and both the text and the mask need what that finds: so
//! each body is marked once.

use std::rc::Rc;

use serde_json::Value;

use super::service::{Service, media_schema};
use super::volatile::{Marked, Marker};
use super::{Rendered, secrets, transcript};
use crate::call::Call;
use crate::contract::operation::OperationId;
use crate::mask::Mask;
use crate::scenario::exchange::{Exchange, media_type};
use crate::scenario::model::Suite;
use crate::scenario::run::Record;

/// A record that was looked through.
pub struct Reading<'a> {
    pub(super) suite: &'a Suite,
    pub(super) record: &'a Record,
    /// Parallel to the suite's APIs.
    pub(super) services: Vec<Rc<Service<'a>>>,
    /// Parallel to the record's visits.
    pub(super) bodies: Vec<Bodies<'a>>,
    /// In order of appearance.
    pub(super) secrets: Vec<String>,
}

/// The bodies of a visit's exchange.
#[derive(Debug, Default)]
pub(super) struct Bodies<'a> {
    pub sent: Option<Marked<'a>>,
    pub received: Option<Marked<'a>>,
}

impl<'a> Reading<'a> {
    pub fn of(suite: &'a Suite, record: &'a Record) -> Reading<'a> {
        let services: Vec<Rc<Service<'a>>> = suite.apis.iter().map(|api| Rc::new(Service::of(&api.contract))).collect();
        let bodies = record.visits.iter().map(|visit| match visit.exchange() {
            Some(exchange) => Bodies::of(&services[exchange.api], exchange),
            None => Bodies::default(),
        });
        let bodies: Vec<Bodies<'a>> = bodies.collect();
        let secrets = secrets::collect(suite, record, &services, &bodies);
        Reading { suite, record, services, bodies, secrets }
    }

    /// Teaches the secrets that the record's exchanges hold: keys in replies, credentials in requests.
    pub fn teach(&self, mask: &mut Mask) {
        self.secrets.iter().for_each(|secret| mask.learn(secret));
        self.record.secrets.iter().for_each(|secret| mask.learn_declared(secret));
    }

    /// See [`super::render`].
    pub fn render(self) -> Rendered {
        transcript::render(self)
    }
}

impl<'a> Bodies<'a> {
    fn of(service: &Service<'a>, exchange: &'a Exchange) -> Bodies<'a> {
        let sent = exchange.sent.as_ref().map(|sent| sent_body(service, exchange.operation, &exchange.call, sent));
        Bodies { sent, received: exchange.received.as_ref().map(|value| received_body(service, exchange, value)) }
    }
}

/// Marks the body of a request.
pub(super) fn sent_body<'v>(service: &Service<'_>, id: OperationId, call: &Call, body: &'v Value) -> Marked<'v> {
    let media = call.header("content-type").map(media_type).unwrap_or_default();
    let declared = service.operation(id).and_then(|operation| operation.body.as_ref());
    let schema = declared.and_then(|body| media_schema(&body.media, &media));
    Marker { service, resource: service.resource_of(id), problem: false }.body(schema, body)
}

fn received_body<'v>(service: &Service<'_>, exchange: &Exchange, value: &'v Value) -> Marked<'v> {
    let media = exchange.reply.header("content-type").map(media_type).unwrap_or_default();
    let declared = service.operation(exchange.operation).and_then(|operation| operation.response(exchange.status()));
    let schema = declared.and_then(|response| media_schema(&response.media, &media));
    let resource = service.resource_of(exchange.operation).filter(|_| exchange.status() < 400);
    Marker { service, resource, problem: media == "application/problem+json" }.body(schema, value)
}
