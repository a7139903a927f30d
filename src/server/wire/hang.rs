//! No answer at all: the connection stays open until its peer closes it.
//!
//! HTTP/2: the stream stays open until its peer resets it or closes the connection.

use std::sync::Arc;
use std::time::Duration;

use http::Response;

use super::link::{Link, Medium};
use crate::audit::observe::End;
use crate::server::watch::Following;
use crate::server::write::{CutHere, ReplyBody};

/// Longest time that a peer is kept waiting; then the connection is closed, so that it is not held for ever.
pub const HANG_TIME_MAX: Duration = Duration::from_secs(600);

/// Waits until the peer leaves, and never answers.
pub async fn perform(
    link: &Arc<Link>,
    medium: Medium,
    following: Option<Following>,
) -> Result<Response<ReplyBody>, CutHere> {
    link.wait(medium, HANG_TIME_MAX).await?;
    if let Some(following) = following {
        following.finish(End::Cut);
    }
    Err(CutHere)
}
