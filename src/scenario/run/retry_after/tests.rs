use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::*;
use crate::call::{Call, Reply};
use crate::contract::operation::OperationId;

/// The wait asked for by these headers in a reply received at 1994-11-06T08:49:00Z.
fn wait(headers: &[(&'static str, &str)]) -> Option<u64> {
    let mut reply = Reply::new(StatusCode::SERVICE_UNAVAILABLE);
    let header = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a good value"))
    };
    reply.headers = headers.iter().map(header).collect();
    let exchange = Exchange {
        api: 0,
        operation: OperationId(0),
        call: Call::new(Method::GET, "/"),
        arguments: Default::default(),
        sent: None,
        reply,
        received: None,
        malformed: None,
        elapsed: Duration::ZERO,
        received_at: 784_111_740_000,
    };
    retry_after(&exchange).map(|wait| wait.as_secs())
}

#[test]
fn seconds_are_taken_as_they_are_and_rounded_up() {
    assert_eq!(wait(&[("retry-after", "120")]), Some(120));
    assert_eq!(wait(&[("retry-after", " 0 ")]), Some(0));
    assert_eq!(wait(&[("retry-after", "1.2")]), Some(2));
    assert_eq!(wait(&[("retry-after", "3.0")]), Some(3));
    assert_eq!(wait(&[]), None);
}

#[test]
fn all_three_forms_of_a_date_are_read() {
    for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        assert_eq!(wait(&[("retry-after", date)]), Some(37), "{date}");
    }
}

#[test]
fn a_date_counts_from_the_replys_own_clock() {
    let date = ("date", "Sun, 06 Nov 1994 08:49:30 GMT");
    assert_eq!(wait(&[date, ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(7));
    assert_eq!(wait(&[date, ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(0), "it is past");
    assert_eq!(wait(&[("date", "yesterday"), ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(37));
}

#[test]
fn nobody_waits_longer_than_a_day() {
    for far in ["86401", "99999999999999999999999", "Sun, 06 Nov 2094 08:49:37 GMT"] {
        assert_eq!(wait(&[("retry-after", far)]), Some(WAIT_MAX.as_secs()), "{far}");
    }
}

#[test]
fn what_is_no_wait_is_none() {
    for nonsense in ["", "-1", "soon", "1e3", "1.", ".5", "+5", "Sun, 32 Nov 1994 08:49:37 GMT"] {
        assert_eq!(wait(&[("retry-after", nonsense)]), None, "{nonsense:?}");
    }
}
