//! A client's process and everything that it starts: begun together, bounded, and stopped together.
//!
//! Each client leads a process group of its own, so that a shell's children and what a test runner left behind are reached, too, and
//! Ctrl-C on a terminal reaches us alone: we stop the clients.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::audit::observe::Exit;
use crate::audit::verdict::Output;

/// Most bytes that are kept of what a client writes to each of its two streams: the last ones.
pub const TAIL_BYTES_MAX: usize = 8 * 1024;
/// How long a client may take to end once it was asked to.
pub const STOP_TIME_MAX: Duration = Duration::from_secs(2);
/// How long the last of its output may take to arrive: something that left the group may hold the stream open for ever.
const OUTPUT_TIME_MAX: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Group,
    stdout: Option<Tail>,
    stderr: Option<Tail>,
}

impl Process {
    /// Starts a client, its program first; the error says why that cannot be.
    pub fn start(command: &[OsString], variables: Vec<(String, String)>) -> Result<Process, String> {
        let [program, arguments @ ..] = command else { return Err("there is no command".to_owned()) };
        let mut starting = Command::new(program);
        starting.args(arguments).envs(variables).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        starting.kill_on_drop(true);
        #[cfg(unix)]
        starting.process_group(0);
        let mut child = starting.spawn().map_err(|error| reason(program, &error))?;
        let group = Group::of(&child);
        let (stdout, stderr) = (child.stdout.take().map(Tail::of), child.stderr.take().map(Tail::of));
        Ok(Process { child, group, stdout, stderr })
    }

    /// Waits until it ends by itself. May be given up and begun anew.
    pub async fn ended(&mut self) -> Exit {
        match self.child.wait().await {
            Ok(status) => exit(status),
            Err(_) => Exit::Unknown,
        }
    }

    /// Asks the whole group to end, and ends it where it does not.
    pub async fn stop(&mut self) {
        self.group.ask();
        if tokio::time::timeout(STOP_TIME_MAX, self.child.wait()).await.is_err() {
            let _ = self.child.start_kill();
        }
    }

    /// Ends what is left of the group, and gives what the client wrote last. To be called once it has ended or was stopped.
    pub async fn finish(mut self) -> Output {
        self.group.end();
        let _ = self.child.wait().await;
        let text = async |tail: Option<Tail>| match tail {
            Some(tail) => tail.text().await,
            None => String::new(),
        };
        let (stdout, stderr) = tokio::join!(text(self.stdout), text(self.stderr));
        Output { stdout, stderr }
    }
}

fn reason(program: &OsString, error: &io::Error) -> String {
    let program = program.to_string_lossy();
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no program {program:?}"),
        io::ErrorKind::PermissionDenied => format!("{program:?} may not be run"),
        _ => format!("{program:?} cannot be started: {error}"),
    }
}

/// The last bytes of a stream, which is read to its end meanwhile. What was read is here even where the end never comes.
#[derive(Debug)]
struct Tail {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reading: JoinHandle<()>,
}

impl Tail {
    fn of(mut stream: impl AsyncRead + Unpin + Send + 'static) -> Tail {
        let kept = Arc::new(Mutex::new(VecDeque::with_capacity(TAIL_BYTES_MAX)));
        let tail = kept.clone();
        let reading = tokio::spawn(async move {
            let mut read = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut read).await {
                let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
                let over = (tail.len() + count).saturating_sub(TAIL_BYTES_MAX).min(tail.len());
                tail.drain(..over);
                tail.extend(&read[..count]);
            }
        });
        Tail { kept, reading }
    }

    async fn text(mut self) -> String {
        let _ = tokio::time::timeout(OUTPUT_TIME_MAX, &mut self.reading).await;
        self.reading.abort();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(kept.make_contiguous()).into_owned()
    }
}

#[cfg(unix)]
fn exit(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    let signal = || status.signal().map_or(Exit::Unknown, Exit::Signal);
    status.code().map_or_else(signal, Exit::Code)
}

#[cfg(not(unix))]
fn exit(status: ExitStatus) -> Exit {
    status.code().map_or(Exit::Unknown, Exit::Code)
}

/// The process group that a client leads.
#[derive(Debug)]
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Group { id: id.and_then(rustix::process::Pid::from_raw) }
    }

    fn ask(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Also when its leader is gone: the group's id is not given to others as long as a member is left. When none is, there is nobody to
    /// reach, and the system hands out every other id before it comes back to this one.
    fn end(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id {
            // Whoever is gone already needs no signal.
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }
}

/// Where there are no process groups, the client alone is ended, by its handle.
#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Group {
        Group {}
    }

    fn ask(&self) {}

    fn end(&self) {}
}

impl Drop for Group {
    fn drop(&mut self) {
        // An audit that is broken off leaves nobody behind.
        self.end();
    }
}
