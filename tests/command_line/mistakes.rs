//! What is wrong, where, and what to do: usage, documents and overlays.
