//! A client that follows a script, for habits that the policy of the other one has no switch for: credentials, batches, receivers, and every
//! way of going on after a damaged reply.

pub mod perform;
pub mod receiver;

use serde::{Deserialize, Serialize};

use receiver::Receiver;

/// Holds the script, as JSON; set only where the executable is to be the client.
pub const SCRIPT: &str = "STANDIN_TEST_SCRIPT";
/// The test that turns into the client, as the executable's arguments name it.
pub const ENTRY: [&str; 4] = ["--exact", "script::a_script_travels_through_the_environment", "--nocapture", "--quiet"];

/// Texts may hold `{name}`: what a step has kept or drawn under that name, `undefined` where it has not, as in a language that does not mind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    Send(Box<Send>),
    /// Sets a name to a new random UUID.
    Draw(String),
    /// Branches done at the same time.
    Together(Vec<Vec<Step>>),
    /// Starts to take webhooks at `{receiver}`.
    Listen(Receiver),
    /// Waits until so many webhooks came, or so many milliseconds went by.
    Await {
        count: usize,
        ms: u64,
    },
    /// Ends with exit 1.
    Fail,
}

/// One call, sent once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    pub method: String,
    /// With the query, below the base URL.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// Names for values of the reply, by their pointers.
    pub keep: Vec<(String, String)>,
    /// What the reply must say beside being one of success, whole, and JSON.
    pub expects: Option<(String, serde_json::Value)>,
    /// What is done when the call fails, or its reply is not as it must be.
    pub otherwise: Vec<Step>,
    /// How long it waits for the reply, in milliseconds.
    pub timeout_ms: u64,
}

/// A call that ends the script with a failure when it fails.
pub fn send(method: &str, target: &str) -> Send {
    Send {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: vec![("authorization".to_owned(), "{credential}".to_owned())],
        body: None,
        keep: Vec::new(),
        expects: None,
        otherwise: vec![Step::Fail],
        timeout_ms: 5_000,
    }
}

impl Send {
    pub fn body(mut self, body: &str) -> Send {
        self.body = Some(body.to_owned());
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Send {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn key(self, key: &str) -> Send {
        self.header("idempotency-key", key)
    }

    pub fn keep(mut self, name: &str, pointer: &str) -> Send {
        self.keep.push((name.to_owned(), pointer.to_owned()));
        self
    }

    pub fn expects(mut self, pointer: &str, value: serde_json::Value) -> Send {
        self.expects = Some((pointer.to_owned(), value));
        self
    }

    pub fn otherwise(mut self, steps: impl IntoIterator<Item = Step>) -> Send {
        self.otherwise = steps.into_iter().collect();
        self
    }

    /// Goes on as if nothing had happened.
    pub fn whatever(self) -> Send {
        self.otherwise([])
    }

    pub fn within(mut self, ms: u64) -> Send {
        self.timeout_ms = ms;
        self
    }

    /// Sends exactly the same again when it failed, and fails when that fails, too.
    pub fn again(self) -> Send {
        let second = self.clone();
        self.otherwise([second.into()])
    }
}

impl From<Send> for Step {
    fn from(send: Send) -> Step {
        Step::Send(Box::new(send))
    }
}

/// Started with a script this is the client and never returns; as a test it proves that the script arrives as it was sent.
#[test]
fn a_script_travels_through_the_environment() {
    if let Ok(text) = std::env::var(SCRIPT) {
        let script: Vec<Step> = serde_json::from_str(&text).expect("a script");
        std::process::exit(perform::run(&script));
    }
    let sent = vec![
        Step::Draw("key".to_owned()),
        send("POST", "/parcels").body("{}").key("{key}").keep("id", "/id").again().into(),
        Step::Listen(Receiver::good()),
        Step::Together(vec![vec![Step::Fail], vec![Step::Await { count: 1, ms: 10 }]]),
    ];
    let text = serde_json::to_string(&sent).expect("a script is JSON");
    assert_eq!(serde_json::from_str::<Vec<Step>>(&text).expect("JSON is a script"), sent);
}
