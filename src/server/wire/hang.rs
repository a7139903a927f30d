//! No answer at all: the connection stays open until its peer closes it, or it has been open for long enough.
//!
//! HTTP/2: the stream stays open until its peer resets it or closes the connection.

use std::sync::Arc;

use http::Response;

use super::link::{Link, Medium};
use super::script::PLAY_TIME_MAX;
use crate::audit::observe::End;
use crate::server::watch::Following;
use crate::server::write::{CutHere, ReplyBody};

/// Waits until the peer leaves, and never answers.
pub async fn perform(
    link: &Arc<Link>,
    medium: Medium,
    following: Option<Following>,
) -> Result<Response<ReplyBody>, CutHere> {
    link.wait(medium, PLAY_TIME_MAX).await?;
    if let Some(following) = following {
        following.finish(End::Cut);
    }
    Err(CutHere)
}
