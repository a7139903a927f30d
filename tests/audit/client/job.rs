//! What the client is there for: parcels.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::caller::Caller;
use super::http::{Answer, Request};
use super::policy::Step;

/// A parcel that is there from the start.
const KNOWN: &str = "/parcels/par_1";

/// Does the whole job; false when a step failed.
pub fn perform(caller: &Caller) -> bool {
    let policy = &caller.policy;
    let went_well = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for thread in 0..policy.threads {
            let went_well = &went_well;
            let mine = policy.job.iter().enumerate().skip(thread).step_by(policy.threads);
            scope.spawn(move || {
                for (number, step) in mine {
                    if let Err(why) = take(caller, *step, number) {
                        eprintln!("step {} ({step:?}): {why}", number + 1);
                        went_well.store(false, Ordering::Relaxed);
                        if !policy.goes_on {
                            break;
                        }
                    }
                }
            });
        }
    });
    went_well.into_inner()
}

fn take(caller: &Caller, step: Step, number: usize) -> Result<(), String> {
    let request = |method: &'static str, target: &str, body: Option<String>| Request {
        method,
        target: target.to_owned(),
        headers: Vec::new(),
        body,
    };
    let name = || Some(format!(r#"{{"name":"parcel {number}"}}"#));
    match step {
        Step::List => succeed(caller, &request("GET", "/parcels", None)).map(drop),
        Step::Get => succeed(caller, &request("GET", KNOWN, None)).map(drop),
        Step::Create => succeed(caller, &request("POST", "/parcels", name())).map(drop),
        Step::Replace => succeed(caller, &request("PUT", KNOWN, name())).map(drop),
        Step::Delete => succeed(caller, &request("DELETE", KNOWN, None)).map(drop),
        Step::Note => {
            let body = format!(r#"{{"text":"note {number}"}}"#);
            succeed(caller, &request("POST", &format!("{KNOWN}/notes"), Some(body))).map(drop)
        }
        Step::Pages => pages(caller),
    }
}

/// Walks every page; each has to be one.
fn pages(caller: &Caller) -> Result<(), String> {
    let mut target = "/parcels?limit=2".to_owned();
    loop {
        let request = Request { method: "GET", target, headers: Vec::new(), body: None };
        let answer = succeed(caller, &request)?;
        let page: Value = serde_json::from_slice(&answer.body).map_err(|error| format!("a page: {error}"))?;
        match page["next_cursor"].as_str() {
            Some(cursor) => target = format!("/parcels?limit=2&cursor={cursor}"),
            None => return Ok(()),
        }
    }
}

fn succeed(caller: &Caller, request: &Request) -> Result<Answer, String> {
    match caller.call(request) {
        Ok(answer) if answer.status < 400 => Ok(answer),
        Ok(answer) => Err(format!("status {}", answer.status)),
        Err(failure) => Err(format!("{failure:?}")),
    }
}
