//! The client that is audited: this very test executable, started again with a policy in its environment.

pub mod caller;
pub mod http;
pub mod job;
pub mod policy;

use caller::Caller;
use http::Base;
use policy::Policy;

/// Holds the policy, as JSON; set only where the executable is to be the client.
pub const POLICY: &str = "STANDIN_TEST_POLICY";
/// The test that turns into the client, as the executable's arguments name it.
pub const ENTRY: [&str; 4] = ["--exact", "client::a_policy_travels_through_the_environment", "--nocapture", "--quiet"];

/// Started with a policy this is the client and never returns; as a test it proves that the policy arrives as it was sent.
#[test]
fn a_policy_travels_through_the_environment() {
    if let Ok(text) = std::env::var(POLICY) {
        let policy = serde_json::from_str(&text).expect("a policy");
        std::process::exit(run(policy));
    }
    let sent = Policy::good().but(|policy| policy.retry.attempts = 7);
    let text = serde_json::to_string(&sent).expect("a policy is JSON");
    assert_eq!(serde_json::from_str::<Policy>(&text).expect("JSON is a policy"), sent);
    assert_eq!(serde_json::from_str::<Policy>(r#"{"retry":{"attempts":7}}"#).expect("what is left out is good"), sent);
}

/// Does the job against the service that the environment names; gives the exit code.
fn run(policy: Policy) -> i32 {
    let base = std::env::var("STANDIN_BASE_URL").expect("STANDIN_BASE_URL");
    let credential = std::env::var("STANDIN_CREDENTIAL").ok().filter(|credential| !credential.is_empty());
    let tells_failure = policy.tells_failure;
    let went_well = job::perform(&Caller::new(Base::read(&base), credential, policy));
    i32::from(tells_failure && !went_well)
}
