//! `standin audit` grades clients: a good one passes every rule, and one that breaks a single rule is told so.

mod client;
mod habits;
mod judged;
#[path = "../command_line/program.rs"]
#[allow(dead_code)]
mod program;
mod retries;
mod script;

use client::policy::{Policy, Step};
use judged::{SERVICE, client};
use program::Server;

#[test]
fn the_client_does_each_of_its_steps_when_nothing_goes_wrong() {
    let server = Server::start(&[SERVICE]);
    let (_, credential) = server.credential();
    let steps =
        [Step::List, Step::Pages, Step::Get, Step::Create, Step::Note, Step::Replace, Step::Delete, Step::Create];
    for threads in [1, 3] {
        let policy = Policy::doing(steps).but(|policy| policy.threads = threads);
        // What one thread deletes another may look for: each step gets what it needs in a world of its own.
        let steps = if threads == 1 { policy.job.len() } else { 6 };
        let policy = policy.but(|policy| policy.job.truncate(steps));
        let base = format!("http://127.0.0.1:{}/~threads{threads}/v1", server.port);
        let done = client(&policy)
            .env("STANDIN_BASE_URL", base)
            .env("STANDIN_CREDENTIAL", &credential)
            .output()
            .expect("the client runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!((done.status.code(), said.as_ref()), (Some(0), ""), "{threads} threads");
    }
}

#[test]
fn the_client_says_with_its_exit_code_that_a_step_failed() {
    let server = Server::start(&[SERVICE]);
    let run = |policy: &Policy| {
        let base = format!("http://127.0.0.1:{}/v1", server.port);
        let done = client(policy).env("STANDIN_BASE_URL", base).output().expect("the client runs");
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let unknown = Policy::doing([Step::Get]);
    assert_eq!(run(&unknown), (Some(1), "step 1 (Get): status 401\n".to_owned()));
    let silent = unknown.but(|policy| policy.tells_failure = false);
    assert_eq!(run(&silent), (Some(0), "step 1 (Get): status 401\n".to_owned()));
}
