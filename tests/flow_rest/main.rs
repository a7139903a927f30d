//! Flow beyond posts and keys: channels, connections, OAuth, media, webhooks, usage, and worlds as a whole.

#[path = "../support/mod.rs"]
mod support;

mod channels;
mod connections;
mod deliveries;
mod helpers;
mod journey;
mod media;
mod oauth;
mod permissions;
mod seed;
mod stability;
mod usage;
mod webhooks;
mod worlds;
