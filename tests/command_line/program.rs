//! Runs the binary: a command to its end, or a server until it is told to stop.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

pub const BINARY: &str = env!("CARGO_BIN_EXE_standin");
/// Longest wait for anything that a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// The whole complaint on standard error, nothing on standard output, exit code 2.
    #[track_caller]
    pub fn is_refusal(&self, complaint: &str) {
        let expected = Done { code: Some(2), stdout: String::new(), stderr: complaint.to_owned() };
        assert_eq!(*self, expected, "{}", self.stderr);
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    // In CI pending snapshots are not written, which is what some tests are about.
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").env_remove("CI").stdin(Stdio::null());
    command
}

/// Runs a command to its end in the repository's folder.
pub fn run(arguments: &[&str]) -> Done {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

pub fn run_in(folder: &Path, arguments: &[&str]) -> Done {
    let output = command(folder, arguments).output().expect("the binary runs");
    Done {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text on standard output"),
        stderr: String::from_utf8(output.stderr).expect("text on standard error"),
    }
}

/// A folder of its own, gone at the end.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("standin-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for a test");
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file of a test");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that has said that it is ready.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub port: u16,
    pub ready: String,
    stdout: JoinHandle<String>,
    stderr: Arc<Mutex<String>>,
    stderr_reader: Option<JoinHandle<()>>,
}

impl Server {
    /// `standin serve`, the arguments, and a free port unless they name one.
    pub fn start(arguments: &[&str]) -> Server {
        Server::start_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
    }

    pub fn start_in(folder: &Path, arguments: &[&str]) -> Server {
        let port: &[&str] = if arguments.contains(&"--port") { &[] } else { &["--port", "0"] };
        Server::of(command(folder, &[&["serve"], arguments, port].concat()))
    }

    /// As [`Server::start`], with hangups as `env` is told to set them: a test may itself run under `nohup`.
    pub fn start_with(hangup: &str, arguments: &[&str]) -> Server {
        let mut env = Command::new("env");
        env.args([hangup, BINARY, "serve", "--port", "0"]).args(arguments).env("NO_COLOR", "1").stdin(Stdio::null());
        Server::of(env)
    }

    fn of(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let stderr = Arc::new(Mutex::new(String::new()));
        let stderr_reader = collect(child.stderr.take().expect("piped"), stderr.clone());
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut ready = String::new();
        stdout.read_line(&mut ready).expect("text on standard output");
        if ready.is_empty() {
            stderr_reader.join().expect("the reader ends");
            panic!("the server did not start: {}", stderr.lock().expect("a lock"));
        }
        let rest = std::thread::spawn(move || {
            let mut rest = String::new();
            _ = stdout.read_to_string(&mut rest);
            rest
        });
        let port = ready.rsplit(':').next().and_then(|end| end.split(['/', '\n']).next());
        let port = port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("no port in {ready:?}"));
        Server { child, port, ready, stdout: rest, stderr, stderr_reader: Some(stderr_reader) }
    }

    /// What stands on standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().expect("a lock").clone()
    }

    /// Waits until standard error holds the text, and gives all of it.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let seen = self.stderr();
            if seen.contains(text) {
                return seen;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{text:?} does not come up in {}", self.stderr());
    }

    /// The header that the banner offers: name and value.
    #[track_caller]
    pub fn credential(&self) -> (String, String) {
        let banner = self.wait_for("  control ");
        let line = banner.lines().find_map(|line| line.strip_prefix("  credential  ")).expect("a credential");
        let (name, value) = line.split_once(": ").expect("name and value");
        (name.to_owned(), value.to_owned())
    }

    /// A call with the printed credential.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let (name, value) = self.credential();
        self.send(method, path, &[(&name, &value)], body)
    }

    /// A call of the control API, which must go well.
    #[track_caller]
    pub fn control(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let answer = self.send(method, &format!("/_standin/{path}"), &[], body);
        assert!(answer.status < 300, "{path}: {}", answer.bytes);
        answer.body
    }

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        exchange(self.port, method, path, headers, body)
    }

    /// Sends the signal (`INT`, `TERM`), and waits for the end.
    pub fn stop(mut self, signal: &str) -> Done {
        self.signal(signal);
        self.finish()
    }

    pub fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("bash").args(["-c", &kill]).status().expect("bash runs").success());
    }

    /// Waits for the end.
    #[track_caller]
    pub fn finish(&mut self) -> Done {
        let started = Instant::now();
        let status = loop {
            match self.child.try_wait().expect("a child can be waited for") {
                Some(status) => break status,
                None if started.elapsed() > PATIENCE => panic!("the server does not stop"),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        if let Some(reader) = self.stderr_reader.take() {
            reader.join().expect("the reader ends");
        }
        let rest = std::mem::replace(&mut self.stdout, std::thread::spawn(String::new));
        let stdout = format!("{}{}", self.ready, rest.join().expect("the reader ends"));
        Done { code: status.code(), stdout, stderr: self.stderr() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn collect(stream: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut text = into.lock().expect("a lock");
            text.push_str(&line);
            text.push('\n');
        }
    })
}

/// A reply as it came over the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// All of it, head and body.
    pub bytes: String,
    pub body: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.bytes);
        self
    }

    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.bytes)).to_owned()
    }
}

#[track_caller]
pub fn exchange(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    if !body.is_empty() {
        text.push_str("Content-Type: application/json\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    socket.write_all(text.as_bytes()).expect("the call is sent");
    let mut bytes = String::new();
    socket.read_to_string(&mut bytes).expect("the reply is text");
    let status = bytes.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let body = bytes.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default();
    Answer { status, bytes, body }
}
